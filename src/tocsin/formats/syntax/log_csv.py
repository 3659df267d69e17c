"""One row of CSV, read on its own: a quote that is not closed costs this row and no other."""

from __future__ import annotations

import csv
import re

CELLS_LIMIT = 1024
"""Cells of one row that are read; the widest log of Exchange has about 100."""

_CELL = {
    mark: re.compile(rf'(?:"((?:[^"]|"")*+)(?:"[^{mark}]*+)?|([^{mark}]*+))(?:{mark}|$)')
    for mark in (",", ";", "\t", r"\|")
}


def cells(text: str, delimiter: str = ",") -> list[str]:
    """The cells of a row, their quotes taken off, at most `CELLS_LIMIT`."""
    if '"' not in text:
        return text.split(delimiter, CELLS_LIMIT)[:CELLS_LIMIT]
    try:
        return next(csv.reader((text,), delimiter=delimiter), [])[:CELLS_LIMIT]
    except csv.Error:
        # A field of more than 131,072 characters, or a carriage return inside the row.
        return _slowly(text, delimiter)


def _slowly(text: str, delimiter: str) -> list[str]:
    pattern = _CELL["\\|" if delimiter == "|" else delimiter]
    found: list[str] = []
    place = 0
    while place <= len(text) and len(found) < CELLS_LIMIT:
        match = pattern.match(text, place)
        if match is None:
            break
        quoted = match[1]
        found.append(match[2] if quoted is None else quoted.replace('""', '"'))
        if match.end() >= len(text):
            if text.endswith(delimiter) and match.end() > match.start():
                found.append("")
            break
        place = match.end()
    return found
