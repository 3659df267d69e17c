"""Pictures that could show a code to scan: attached ones, and those within documents and pages."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator

from tocsin.formats.syntax import attachment_zip
from tocsin.formats.syntax.attachment_kinds import extension_of
from tocsin.formats.syntax.attachment_limits import Budget
from tocsin.formats.syntax.picture_codes import PICTURE_BYTES, SIDE_LEAST, Picture

JPEG_PARTS = 200
"""Segments of a JPEG that are passed over to find its size."""

CANDIDATES_LIMIT = 50
"""Pictures of one document that are looked at at all, for their sizes."""

_PICTURES = frozenset(("png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "dib", "webp"))
_FRAMES = frozenset((*range(0xC0, 0xD0),)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG that begin a frame and so hold its size (ITU-T T.81, table B.1)."""

_DATA = re.compile(r"data:image/(?:png|x-png|jpe?g|gif|bmp|x-ms-bmp|webp)[^,\"'<>\s]{0,40};base64,")
_LETTERS = re.compile(r"[A-Za-z0-9+/=\s]{28,}+")
_LETTERS_LIMIT = PICTURE_BYTES * 3 // 2


def candidate(data: bytes) -> bool:
    """Whether a file is a picture of a kind and size that can hold a code."""
    size = _size(data)
    return size is not None and min(size) >= SIDE_LEAST


def _size(data: bytes) -> tuple[int, int] | None:
    """Width and height by the header; None for what is no such picture."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack_from(">II", data, 16)
        elif data.startswith((b"GIF87a", b"GIF89a")):
            width, height = struct.unpack_from("<HH", data, 6)
        elif data.startswith(b"BM"):
            width, height = _bitmap(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            width, height = SIDE_LEAST, SIDE_LEAST  # packed bits, three ways of them: not read here
        elif data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        else:
            return None
    except struct.error:
        return None
    return width, height


def _bitmap(data: bytes) -> tuple[int, int]:
    old = struct.unpack_from("<I", data, 14) == (12,)
    width, height = struct.unpack_from("<HH" if old else "<ii", data, 18)
    return width, abs(height)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    for _ in range(JPEG_PARTS):
        at = data.find(b"\xff", at)
        if at < 0:
            return None
        while data[at : at + 1] == b"\xff":
            at += 1
        if data[at : at + 1] and data[at] in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 4)
            return width, height
        (length,) = struct.unpack_from(">H", data, at + 1)
        at += 1 + length
    return None


def zipped_pictures(data: bytes, budget: Budget) -> Iterator[Picture]:
    """The pictures of an Office or OpenDocument file; not the one of its first page."""
    tried = 0
    for entry in attachment_zip.entries(data):
        name = entry.name.lower()
        if extension_of(name) not in _PICTURES or "thumbnail" in name or entry.encrypted:
            continue
        tried += 1
        if tried > CANDIDATES_LIMIT:
            return
        most = min(PICTURE_BYTES + 1, budget.room)
        raw = attachment_zip.packed_bytes(data, entry, most + 4096)
        body = attachment_zip.inflate(raw, entry.method, most) if most else None
        budget.spend(max(len(raw), len(body or b"")))
        if body and candidate(body):
            yield Picture(body)


def page_pictures(text: str) -> Iterator[Picture]:
    """The pictures that a page holds itself, as `data:` (RFC 2397)."""
    for count, found in enumerate(_DATA.finditer(text) if "data:image/" in text else ()):
        if count >= CANDIDATES_LIMIT:
            return
        letters = _LETTERS.match(text, found.end(), found.end() + _LETTERS_LIMIT)
        if letters is None:
            continue
        raw = re.sub(r"[\s=]", "", letters[0])
        body = base64.b64decode(raw + "=" * (-len(raw) % 4) if len(raw) % 4 != 1 else raw[:-1])
        if candidate(body):
            yield Picture(body)
