"""Pages held against our YARA rules (`knowledge/data/webshells`), by mechanism.

A page is scanned as it is, and again with the tricks taken out that hide code from a search: other
encodings, escapes, comments, strings in pieces. Nothing of it is run.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec
import yara_x

from tocsin.knowledge.webshells import sources

SCAN_LIMIT = 4 * 1024 * 1024
"""Bytes of one file that are scanned; a longer one is scanned so far."""

TIME_LIMIT = 3
"""Seconds of one scan of one text; rules that were not tried until then are told."""

_UNICODE = re.compile(
    r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\x([0-9a-fA-F]{2})|&#(\d{2,7});|&#[xX]([0-9a-fA-F]{2,6});"
)
_COMMENT = re.compile(r"/\*[^*]{0,4000}+\*(?:[^*/][^*]{0,4000}+\*|\*)*+/|<!--|-->")
_PIECES = re.compile(r"(?<=[\w\s(])([\"'])\s*[+&]\s*\1")
_BLANKS = re.compile(r"\s+")
_FORMAT = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_CODEPAGE = re.compile(rb"codepage\s*=\s*[\"']?\s*(\d{3,5})", re.IGNORECASE)
_CODECS = {
    b"65000": "utf-7",
    b"1200": "utf-16-le",
    b"1201": "utf-16-be",
    b"12000": "utf-32-le",
    b"37": "cp037",
    b"037": "cp037",
    b"500": "cp500",
    b"932": "cp932",
    b"936": "gbk",
    b"950": "big5",
}


class Scan(msgspec.Struct, frozen=True):
    """The names of the rules that a page matches, and whether all of them could be tried."""

    names: tuple[str, ...]
    complete: bool = True


def scan(data: bytes) -> Scan:
    """Hold a page against all rules."""
    data = data[:SCAN_LIMIT]
    found: set[str] = set()
    complete = True
    for each in (data, *(text.encode("utf-8", "replace") for text in plain_texts(data))):
        names = _scan(each)
        found |= names or set()
        complete = complete and names is not None
    return Scan(tuple(sorted(found)), complete)


def scanned(data: bytes) -> tuple[str, ...]:
    """The names of the rules that a page matches, in order of the alphabet."""
    return scan(data).names


def strong(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the rules that alone show a web shell."""
    return tuple(each for each in names if _severities().get(each) == "strong")


def plain_texts(data: bytes) -> list[str]:
    """What the code may be once decoded; empty when that is what was scanned already."""
    texts = []
    for text in dict.fromkeys(_decoded(data)):
        plain = _FORMAT.sub("", text)
        for _ in range(3):
            before = plain
            plain = _UNICODE.sub(_character, plain)
            plain = _COMMENT.sub("", plain)
            plain = _PIECES.sub("", plain)
            if plain == before:
                break
        texts.append(_BLANKS.sub(" ", plain))
    raw = data.decode("utf-8", "replace")
    return [each for each in texts if each != raw]


def _decoded(data: bytes) -> list[str]:
    named = _CODEPAGE.search(data.replace(b"\0", b"")[:8192])
    codecs = [_CODECS[named[1]]] if named is not None and named[1] in _CODECS else []
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        codecs.append("utf-16")
    elif data[:512].count(0) > len(data[:512]) // 4:
        codecs.append("utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    codecs.append("utf-8")
    return [data.decode(each, "replace") for each in codecs]


def _character(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3] or found[5]
    code = int(digits, 16) if digits else int(found[4])
    return chr(code) if 0x20 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else found[0]


def _scan(data: bytes) -> set[str] | None:
    """The rules that match; None when the time was not enough."""
    try:
        results = _scanner().scan(data)
    except (yara_x.TimeoutError, yara_x.ScanError):
        return None
    return {each.identifier for each in results.matching_rules}


@cache
def _scanner() -> Any:
    scanner = yara_x.Scanner(_rules())
    scanner.set_timeout(TIME_LIMIT)
    return scanner


@cache
def _rules() -> Any:
    compiler = yara_x.Compiler()
    for text in sources():
        compiler.add_source(text)
    return compiler.build()


@cache
def _severities() -> dict[str, str]:
    return {rule.identifier: dict(rule.metadata).get("severity", "") for rule in _rules()}
