"""From a live answer to a judged server: collect writes a file, examine reads it."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Exchange(BaseHTTPRequestHandler):
    """Answers as the front end of an Exchange 2019 does (inventory.md, section 2)."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("X-OWA-Version", "15.2.1544.36")
        self.send_header("X-FEServer", "EX07")
        self.end_headers()
        self.wfile.write(b"<title>Outlook</title>")

    def log_message(self, *_):
        pass


@pytest.fixture
def exchange():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def tocsin(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "--lang", "en", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_what_a_probe_saw_is_judged_from_its_file(exchange, tmp_path):
    file = tmp_path / "probe.jsonl"
    done = tocsin("collect", "probe", f"http://127.0.0.1:{exchange}", "-o", str(file))
    assert done.returncode == 0, done.stderr
    run = json.loads(tocsin("examine", str(file), "--format", "json").stdout)
    (server,) = run["servers"]
    assert server["name"] == "EX07"
    assert server["build"] == {"low": "15.2.1544.36", "high": "15.2.1544.36"}
    assert server["seen_by"] == ["probe"]
    assert server["hidden"] == "unknown"
    (proof,) = {(e["source"], e["quote"]) for e in server["evidence"]}
    assert proof[0] == f"http://127.0.0.1:{exchange}"
    assert "15.2.1544.36" in proof[1]


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(tmp_path):
    seen = []

    class Listening(Exchange):
        def do_GET(self):
            seen.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = tocsin("collect", "probe", f"http://127.0.0.1:{server.server_address[1]}", "--dry-run")
    server.shutdown()
    assert "GET /owa/" in done.stdout
    assert not seen


@pytest.mark.parametrize("source", ["ldap", "probe", "dns", "shodan", "onyphe"])
def test_every_live_source_has_help_and_a_dry_run(source):
    helped = tocsin("collect", source, "--help")
    assert "--dry-run" in helped.stdout
    assert helped.returncode == 0


def test_a_search_engine_without_a_key_is_refused_and_the_key_is_nowhere(tmp_path):
    file = tmp_path / "shodan.jsonl"
    words = ("collect", "shodan", "--domain", "contoso.example", "-o", str(file))
    assert tocsin(*words, SHODAN_API_KEY="").returncode == 2
    done = tocsin(*words, "--base-url", "http://127.0.0.1:9", SHODAN_API_KEY="secret-key-123")
    assert done.returncode == 3
    assert "secret-key-123" not in done.stdout + done.stderr + file.read_text()


def test_an_older_file_is_not_written_over(exchange, tmp_path):
    file = tmp_path / "probe.jsonl"
    file.write_text("mine")
    words = ("collect", "probe", f"http://127.0.0.1:{exchange}", "-o", str(file))
    assert tocsin(*words).returncode == 2
    assert file.read_text() == "mine"
