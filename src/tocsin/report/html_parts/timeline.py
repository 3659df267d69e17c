"""The patch timeline: where each build of a server lies on one time axis shared by all.

Positions are percentages of the picture's width, so that the picture stretches with the page
while its letters keep their size.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.model.run import HistoryEntry, Server

EARLIEST = datetime(2006, 12, 1, tzinfo=UTC)
"""No Exchange that writes its build into mail is older; an earlier date is a wrong clock."""

LEFT, RIGHT = 1.0, 92.0
"""Where the dated part begins and ends; undated evidence stands beyond it."""

UNDATED = 97.0

LABEL_WIDTH = 2.1
"""Width of one letter of a label in percent of the narrowest picture that shows labels."""

LABEL_LIMIT = 18
TICKS_LIMIT = 7


class Tick(msgspec.Struct, frozen=True):
    """A mark of the axis."""

    x: float
    text: str


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One build: seen from `x` to `end`. `label` is empty where there is no room for it."""

    x: float
    end: float
    label: str
    anchor: str
    undated: bool
    ranged: bool
    forgeable: bool


class Axis(msgspec.Struct, frozen=True):
    """The time shown: UTC, both ends included. None when nothing is dated."""

    start: datetime
    end: datetime

    def x(self, when: datetime) -> float:
        """Percent of the width; what lies outside is drawn at the edge."""
        share = (aware(when) - self.start) / (self.end - self.start)
        return round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, share)), 1)

    def ticks(self) -> tuple[Tick, ...]:
        """Beginnings of years, or of months when the time shown is short."""
        years = self.end.year - self.start.year
        if years >= 2:
            step = years // TICKS_LIMIT + 1
            dates = [
                datetime(year, 1, 1, tzinfo=UTC)
                for year in range(self.start.year + 1, self.end.year + 1, step)
            ]
            return tuple(Tick(self.x(date), f"{date:%Y}") for date in dates)
        months = years * 12 + self.end.month - self.start.month
        step = months // TICKS_LIMIT + 1
        numbers = range(self.start.month, self.start.month + months, step)
        dates = [
            datetime(self.start.year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
            for number in numbers
        ]
        return tuple(Tick(self.x(date), f"{date:%Y-%m}") for date in dates)


def aware(when: datetime) -> datetime:
    """The same time with its zone; a time without one is UTC, as the run promises."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when


def axis(servers: Iterable[Server], finished: datetime) -> Axis | None:
    """The time from the first to the last dated sighting.

    A date that a sender could have forged counts only where no other date is known, so that it
    cannot stretch the axis.
    """
    entries = [entry for server in servers for entry in server.history]
    dates = _dates([each for each in entries if each.trust != "forgeable"], finished)
    dates = dates or _dates(entries, finished)
    if not dates:
        return None
    start, end = min(dates), max(dates)
    room = max((end - start) * 0.03, timedelta(days=10))
    return Axis(start - room, end + room / 3)


def _dates(entries: Iterable[HistoryEntry], finished: datetime) -> list[datetime]:
    """First and last times, none before Exchange wrote its build, none after the run."""
    finished = max(aware(finished), EARLIEST + timedelta(days=1))
    return [
        min(finished, max(EARLIEST, aware(when)))
        for entry in entries
        for when in (entry.first, entry.last)
        if when is not None
    ]


def marks(server: Server, shared: Axis | None) -> tuple[Mark, ...]:
    """The builds of one server, oldest first, the newest labelled first."""
    drawn = [_mark(server, entry, shared) for entry in server.history]
    drawn.sort(key=lambda mark: (mark.x, mark.end))
    taken: list[tuple[float, float]] = []
    placed: list[Mark] = []
    for mark in reversed(drawn):
        label = "" if mark.undated else mark.label
        width = len(label) * LABEL_WIDTH
        anchor = "end" if mark.x + width > UNDATED else "start"
        left = mark.x - width if anchor == "end" else mark.x
        if not label or any(left < right and begin < left + width for begin, right in taken):
            placed.append(msgspec.structs.replace(mark, label=""))
            continue
        taken.append((left - LABEL_WIDTH, left + width + LABEL_WIDTH))
        placed.append(msgspec.structs.replace(mark, anchor=anchor))
    return tuple(reversed(placed))


def _mark(server: Server, entry: HistoryEntry, shared: Axis | None) -> Mark:
    dates = [when for when in (entry.first, entry.last) if when is not None]
    undated = shared is None or not dates
    x = end = UNDATED
    if shared is not None and dates:
        x, end = shared.x(dates[0]), shared.x(dates[-1])
    return Mark(
        x=min(x, end),
        end=max(x, end),
        label=short(entry.label or entry.low, server.product),
        anchor="start",
        undated=undated,
        ranged=entry.low != entry.high,
        forgeable=entry.trust == "forgeable",
    )


def short(label: str, product: str) -> str:
    """The label without the product, which stands beside the picture already."""
    for prefix in (product, product.removeprefix("Exchange Server "), "Exchange Server "):
        label = label.removeprefix(prefix).strip() or label
    return label if len(label) <= LABEL_LIMIT else label[: LABEL_LIMIT - 1] + "…"
