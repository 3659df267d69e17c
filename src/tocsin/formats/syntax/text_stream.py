"""Text files of Windows machines: what encoding, and lines of bounded length.

Windows PowerShell writes UTF-16 (`>`, `Out-File`, `Export-Clixml`), UTF-8 with a byte order mark,
or the machine's code page; PowerShell 7 writes UTF-8 without a mark. Reading never fails: what is
no UTF-8 is taken for Windows-1252, byte by byte.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

CHUNK = 64 * 1024
"""Bytes read at once."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SNIFFED = 64
_PROBED = 1024
_STRAY = 8
"""Zero bytes that a text may hold in what is probed: one in a value must not hide a whole table."""

_FALLBACK = "tocsin-windows-1252"


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    broken = error.object[error.start : error.end]
    return broken.decode("cp1252", errors="replace"), error.end


codecs.register_error(_FALLBACK, _as_windows_1252)


def encoding_of(head: bytes) -> tuple[str, int]:
    """The encoding of a file that begins with `head`, and the length of its byte order mark."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    sniffed = head[:_SNIFFED]
    # ASCII in UTF-16 without a mark: every other byte is zero.
    if len(sniffed) >= 4:
        half = len(sniffed) // 2
        if sniffed[1::2].count(0) > half * 3 // 4 and not sniffed[0::2].count(0):
            return "utf-16-le", 0
        if sniffed[0::2].count(0) > half * 3 // 4 and not sniffed[1::2].count(0):
            return "utf-16-be", 0
    return "utf-8", 0


def head_text(head: bytes) -> str:
    """The first bytes of a file as text, for recognising it; a cut last character is left out.

    Empty for what is no text: to repair a picture byte by byte would cost more than all else.
    """
    encoding, skip = encoding_of(head)
    if encoding == "utf-8" and head[:_PROBED].count(0) > _STRAY:
        return ""
    # For recognising, a foreign letter may be any sign; reading takes Windows-1252 for it.
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(head[skip:])


def decoded(stream: BinaryIO, head: bytes = b"") -> Iterator[str]:
    """The stream as pieces of text, none empty; `head` is what was read of it before."""
    raw = head + stream.read(CHUNK)
    encoding, skip = encoding_of(raw)
    errors = _FALLBACK if encoding == "utf-8" else "replace"
    decoder = codecs.getincrementaldecoder(encoding)(errors=errors)
    raw = raw[skip:]
    while raw:
        if text := decoder.decode(raw):
            yield text
        raw = stream.read(CHUNK)
    if text := decoder.decode(b"", final=True):
        yield text


class Line(msgspec.Struct, frozen=True):
    """One line without its end; `cut` when it was longer than what is kept of it."""

    number: int
    text: str
    cut: bool = False


def lines(pieces: Iterable[str], limit: int) -> Iterator[Line]:
    """Lines of at most `limit` characters, numbered from 1, without carriage returns at their end.

    Of a longer line the first `limit` characters are kept.
    """
    number, pending = 0, ""
    for piece in pieces:
        *whole, rest = piece.split("\n")
        for each in whole:
            number += 1
            yield _line(number, pending + each if pending else each, limit)
            pending = ""
        # One character more than the limit shows that the line is longer.
        pending = (pending + rest)[: limit + 2] if len(pending) < limit + 2 else pending
    if pending:
        yield _line(number + 1, pending, limit)


def _line(number: int, text: str, limit: int) -> Line:
    text = text.rstrip("\r")
    return Line(number, text[:limit], cut=len(text) > limit)
