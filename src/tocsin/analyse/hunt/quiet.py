"""When a log says nothing although it should: days without a row, and odd stretches of silence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tocsin.analyse.hunt.hosts import Hosts
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.analyse.hunt.silences import SILENT

USUAL = 100
"""Rows that a silence would have held at the log's own pace, from which on it is odd."""

HABIT = 3
"""So many silences of at least half the length, and they are the log's habit: nights, weekends."""

SILENCES_TOLD = 3
"""Silences of one series of files that are told, the longest."""

DAYS_LIMIT = 40_000
"""Days without a row that are looked at: a century; a clock that was set wrongly leaves more."""

_FOLDER = re.compile(r"[/\\!][^/\\!]*$")

Span = tuple[datetime, datetime]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one kind of log of one host in one folder, as they follow one another."""

    surface: str
    host: str
    files: tuple[LogFileStat, ...]

    def spans(self) -> list[Span]:
        """The stretches in which there are rows, in order, the silences taken out."""
        found = []
        for each in self.files:
            assert each.first is not None
            assert each.last is not None
            begins = each.first
            for start, end in sorted(each.silences):
                if begins <= start < end <= each.last:
                    found.append((begins, start))
                    begins = end
            found.append((begins, each.last))
        return sorted(found)


def series(stats: Iterable[LogFileStat], known: Hosts, kinds: frozenset[str]) -> list[Series]:
    """The series of these kinds, by kind, host and folder."""
    found: dict[tuple[str, str, str], list[LogFileStat]] = {}
    for each in stats:
        if each.surface in kinds and each.first is not None and each.last is not None:
            key = (known.of(each.host, each.source), each.surface, _FOLDER.sub("", each.source))
            found.setdefault(key, []).append(each)
    return [
        Series(surface=surface, host=host, files=tuple(files))
        for (host, surface, _), files in sorted(found.items(), key=lambda each: each[0])
    ]


def missing_days(spans: Sequence[Span]) -> list[date]:
    """Days between the first and the last on which no span stands."""
    found: list[date] = []
    until = spans[0][0].date()
    for start, end in spans:
        days = (start.date() - until).days - 1
        room = DAYS_LIMIT - len(found)
        found += [until + timedelta(days=day + 1) for day in range(min(max(0, days), room))]
        until = max(until, end.date())
    return found


def odd_silences(one: Series) -> Iterator[tuple[Span, int]]:
    """Silences that are not the log's habit, each with the rows that would have been usual. A silence
    of a day or more is told as days."""
    quiet = _between(one.spans())
    if not quiet:
        return
    rows = sum(each.rows - each.lost for each in one.files)
    spans = one.spans()
    whole = max(end for _, end in spans) - spans[0][0]
    busy = (whole - sum((end - start for start, end in quiet), timedelta())).total_seconds()
    if busy <= 0:
        return
    told = 0
    for start, end in sorted(quiet, key=lambda span: (span[0] - span[1], span[0])):
        length = end - start
        alike = sum(2 * (other[1] - other[0]) >= length for other in quiet)
        usual = int(rows * length.total_seconds() / busy)
        if alike < HABIT and usual >= USUAL and not missing_days([(start, start), (end, end)]):
            yield (start, end), usual
            told += 1
            if told >= SILENCES_TOLD:
                return


def _between(spans: Sequence[Span]) -> list[Span]:
    """What lies between spans that may overlap, where it is long enough to be one."""
    found = []
    until = spans[0][1]
    for start, end in spans[1:]:
        if start - until >= SILENT:
            found.append((until, start))
        until = max(until, end)
    return found
