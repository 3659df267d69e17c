"""Which inputs were there, which checks wait for those that were not, and what to collect first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.verdicts import uncollected
from tocsin.knowledge.checks import Check, checks
from tocsin.knowledge.hybrid import Kind, kinds
from tocsin.model.setting import Side
from tocsin.model.trusts import CheckResult, Collected

Input = tuple[str, Side]
"""A kind, and the side it was asked of."""

BOTH: tuple[Side, ...] = ("on-premises", "exchange-online")
"""The sides of a kind that both have."""

_REST = re.compile(r"(?: \((?P<side>[a-z-]+)\))?(?::.*)?")
"""What may follow a command in what is missing: ` (exchange-online)`, `: Enabled`."""


def coverage(situation: Situation, results: Sequence[CheckResult]) -> tuple[Collected, ...]:
    """Every kind and side that a check asks for: what would settle most checks first, on its own or
    with others; then what none waits for, by name."""
    users: dict[Input, list[str]] = {}
    for check in checks().values():
        for each in inputs(check):
            users.setdefault(each, []).append(check.id)
    waits = _waits(situation, results)
    rows = {each: _row(situation, each, using, waits) for each, using in users.items()}

    def rank(each: Input) -> tuple[int, int, str, str]:
        waiting = rows[each].waiting
        alone = sum(waits[check] == {each} for check in waiting)
        return (-alone, -len(waiting), *each)

    return tuple(rows[each] for each in sorted(rows, key=rank))


def inputs(check: Check) -> tuple[Input, ...]:
    """The kinds that a check asks for, each with its side; of a kind that both sides have and whose
    side the check leaves open, both."""
    found: list[Input] = []
    for text in check.inputs:
        name, _, side = text.partition("@")
        kind = kinds().get(name)
        if kind is None:
            continue
        sides = [cast("Side", side)] if side else _sides(kind)
        found += [(name, each) for each in sides]
    return tuple(dict.fromkeys(found))


def _sides(kind: Kind) -> Sequence[Side]:
    """Where objects of a kind live: its one side, both that Exchange has, or, what is asked of no
    side of a hybrid, none."""
    if kind.side:
        return (kind.side,)
    return BOTH if kind.cmdlet.startswith("Get-") else ("",)


def _row(
    situation: Situation, each: Input, using: list[str], waits: dict[str, set[Input]]
) -> Collected:
    name, side = each
    asked = uncollected(situation, name, side) is None
    faults = [
        inquiry.fault
        for inquiry, _ in situation.settings.inquiries
        if inquiry.kind == name and inquiry.fault and inquiry.side in (side, "")
    ]
    return Collected(
        kind=name,
        side=side,
        cmdlet=kinds()[name].cmdlet,
        objects=len(objects(situation, name, side)),
        asked=asked,
        checks=tuple(using),
        waiting=tuple(check for check in using if each in waits.get(check, set())),
        fault=faults[0] if faults else "",
    )


def _waits(situation: Situation, results: Sequence[CheckResult]) -> dict[str, set[Input]]:
    """By check: the inputs that an unknown result of it names as missing. One that names none of its
    inputs waits for those that were not asked."""
    asks = {check.id: inputs(check) for check in checks().values()}
    every = {each for own in asks.values() for each in own}
    unread = {each for each in every if uncollected(situation, *each) is not None}
    open_ = {(r.check, r.missing) for r in results if r.outcome == "unknown" and r.check in asks}
    found: dict[str, set[Input]] = {}
    for check, missing in open_:
        own = asks[check]
        named = {each for text in missing for each in _meant(text, own, unread)}
        waits = named or (unread & set(own))
        found.setdefault(check, set()).update(waits)
    return found


def _meant(text: str, own: Sequence[Input], unread: set[Input]) -> set[Input]:
    """The inputs that a missing thing is of. Of a kind that both sides have, the side that was read is
    not the one that is missing."""
    named = {each for each in own if _names(text, each)}
    return named & unread or named


def _names(text: str, each: Input) -> bool:
    """Whether what a result misses (`Get-InboundConnector: Enabled`) is of this kind and side."""
    name, side = each
    cmdlet = kinds()[name].cmdlet
    rest = _REST.fullmatch(text.removeprefix(cmdlet)) if text.startswith(cmdlet) else None
    return rest is not None and rest["side"] in (None, side)
