"""Files that are two things at once: an archive, a program or a page behind a picture or a PDF.

An archive that a document carries as an object is no such thing: it ends before the document does.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

TAIL_LIMIT = 65_557
"""Bytes at the end in which the end of a zip's directory stands (APPNOTE 4.3.16)."""

OUTSIDE_LIMIT = 4 * 1024 * 1024
"""Bytes outside a document that are searched."""

_END = b"PK\x05\x06"
_ENTRY = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_HOLDERS = frozenset(("image", "pdf", "media", "html", "svg", "rtf", "text", "unknown", "font"))
_ARCHIVES = ((b"Rar!\x1a\x07\x00", "rar"), (b"Rar!\x1a\x07\x01\x00", "rar"), (b"7z\xbc\xaf\x27\x1c\x00", "7z"), (b"MSCF\x00\x00\x00\x00", "cab"))  # fmt: skip
_PAGE = re.compile(rb"(?i)<(?:html|script|body|hta:application|iframe)[\s>]")
_PROGRAM = b"This program cannot be run in DOS mode"
_BINARY = frozenset(("image", "media", "font"))


class Second(NamedTuple):
    """What else a file is, and from where on. data: the bytes that are that other thing."""

    kind: str
    data: bytes


def second_of(kind: str, data: bytes) -> Second | None:
    """The other thing that a file of `kind` is; None for an honest one."""
    if kind == "zip":
        return _before(data)
    if kind not in _HOLDERS:
        return None
    if _end_of_zip(data) >= 0:
        return Second("zip", data)
    if kind == "pdf":
        return _outside(data)
    if kind in _BINARY:
        return _in_picture(data)
    return None


def _end_of_zip(data: bytes) -> int:
    """Where the end of a directory stands that an unpacker finds: it closes the file, and its
    directory and first member are there. Less than 0 for none."""
    at = data.rfind(_END, max(0, len(data) - TAIL_LIMIT))
    if at < 0 or at + 22 > len(data):
        return -1
    size, offset, comment = struct.unpack_from("<IIH", data, at + 12)
    begin = at - size
    if begin < 0 or data[begin : begin + 4] != _ENTRY or begin + 46 > at:
        return -1
    first = struct.unpack_from("<I", data, begin + 42)[0] + max(0, begin - offset)
    there = data[first : first + 4] == _LOCAL
    rest = data[at + 22 + comment :]
    return at if there and not rest.strip(b"\0\r\n\t ") else -1


def _before(data: bytes) -> Second | None:
    """A second archive in front of that whose directory stands last: some programs show the one,
    some the other."""
    at = data.rfind(_END, max(0, len(data) - TAIL_LIMIT))
    if at < 0 or at + 22 > len(data) or data[:4] != _LOCAL:
        return None
    size, offset = struct.unpack_from("<II", data, at + 12)
    moved = at - size - offset
    if moved <= 22 or data[at - size : at - size + 4] != _ENTRY:
        return None
    front = data[:moved]
    return Second("zip", front) if _end_of_zip(front) >= 0 else None


def _outside(data: bytes) -> Second | None:
    begin = max(0, data.find(b"%PDF-", 0, 1024))
    end = data.rfind(b"%%EOF")
    after = data[end + 5 : end + 5 + OUTSIDE_LIMIT] if end >= 0 else b""
    for magic, kind in _ARCHIVES:
        at = after.find(magic)
        if at >= 0:
            return Second(kind, data[end + 5 + at :])
    if _LOCAL in after:
        return Second("zip", data[end + 5 + after.find(_LOCAL) :])
    if _PROGRAM in after:
        return Second("executable", after)
    for place in (data[:begin], after):
        if _PAGE.search(place):
            return Second("html", place)
    mime = _mime(data, end)
    return Second("mhtml", data[mime:]) if mime >= 0 else None


def _mime(data: bytes, end: int) -> int:
    """Where a page in MIME stands behind a PDF's objects, which Word opens; less than 0 for none."""
    at = data.find(b"MIME-Version:", max(0, end)) if end >= 0 else data.find(b"MIME-Version:", 0, OUTSIDE_LIMIT)  # fmt: skip
    if at < 0 or data[at - 1 : at] not in (b"\n", b"\r"):
        return -1
    return at if b"multipart/" in data[at : at + 2000] else -1


def _in_picture(data: bytes) -> Second | None:
    for magic, kind in _ARCHIVES:
        at = data.find(magic)
        if at >= 0:
            return Second(kind, data[at:])
    if _PROGRAM in data:
        return Second("executable", data)
    for place in (data[:4096], data[-65_536:]):
        found = _PAGE.search(place)
        if found is not None:
            return Second("html", place[found.start() :])
    return None
