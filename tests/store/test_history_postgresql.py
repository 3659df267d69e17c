"""The same history in a real PostgreSQL: the tables and statements are not SQLite's alone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from history_model import STEPS, alike, shrink
from hypothesis import HealthCheck, given, settings
from sqlalchemy import create_engine, text

from tocsin.store.history import History
from tocsin.store.history_file import start

pytest.importorskip("psycopg", reason="psycopg is not installed: no PostgreSQL to try")

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of our own, on this machine only."""
    if not BIN:
        pytest.skip("no PostgreSQL server on this machine")
    folder = BIN[-1].parent
    # A server refuses to run as root; then it runs as the package's own user.
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    data = tempfile.mkdtemp(prefix="history-pg-")
    if user:
        shutil.chown(data, **user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "cwd": "/", **user}
    subprocess.run(
        [folder / "initdb", "-D", data, "-U", "tocsin", "-A", "trust"], check=True, **quiet
    )
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={data}"
    control = [folder / "pg_ctl", "-D", data, "-w", "-l", f"{data}/log"]
    subprocess.run([*control, "-o", options, "start"], check=True, **quiet)
    try:
        yield f"postgresql+psycopg://tocsin@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)
        shutil.rmtree(data, ignore_errors=True)


def open_at(url: str) -> History:
    engine = create_engine(url, paramstyle="format")
    connection, key = start(engine, "postgresql")
    return History(connection, key, "postgresql")


def emptied(url: str) -> str:
    with create_engine(url).begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    return url


def test_what_was_learnt_is_there_in_the_next_run(url: str):
    emptied(url)
    with open_at(url) as history:
        key = history.key
        history.put("facts", {-(1 << 63): (1, 2, 3, 4), (1 << 63) - 1: (0, 0, -1, 5)})
        history.put_meta("own_domains", "contoso.example")
    with open_at(url) as history:
        assert history.key == key
        assert history.get("facts", [-(1 << 63), 7]) == {-(1 << 63): (1, 2, 3, 4)}
        assert history.get_meta("own_domains") == "contoso.example"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_it_answers_as_plain_dictionaries_would(url: str, steps):
    emptied(url)

    def reopen(history: History) -> History:
        history.close()
        return open_at(url)

    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        alike(open_at(url), reopen, steps)


def test_rows_are_bounded(url: str):
    emptied(url)
    with open_at(url) as history:
        for start_ in range(0, 3_000, 1_000):
            keys = range(start_, start_ + 1_000)
            history.put("threads", {each: (0, each, 0, 0) for each in keys})
            history.flush()
        assert history.bound("threads", 1_600) == 1_500
        assert sorted(history.get("threads", range(3_000))) == list(range(1_500, 3_000))
