"""Tables as Format-Table prints them: names, dashes below, a line for each object."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin.formats.syntax.records import Object, Record, Value

COLUMNS_LIMIT = 100
"""Columns of one table."""

WRAP_LIMIT = 100
"""Lines that one row can be wrapped to; what follows stands for itself."""

_RULE = re.compile(r" *-+(?: +-+)* *")


class Row(msgspec.Struct):
    """What a line was: `taken` when it belongs to the table; the records that it finished."""

    taken: bool
    records: list[Record]


def is_rule(text: str) -> bool:
    """Whether the line is the dashes below a table's names."""
    return text.lstrip().startswith("--") and _RULE.fullmatch(text) is not None


class Table:
    """One table while its lines arrive; a row may be wrapped onto further lines."""

    def __init__(self, names: str, rule: str) -> None:
        spans = [match.span() for match in re.finditer(r"-+", rule)][:COLUMNS_LIMIT]
        self._spans = spans
        self._names = [names[start:end].strip() for start, end in self._cells(names)]
        self._line = 0
        self._row: list[str] = []
        self._rows = 0
        self._wrapped = 0

    def row(self, number: int, text: str) -> Row:
        """Take a line; a blank one ends the table, behind at least one row."""
        if not text.strip():
            if not self._rows and not self._row:
                return Row(taken=True, records=[])
            return Row(taken=False, records=list(self.end()))
        cells = [text[start:end].strip() for start, end in self._cells(text)]
        if self._row and not cells[0] and self._wrapped < WRAP_LIMIT:
            self._wrapped += 1
            # -Wrap: what did not fit goes on below, in its own column.
            self._row = [
                f"{above} {below}".strip() for above, below in zip(self._row, cells, strict=True)
            ]
            return Row(taken=True, records=[])
        finished = list(self.end())
        self._row, self._line, self._wrapped = cells, number, 0
        self._rows += 1
        return Row(taken=True, records=finished)

    def end(self) -> Iterator[Record]:
        """The last row."""
        if not self._row:
            return
        properties: dict[str, Value] = {}
        for name, text in zip(self._names, self._row, strict=True):
            if name:
                properties.setdefault(name, text)
        self._row = []
        yield Record(f"line {self._line}", Object(properties=properties))

    def _cells(self, text: str) -> list[tuple[int, int]]:
        """Where each column's text stands in a line.

        Between two columns lies a gap; numbers, set to the right, may begin inside it.
        """
        starts = [0]
        for (_, end), (start, _) in zip(self._spans, self._spans[1:], strict=False):
            at = start
            while at > end and text[at - 1 : at].strip():
                at -= 1
            starts.append(at if not text[at - 1 : at].strip() else start)
        return list(zip(starts, [*starts[1:], max(len(text), starts[-1])], strict=True))
