"""Which inputs were there, and which checks wait for those that were not."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.analyse.trust.situation import Situation
from tocsin.knowledge.checks import checks
from tocsin.knowledge.hybrid import kinds
from tocsin.model.setting import Side
from tocsin.model.trusts import CheckResult, Collected


def coverage(situation: Situation, results: Sequence[CheckResult]) -> tuple[Collected, ...]:
    """Every kind and side that a check asks for."""
    unknown = {each.check for each in results if each.outcome == "unknown"}
    users: dict[tuple[str, Side], list[str]] = {}
    for check in checks().values():
        for wanted in check.inputs:
            name, _, side = wanted.partition("@")
            if name in kinds():
                users.setdefault((name, side), []).append(check.id)  # type: ignore[arg-type]
    found = []
    for (name, side), using in sorted(users.items()):
        faults = [i.fault for i, _ in situation.settings.inquiries if i.kind == name and i.fault]
        found.append(
            Collected(
                kind=name,
                side=side,
                cmdlet=kinds()[name].cmdlet,
                objects=len(situation.settings.items(name, side)),
                asked=situation.settings.asked(name, side),
                checks=tuple(using),
                waiting=tuple(each for each in using if each in unknown),
                fault=faults[0] if faults else "",
            )
        )
    return tuple(found)
