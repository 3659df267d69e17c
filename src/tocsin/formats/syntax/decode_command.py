"""Commands hidden in base64: PowerShell's `-enc`, `FromBase64String`, parameters of web shells."""

from __future__ import annotations

import re

from tocsin.formats.syntax.decode_token import unbased, unpacked

CANDIDATES_LIMIT = 8
"""Pieces of base64 that are tried in one row."""

DEPTH = 3
"""Commands inside commands that are opened."""

TEXT_LIMIT = 64 * 1024
"""Characters looked at, and kept of one command."""

_ASKED = re.compile(
    r"(?:[-/]e(?:nc?|c|ncod\w{0,20})?(?:[\s:=\"']|\+|%20){1,4}"
    r"|base64string[(\s\"'+]{0,6}|base64[,=:]\s?)"
    r"(?P<text>[A-Za-z0-9+/_-]{12,65536}={0,2})",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=])(?P<text>[A-Za-z0-9+/]{32,65536}={0,2})")
_WORD = re.compile(r"[A-Za-z]{3}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def commands(text: str) -> list[str]:
    """The texts that stand in base64 in a row, those inside them too, in order."""
    return _commands(text[:TEXT_LIMIT], DEPTH)


def _commands(text: str, depth: int) -> list[str]:
    found: list[str] = []
    tried: set[str] = set()
    for pattern in (_ASKED, _BASE64):
        for number, match in enumerate(pattern.finditer(text)):
            if number >= CANDIDATES_LIMIT:
                break
            piece = match["text"]
            plain = "" if piece in tried else _plain(piece)
            tried.add(piece)
            if plain:
                found.append(plain)
                if depth > 1:
                    found += _commands(plain, depth - 1)
    return list(dict.fromkeys(found))[:CANDIDATES_LIMIT]


def _plain(text: str) -> str:
    """The text in a piece of base64, or empty: UTF-16, UTF-8, gzip or deflate of these."""
    data = unbased(text)
    if data[:2] == b"\x1f\x8b" or (data and not _text(data)):
        data = unpacked(data) if data[:2] == b"\x1f\x8b" or len(data) > 32 else b""
    return _text(data)


def _text(data: bytes) -> str:
    if len(data) < 4:
        return ""
    if not data[1::2].strip(b"\0") and data[0::2].strip(b"\0"):
        plain = data[: len(data) & ~1].decode("utf-16-le", "replace")
    else:
        try:
            plain = data.decode()
        except UnicodeDecodeError:
            return ""
    if _CONTROLS.search(plain) or not _WORD.search(plain):
        return ""
    letters = sum(each.isascii() for each in plain)
    return plain[:TEXT_LIMIT] if letters * 10 >= len(plain) * 9 else ""
