"""A large .evtx out of a small one: chunks filled with its records, as those of a busy server are.

Samples hold a handful of records in chunks that are empty otherwise, and reading an empty chunk costs
as much as a full one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

HEADER, CHUNK, FIRST = 4096, 65536, 512
MAGIC = b"**\0\0"
_DEFINITION = 24 + 4 + 6
"""Where in a record the offset of its template's definition stands."""


def write(target: Path, sources: Sequence[Path], size: int) -> int:
    """About so many bytes, the chunks of all sources by turns; the number of records."""
    made = [filled(path.read_bytes()[HEADER : HEADER + CHUNK]) for path in sources]
    head = sources[0].read_bytes()[:HEADER]
    written = 0
    with target.open("wb") as out:
        out.write(head)
        for chunk, count in cycle(made):
            out.write(chunk)
            written += count
            if out.tell() >= size:
                return written
    return written


def filled(chunk: bytes) -> tuple[bytes, int]:
    """The chunk with copies of its records to its end, and how many it holds."""
    records = list(_records(chunk))
    end = records[-1][0] + len(records[-1][1])
    data = bytearray(chunk[:end].ljust(CHUNK, b"\0"))
    (first,) = struct.unpack_from("<Q", chunk, 8)
    count, last = len(records), records[-1][0]
    # A record that defines its template itself cannot stand elsewhere.
    again = [
        record
        for at, record in records
        if int.from_bytes(record[_DEFINITION : _DEFINITION + 4], "little") != at + _DEFINITION + 4
    ]
    for record in cycle(again) if again else ():
        if end + len(record) > CHUNK:
            break
        data[end : end + len(record)] = record
        struct.pack_into("<Q", data, end + 8, first + count)
        last, end, count = end, end + len(record), count + 1
    struct.pack_into("<QQQQ", data, 8, *(first, first + count - 1) * 2)
    struct.pack_into("<III", data, 40, 128, last, end)
    struct.pack_into("<I", data, 52, zlib.crc32(data[FIRST:end]))
    struct.pack_into("<I", data, 124, zlib.crc32(data[:120] + data[128:FIRST]))
    return bytes(data), count


def _records(chunk: bytes) -> Iterator[tuple[int, bytes]]:
    at = FIRST
    while chunk[at : at + 4] == MAGIC:
        size = int.from_bytes(chunk[at + 4 : at + 8], "little")
        yield at, chunk[at : at + size]
        at += size
