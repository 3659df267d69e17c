"""Two groups of the same rows become one, in whatever order they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tocsin.analyse.hunt.groups import HEAD, Group
from tocsin.model.event import Event
from tocsin.model.evidence import Evidence
from tocsin.model.hunt import EVENTS_KEPT, Outcome

BEST: tuple[Outcome, ...] = ("success", "unknown", "attempt")
"""Outcomes, the gravest first."""

LATE = datetime.max.replace(tzinfo=UTC)
"""Stands for "no time" where things are sorted by time: undated ones come last."""


def best(outcomes: Mapping[Outcome, int]) -> Outcome:
    """The gravest outcome that any row shows; `unknown` where no row says any."""
    return next((each for each in BEST if outcomes.get(each)), "unknown")


def merged(one: Group, other: Group) -> Group:
    """All rows of two groups of one rule and key, whichever was read first."""
    outcomes = {
        name: one.outcomes.get(name, 0) + other.outcomes.get(name, 0)
        for name in BEST
        if name in one.outcomes or name in other.outcomes
    }
    return Group(
        rule=one.rule,
        surface=one.surface,
        host=min(one.host, other.host),
        client=_least(one.client, other.client),
        actor=_least(one.actor, other.actor),
        target=_least(one.target, other.target),
        key=one.key,
        count=one.count + other.count,
        first=min((at for at in (one.first, other.first) if at), default=None),
        last=max((at for at in (one.last, other.last) if at), default=None),
        outcomes=outcomes,
        events=kept_events([*one.events, *other.events]),
        ids=one.ids | other.ids,
        tried=one.tried and other.tried,
        worked=min((at for at in (one.worked, other.worked) if at), default=None),
        said=one.said | other.said,
    )


def _least(one: str, other: str) -> str:
    return min(each for each in (one, other) if each) if one or other else ""


def kept_events(events: Sequence[Evidence]) -> list[Evidence]:
    """The first and the last rows in time; of equal ones, in the order of their places."""
    ordered = sorted({_place(each): each for each in events}.items(), key=lambda each: each[0])
    rows = [each for _, each in ordered]
    if len(rows) <= EVENTS_KEPT:
        return rows
    return rows[:HEAD] + rows[-(EVENTS_KEPT - HEAD) :]


def _place(each: Evidence) -> tuple[datetime, str, int, str]:
    when = each.body.when if isinstance(each.body, Event) else each.seen
    number = each.at.position.rpartition(" ")[2]
    return when or LATE, each.at.source, int(number) if number.isdecimal() else 0, each.at.position
