"""Codes that a text draws itself, without a picture: of block characters, or of a table's cells.

Each drawing becomes samples of a picture. Light and dark may be the wrong way round: codes are read
either way.
"""

from __future__ import annotations

import html
import re
import zlib
from collections import Counter
from collections.abc import Iterator

from tocsin.formats.syntax.picture_codes import SIDE_LEAST, Picture

TEXT_LIMIT = 1024 * 1024
"""Characters of a text that are searched."""

DRAWINGS_LIMIT = 5
"""Drawings of one text that are looked at."""

LINES_LIMIT = 400
"""Lines, or rows of cells, of one drawing; and characters, or cells, of one of them."""

LOOKS_LIMIT = 6
"""Looks of cells in a table that draws."""

_SPELT = re.compile(r"&#(?:[xX]258[048]|96(?:00|04|08));|&(?:block|uhblk|lhblk);")
_SIGNS = (b"\xe2\x96", b"\xe2\xac\x9b", b"&#", b"block;", b"<td", b"<TD")
"""Without one of these, in UTF-8, a file draws nothing."""

_HALVES = {
    "█": b"\0\0", "▀": b"\0\xff", "▄": b"\xff\0", "▓": b"\0\0", "■": b"\0\0", "⬛": b"\0\0", "⬜": b"\xff\xff",
}  # fmt: skip
_BREAK = re.compile(r"(?i)<br\b[^<>]{0,200}>|</(?:div|p|tr|li)\s{0,5}>")
_TAG = re.compile(r"<[^<>]{1,2000}>")
_DRAWN = re.compile(r"[█▀▄▓■⬛⬜\s]+")
_ROW = re.compile(r"(?i)<tr\b")
_CELL = re.compile(r"(?i)<t[dh]\b([^<>]{0,400}+)>")
_SPAN = re.compile(r"(?i)\bcolspan\s{0,3}=\s{0,3}[\"']?(\d{1,3})")
_TABLE_END = re.compile(r"(?i)</table\b")


def drawings(text: str) -> Iterator[Picture]:
    """What a text or a page draws that could be a code."""
    text = text[:TEXT_LIMIT]
    for count, grid in enumerate((*_blocks(text), *_tables(text))):
        if count >= DRAWINGS_LIMIT:
            return
        width = max(map(len, grid))
        data = b"".join(row.ljust(width, b"\xff") for row in grid)
        yield Picture(zlib.compress(data, 1), width, len(grid), 8)


def drawn_in(data: bytes) -> Iterator[Picture]:
    """What a file of text draws."""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    data = data[: 4 * TEXT_LIMIT]
    if wide or any(sign in data for sign in _SIGNS):
        yield from drawings(data.decode("utf-16" if wide else "utf-8", "replace"))


def _blocks(text: str) -> Iterator[list[bytes]]:
    """Runs of lines of block characters; each line has two rows of samples."""
    if not (any(each in text for each in "█■⬛▀") or _SPELT.search(text)):
        return
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n", text))
    text = html.unescape(text)
    found: list[bytes] = []
    for line in (*text.split("\n"), "."):
        # Blank lines are a margin, or stand between what is drawn and something else.
        if _DRAWN.fullmatch(line) and len(found) < 2 * LINES_LIMIT and not line.isspace():
            cells = [_HALVES.get(each, b"\xff\xff") for each in line.rstrip("\r")[:LINES_LIMIT]]
            found += (bytes(each[0] for each in cells), bytes(each[1] for each in cells))
        elif line.strip() or not found:
            if len(found) >= SIDE_LEAST and max(map(len, found)) >= SIDE_LEAST:
                yield found
            found = []


def _tables(text: str) -> Iterator[list[bytes]]:
    """Tables of many cells of which most look alike: all other looks are dark."""
    if text.count("<td") + text.count("<TD") < SIDE_LEAST * SIDE_LEAST // 4:
        return
    for table in _TABLE_END.split(text):
        rows = _ROW.split(table)[1 : LINES_LIMIT + 1]
        if len(rows) < SIDE_LEAST:
            continue
        shaped = [_cells(row) for row in rows]
        looks = Counter(look for cells in shaped for look, _ in cells)
        if not 2 <= len(looks) <= LOOKS_LIMIT:
            continue
        light = looks.most_common(1)[0][0]
        grid = [
            b"".join((b"\xff" if look == light else b"\0") * span for look, span in cells)
            for cells in shaped
            if cells
        ]
        if len(grid) >= SIDE_LEAST and max(map(len, grid)) >= SIDE_LEAST:
            yield grid


def _cells(row: str) -> list[tuple[str, int]]:
    """How each cell of a row looks, by its attributes, and how many columns it takes."""
    cells: list[tuple[str, int]] = []
    width = 0
    for cell in _CELL.finditer(row):
        span = _SPAN.search(cell[1])
        columns = int(span[1]) if span else 1
        width += columns
        if width > LINES_LIMIT:
            break
        cells.append((_SPAN.sub("", cell[1]).strip(), columns))
    return cells
