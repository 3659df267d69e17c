"""CSV that `Export-Csv` or `ConvertTo-Csv` made of Exchange's cmdlets."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_reading import read_records
from tocsin.formats.syntax.exchange_vocabulary import score
from tocsin.formats.syntax.format_list import PROMPT
from tocsin.formats.syntax.records import Object, Record, Value
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.formats.syntax.text_stream import Line, decoded, head_text, lines
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LINE_LIMIT = 4 * 1024 * 1024
"""Longest line read, in characters."""

COLUMNS_LIMIT = 2000
"""Columns read of a row."""

ROW_LIMIT = 200
"""Lines of one row: values may hold line ends, but a quote that is not closed holds them all."""

RECOVERIES_LIMIT = 100
"""Broken rows whose other lines are read again; behind that they are lost with their row."""

_DELIMITERS = (",", ";", "\t", "|")
_COMMAND = re.compile(r"\s*(?:Get|Test)-[A-Za-z]{3,60}\s[^\"]{0,400}\|", re.IGNORECASE)
_TYPE = "#TYPE "
_SEPARATOR = "sep="


def recognise(head: bytes) -> int:
    """A line of column names (behind `#TYPE`, if any) that are those of Exchange's properties."""
    text = head_text(head).lstrip("\ufeff\r\n")
    first, _, rest = text.partition("\n")
    typed = first.strip().strip('"').startswith(_TYPE)
    while first.strip().strip('"').startswith((_TYPE, _SEPARATOR)):
        first, _, rest = rest.partition("\n")
    if PROMPT.match(first) or _COMMAND.match(first):
        # The properties that a command selects look like columns; what follows is what it printed.
        return 0
    delimiter, found = _delimiter(first, text)
    if delimiter is None or (not rest.strip() and not typed):
        return 0
    return 65 if found >= 2 else 0


def _delimiter(header: str, around: str = "") -> tuple[str | None, int]:
    """The delimiter that splits the header into most columns that are Exchange's."""
    best: tuple[int, int, str | None] = (0, 1, None)
    for each in _DELIMITERS:
        names = _split(header, each)
        if len(names) > 1:
            best = max(best, (score(names, around), len(names), each), key=lambda b: b[:2])
    return best[2], best[0]


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])[:COLUMNS_LIMIT]
    except csv.Error:
        return []


class _Lines:
    """Physical lines for the csv module, counted; those of a broken row can be given back."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source = source
        self._again: deque[Line] = deque()
        self._row: list[Line] = []
        self._recoveries = 0
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self._row) >= ROW_LIMIT:
            msg = f"a row of more than {ROW_LIMIT} lines"
            raise csv.Error(msg)
        line = self._again.popleft() if self._again else next(self._source)
        self.number = line.number
        self._row.append(line)
        return line.text + "\n"

    def begin_row(self) -> None:
        """Forget the lines of the row before."""
        self._row = []

    @property
    def first(self) -> int:
        """The number of the row's first line."""
        return self._row[0].number if self._row else self.number

    @property
    def cut(self) -> bool:
        """Whether a line of the row was longer than is read."""
        return any(line.cut for line in self._row)

    def recover(self) -> str:
        """The first line of a broken row; the others will be read again, as rows of their own.

        A quote that is never closed would otherwise cost every row behind it.
        """
        first, *others = self._row or [Line(self.number, "")]
        if self._recoveries < RECOVERIES_LIMIT:
            self._recoveries += 1
            self._again.extendleft(reversed(others))
        return first.text


def _read_rows(stream: BinaryIO, at: Locator) -> Iterator[Record | Gap]:
    source = _Lines(lines(decoded(stream), LINE_LIMIT))
    kind = ""
    for text in source:
        source.begin_row()
        plain = text.strip().strip('"')
        if plain.startswith(_TYPE):
            kind = plain.removeprefix(_TYPE)
        elif plain and not plain.startswith(_SEPARATOR):
            yield from _table(source, text, kind, at)
            return


def _table(source: _Lines, header: str, kind: str, at: Locator) -> Iterator[Record | Gap]:
    """The rows below `header`; a file put together from several has more than one header."""
    delimiter = _delimiter(header)[0] or ","
    names = _split(header, delimiter)
    # Strict, so that a quote which is never closed is noticed.
    rows = csv.reader(source, delimiter=delimiter, strict=True)
    expect_header = False
    while True:
        source.begin_row()
        try:
            row = next(rows, None)
        except csv.Error as error:
            line = source.recover()
            row = _split(line, delimiter)
            if len(row) != len(names):
                why = say(N_("not a row of CSV: {fault}"), fault=str(error))
                yield Gap(at=_place(at, source.first), why=why)
                continue
        if row is None:
            return
        first, place = source.first, _place(at, source.first)
        if source.cut:
            why = say(N_("a row longer than {limit} characters, left out"), limit=LINE_LIMIT)
            yield Gap(at=place, why=why, kind="limit")
        elif row and row[0].startswith(_TYPE):
            kind, expect_header = row[0].removeprefix(_TYPE), True
        elif expect_header:
            names, expect_header = row[:COLUMNS_LIMIT], False
        elif any(row) and row != names:
            yield Record(f"line {first}", _object(names, row, kind))


def _place(at: Locator, line: int) -> Locator:
    return msgspec.structs.replace(at, position=f"line {line}")


def _object(names: list[str], row: list[str], kind: str) -> Object:
    filled: dict[str, Value] = {}
    for name, text in zip(names, row, strict=False):
        if name.strip():
            filled.setdefault(name.strip(), text)
    return Object(types=(kind,) if kind else (), properties=filled)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """What every row says about Exchange servers, then one `Look`."""
    del reading
    return read_records(_read_rows(stream, at), at, Origin(syntax="csv"))


FORMAT = Format(
    name="powershell-csv",
    title="PowerShell CSV export",
    recognise=recognise,
    read=read,
    order=80,
)
