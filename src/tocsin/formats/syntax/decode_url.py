"""Addresses with their encodings taken off: percent, doubled percent, `%u0041`, foreign code pages.

A server decodes once or twice before it acts, a filter in front of it often once less. ASP.NET reads
a query in the character set that `x-up-devcap-post-charset` names when the user agent begins with
`UP`; EBCDIC then hides every letter (https://soroush.me/blog/, 2019 and 2021).
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from tocsin.formats.syntax.log_values import text_of

ROUNDS = 3
"""How often percent-encoding is taken off."""

TEXT_LIMIT = 64 * 1024
"""Characters of one address that are decoded."""

CODE_PAGES = ("cp037", "cp500", "cp1140", "cp1026", "cp273", "cp424", "cp875")
"""Character sets that turn plain letters into others; IBM500 and IBM037 are what is used."""

SHORTEST = 8
"""Characters that a query must have before it is tried with foreign code pages."""

_WIDE = re.compile(r"%u([0-9a-fA-F]{4})")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_PLAIN = re.compile(r"[A-Za-z0-9/?&=@._~:;,+%$()\[\]{}'\"<>|!* -]")
_WORDS = re.compile(
    r"(?i)autodiscover|powershell|X-Rps-CAT|Email|=|/ews|/owa|/ecp|/mapi|\.json|\.aspx|@"
)


def percent(text: str) -> str:
    """The text with percent-encoding taken off, up to `ROUNDS` times; the same where there is none.

    What is no UTF-8 is taken for Windows-1252; control characters and line ends become blanks.
    """
    if "%" not in text:
        return text
    text = text[:TEXT_LIMIT]
    for _ in range(ROUNDS):
        wide = _WIDE.sub(lambda found: _letter(found[1]), text)
        plain = text_of(unquote_to_bytes(wide))
        if plain == text:
            break
        text = plain
        if "%" not in text:
            break
    return _CONTROLS.sub(" ", text)


def _letter(code: str) -> str:
    number = int(code, 16)
    return "?" if 0xD800 <= number < 0xE000 else chr(number)


def foreign(query: str) -> str:
    """A query that was written in a foreign code page, in plain letters; empty if it was not.

    Two forms stand in logs: the bytes as sent (IIS), and text that a server made of plain letters
    by reading them as the foreign code page (remote PowerShell's logs).
    """
    query = query[:TEXT_LIMIT].lstrip("?")
    if len(query) < SHORTEST or not _is_odd(query):
        return ""
    best, best_share = "", 0.9
    raw = unquote_to_bytes(query)
    for page in CODE_PAGES:
        for plain in (_read_as(raw, page), _written_as(raw, page)):
            share = _share(plain)
            if share > best_share and _WORDS.search(plain):
                best, best_share = plain, share
    return _CONTROLS.sub(" ", best)


def _is_odd(query: str) -> bool:
    """Whether it holds many characters that no plain query has."""
    letters = 0 if query.isascii() else sum(not each.isascii() for each in query)
    odd = query.count("%") * 3 + letters
    return odd * 4 >= len(query) or ("+A" in query and "-" in query)


def _read_as(raw: bytes, page: str) -> str:
    try:
        return raw.decode(page)
    except (UnicodeDecodeError, ValueError):
        return ""


def _written_as(raw: bytes, page: str) -> str:
    try:
        return raw.decode().encode(page).decode("ascii")
    except (UnicodeError, ValueError):
        return ""


def _share(text: str) -> float:
    return len(_PLAIN.findall(text)) / len(text) if text else 0.0
