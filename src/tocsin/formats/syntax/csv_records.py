"""Rows of CSV, each with its column names, as exports of Windows and of portals write them.

Values may hold line ends; a quote that is never closed costs its own line and not the file.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats.syntax.text_stream import Line, decoded, lines
from tocsin.model.text import N_, Sentence, say

LINE_LIMIT = 4 * 1024 * 1024
"""Longest line read, in characters."""

ROW_LIMIT = 2000
"""Lines of one row: values may hold line ends, but a quote that is not closed holds them all."""

ROW_SIZE = 8 * 1024 * 1024
"""Characters of one row."""

COLUMNS_LIMIT = 2000
"""Columns read of a row."""

RECOVERIES_LIMIT = 100
"""Broken rows whose other lines are read again; behind that they are lost with their row."""

DELIMITERS = (",", ";", "\t", "|")

csv.field_size_limit(LINE_LIMIT)


class Row(msgspec.Struct, frozen=True):
    """One row. columns: of the header that holds for it. values: as many as the row has."""

    line: int
    columns: tuple[str, ...]
    values: tuple[str, ...]

    def fields(self, rest: str = "") -> dict[str, str]:
        """The values by column; what stands behind the last column as `rest`, if that is named."""
        found = dict(zip(self.columns, self.values, strict=False))
        if rest and len(self.values) > len(self.columns):
            found[rest] = "\n".join(self.values[len(self.columns) :])
        found.pop("", None)
        return found


class Broken(msgspec.Struct, frozen=True):
    """A row that could not be read, and why."""

    line: int
    why: Sentence


def header_of(text: str) -> tuple[str, ...]:
    """The columns that the first line of a text names, whatever delimits them; blanks stripped."""
    for line in text.lstrip("\ufeff\r\n").splitlines()[:3]:
        if not _is_preamble(line):
            return max((split(line, each) for each in DELIMITERS), key=len)
    return ()


def split(line: str, delimiter: str) -> tuple[str, ...]:
    """The values of a line that is a row of its own."""
    try:
        row = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return ()
    return tuple(each.strip() for each in row[:COLUMNS_LIMIT])


def _is_preamble(line: str) -> bool:
    """`#TYPE …` of `Export-Csv`, `sep=,` of Excel, an empty line."""
    plain = line.strip().strip('"')
    return not plain or plain.startswith(("#TYPE ", "sep="))


class _Lines:
    """Physical lines for the csv module; those of a broken row can be given back."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source = source
        self._again: deque[Line] = deque()
        self._row: list[Line] = []
        self._size = 0
        self._recoveries = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self._row) >= ROW_LIMIT or self._size > ROW_SIZE:
            msg = f"a row of more than {ROW_LIMIT} lines"
            raise csv.Error(msg)
        line = self._again.popleft() if self._again else next(self._source)
        self._row.append(line)
        self._size += len(line.text)
        return line.text + "\n"

    def begin_row(self) -> None:
        """Forget the lines of the row before."""
        self._row, self._size = [], 0

    @property
    def first(self) -> int:
        """The number of the row's first line."""
        return self._row[0].number if self._row else 0

    @property
    def cut(self) -> bool:
        """Whether a line of the row was longer than is read."""
        return any(line.cut for line in self._row)

    def recover(self) -> str:
        """The first line of a broken row; the others will be read again, as rows of their own."""
        first, *others = self._row or [Line(0, "")]
        if self._recoveries < RECOVERIES_LIMIT:
            self._recoveries += 1
            self._again.extendleft(reversed(others))
        return first.text


def rows(stream: BinaryIO) -> Iterator[Row | Broken]:
    """Every row below the first header; a header that comes again is none."""
    source = _Lines(lines(decoded(stream), LINE_LIMIT))
    header = ""
    for text in source:
        source.begin_row()
        if not _is_preamble(text):
            header = text
            break
    delimiter = max(DELIMITERS, key=lambda each: len(split(header, each)))
    columns = split(header, delimiter)
    # Strict, so that a quote which is never closed is noticed.
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        source.begin_row()
        try:
            values = next(reader, None)
        except csv.Error as error:
            first = source.first
            values = list(split(source.recover(), delimiter))
            if len(values) != len(columns):
                yield Broken(first, say(N_("not a row of CSV: {fault}"), fault=str(error)))
                continue
            yield Row(first, columns, tuple(values))
            continue
        if values is None:
            return
        if source.cut:
            why = say(N_("a row longer than {limit} characters, left out"), limit=LINE_LIMIT)
            yield Broken(source.first, why)
        elif _is_row(values, columns):
            yield Row(source.first, columns, tuple(values[:COLUMNS_LIMIT]))


def _is_row(values: list[str], columns: tuple[str, ...]) -> bool:
    """Whether it is neither empty nor the header again, as in files put together from several."""
    if not any(values) or values[0].startswith("#TYPE "):
        return False
    return tuple(each.strip() for each in values) != columns
