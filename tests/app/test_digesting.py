"""A big log is hashed while it is hunted in: the digest in the report is the file's all the same."""

from __future__ import annotations

import hashlib
import io
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.app import reading
from tocsin.app.digesting import Digesting, file_digest
from tocsin.app.examine import Request, examine
from tocsin.knowledge import load

HEAD = (
    "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    "#Date: 2026-03-03 00:00:00\r\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port"
    " cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\r\n"
)
SHELL = "POST /owa/auth/shell.aspx cmd=whoami"


@pytest.mark.parametrize("seed", range(6))
def test_wherever_its_reader_goes(tmp_path, seed):
    chance = random.Random(seed)
    data = chance.randbytes(300_000)
    (tmp_path / "file").write_bytes(data)
    with (tmp_path / "file").open("rb", buffering=0) as raw:
        hashed = Digesting(raw)
        stream = io.BufferedReader(hashed, chance.choice([1, 1000, 100_000]))
        for _ in range(chance.randrange(30)):
            at = chance.randrange(len(data))
            stream.seek(chance.choice([0, at, stream.tell()]))
            before = stream.tell()
            read = stream.read(chance.randrange(60_000))
            assert read == data[before : before + len(read)]
        assert hashed.finished() == hashlib.sha256(data).hexdigest()


def test_of_a_file_that_nobody_read(tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 5)
    with (tmp_path / "file").open("rb", buffering=0) as raw:
        assert Digesting(raw).finished() == file_digest(str(tmp_path / "file"))


@pytest.fixture(scope="module")
def big(tmp_path_factory) -> Path:
    """A log of 18 MB with a web shell used in its last row."""
    folder = tmp_path_factory.mktemp("big")
    when = datetime(2026, 3, 3, tzinfo=UTC)
    with (folder / "u_ex260303.log").open("w", newline="") as out:
        out.write(HEAD)
        for number in range(120_000):
            asked = SHELL if number == 119_999 else f"GET /owa/{number} -"
            at = when + timedelta(milliseconds=500 * number)
            out.write(
                f"{at:%Y-%m-%d %H:%M:%S} 10.0.0.5 {asked} 443 - 198.51.100.7"
                " Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+Chrome/120.0+Safari/537.36"
                " 200 0 0 15\r\n"
            )
    return folder


@pytest.mark.parametrize(("workers", "size"), [(1, 384 << 20), (2, 384 << 20), (2, 5 << 20)])
def test_the_report_names_the_digest_and_the_row(big, monkeypatch, workers, size):
    monkeypatch.setattr(reading, "LOG_RANGE", size)
    path = big / "u_ex260303.log"
    run = examine(Request(paths=(str(big),), rooms=frozenset({"hunt"}), workers=workers), load())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (source,) = run.sources
    assert (source.sha256, source.size, source.records) == (digest, path.stat().st_size, 120_000)
    told = {
        (event.position, event.sha256)
        for finding in run.hunt.findings
        for event in finding.events
        if "shell.aspx" in event.raw
    }
    assert told == {("line 120004", digest)}
