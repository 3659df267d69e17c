"""Gentle by default: the rate, the number of open connections, and this machine's own limits."""

import asyncio
import subprocess
import sys
import time

import pytest
from probe_server import Servers, exchange, pages

from tocsin.collect.probe import ProbeSettings, probe


@pytest.fixture
def servers():
    running = Servers()
    yield running
    running.stop()


def targets_of(peers):
    return tuple(f"http://{each.host}:{each.port}" for each in peers)


def test_connections_keep_the_rate(servers):
    peers = [servers.start(f"127.85.0.{n}", pages({})) for n in range(1, 7)]
    began = time.monotonic()
    list(probe(ProbeSettings(targets=targets_of(peers), rate=20)))
    # A lower bound only: six connections are five gaps of a twentieth of a second apart.
    assert time.monotonic() - began >= 0.25


def test_waiting_for_the_rate_is_not_taken_from_the_targets_time(servers):
    peers = [servers.start(f"127.85.1.{n}", pages({})) for n in range(1, 5)]
    settings = ProbeSettings(
        targets=targets_of(peers), rate=2, host_timeout=1.0, connect_timeout=1.0
    )
    assert "other 4" in list(probe(settings))[-1].quote


def test_no_more_connections_are_open_than_allowed(servers):
    now, most = 0, 0

    async def counted(peer, reader, writer):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1

    peers = [servers.start(f"127.85.2.{n}", counted) for n in range(1, 21)]
    list(probe(ProbeSettings(targets=targets_of(peers), ports=("443",), rate=0, concurrency=3)))
    assert 1 <= most <= 3


LIMITED = """
import resource, sys
from pathlib import Path
from tocsin.collect.probe import ProbeSettings, probe
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
kept = [open("/dev/null") for _ in range(int(sys.argv[1]))]
settings = ProbeSettings(targets=tuple(sys.argv[3:]), ports=("80",), rate=0, state=Path(sys.argv[2]))
for each in probe(settings):
    print(getattr(each, "why", None) or each.quote)
"""


def limited(taken, state, peers):
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(taken), state, *targets_of(peers)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_few_files_mean_fewer_connections_and_no_loss(servers, tmp_path):
    peers = [
        servers.start(f"127.85.3.{n}", exchange("15.1.2507.61", f"EX{n}")) for n in range(1, 201)
    ]
    assert "exchange 200" in limited(0, tmp_path / "state.jsonl", peers)


def test_a_machine_out_of_sockets_says_so_and_asks_again_next_time(servers, tmp_path):
    peers = [
        servers.start(f"127.85.4.{n}", exchange("15.1.2507.61", f"EX{n}")) for n in range(1, 41)
    ]
    state = tmp_path / "state.jsonl"
    said = limited(110, state, peers)
    assert "this machine had no connection to give" in said
    assert "failed 0" not in said
    settings = ProbeSettings(targets=targets_of(peers), rate=0, concurrency=10, state=state)
    assert "exchange 40" in list(probe(settings))[-1].quote
