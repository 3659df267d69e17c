"""An incident as a picture: time from left to right, a lane for each server, a mark for each step.

An intrusion has seconds that matter and days in which nothing happens. So the axis keeps the order
of time, not its scale: a pause is drawn the longer, the longer it lasted, but by its logarithm, and
its length is written beside it. Positions across are percent of the width, so that the picture
stretches while letters keep their size; positions down are pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from tocsin.knowledge.attack import tactic_of
from tocsin.model.hunt import Outcome, Step
from tocsin.model.text import N_
from tocsin.report.advisory_parts.inert import inert
from tocsin.report.html_parts.visible import one_line, speak
from tocsin.report.html_parts.words import TACTIC_GROUP
from tocsin.report.hunt_parts.telling import OUTCOME, utc

LANES_LIMIT = 8
STEPS_LIMIT = 30
"""Servers and steps drawn; what is left out is counted beside the picture."""

LEFT, RIGHT, UNDATED, EDGE = 2.2, 91.0, 95.0, 98.5
"""Percent: where the dated part begins and ends, and the undated one."""
CLOSEST = 2.6
"""Percent between two moments at least, so that two marks stay two."""
LETTER = 0.8
"""Width of one letter of a label in percent of the narrowest picture that shows labels."""
TITLE_LIMIT = 40
HOST_LIMIT = 48
ROWS = (-17, 26, -31, 40, 54)
"""Where a label may stand, in pixels below the lane's line; the first with room is taken."""
HEAD, LANE, LINE, FOOT = 20, 118, 54, 34
"""Pixels: above the lanes for pauses, a lane's height, where its line runs in it, and for the dates
below the last lane."""
WIDTHS = (("w1", 10), ("w2", 18), ("w3", 30), ("w4", 2 * STEPS_LIMIT))
"""Classes of the style sheet by how many moments are drawn: a narrow page scrolls, marks stay apart."""
BARS, BAR_STEP = 3, 4
"""Durations drawn side by side on one lane, and pixels between them."""
PAUSE_WIDTH = 5.0
PAUSE_LEAST = 90
"""Percent that a pause must have, and seconds that it must last, to be written down."""


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """One step. end: where it lasted until. group: of tactics, a class of the style sheet.

    row: pixels from the lane's line to the label's foot; 0 where there is no room for one. bar:
    where the line of its duration runs, beside those of others that last at the same time.
    """

    number: int
    x: float
    end: float
    y: int
    bar: int
    outcome: Outcome
    group: str
    label: str
    row: int
    anchor: str
    told: str


class Written(msgspec.Struct, frozen=True):
    """A word on the axis."""

    x: float
    text: str


class Lane(msgspec.Struct, frozen=True):
    """One server."""

    host: str
    y: int


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """From a step to the next one on another server."""

    x1: float
    y1: int
    x2: float
    y2: int


class IncidentPicture(msgspec.Struct, frozen=True, kw_only=True):
    """Everything to be drawn. width: class of how much room it needs. groups: those that occur."""

    height: int
    width: str
    lanes: tuple[Lane, ...]
    spots: tuple[Spot, ...]
    moves: tuple[Move, ...]
    days: tuple[Written, ...]
    clocks: tuple[Written, ...]
    pauses: tuple[Written, ...]
    groups: tuple[str, ...]
    left_out: int


def incident_picture(
    steps: Sequence[Step], translate: Callable[[str], str], nowhere: str = ""
) -> IncidentPicture | None:
    """The picture of an incident's steps, numbered as they stand; None for a single one. nowhere: what
    stands in the place of a server that has no name, if it has one itself."""
    if len(steps) < 2:
        return None
    kept = _kept(steps)
    hosts = list(dict.fromkeys(step.host for _, step in kept))[:LANES_LIMIT]
    kept = [(number, step) for number, step in kept if step.host in hosts]
    lanes = {host: HEAD + LINE + LANE * place for place, host in enumerate(hosts)}
    axis = _Axis([step for _, step in kept])
    spots = _beside(
        _labelled([_spot(n, step, lanes[step.host], axis, translate) for n, step in kept])
    )
    return IncidentPicture(
        height=HEAD + LANE * len(hosts) + FOOT,
        width=next(name for name, most in WIDTHS if len(axis.moments) <= most),
        lanes=tuple(
            Lane(_short(host or nowhere, HOST_LIMIT) or translate(N_("unnamed server")), y)
            for host, y in lanes.items()
        ),
        spots=tuple(spots),
        moves=tuple(_moves(spots)),
        days=axis.days(),
        clocks=axis.clocks(),
        pauses=axis.pauses(translate),
        groups=tuple(key for key in TACTIC_GROUP if key in {spot.group for spot in spots}),
        left_out=len(steps) - len(kept),
    )


def _kept(steps: Sequence[Step]) -> list[tuple[int, Step]]:
    """Steps that did more than fail come first when not all can be drawn; order is kept."""
    numbered = list(enumerate(steps, 1))
    ranked = sorted(numbered, key=lambda pair: (pair[1].outcome == "attempt", pair[0]))
    chosen = {number for number, _ in ranked[:STEPS_LIMIT]}
    return [pair for pair in numbered if pair[0] in chosen]


class _Axis:
    """Moments in order, and where each stands; undated steps beyond the last, as they come."""

    def __init__(self, steps: Sequence[Step]) -> None:
        undated = sum(step.first is None for step in steps)
        start = LEFT if undated == len(steps) else UNDATED
        apart = (EDGE - start) / max(undated - 1, 1)
        self._undated = iter([round(start + apart * turn, 1) for turn in range(undated)])
        every = [when for step in steps for when in (step.first, step.last) if when is not None]
        self.starts = sorted({utc(step.first) for step in steps if step.first is not None})
        self.moments = sorted({utc(when) for when in every})
        gaps = [
            1 + math.log2(1 + (later - earlier).total_seconds() / 10)
            for earlier, later in pairwise(self.moments)
        ]
        least = min(CLOSEST, (RIGHT - LEFT) / max(len(gaps), 1))
        share = (RIGHT - LEFT - least * len(gaps)) / (sum(gaps) or 1)
        self._x: dict[datetime, float] = {}
        x = LEFT
        for when, gap in zip(self.moments, [*gaps, 0.0], strict=False):
            self._x[when] = round(x, 1)
            x += least + share * gap

    def span(self, step: Step) -> tuple[float, float]:
        """Where a step begins and ends. To be asked once for each, in their order."""
        if step.first is None:
            x = next(self._undated)
            return x, x
        x = self._x[utc(step.first)]
        return x, max(x, self._x[utc(step.last)] if step.last else x)

    def days(self) -> tuple[Written, ...]:
        """The date, at the first step of each day that has room for it."""
        out: list[Written] = []
        day = ""
        for when in self.starts:
            today = f"{when:%Y-%m-%d}"
            if today != day and (not out or self._x[when] - out[-1].x > 14 * LETTER):
                out.append(Written(self._x[when], today))
                day = today
        return tuple(out)

    def clocks(self) -> tuple[Written, ...]:
        """The time of day of each step that has room for it."""
        out: list[Written] = []
        for when in self.starts:
            if not out or self._x[when] - out[-1].x > 9 * LETTER:
                out.append(Written(self._x[when], f"{when:%H:%M:%S}"))
        return tuple(out)

    def pauses(self, translate: Callable[[str], str]) -> tuple[Written, ...]:
        """How long nothing happened, in the middle of each wide space between two steps."""
        out = []
        for earlier, later in pairwise(self.starts):
            left, right = self._x[earlier], self._x[later]
            seconds = (later - earlier).total_seconds()
            if right - left >= PAUSE_WIDTH and seconds >= PAUSE_LEAST:
                out.append(Written(round((left + right) / 2, 1), _lasting(seconds, translate)))
        return tuple(out)


def _lasting(seconds: float, translate: Callable[[str], str]) -> str:
    """A length of time in its two largest units."""
    minutes = int(seconds // 60)
    hours, days = minutes // 60, minutes // 1440
    if days:
        return translate(N_("{days} d {hours} h")).format(days=days, hours=hours % 24)
    if hours:
        return translate(N_("{hours} h {minutes} min")).format(hours=hours, minutes=minutes % 60)
    return translate(N_("{minutes} min")).format(minutes=minutes)


def _spot(number: int, step: Step, y: int, axis: _Axis, translate: Callable[[str], str]) -> Spot:
    x, end = axis.span(step)
    title = one_line(speak(step.title, translate))
    when = f"{utc(step.first):%Y-%m-%d %H:%M:%S} UTC" if step.first else translate(N_("undated"))
    outcome = translate(OUTCOME[step.outcome])
    return Spot(
        number=number,
        x=x,
        end=end,
        y=y,
        bar=y,
        outcome=step.outcome,
        group=group_of(step.name, step.attack),
        label=_short(title, TITLE_LIMIT),
        row=0,
        anchor="start",
        told=f"{number}. {when}, {one_line(step.host)}: {title} – {outcome}",
    )


def group_of(step: str, attack: tuple[str, ...]) -> str:
    """The class by which a step is coloured."""
    tactic = tactic_of(step, attack)
    return next((key for key, (_, tactics) in TACTIC_GROUP.items() if tactic in tactics), "t0")


def _labelled(spots: list[Spot]) -> list[Spot]:
    """Each label where it covers no other one; what worked is labelled first."""
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
    placed: dict[int, Spot] = {}
    for spot in sorted(spots, key=lambda each: (each.outcome != "success", each.number)):
        width = len(spot.label) * LETTER
        anchor = "end" if spot.x + width > 100 else "start"
        left = spot.x - width if anchor == "end" else spot.x
        placed[spot.number] = spot
        for row in ROWS if left >= 0 and spot.label else ():
            busy = taken.setdefault((spot.y, row), [])
            if all(left >= end or begin >= left + width for begin, end in busy):
                busy.append((left - LETTER, left + width + LETTER))
                placed[spot.number] = msgspec.structs.replace(spot, row=row, anchor=anchor)
                break
    return [placed[spot.number] for spot in spots]


def _beside(spots: Sequence[Spot]) -> list[Spot]:
    """Durations that overlap on one lane, drawn side by side as far as there is room."""
    until: dict[tuple[int, int], float] = {}
    placed = []
    for spot in spots:
        levels = range(BARS if spot.end > spot.x else 1)
        level = next((n for n in levels if until.get((spot.y, n), -1.0) < spot.x), BARS - 1)
        if spot.end > spot.x:
            until[spot.y, level] = max(spot.end, until.get((spot.y, level), -1.0))
        placed.append(msgspec.structs.replace(spot, bar=spot.y + BAR_STEP * level))
    return placed


def _moves(spots: Sequence[Spot]) -> list[Move]:
    """From lane to lane, between steps that did more than fail."""
    went = [spot for spot in spots if spot.outcome != "attempt" and spot.x < UNDATED]
    went.sort(key=lambda spot: (spot.x, spot.number))
    return [
        Move(x1=one.x, y1=one.y, x2=two.x, y2=two.y)
        for one, two in pairwise(went)
        if one.y != two.y
    ]


def _short(text: str, limit: int) -> str:
    shown = one_line(inert(text))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
