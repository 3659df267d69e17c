"""The pairs that Exchange writes into one column: `S:CMD=Get-InboxRule;'S:EX=it''s; so';I32:N=1`.

A pair that holds `;` or `'` is put in single quotes, those inside doubled. A publisher may have cut
the row anywhere, so a quote that is never closed ends with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

PAIRS_LIMIT = 256
"""Pairs of one column that are read."""

_PAIR = re.compile(r"\s*+(?:'((?:[^']|'')*+)(?:'|\Z)[^;]*+|([^;]*+))(?:;|\Z)")
_KEY = re.compile(r"\s*(?:[A-Za-z]{1,4}\d{0,2}:)?([^=\s'\"]{1,128})\s*=")


def pairs(text: str) -> dict[str, str]:
    """Key to value, the type before the key (`S:`, `I32:`, `Dbl:`) left out; the first of each key."""
    found: dict[str, str] = {}
    for piece in _quoted(text) if "'" in text else text.split(";", PAIRS_LIMIT)[:PAIRS_LIMIT]:
        key = _KEY.match(piece)
        if key is not None and (value := piece[key.end() :].strip()):
            found.setdefault(key[1], value)
    return found


def _quoted(text: str) -> Iterator[str]:
    """The pairs of a text in which some are in single quotes, these taken off."""
    place, size = 0, len(text)
    for _ in range(PAIRS_LIMIT):
        match = _PAIR.match(text, place)
        if match is None or match.end() == place:
            return
        place = match.end()
        quoted = match[1]
        yield match[2] if quoted is None else quoted.replace("''", "'")
        if place >= size:
            return
