"""The chunks of an .evtx file (Windows event log), read one after another, and their records.

A file is a header of 4,096 bytes and chunks of 64 KiB that each stand for themselves. They are cut
here, so that the file is never held, a stream need not seek, and a broken chunk costs only itself;
the records inside are decoded by the `evtx` library, which is Rust without unsafe memory.
https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec
from evtx import PyEvtxParser

from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.text import N_, say

FILE_MAGIC = b"ElfFile\0"
CHUNK_MAGIC = b"ElfChnk\0"
HEADER_SIZE = 4096
CHUNK_SIZE = 64 * 1024
BATCH = 16
"""Chunks decoded at once: a mebibyte."""

_RECORD_MAGIC = b"**\0\0"
_TABLES = slice(128, 512)
"""Of a chunk's header: offsets of common strings and templates, which only make reading faster."""
_CHAINS = struct.Struct("<96I")
_NEXT = struct.Struct("<I")
_NUMBERS = struct.Struct("<QQ")
RECORD_LIMIT = 1024 * 1024
"""Characters of one record: a chunk of 64 KiB holds no longer one unless it was made to swell."""

_PROVIDER_WITHIN = 400
"""Bytes of a record's JSON within which its provider is named: it is the first of `System`."""

_LONGEST = CHUNK_SIZE // 24


class _Chunk(msgspec.Struct, frozen=True):
    """One chunk: its place in the file, its bytes, how many records its header counts."""

    number: int
    offset: int
    data: bytes
    count: int


def records(
    stream: BinaryIO, mark: bytes, rendered: Callable[[bytes], bytes]
) -> Iterator[LogRecord | LogFault]:
    """Every record of the file as one line of JSON, in the file's order; what is lost, counted.

    rendered: writes anew those records whose provider's name begins with `mark`.
    """
    for chunks in _batches(stream):
        for each in (chunks,) if isinstance(chunks, LogFault) else _batch(chunks):
            if isinstance(each, LogRecord) and each.text.find(mark, 0, _PROVIDER_WITHIN) >= 0:
                yield LogRecord(each.position, rendered(each.text))
            else:
                yield each


def _batches(stream: BinaryIO) -> Iterator[list[_Chunk] | LogFault]:
    batch: list[_Chunk] = []
    for each in _chunks(stream):
        if isinstance(each, LogFault):
            yield batch
            batch = []
            yield each
            continue
        batch.append(each)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _chunks(stream: BinaryIO) -> Iterator[_Chunk | LogFault]:
    offset, number = 0, 0
    held = stream.read(len(FILE_MAGIC))
    while held:
        if held == FILE_MAGIC:
            # A second header: files put behind one another.
            offset += len(held) + len(stream.read(HEADER_SIZE - len(held)))
            held = stream.read(len(FILE_MAGIC))
            continue
        data = held + _exactly(stream, CHUNK_SIZE - len(held))
        number += 1
        found = _chunk(number, offset, data)
        if found is not None:
            yield found
        offset += len(data)
        held = stream.read(len(FILE_MAGIC))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    """As many bytes as there are, at most `size`: a stream may hand out less at a time."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _chunk(number: int, offset: int, data: bytes) -> _Chunk | LogFault | None:
    """A chunk to be decoded; None for space that was never used."""
    if data.startswith(CHUNK_MAGIC) and len(data) >= 512:
        first, last = _NUMBERS.unpack_from(data, 8)
        count = last - first + 1 if first <= last < 1 << 62 else 0
        if not 0 < count <= _LONGEST:
            count = data.count(_RECORD_MAGIC)
        return _Chunk(number, offset, _tame(data.ljust(CHUNK_SIZE, b"\0")), count)
    if data[512:516] == _RECORD_MAGIC:
        # Only the head of the chunk was overwritten: its records may still be whole.
        count, last, end = _walk(data)
        numbers = _NUMBERS.pack(1, count)
        head = CHUNK_MAGIC + numbers + numbers + struct.pack("<III", 128, last, end)
        data = (head.ljust(512, b"\0") + data[512:]).ljust(CHUNK_SIZE, b"\0")
        return _Chunk(number, offset, data, count)
    held = data.count(_RECORD_MAGIC)
    if not held and not data.strip(b"\0"):
        return None
    return LogFault(_place(number, offset), say(N_("no chunk of an event log")), max(1, held))


def _tame(data: bytes) -> bytes:
    """The chunk, without its tables if one of their chains leads in a circle: the library follows it
    for ever."""
    known = {0}
    for first in _CHAINS.unpack_from(data, _TABLES.start):
        at, chain = first, set[int]()
        while at not in known and at <= CHUNK_SIZE - _NEXT.size:
            if at in chain:
                return data[: _TABLES.start] + bytes(_CHAINS.size) + data[_TABLES.stop :]
            chain.add(at)
            (at,) = _NEXT.unpack_from(data, at)
        known |= chain
    return data


def _walk(data: bytes) -> tuple[int, int, int]:
    """Of a chunk's records: how many, where the last begins, where it ends."""
    count, last, end = 0, 512, 512
    while data[end : end + 4] == _RECORD_MAGIC and end + 8 <= len(data):
        size = int.from_bytes(data[end + 4 : end + 8], "little")
        if size < 24 or end + size > len(data):
            break
        count, last, end = count + 1, end, end + size
    return count, last, end


def _place(number: int, offset: int) -> str:
    return f"chunk {number} (byte {offset})"


def _file(chunks: list[bytes]) -> io.BytesIO:
    """A file of its own that holds these chunks."""
    head = bytearray(HEADER_SIZE)
    struct.pack_into(
        "<8sQQQIHHHH",
        head,
        0,
        FILE_MAGIC,
        0,
        len(chunks) - 1,
        1,
        128,
        1,
        3,
        HEADER_SIZE,
        len(chunks),
    )
    return io.BytesIO(bytes(head) + b"".join(chunks))


def _batch(chunks: list[_Chunk]) -> Iterator[LogRecord | LogFault]:
    """The records of a few chunks; one by one when not all of them come out whole."""
    if not chunks:
        return
    found, faults = _decode([each.data for each in chunks])
    if not faults and len(found) >= sum(each.count for each in chunks):
        yield from found
        return
    for each in chunks:
        yield from _alone(each)


def _alone(chunk: _Chunk) -> Iterator[LogRecord | LogFault]:
    """The records of one chunk, and what is missing of those that its header counts."""
    found, faults = _decode([chunk.data])
    if faults and len(found) < chunk.count:
        plain = bytearray(chunk.data)
        plain[_TABLES] = bytes(_TABLES.stop - _TABLES.start)
        again, others = _decode([bytes(plain)])
        if len(again) > len(found):
            found, faults = again, others
    yield from found
    lost = max(chunk.count - len(found), len(faults))
    if lost > 0:
        why = (
            say(N_("records of the event log are broken: {fault}"), fault=faults[0])
            if faults
            else say(N_("the chunk holds fewer records than its header counts"))
        )
        yield LogFault(_place(chunk.number, chunk.offset), why, lost)


def _decode(chunks: list[bytes]) -> tuple[list[LogRecord], list[str]]:
    """The records that can be decoded, and the library's words for each that cannot."""
    found: list[LogRecord] = []
    faults: list[str] = []
    try:
        source = PyEvtxParser(_file(chunks), 1).records_json()
    except (RuntimeError, OSError, ValueError) as error:
        return found, [str(error)[:200]]
    while len(faults) <= _LONGEST * len(chunks):
        try:
            each = next(source, None)
        except (RuntimeError, OSError, ValueError) as error:
            faults.append(str(error)[:200])
            continue
        if each is None:
            break
        if len(each["data"]) > RECORD_LIMIT:
            faults.append(
                f"a record of {len(each['data'])} characters out of a chunk of {CHUNK_SIZE}"
            )
            continue
        found.append(_record(each["event_record_id"], each["data"].encode()))
    return found, faults


def _record(number: int, text: bytes) -> LogRecord:
    return LogRecord(f"record {number}", text)
