"""A thread as a small picture: time from left to right, a lane for each person, a mark for each mail.

Positions across are percent of the width, so that the picture stretches while letters keep their
size; positions down are pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from tocsin.model.conversation import ThreadEvent
from tocsin.model.text import N_
from tocsin.report.html_parts.timeline import aware

LANES_LIMIT = 8
EVENTS_LIMIT = 40
"""People and mails drawn; the newest are kept, and what is left out is counted beside the picture."""

LEFT, RIGHT, UNDATED = 2.0, 90.0, 97.0
LANE, TOP, FOOT = 40, 0, 24
"""Pixels: height of a lane, above the first, and for the dates below the last."""

CLOSEST = 3.0
"""Percent between two mails at least: those of one minute would be drawn as one."""


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """One mail. forged: an alert; here: the mail that this picture stands beside."""

    x: float
    y: int
    forged: bool
    here: bool


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """From an answer to what it answers."""

    x1: float
    y1: int
    x2: float
    y2: int
    forged: bool


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One person. stranger: every mail of theirs in this thread is an alert."""

    who: str
    address: str
    y: int
    stranger: bool


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """Everything to be drawn. spread: mails that lie close together were drawn apart."""

    height: int
    lanes: tuple[Lane, ...]
    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    first: datetime | None
    last: datetime | None
    entry: float | None
    spread: bool
    left_out: int
    told: tuple[str, ...]


def picture(
    events: tuple[ThreadEvent, ...], message_id: str, translate: Callable[[str], str]
) -> Picture | None:
    """The picture of a thread; None when there is nothing beside the mail itself."""
    if len(events) < 2:
        return None
    kept = _kept(events)
    lanes = _lanes([events[place] for place in kept])
    drawn = [place for place in kept if _key(events[place]) in lanes]
    xs, spread = _across([events[place].when for place in drawn])
    x_of = dict(zip(drawn, xs, strict=True))
    dots = tuple(
        Dot(
            x=x_of[place],
            y=lanes[_key(events[place])].y,
            forged=events[place].verdict == "alert",
            here=message_id != "" and events[place].message_id == message_id,
        )
        for place in drawn
    )
    dates = [aware(when) for place in drawn if (when := events[place].when) is not None]
    forged = [dot.x for dot in dots if dot.forged]
    return Picture(
        height=TOP + LANE * len(lanes) + FOOT,
        lanes=tuple(lanes.values()),
        dots=dots,
        lines=tuple(_lines(events, drawn, x_of, lanes)),
        first=min(dates, default=None),
        last=max(dates, default=None),
        entry=min(forged, default=None),
        spread=spread,
        left_out=len(events) - len(drawn),
        told=tuple(_told(events[place], translate) for place in drawn),
    )


def _key(event: ThreadEvent) -> str:
    return (event.address or event.who).casefold()


def _kept(events: tuple[ThreadEvent, ...]) -> list[int]:
    """Places in time order: every forged mail first of all, then the newest others."""
    order = sorted(range(len(events)), key=lambda place: _when(events[place]))
    forged = [place for place in order if events[place].verdict == "alert"][:EVENTS_LIMIT]
    room = EVENTS_LIMIT - len(forged)
    others = [place for place in order if events[place].verdict != "alert"]
    chosen = {*forged, *(others[-room:] if room else ())}
    return [place for place in order if place in chosen]


def _when(event: ThreadEvent) -> tuple[bool, str]:
    return (event.when is None, aware(event.when).isoformat() if event.when else "")


def _lanes(events: list[ThreadEvent]) -> dict[str, Lane]:
    """Who spoke first stands on top; those who forged are never left out."""
    keys = list(dict.fromkeys(_key(each) for each in events))
    forged = {_key(each) for each in events if each.verdict == "alert"}
    honest = {_key(each) for each in events if each.verdict != "alert"}
    if len(keys) > LANES_LIMIT:
        others = [key for key in keys if key not in forged]
        room = max(LANES_LIMIT - len(forged), 0)
        left = {*list(forged)[:LANES_LIMIT], *(others[-room:] if room else ())}
        keys = [key for key in keys if key in left]
    named = {_key(each): each for each in reversed(events)}
    return {
        key: Lane(
            who=named[key].who or named[key].address,
            address=named[key].address if named[key].address != named[key].who else "",
            y=TOP + LANE * place + LANE // 2,
            stranger=key in forged and key not in honest,
        )
        for place, key in enumerate(keys)
    }


def _across(dates: list[datetime | None]) -> tuple[list[float], bool]:
    """Where each mail stands, in the order given; undated ones to the right of the axis."""
    known = [aware(when).timestamp() for when in dates if when is not None]
    if not known:
        return [UNDATED] * len(dates), False
    start, span = known[0], max(known[-1] - known[0], 1.0)
    least = min(CLOSEST, (RIGHT - LEFT) / max(len(known) - 1, 1))
    true = [LEFT + (RIGHT - LEFT) * (each - start) / span for each in known]
    placed: list[float] = []
    for each in true:
        placed.append(max(each, placed[-1] + least) if placed else each)
    # Pushed beyond the edge: push back from there.
    edge = RIGHT
    for place in range(len(placed) - 1, -1, -1):
        placed[place] = min(placed[place], edge)
        edge = placed[place] - least
    spread = any(abs(a - b) > 0.5 for a, b in zip(true, placed, strict=True))
    rest = iter(placed)
    return [UNDATED if when is None else round(next(rest), 1) for when in dates], spread


def _lines(
    events: tuple[ThreadEvent, ...],
    drawn: list[int],
    x_of: dict[int, float],
    lanes: dict[str, Lane],
) -> list[Line]:
    return [
        Line(
            x1=x_of[answered],
            y1=lanes[_key(events[answered])].y,
            x2=x_of[place],
            y2=lanes[_key(events[place])].y,
            forged=events[place].verdict == "alert",
        )
        for place in drawn
        if (answered := events[place].answers) is not None and answered in x_of
    ]


def _told(event: ThreadEvent, translate: Callable[[str], str]) -> str:
    """The same in words, for whoever does not see the picture."""
    when = f"{aware(event.when):%Y-%m-%d %H:%M}" if event.when else translate(N_("undated"))
    forged = event.verdict == "alert"
    words = N_("{when}: {who}, forged") if forged else N_("{when}: {who}")
    return translate(words).format(when=when, who=event.who or event.address)
