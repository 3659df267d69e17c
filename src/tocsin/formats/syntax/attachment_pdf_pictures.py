"""The pictures of a PDF that could show a code: image objects as JPEG or as deflated samples.

Searched, not parsed, as in `attachment_pdf`: each dictionary with /Subtype /Image and the stream behind
it (ISO 32000-1, 8.9.5). Samples without their palette are taken as grey: a code has two values only.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator

from tocsin.formats.syntax.attachment_pictures import CANDIDATES_LIMIT, candidate
from tocsin.formats.syntax.picture_codes import PICTURE_BYTES, SIDE_LEAST, Picture

OBJECTS_LIMIT = 1000
"""Image objects that are looked at, masks included."""

DICTIONARY_BYTES = 2000
"""Bytes of a dictionary, before and behind its /Subtype."""

SPELT_LIMIT = 5
"""Pictures spelt in letters that are decoded."""

SPELT_BYTES = 1024 * 1024
"""Letters of one."""

_IMAGE = re.compile(rb"/Subtype\s{0,5}/Image\b")
_BEGIN = re.compile(rb"(\d{1,9})\s{1,5}\d{1,5}\s{1,5}obj\b")
_STREAM = re.compile(rb"\bstream(?:\r\n|\n|\r)")
_MASK = re.compile(rb"/S?Mask\s{1,5}(\d{1,9})\s{1,5}\d{1,5}\s{1,5}R\b")
_FILTERS = re.compile(rb"/F(?:ilter)?\s{0,5}(\[[^\]]{0,200}\]|/\w{1,20})")
_NAME = re.compile(rb"/(\w{1,20})")
_NUMBERS = {
    name: re.compile(rb"/" + name + rb"\s{1,5}(\d{1,6})\b(?!\s{1,5}\d{1,5}\s{1,5}R)")
    for name in (b"Width", b"Height", b"BitsPerComponent", b"Predictor", b"Colors")
}
_LENGTH = re.compile(rb"/Length\s{1,5}(\d{1,9})\b(?!\s{1,5}\d{1,5}\s{1,5}R)")
_SPELT = (b"ASCII85Decode", b"A85", b"ASCIIHexDecode", b"AHx")
"""Filters that spell bytes in letters."""

_WHOLE = (b"DCTDecode", b"DCT")
_DEFLATED = (b"FlateDecode", b"Fl")


def pdf_pictures(data: bytes) -> Iterator[Picture]:
    """Its pictures in order, masks left out. data: what is searched of the file."""
    masks: set[bytes] | None = None
    tried = spelt = 0
    for count, found in enumerate(_IMAGE.finditer(data)):
        if count >= OBJECTS_LIMIT or tried >= CANDIDATES_LIMIT:
            return
        said, number, at = _dictionary(data, found.start(), found.end())
        if min(_number(said, b"Width", 0), _number(said, b"Height", 0)) < SIDE_LEAST:
            continue
        if masks is None:
            each_mask = zip(_MASK.finditer(data), range(OBJECTS_LIMIT), strict=False)
            masks = {each[1] for each, _ in each_mask}
        names = _filters(said)
        letters = names[:1] if names[:1] and names[0] in _SPELT else []
        spelt += len(letters)
        if number in masks or spelt > SPELT_LIMIT:
            continue
        tried += 1
        raw = _stream(said, data, at, SPELT_BYTES if letters else PICTURE_BYTES + 1)
        if letters:
            raw = _unspelt(raw, names.pop(0))
        picture = _picture(said, names, raw)
        if picture is not None:
            yield picture


def _dictionary(data: bytes, start: int, end: int) -> tuple[bytes, bytes, int]:
    """The dictionary around a place, its object's number, where its stream begins; empty without one."""
    begins = list(_BEGIN.finditer(data, max(0, start - DICTIONARY_BYTES), start))
    stream = _STREAM.search(data, end, end + DICTIONARY_BYTES)
    if not begins or stream is None:
        return b"", b"", 0
    return data[begins[-1].end() : stream.start()], begins[-1][1], stream.end()


def _filters(said: bytes) -> list[bytes]:
    found = _FILTERS.search(said)
    return [each[1] for each in _NAME.finditer(found[1])] if found else []


def _stream(said: bytes, data: bytes, at: int, most: int) -> bytes:
    length = _LENGTH.search(said)
    end = at + int(length[1]) if length else data.find(b"endstream", at, at + most)
    return data[at : min(end, at + most) if end >= at else at + most]


def _picture(said: bytes, names: list[bytes], raw: bytes) -> Picture | None:
    """names: its filters. raw: its stream."""
    if names[:1] and names[0] in _DEFLATED and names[1:2] and names[1] in _WHOLE:
        raw, names = _inflated(raw), names[1:]
    if len(names) == 1 and names[0] in _WHOLE:
        return Picture(raw) if candidate(raw) else None
    if len(names) > 1 or (names and names[0] not in _DEFLATED) or not raw:
        return None
    bits = 1 if b"/ImageMask" in said else _number(said, b"BitsPerComponent", 8)
    colours = _number(said, b"Colors", 1) if _number(said, b"Predictor", 1) >= 10 else 0
    if bits not in (1, 2, 4, 8) or colours not in (0, 1, 3, 4):
        return None
    width, height = _number(said, b"Width", 0), _number(said, b"Height", 0)
    return Picture(raw if names else zlib.compress(raw, 0), width, height, bits, colours)


def _number(said: bytes, name: bytes, otherwise: int) -> int:
    found = _NUMBERS[name].search(said)
    return int(found[1]) if found else otherwise


def _inflated(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(raw, PICTURE_BYTES + 1)
    except zlib.error:
        return b""


def _unspelt(raw: bytes, name: bytes) -> bytes:
    """Undo ASCIIHexDecode or ASCII85Decode (7.4.2, 7.4.3)."""
    try:
        if name in (b"ASCIIHexDecode", b"AHx"):
            digits = re.sub(rb"\s", b"", raw.partition(b">")[0])
            return bytes.fromhex(digits[: len(digits) & ~1].decode("ascii"))
        return base64.a85decode(raw.partition(b"~>")[0].strip())
    except ValueError:
        return b""
