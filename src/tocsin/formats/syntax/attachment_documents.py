"""PDF, RTF and OneNote: what they do when opened, and what they carry."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

SEARCH_LIMIT = 16 * 1024 * 1024
"""Bytes of a document that are searched."""

STREAMS_LIMIT = 50
"""Compressed object streams of a PDF that are unpacked."""

STREAM_BYTES = 256 * 1024
"""Bytes unpacked of one."""

LINKS_LIMIT = 200
"""Links of one PDF that are looked at."""

EMBEDDED_LIMIT = 50
"""Files inside a OneNote section that are looked at."""

FIELDS_LIMIT = 2000
"""Fields of an RTF text that are looked at."""

_PDF_NAMES: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
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
_URI = re.compile(
    rb"/URI\s{0,5}(?:\(((?:\\.|[^()\\]){1,2000})\)|<([0-9A-Fa-f\s]{2,4000})>)", re.DOTALL
)
_OBJECTS = re.compile(rb"/ObjStm\b")


def pdf_traits(data: bytes) -> Iterator[str]:
    """Actions and carried files (ISO 32000), also where names are spelt in hex or stand in
    compressed object streams."""
    data = data[:SEARCH_LIMIT]
    places = [data, *_object_streams(data)]
    if b"#" in data:
        names = (_HEX.sub(lambda h: bytes((int(h[1], 16),)), n[0]) for n in _escaped(data))
        places.append(b" ".join(names) + b" ")
    seen: set[str] = set()
    for place in places:
        for name, trait in _PDF_NAMES:
            if trait not in seen and name.search(place):
                seen.add(trait)
                yield trait


def pdf_links(data: bytes) -> Iterator[str]:
    """The addresses of its links (ISO 32000-1, 12.6.4.7), plain or in hex, as far as they are to be seen."""
    data = data[:SEARCH_LIMIT]
    for place in (data, *_object_streams(data)):
        for count, found in enumerate(_URI.finditer(place)):
            if count >= LINKS_LIMIT:
                break
            raw = found[1] or bytes.fromhex(_even(re.sub(rb"\s", b"", found[2])))
            yield re.sub(rb"\\(.)", rb"\1", raw, flags=re.DOTALL).decode("latin-1")


def _even(digits: bytes) -> str:
    """Hex digits of whole bytes: an odd last one stands for itself and a 0 (7.3.4.3)."""
    return (digits + b"0" * (len(digits) % 2)).decode()


def _escaped(data: bytes) -> Iterator[re.Match[bytes]]:
    for count, found in enumerate(_ESCAPED.finditer(data)):
        if count >= 1000:
            return
        yield found


def _object_streams(data: bytes) -> Iterator[bytes]:
    for count, found in enumerate(_OBJECTS.finditer(data)):
        if count >= STREAMS_LIMIT:
            return
        at = data.find(b"stream", found.end(), found.end() + 1000)
        if at < 0:
            continue
        begin = at + 6 + (2 if data[at + 6 : at + 8] == b"\r\n" else 1)
        try:
            yield zlib.decompressobj().decompress(data[begin : begin + STREAM_BYTES], STREAM_BYTES)
        except zlib.error:
            continue


_RTF_OBJECT = re.compile(rb"\\obj(?:data|emb|autlink|link|ocx|update)\b|\\object\b")
_RTF_TEMPLATE = re.compile(
    rb"\\\*\s{0,5}\\template\s{0,5}(?:https?:|\\\\|file:|\\u)", re.IGNORECASE
)
_RTF_FIELD = re.compile(rb"\\fldinst\b")
_RTF_DDE = re.compile(rb"(?i)\bDDE(?:AUTO)?\b")
_RTF_LOADS = re.compile(rb"(?i)\bINCLUDE(?:PICTURE|TEXT)\b[^}]{0,100}(?:https?:|\\\\)")
_EQUATION = (b"4571756174696f6e2e33", b"4571756174696F6E2E33", b"Equation.3")


def rtf_traits(data: bytes) -> Iterator[str]:
    """Objects, templates from elsewhere, fields that load (RTF 1.9.1); the equation editor's hole."""
    data = data[:SEARCH_LIMIT]
    if _RTF_OBJECT.search(data):
        yield "embedded-object"
    if any(each in data for each in _EQUATION):
        yield "exploit-object"
    if _RTF_TEMPLATE.search(data):
        yield "external-template"
    for count, field in enumerate(_RTF_FIELD.finditer(data)):
        if count >= FIELDS_LIMIT:
            return
        told = data[field.end() : field.end() + 300].partition(b"}")[0]
        if _RTF_DDE.search(told):
            yield "dde"
        if _RTF_LOADS.search(told):
            yield "external-link"


_FILE_DATA = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
"""guidHeader of a FileDataStoreObject, {BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC} (MS-ONESTORE 2.6.13)."""


def onenote_files(data: bytes) -> Iterator[bytes]:
    """The files that a section carries, as far as they go."""
    at = data.find(_FILE_DATA)
    for _ in range(EMBEDDED_LIMIT):
        if at < 0:
            return
        size = int.from_bytes(data[at + 16 : at + 24], "little")
        begin = at + 36
        if size <= len(data):
            yield data[begin : begin + min(size, 1 << 20)]
        at = data.find(_FILE_DATA, begin)


def onenote_names(data: bytes) -> Iterator[str]:
    """Names of carried files: properties in UTF-16 that end in an extension of harm."""
    data = data[:SEARCH_LIMIT]
    for count, found in enumerate(_WIDE_EXTENSION.finditer(data)):
        if count >= EMBEDDED_LIMIT:
            return
        stem = _WIDE_STEM.search(data, max(0, found.start() - 160), found.start())
        if stem is not None:
            yield (stem[0] + found[0]).decode("utf-16-le", "replace")


# The extension is searched and the name read backwards: any text could begin a name.
_WIDE_STEM = re.compile(rb"(?:[\w \-()]\x00){1,80}\Z")
_WIDE_EXTENSION = re.compile(
    rb"(?<=[\w \-()]\x00)\.\x00(?:h\x00t\x00a|w\x00s\x00f|j\x00s|j\x00s\x00e|v\x00b\x00s|v\x00b\x00e|"
    rb"b\x00a\x00t|c\x00m\x00d|p\x00s\x001|l\x00n\x00k|e\x00x\x00e|c\x00h\x00m)\x00(?![\w]\x00)",
    re.IGNORECASE,
)
