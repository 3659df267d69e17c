"""A log as blocks of whole lines, whatever its encoding and its line ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats.syntax.text_stream import decoded, encoding_of

BLOCK = 1 << 19
"""Bytes that are searched at once: few enough to be still in the processor's caches when they are read,
hashed and searched one after the other, and that the allocator hands out again; four MiB took an eighth more time."""

SAMPLE = 8 * 1024
"""Bytes of a block that are looked at for what its lines end in."""


LINE_LIMIT = 1 << 20
"""Bytes of one line that are read; the rest of a longer one is lost and told."""


class Cut(msgspec.Struct, frozen=True):
    """A line longer than `LINE_LIMIT`, of which so many bytes were left out."""

    lost: int


def blocks(stream: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[bytes | Cut]:
    """The lines that begin in [start, end), as blocks that begin with a line feed of ours.

    A range needs a stream that can seek. A line longer than `LINE_LIMIT` is cut there and a `Cut`
    follows it. Lines that end in a carriage return alone are understood.
    """
    if start:
        stream.seek(start - 1)
        start += _rest_of_line(stream, None if end is None else end - start + 1) - 1
        if end is not None and start >= end:
            return iter(())
    return _aligned(_read(stream, None if end is None else end - start), stream)


def as_utf8(stream: BinaryIO) -> Iterator[bytes | Cut]:
    """The same of a whole log in UTF-16."""
    return _aligned((text.encode("utf-8", "replace") for text in _larger(decoded(stream))), None)


def is_wide(head: bytes) -> bool:
    """Whether a log that begins so is in UTF-16."""
    return encoding_of(head)[0] != "utf-8"


def _rest_of_line(stream: BinaryIO, limit: int | None) -> int:
    """Pass what is left of a line, or more than a limit of it; how many bytes that was."""
    passed = 0
    while part := stream.readline(LINE_LIMIT):
        passed += len(part)
        if part.endswith(b"\n") or (limit is not None and passed > limit):
            break
    return passed


def _read(stream: BinaryIO, size: int | None) -> Iterator[bytes]:
    while size is None or size > 0:
        chunk = stream.read(BLOCK if size is None else min(BLOCK, size))
        if not chunk:
            return
        if size is not None:
            size -= len(chunk)
        yield chunk


def _larger(pieces: Iterator[str]) -> Iterator[str]:
    held: list[str] = []
    size = 0
    for each in pieces:
        held.append(each)
        size += len(each)
        if size >= BLOCK // 2:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)


def _aligned(chunks: Iterator[bytes], stream: BinaryIO | None) -> Iterator[bytes | Cut]:
    """Chunks as blocks of whole lines; the last line of a range is read to its end from the stream."""
    rest = b""
    skipping = 0
    for chunk in chunks:
        if skipping:
            at = chunk.find(b"\n")
            if at < 0:
                skipping += len(chunk)
                continue
            yield Cut(skipping + at)
            skipping, chunk = 0, chunk[at + 1 :]  # noqa: PLW2901 - what is left of it
        last = chunk.rfind(b"\n")
        if last >= 0:
            yield from _shortened(b"".join((b"\n", rest, memoryview(chunk)[: last + 1])))
            rest = chunk[last + 1 :]
            continue
        block, rest, skipping = _without_end(rest + chunk)
        if block:
            yield from _shortened(block)
    if skipping:
        yield Cut(skipping)
    if rest and stream is not None:
        rest += stream.readline(LINE_LIMIT)
    if rest:
        yield from _shortened(b"\n" + rest.rstrip(b"\n") + b"\n")


def _shortened(block: bytes) -> Iterator[bytes | Cut]:
    """A block with a line feed after each line, and of too long lines only their beginnings."""
    sample = block[:SAMPLE]
    lone = sample.count(b"\r") - sample.count(b"\r\n")
    if lone > sample.count(b"\n"):
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    half = LINE_LIMIT // 2
    begin = 0
    for at in range(0, len(block) - half, half):
        # A line that is too long leaves no line feed in one half of the limit at least.
        if at < begin or block.find(b"\n", at, at + half) >= 0:
            continue
        keep = block.rfind(b"\n", 0, at) + 1 + LINE_LIMIT
        end = block.find(b"\n", at)
        if end > keep:
            yield block[begin:keep] + b"\n"
            yield Cut(end - keep)
            begin = end
    if not begin:
        yield block
    elif len(block) - begin > 1:
        yield block[begin:]


def _without_end(rest: bytes) -> tuple[bytes, bytes, int]:
    """What a chunk without a line feed gives: a block if there are lines in it all the same (of old
    systems, that end them with a carriage return) or the line is too long; what is left; and how
    many bytes of a too long line are left out."""
    if b"\r" in rest[: min(len(rest) - 1, LINE_LIMIT)]:
        rest = rest.replace(b"\r", b"\n")
        last = rest.rfind(b"\n")
        return b"\n" + rest[: last + 1], rest[last + 1 :], 0
    if len(rest) > LINE_LIMIT:
        return b"\n" + rest[:LINE_LIMIT] + b"\n", b"", len(rest) - LINE_LIMIT
    return b"", rest, 0
