"""What the probe learns from servers that answer as Exchange does, over real sockets."""

import hashlib
import shutil
import socket
import ssl
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from probe_server import (
    Servers,
    certificate,
    exchange,
    exchange_smtp,
    pages,
    response,
    server_context,
)

from tocsin.collect.probe import ProbeSettings, probe
from tocsin.model.evidence import Evidence, Host, Look
from tocsin.model.finding import Gap


@pytest.fixture
def servers():
    running = Servers()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    names = ["EX01", "EX01.corp.contoso.example", "mail.contoso.example"]
    return certificate(tmp_path_factory.mktemp("certificate"), names)


def ask(*targets, **settings):
    found = list(probe(ProbeSettings(targets=targets, rate=0, answer_timeout=5, **settings)))
    hosts = [each for each in found if isinstance(each, Evidence) and isinstance(each.body, Host)]
    gaps = [each for each in found if isinstance(each, Gap)]
    look = found[-1]
    assert isinstance(look, Evidence)
    assert isinstance(look.body, Look)
    return hosts, gaps, look


@pytest.mark.parametrize(
    ("build", "host"),
    [("15.2.1748.36", "EX01"), ("15.1.2507.61", "EX16"), ("15.0.1497.48", "EX13")],
)
def test_front_end_gives_build_and_names_after_two_requests(servers, pem, build, host):
    peer = servers.start("127.80.0.1", exchange(build, host), server_context(pem))
    hosts, gaps, look = ask(f"127.80.0.1:{peer.port}")
    assert not gaps
    [found] = hosts
    assert str(found.body.version.exact) == build
    assert found.body.version.precision == "update"
    assert found.body.product == "Exchange Server"
    assert found.body.names == (f"{host}.corp.contoso.example", host)
    assert found.body.addresses == ("127.80.0.1",)
    assert found.body.facts["X-FEServer"] == host
    assert found.body.facts["ntlm-dns-host"] == f"{host}.corp.contoso.example"
    assert found.body.facts["ntlm-dns-domain"] == "corp.contoso.example"
    assert found.body.facts["windows-build"] == "10.0.17763"
    assert found.body.facts["target"] == "127.80.0.1"
    assert found.at.source == f"https://127.80.0.1:{peer.port}"
    assert found.at.position == "GET /owa/auth/logon.aspx header X-OWA-Version"
    assert found.quote == f"X-OWA-Version: {build}\nX-FEServer: {host}"
    assert found.seen is not None
    assert look.body.records == 1
    assert peer.received.count(b"GET ") == 2
    assert len(peer.connections) == 1


def test_certificate_names_are_facts_and_its_fingerprint_an_identifier(servers, pem):
    peer = servers.start("127.80.0.2", exchange("15.2.1748.36", "EX01"), server_context(pem))
    [found], _, _ = ask(f"127.80.0.2:{peer.port}")
    own = x509.load_pem_x509_certificate(pem.read_bytes())
    values = {each.value for each in found.body.identifiers}
    assert own.fingerprint(hashes.SHA256()).hex() in values
    assert "mail.contoso.example" in found.body.facts["certificate-names"]
    assert "mail.contoso.example" not in found.body.names


def test_digest_is_that_of_the_answers_head(servers, pem):
    answer = response("200 OK", ["X-OWA-Version: 15.1.2507.61", "Server: Microsoft-IIS/10.0"])
    peer = servers.start("127.80.0.3", pages({"/owa/auth/logon.aspx": answer}), server_context(pem))
    [found], _, _ = ask(f"127.80.0.3:{peer.port}")
    assert found.at.sha256 == hashlib.sha256(answer.partition(b"\r\n\r\n")[0]).hexdigest()


def test_without_the_header_the_export_tool_gives_the_build(servers, pem):
    handler = exchange("15.0.1497.44", "EX13", owa_header=False, iis="8.5")
    peer = servers.start("127.80.0.4", handler, server_context(pem))
    [found], gaps, _ = ask(f"127.80.0.4:{peer.port}")
    assert not gaps
    assert str(found.body.version.exact) == "15.0.1497.44"
    assert "exporttool" in found.at.position


def test_exchange_2010_over_plain_http_with_a_redirect(servers):
    logon = (
        '<html><head><title>Outlook Web App</title><link href="/owa/14.3.123.3/themes/base/x.css">'
    )
    moved = response("302 Found", ["Location: /owa/auth/old.aspx?url=https%3a%2f%2fx&reason=0"])
    peer = servers.start(
        "127.80.0.5",
        pages({"/owa/": moved, "/owa/auth/old.aspx": response("200 OK", [], logon)}),
    )
    [found], _, _ = ask(f"http://127.80.0.5:{peer.port}")
    assert found.body.version.text == "14.3.123.3"
    assert b"GET /owa/auth/old.aspx HTTP/1.1" in peer.received


def test_redirects_elsewhere_are_not_followed(servers):
    other = servers.start("127.80.0.7", pages({}))
    away = [
        f"http://127.80.0.7:{other.port}/owa/",
        f"//127.80.0.7:{other.port}/owa/",
        "https://127.80.0.6/owa/",
        "/owa/../../etc/passwd",
        "/owa/%2e%2e/x",
        "/autodiscover/autodiscover.json?@evil/powershell",
        "/owa/a b",
        "gopher://127.80.0.6/owa/",
    ]
    for number, location in enumerate(away):
        handler = pages({}, response("302 Found", [f"Location: {location}"]))
        peer = servers.start("127.80.0.6", handler)
        ask(f"http://127.80.0.6:{peer.port}")
        asked = peer.received.count(b"GET ")
        # The one that is cut at its question mark leads to a plain page of the same host.
        assert asked == (7 if number == 5 else 6), location
        lines = [line for line in peer.received.split(b"\r\n") if line.startswith(b"GET ")]
        assert not any(mark in line for line in lines for mark in (b"?", b"%", b"..", b"@"))
    assert not other.connections


def test_a_load_balancer_does_not_lend_one_servers_name_to_another(servers):
    from probe_server import challenge

    header = ["X-OWA-Version: 15.2.1748.36", "X-FEServer: EX01", "Server: Microsoft-IIS/10.0"]
    ntlm = [f"WWW-Authenticate: NTLM {challenge('EX02', 'corp.contoso.example')}"]
    peer = servers.start(
        "127.80.0.8",
        pages(
            {
                "/owa/auth/logon.aspx": response("200 OK", header),
                "/EWS/Exchange.asmx NTLM": response("401 Unauthorized", ntlm),
            }
        ),
    )
    [found], _, _ = ask(f"http://127.80.0.8:{peer.port}")
    assert found.body.names == ("EX01",)
    assert "EX02.corp.contoso.example" in found.body.facts["ntlm-other-host"]
    assert "ntlm-dns-host" not in found.body.facts


def test_other_web_servers_are_counted_and_are_no_host(servers, pem):
    peer = servers.start("127.80.0.9", pages({}), server_context(pem))
    hosts, gaps, look = ask(f"127.80.0.9:{peer.port}")
    assert not hosts
    assert not gaps
    assert "other 1" in look.quote
    assert b"Authorization" not in peer.received


@pytest.mark.parametrize("status", ["404 Not Found", "301 Moved Permanently", "200 OK"])
def test_a_server_that_repeats_the_request_is_not_taken_for_exchange(servers, status):
    async def echo(peer, reader, writer):
        while (got := await peer.request(reader)) is not None:
            place = f"Location: https://www.contoso.example{got[0]}"
            body = f"<title>{status}</title>{got[0]}, {got[0].upper()}: the requested address"
            writer.write(response(status, ["Server: Apache", place], body))

    peer = servers.start("127.80.0.16", echo)
    hosts, gaps, look = ask(f"http://127.80.0.16:{peer.port}")
    assert not hosts
    assert not gaps
    assert "other 1" in look.quote


def test_silence_is_counted(servers):
    with socket.socket() as idle:
        idle.bind(("127.80.0.10", 0))
        port = idle.getsockname()[1]
        hosts, gaps, look = ask(f"127.80.0.10:{port}", f"smtp://127.80.0.10:{port}")
    assert not hosts
    assert not gaps
    assert "silent 2" in look.quote


def test_smtp_gives_name_certificate_and_challenge(servers, pem):
    handler = exchange_smtp("EX03", tls=server_context(pem))
    peer = servers.start("127.80.0.11", handler)
    [found], gaps, _ = ask(f"smtp://127.80.0.11:{peer.port}")
    assert not gaps
    assert "EX03.corp.contoso.example" in found.body.names
    assert found.body.version is None
    assert found.body.product == "Exchange Server"
    assert found.body.facts["windows-build"] == "10.0.17763"
    assert "EX01.corp.contoso.example" in found.body.facts["certificate-names"]
    assert found.body.facts["tls-version"].startswith("TLSv1")
    assert found.quote.startswith("220 EX03.corp.contoso.example Microsoft ESMTP")
    assert peer.received.startswith(b"EHLO tocsin.invalid\r\nSTARTTLS\r\nEHLO tocsin.invalid\r\n")
    assert peer.received.endswith(b"*\r\nQUIT\r\n")


def test_smtp_without_tls_and_with_a_disguised_greeting(servers):
    peer = servers.start(
        "127.80.0.12", exchange_smtp("EX04", banner="220 mail.contoso.example ready")
    )
    [found], gaps, _ = ask(f"smtp://127.80.0.12:{peer.port}", ntlm=False)
    assert not gaps
    assert "ehlo-keywords" in found.body.facts
    assert b"AUTH" not in peer.received


def test_other_mail_servers_are_no_host(servers):
    async def postfix(peer, reader, writer):
        writer.write(b"220 mx.contoso.example ESMTP Postfix\r\n")
        while word := await peer.line(reader):
            writer.write(
                b"221 Bye\r\n" if word == "QUIT" else b"250-mx\r\n250-PIPELINING\r\n250 SIZE 1\r\n"
            )

    peer = servers.start("127.80.0.14", postfix)
    hosts, gaps, look = ask(f"smtp://127.80.0.14:{peer.port}")
    assert not hosts
    assert not gaps
    assert "other 1" in look.quote


def test_a_real_server_that_speaks_tls_1_0_only(tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    pem = certificate(tmp_path, ["EX07", "EX07.old.contoso.example"], kind="rsa")
    page = tmp_path / "owa" / "auth" / "logon.aspx"
    page.parent.mkdir(parents=True)
    page.write_bytes(
        b"HTTP/1.0 200 OK\r\nServer: Microsoft-IIS/7.5\r\nX-OWA-Version: 14.3.498.0\r\n\r\n<html>"
    )
    with socket.socket() as free:
        free.bind(("127.80.0.15", 0))
        port = free.getsockname()[1]
    command = [openssl, "s_server", "-accept", f"127.80.0.15:{port}", "-cert", str(pem), "-tls1"]
    command += ["-cipher", "DEFAULT:@SECLEVEL=0", "-HTTP", "-quiet"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        try:
            for _ in range(100):
                with socket.socket() as check:
                    if check.connect_ex(("127.80.0.15", port)) == 0:
                        break
                time.sleep(0.05)
            # Today's defaults do not reach it: the server is as old as it claims.
            with pytest.raises((ssl.SSLError, OSError)):
                ssl.create_default_context().wrap_socket(
                    socket.create_connection(("127.80.0.15", port), 5), server_hostname="EX07"
                )
            hosts, _, _ = ask(f"127.80.0.15:{port}")
        finally:
            running.terminate()
    [found] = hosts
    assert str(found.body.version.exact) == "14.3.498.0"
    assert found.body.facts["tls-version"] == "TLSv1"
    assert "EX07.old.contoso.example" in found.body.facts["certificate-names"]
