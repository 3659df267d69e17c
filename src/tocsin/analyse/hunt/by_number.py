"""Events of Windows by their number: of each only what rules for such events need is searched for.

Nearly every event holds ordinary words of rules for the start of a program. Finding those in an event
that is none takes longer than all the rest of the search.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.analyse.hunt.matcher import Matcher, matcher
from tocsin.analyse.hunt.plan import OWN, Plan

ENOUGH = 200
"""Records of one number in a batch from which on they are searched by themselves; fewer are searched
for everything, together with others."""


class Narrow(msgspec.Struct, frozen=True):
    """A search of some of a plan's patterns. numbers: which pattern of the plan each of its own is."""

    matcher: Matcher
    numbers: tuple[int, ...]


class ByNumber:
    """The searches of a plan that events of a number need; events that ask the same rules share one."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._all = Narrow(plan.matcher, tuple(range(len(plan.patterns))))
        self._known: dict[tuple[int, ...], Narrow] = {}
        self._by_number: dict[str, Narrow] = {}

    def of(self, number: str | None) -> Narrow:
        """The search of events of that number; None: of events whose number is not known."""
        if number is None:
            return self._all
        found = self._by_number.get(number)
        if found is None:
            found = self._by_number[number] = self._made(number)
        return found

    def _made(self, number: str) -> Narrow:
        plan = self._plan
        asked = {
            place
            for place in range(len(plan.rules))
            if (can := plan.numbers[place]) is None or number in can
        }
        numbers = (
            *range(OWN),
            *(at for at, owners in enumerate(plan.owners, OWN) if not asked.isdisjoint(owners)),
        )
        if len(numbers) == len(plan.patterns):
            return self._all
        known = self._known.get(numbers)
        if known is None:
            made = matcher([plan.patterns[each] for each in numbers])
            known = self._known[numbers] = Narrow(made, numbers)
        return known


def apart(numbers: Sequence[str | None]) -> list[tuple[str | None, Sequence[int]]]:
    """The places of records by their number, those of seldom numbers together under None.

    numbers: of each record, None where it is not known.
    """
    found: dict[str | None, list[int]] = {}
    for place, number in enumerate(numbers):
        found.setdefault(number, []).append(place)
    if len(found) == 1:
        return list(found.items())
    seldom = sorted(
        place
        for number, places in found.items()
        if number is None or len(places) < ENOUGH
        for place in places
    )
    often = [
        (number, places)
        for number, places in found.items()
        if number is not None and len(places) >= ENOUGH
    ]
    return [*often, *([(None, seldom)] if seldom else [])]
