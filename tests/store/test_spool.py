"""Records put aside and taken out again in the order of time."""

from __future__ import annotations

import errno
import multiprocessing
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.store import spool as spool_module
from tocsin.store.spool import Spool, SpoolPart, Written

TIMES = st.integers(-3, 3) | st.integers(-(1 << 63), (1 << 63) - 1)


@settings(max_examples=100, deadline=None)
@given(records=st.lists(st.tuples(TIMES, st.integers(0, 3), st.binary(max_size=9000))))
def test_by_time_then_by_place_then_as_they_came(records):
    with pytest.MonkeyPatch.context() as patch, Spool() as spool:
        patch.setattr(spool_module, "_SORTED_AT_ONCE", 4)
        patch.setattr(spool_module, "_SAMPLED", 2)
        for when, place, data in records:
            spool.append(when, data, place)
        expected = [data for _, _, data in sorted(records, key=lambda each: each[:2])]
        assert list(spool.in_order()) == expected
        assert list(spool.in_order()) == expected  # may be asked twice
        assert len(spool) == len(records)


def test_without_a_place_they_stay_as_they_came():
    with Spool() as spool:
        for number in range(200):
            spool.append(5, b"%d" % number)
        assert list(spool.in_order()) == [b"%d" % number for number in range(200)]


def test_no_name_is_left_on_the_disk(tmp_path: Path):
    with Spool(str(tmp_path)) as spool:
        spool.append(1, b"x" * 3_000_000)
        assert list(spool.in_order()) == [b"x" * 3_000_000]
        assert list(tmp_path.iterdir()) == []
        assert stat.S_IMODE(Path(spool.folder).stat().st_mode) == 0o700
        part = SpoolPart(spool.folder)
        (file,) = Path(spool.folder).iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        spool.adopt(part.written())
        assert list(Path(spool.folder).iterdir()) == []
        part.close()
    assert list(tmp_path.iterdir()) == []


def work(folder: str, worker: int, answers) -> None:
    part = SpoolPart(folder)
    for turn in range(3):
        for number in range(worker, 3_000, 3):
            part.append(number, b"%d %d" % (number, turn), turn)
        answers.put(part.written())
    part.close()


def test_workers_write_parts_of_their_own(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    with Spool(str(tmp_path)) as spool:
        spool.append(-1, b"first", 0)
        workers = [
            context.Process(target=work, args=(spool.folder, worker, answers))
            for worker in range(3)
        ]
        for worker in workers:
            worker.start()
        for _ in range(9):
            written = answers.get(timeout=60)
            assert isinstance(written, Written)
            spool.adopt(written)
        for worker in workers:
            worker.join()
        expected = [b"%d %d" % (number, turn) for number in range(3_000) for turn in range(3)]
        assert list(spool.in_order()) == [b"first", *expected]


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Spool(str(tmp_path)) as spool:
        monkeypatch.setattr(os, "write", full)
        spool.append(1, b"x" * 1_000_000)
        with pytest.raises(OSError, match="No space left") as refused:
            spool.append(1, b"x" * 1_000_000)
        assert refused.value.errno == errno.ENOSPC
        assert refused.value.filename == str(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError) as refused:
        Spool(str(tmp_path / "none"))
    assert str(tmp_path / "none") in str(refused.value.filename)


MANY = """
import random, resource, sys
from tocsin.store.spool import Spool
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with Spool(sys.argv[1]) as spool:
    for number in range(200_000):
        spool.append(random.getrandbits(31), b"x" * 500)
    assert sum(map(len, spool.in_order())) == 100_000_000
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / 200_000)
"""


def test_memory_stays_flat(tmp_path: Path):
    grown = subprocess.run(
        [sys.executable, "-c", MANY, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert float(grown) < 150  # bytes for each record of 500: 28, and one piece being sorted
