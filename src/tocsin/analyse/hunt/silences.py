"""Stretches of a log without a row, and days that it has rows of, at little cost.

Reading the time of every row would cost more than the search itself. So a row is looked at every few
kilobytes, and only where two of those are far apart in time all rows between them are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

STEP = 64 * 1024
"""Bytes from one row that is looked at to the next."""

SILENT = timedelta(hours=2)
"""A stretch without a row from which on it is kept."""

_TIME = re.compile(rb'(?:\xef\xbb\xbf)?"?(\d{4})-(\d\d)-(\d\d)[T \t,]"?,?(\d\d):(\d\d):(\d\d)')
"""How a row of IIS (date and time) or Exchange (one ISO time) begins."""


class Clock:
    """The times of a log's rows as its blocks go by. A class because a silence may lie between two.

    days: on which a row that was looked at stands. silences: (from, to) without a row in between.
    """

    def __init__(self) -> None:
        self.days: set[str] = set()
        self.silences: list[tuple[datetime, datetime]] = []
        self._last: datetime | None = None

    def look(self, block: bytes) -> None:
        """Look at one block: a line feed, then whole lines."""
        before, begin = self._last, 0
        for at, when in _looked_at(block):
            self.days.add(when.date().isoformat())
            if before is not None and when - before >= SILENT:
                self._closely(block, begin, at, before)
            before, begin = when, at
        self._last = before

    def _closely(self, block: bytes, begin: int, end: int, before: datetime) -> None:
        """All rows between two that are far apart."""
        at = begin
        while at <= end:
            when = _time(block, at)
            if when is not None:
                self.days.add(when.date().isoformat())
                if when - before >= SILENT:
                    self.silences.append((before, when))
                before = when
            at = block.find(b"\n", at + 1)
            if at < 0:
                return


def _looked_at(block: bytes) -> Iterator[tuple[int, datetime]]:
    """Offsets of the line feeds before rows, one in each step and the last one, and their times."""
    end = block.rfind(b"\n", 0, len(block) - 1)
    at = 0
    while 0 <= at <= end:
        when = _time(block, at)
        if when is not None:
            yield at, when
        # a comment, a row of another form: the next one
        at = block.find(b"\n", at + (STEP if when is not None else 1))
        if at > end or at < 0:
            break
    if end > 0 and (last := _time(block, end)) is not None:
        yield end, last


def _time(block: bytes, feed: int) -> datetime | None:
    """The time of the row after a line feed."""
    found = _TIME.match(block, feed + 1)
    if found is None:
        return None
    try:
        return datetime(*map(int, found.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
