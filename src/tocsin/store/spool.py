"""Records put aside in a file without a name, to be taken out again in the order of time.

A mailbox of millions is read in the order of its bytes and judged in the order of its days. In
memory three numbers per record are kept; the bytes wait on the disk and vanish with the run.
Worker processes write parts of their own, so that records never cross a pipe.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

LONGEST = (1 << 32) - 1
"""Bytes of one record: its length is written in four bytes before it."""

MOST = (1 << 32) - 1
"""Records of one spool: they are numbered in four bytes."""

_LENGTH = 4
_WRITTEN_AT_ONCE = 1 << 20
_READ_AT_ONCE = 4096
_SORTED_AT_ONCE = 50_000
_SAMPLED = 16
"""One record in so many is looked at to divide the spool into pieces that can be sorted one by one."""

_OFFSET_BITS = 48
_OFFSET = (1 << _OFFSET_BITS) - 1
"""A record's place: the number of its file above, its offset in it below."""


class Written(NamedTuple):
    """What a worker wrote since it was last asked: the file, and three numbers per record."""

    path: str
    whens: bytes
    places: bytes
    starts: bytes


class SpoolPart:
    """The records of one worker process: a file in the spool's folder, adopted by the spool."""

    def __init__(self, folder: str) -> None:
        with _named(folder):
            descriptor, self._path = tempfile.mkstemp(prefix="part-", dir=folder)
        self._records = _Records(descriptor, folder)

    def append(self, when: int, data: bytes, place: int) -> None:
        """One more record; place orders those of one moment: its position in the source, say."""
        self._records.append(when, data, place)

    def written(self) -> Written:
        """Finish what was appended since the last time; hand this to `Spool.adopt`."""
        records = self._records
        records.flush()
        numbers = (records.whens, records.places, records.starts)
        written = Written(self._path, *(each.tobytes() for each in numbers))
        for each in numbers:
            del each[:]
        return written

    def close(self) -> None:
        """Let go of the file; what was handed over is the spool's."""
        self._records.close()


class Spool:
    """Records of bytes with a time, in temporary files only we can read; 24 bytes of memory each.

    An OSError (disk full, no permission) names the folder.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._where = folder or tempfile.gettempdir()
        with _named(self._where):
            self._own = tempfile.TemporaryFile(dir=self._where, buffering=0)  # noqa: SIM115
        self._records = _Records(os.dup(self._own.fileno()), self._where)
        self._files = [self._own.fileno()]
        self._adopted: dict[str, int] = {}
        self._folder = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._records.whens)

    @property
    def folder(self) -> str:
        """The folder in which workers write their parts; only we can look into it."""
        if not self._folder:
            with _named(self._where):
                self._folder = tempfile.mkdtemp(prefix="tocsin-", dir=self._where)
        return self._folder

    def append(self, when: int, data: bytes, place: int | None = None) -> None:
        """One more record; place orders those of one moment, else they stay as they came."""
        records = self._records
        records.append(when, data, len(records.whens) if place is None else place)

    def adopt(self, written: Written) -> None:
        """Take over what a worker wrote. Its file loses its name, so that no kill leaves it."""
        number = self._adopted.get(written.path)
        if number is None:
            number = len(self._files)
            self._files.append(os.open(written.path, os.O_RDONLY))
            self._adopted[written.path] = number
            with suppress(OSError):  # where an open file keeps its name, `close` removes it
                Path(written.path).unlink()
        records = self._records
        records.whens.frombytes(written.whens)
        records.places.frombytes(written.places)
        starts = array("Q", written.starts)
        records.starts.extend(number << _OFFSET_BITS | start for start in starts)

    def in_order(self) -> Iterator[bytes]:
        """All records: by time, then by place, then as they came."""
        return map(self._read, self._ordered())

    def picked(self, wanted: Collection[int]) -> Iterator[tuple[int, bytes]]:
        """The records of those numbers in that order, with their numbers; the others are not read."""
        for number, start in enumerate(self._ordered()):
            if number in wanted:
                yield number, self._read(start)

    def _ordered(self) -> Iterator[int]:
        """Where each record begins, in order."""
        records = self._records
        records.flush()
        whens, places, starts = records.whens, records.places, records.starts
        for piece in self._pieces():
            for _, _, number in sorted([(whens[each], places[each], each) for each in piece]):
                yield starts[number]

    def _pieces(self) -> Iterator[array[int]]:
        """The records' numbers in pieces: all of one come before all of the next."""
        whens, places = self._records.whens, self._records.places
        many = len(whens)
        step = _SORTED_AT_ONCE // _SAMPLED
        sample = sorted((whens[each], places[each]) for each in range(0, many, _SAMPLED))
        borders = sample[step::step]
        pieces = [array("I") for _ in range(len(borders) + 1)]
        for number in range(many):
            pieces[bisect_right(borders, (whens[number], places[number]))].append(number)
        del sample
        pieces.reverse()
        while pieces:
            yield pieces.pop()

    def _read(self, start: int) -> bytes:
        descriptor, offset = self._files[start >> _OFFSET_BITS], start & _OFFSET
        try:
            data = os.pread(descriptor, _READ_AT_ONCE, offset)
            length = int.from_bytes(data[:_LENGTH], "big")
            record = data[_LENGTH : _LENGTH + length]
            if len(record) < length:
                record = _completed(descriptor, record, length, offset + _LENGTH)
        except OSError as fault:  # as `_named`, which takes longer than the reading
            raise OSError(fault.errno, fault.strerror, fault.filename or self._where) from fault
        return record

    def close(self) -> None:
        """Remove everything."""
        self._records.close()
        for descriptor in self._files[1:]:
            os.close(descriptor)
        del self._files[:]
        self._own.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _completed(descriptor: int, record: bytes, length: int, start: int) -> bytes:
    """A record of which only the begin was read."""
    while len(record) < length:
        more = os.pread(descriptor, length - len(record), start + len(record))
        if not more:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        record += more
    return record


class _Records:
    """Bytes appended to a file, and where each began."""

    def __init__(self, descriptor: int, where: str) -> None:
        self._descriptor = descriptor
        self._where = where
        self._unwritten = bytearray()
        self._end = 0
        self.whens = array("q")
        self.places = array("q")
        self.starts = array("Q")

    def append(self, when: int, data: bytes, place: int) -> None:
        if len(data) > LONGEST or len(self.whens) >= MOST:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), self._where)
        self.whens.append(when)
        self.places.append(place)
        self.starts.append(self._end)
        self._unwritten += len(data).to_bytes(_LENGTH, "big")
        self._unwritten += data
        self._end += _LENGTH + len(data)
        if len(self._unwritten) >= _WRITTEN_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        with _named(self._where):
            while self._unwritten:
                written = os.write(self._descriptor, self._unwritten)
                del self._unwritten[:written]

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def _named(where: str) -> Iterator[None]:
    """A fault says where, even if the system did not."""
    try:
        yield
    except OSError as fault:
        raise OSError(fault.errno, fault.strerror, fault.filename or where) from fault
