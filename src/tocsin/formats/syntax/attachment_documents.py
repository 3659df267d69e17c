"""RTF and OneNote: what they do when opened, where they lead, what they carry."""

from __future__ import annotations

import re
from collections.abc import Iterator

SEARCH_LIMIT = 16 * 1024 * 1024
"""Bytes of a document that are searched."""

EMBEDDED_LIMIT = 50
"""Files inside a OneNote section that are looked at."""

FIELDS_LIMIT = 2000
"""Fields of an RTF text that are looked at."""

PIECED_LIMIT = 300
"""Fields in pieces that are put together."""

_RTF_OBJECT = re.compile(rb"\\obj(?:data|emb|autlink|link|ocx|update)\b|\\object\b")
_RTF_TEMPLATE = re.compile(
    rb"\\\*\s{0,5}\\template\s{0,5}(?:https?:|\\\\|file:|\\u)", re.IGNORECASE
)
_RTF_FIELD = re.compile(rb"\\fldinst\b")
_RTF_DDE = re.compile(rb"(?i)\bDDE(?:AUTO)?\b")
_RTF_LOADS = re.compile(rb"(?i)\bINCLUDE(?:PICTURE|TEXT)\b[^}]{0,100}(?:https?:|\\\\)")
_RTF_LINK = re.compile(rb"(?i)\bHYPERLINK\b[\s\"]{1,10}((?:https?|ftp|file):[^\s\"{}]{3,1000})")
_RTF_WORD = re.compile(rb"\\(?:\*|[a-z]{1,32}+-?\d{0,10}+ ?|[{}])|[{}\r\n]")
_RTF_DATA = re.compile(rb"\\objdata\b")
_RTF_LINKED = re.compile(rb"\\obj(?:autlink|link|update)\b")
_EQUATION = (b"4571756174696f6e2e33", b"4571756174696F6E2E33", b"Equation.3")
_URL_MONIKER = b"e0c9ea79f9bace118c8200aa004ba90b"
"""The class of an address that is loaded, {79EAC9E0-BAF9-11CE-8C82-00AA004BA90B}, in hex digits
([MS-OSHARED] 2.3.7.6)."""

_DATA_BYTES = 16 * 1024
"""Hex digits of one object that are looked at."""

_LOWER = bytes(range(256)).lower()
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))
_WIDE_WEB = re.compile(rb"h\0t\0t\0p\0(?:s\0)?:\0/\0/\0(?:[!-~]\0){3,500}")
_WEB = re.compile(rb"https?://[!-~]{3,500}")


def rtf_traits(data: bytes) -> Iterator[str]:
    """Objects, templates from elsewhere, fields that load (RTF 1.9.1); the equation editor's hole."""
    data = data[:SEARCH_LIMIT]
    if _RTF_OBJECT.search(data):
        yield "embedded-object"
    if any(each in data for each in _EQUATION):
        yield "exploit-object"
    if _RTF_TEMPLATE.search(data) or any(True for _ in _loaded(data)):
        yield "external-template"
    for told in _fields(data):
        if _RTF_DDE.search(told):
            yield "dde"
        if _RTF_LOADS.search(told):
            yield "external-link"


def rtf_links(data: bytes) -> Iterator[str]:
    """Where its fields lead, and from where its objects are loaded."""
    data = data[:SEARCH_LIMIT]
    for told in _fields(data):
        found = _RTF_LINK.search(told)
        if found is not None:
            yield found[1].decode("latin-1")
    yield from _loaded(data)


def _fields(data: bytes) -> Iterator[bytes]:
    """The instructions of its fields, as written and without the words that set their type."""
    for count, field in enumerate(_RTF_FIELD.finditer(data)):
        if count >= FIELDS_LIMIT:
            return
        told = data[field.end() : field.end() + 1200].partition(b"\\fldrslt")[0]
        yield told[:300].partition(b"}")[0]
        if count >= PIECED_LIMIT:
            continue
        bare = _RTF_WORD.sub(b"", told.replace(b"\\\\", b"\0\0"))
        yield bare.replace(b"\0\0", b"\\\\")


def _loaded(data: bytes) -> Iterator[str]:
    """Addresses that linked objects are loaded from when the text is opened."""
    if b"\\objdata" not in data or not _RTF_LINKED.search(data):
        return
    for count, found in enumerate(_RTF_DATA.finditer(data)):
        if count >= EMBEDDED_LIMIT:
            return
        raw = data[found.end() : found.end() + 2 * _DATA_BYTES]
        digits = raw.partition(b"}")[0].translate(_LOWER, _NO_DIGITS)[:_DATA_BYTES]
        if _URL_MONIKER not in digits:
            continue
        body = bytes.fromhex(digits[: len(digits) & ~1].decode())
        wide = _WIDE_WEB.search(body)
        address = wide[0][::2] if wide else b""
        if not wide:
            narrow = _WEB.search(body)
            address = narrow[0] if narrow else b""
        yield address.decode("latin-1")


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
