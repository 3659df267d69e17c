"""PDF: what it does when opened, where it leads, which files it carries.

Searched, not parsed: names, strings and actions are found in the bytes and in compressed object
streams, so that a damaged file shows them too (ISO 32000-1).
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Sequence

from tocsin.formats.syntax.attachment_places import share_outside

SEARCH_LIMIT = 16 * 1024 * 1024
"""Bytes of a document that are searched."""

STREAMS_LIMIT = 50
"""Compressed object streams that are unpacked."""

STREAM_BYTES = 256 * 1024
"""Bytes unpacked of one."""

LINKS_LIMIT = 200
"""Links of one place that are looked at."""

ACTIONS_LIMIT = 50
"""Actions of one place whose target is looked at."""

OPENINGS_LIMIT = 5
"""Actions of opening, and objects of one number, that are looked at."""

SPELT_LIMIT = 5
"""Object streams written in letters that are decoded."""

SPELT_BYTES = 64 * 1024
"""Bytes of one."""

FILES_LIMIT = 50
"""Names of carried files that are looked at."""

_NAMES: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(rb"/" + name + rb"(?:[\s/(<\[{>)\]}%]|$)"), trait)
    for name, trait in (
        (b"Encrypt", "encrypted"),
        (b"JavaScript", "javascript"),
        (b"JS", "javascript"),
        (b"Launch", "launch"),
        (b"EmbeddedFiles?", "embedded-files"),
        (b"GoTo[RE]", "external-link"),
        (b"SubmitForm", "external-link"),
        (b"URI", "uri"),
        (b"XFA", "form"),
    )
)
_ESCAPED = re.compile(rb"/[A-Za-z#0-9]{0,20}#[0-9a-fA-F]{2}[A-Za-z#0-9]{0,30}")
_HEX = re.compile(rb"#([0-9a-fA-F]{2})")
_STRING = (
    rb"(?:\(((?:\\.|[^()\\]|\((?:\\.|[^()\\]){0,500}+\)){1,2000}+)\)|<([0-9A-Fa-f\s]{2,4000}+)>)"
)
_URI = re.compile(rb"/(?:U|#55)(?:R|#52)(?:I|#49)\s{0,20}" + _STRING, re.DOTALL)
_APART = re.compile(rb"/URI\s{1,20}\d{1,9}\s{1,20}\d{1,5}\s{1,20}R\b")
_ADDRESS = re.compile(
    rb"\((https?:(?:\\.|[^()\\]|\((?:\\.|[^()\\]){0,500}+\)){1,2000}+)\)", re.DOTALL
)
_ACTION = re.compile(rb"/(?:SubmitForm|GoTo[RE]|Launch|ImportData)\b")
_TARGET = re.compile(rb"(?:/U?F\s{0,20}|/FS\s{0,5}/URL\s{0,5}|/Win\s{0,5})" + _STRING, re.DOTALL)
_FILE = re.compile(rb"/U?F\s{0,20}" + _STRING, re.DOTALL)
_OPEN = re.compile(rb"/OpenAction\s{0,20}(?:(<<)|(\d{1,9})\s{1,5}(\d{1,5})\s{1,5}R\b)")
_ACTS = re.compile(rb"/(?:URI|GoTo[RE]|SubmitForm|Launch|ImportData)\b")
_OBJECTS = re.compile(rb"/ObjStm\b")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pdf_places(data: bytes) -> list[bytes]:
    """What is to be searched: the file itself and what its object streams unpack to."""
    data = data[:SEARCH_LIMIT]
    return [data, *_object_streams(data)]


def pdf_traits(places: Sequence[bytes]) -> Iterator[str]:
    """Actions and carried files, also where names are spelt in hex."""
    searched = list(places)
    if b"#" in places[0]:
        names = (_HEX.sub(lambda h: bytes((int(h[1], 16),)), n[0]) for n in _escaped(places[0]))
        searched.append(b" ".join(names) + b" ")
    seen: set[str] = set()
    for place in searched:
        for name, trait in _NAMES:
            if trait not in seen and name.search(place):
                seen.add(trait)
                yield trait
    if any(_opens_by_itself(place) for place in places):
        yield "opens-by-itself"
    if any(share_outside(target) for place in places for target in _targets(place)):
        yield "smb"


def pdf_links(places: Sequence[bytes]) -> Iterator[str]:
    """The addresses of its links and forms (12.6.4.7, 12.7.5.2), as far as they are to be seen."""
    apart = any(_APART.search(place) for place in places)
    for place in places:
        for count, found in enumerate(_URI.finditer(place)):
            if count >= LINKS_LIMIT:
                break
            yield _text(found)
        if apart:
            for count, found in enumerate(_ADDRESS.finditer(place)):
                if count >= LINKS_LIMIT:
                    break
                yield _plain(found[1])
        for target in _targets(place):
            if target[:4].lower() == "http":
                yield target


def pdf_files(places: Sequence[bytes]) -> Iterator[str]:
    """Names of the files that it carries or speaks of (7.11.3)."""
    for place in places:
        for count, found in enumerate(_FILE.finditer(place)):
            if count >= FILES_LIMIT:
                break
            name = _text(found).replace("\\", "/").rpartition("/")[2]
            if "." in name and "://" not in name:
                yield name[:200]


def _targets(place: bytes) -> Iterator[str]:
    """Where actions other than links lead: files, shares, addresses of forms."""
    for count, found in enumerate(_ACTION.finditer(place)):
        if count >= ACTIONS_LIMIT:
            return
        near = place[max(0, found.start() - 300) : found.end() + 600]
        for target in _TARGET.finditer(near):
            yield _text(target)


def _opens_by_itself(place: bytes) -> bool:
    for count, found in enumerate(_OPEN.finditer(place)):
        if count >= OPENINGS_LIMIT:
            break
        at = found.end() if found[1] else _object(place, b"%b %b obj" % (found[2], found[3]))
        if at >= 0 and _ACTS.search(place[at : at + 300].partition(b"endobj")[0]):
            return True
    return False


def _object(place: bytes, mark: bytes) -> int:
    """Where an object begins; less than 0 where it is not to be seen."""
    at = place.find(mark)
    for _ in range(OPENINGS_LIMIT):
        if at < 0 or not place[at - 1 : at].isdigit():
            break
        at = place.find(mark, at + 1)
    return at


def _text(found: re.Match[bytes]) -> str:
    """A string in parentheses or in hex (7.3.4), UTF-16 by its mark (7.9.2.2)."""
    if found[1]:
        return _plain(found[1])
    digits = re.sub(rb"\s", b"", found[2])
    return _letters(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()))


def _plain(raw: bytes) -> str:
    return _letters(_ESCAPE.sub(_unescaped, raw) if b"\\" in raw else raw)


def _unescaped(found: re.Match[bytes]) -> bytes:
    what = found[1]
    if what[0] in b"01234567":
        return bytes((int(what, 8) & 255,))
    return b"" if what in (b"\r\n", b"\r", b"\n") else _LETTERS.get(what, what)


def _letters(raw: bytes) -> str:
    if raw[:2] == b"\xfe\xff":
        return raw[2 : len(raw) & ~1].decode("utf-16-be", "replace")
    return raw.decode("latin-1")


def _escaped(data: bytes) -> Iterator[re.Match[bytes]]:
    for count, found in enumerate(_ESCAPED.finditer(data)):
        if count >= 1000:
            return
        yield found


def _object_streams(data: bytes) -> Iterator[bytes]:
    spelt = 0
    for count, found in enumerate(_OBJECTS.finditer(data)):
        if count >= STREAMS_LIMIT:
            return
        at = data.find(b"stream", found.end(), found.end() + 1000)
        if at < 0:
            continue
        begin = at + 6 + (2 if data[at + 6 : at + 8] == b"\r\n" else 1)
        raw = data[begin : begin + STREAM_BYTES]
        filters = data[max(0, found.start() - 300) : at].rpartition(b" obj")[2]
        if b"/ASCIIHex" in filters or b"/ASCII85" in filters:
            spelt += 1
            if spelt > SPELT_LIMIT:
                continue
            raw = _binary(raw[:SPELT_BYTES], hexadecimal=b"/ASCIIHex" in filters)
        try:
            yield zlib.decompressobj().decompress(raw, STREAM_BYTES)
        except zlib.error:
            if b"/FlateDecode" not in filters and b"/Fl " not in filters:
                yield raw.partition(b"endstream")[0]


def _binary(raw: bytes, *, hexadecimal: bool) -> bytes:
    """Undo ASCIIHexDecode or ASCII85Decode (7.4.2, 7.4.3)."""
    try:
        if hexadecimal:
            digits = re.sub(rb"\s", b"", raw.partition(b">")[0])
            return binascii.unhexlify(digits[: len(digits) & ~1])
        return base64.a85decode(raw.partition(b"~>")[0].strip())
    except ValueError:
        return b""
