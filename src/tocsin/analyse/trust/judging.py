"""Holds the checks against a situation: their own logic, or the conditions in their data."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from tocsin.analyse.trust.conditions import Looked, every
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of, weak
from tocsin.knowledge.checks import Check
from tocsin.knowledge.hybrid import kinds
from tocsin.model.finding import LEVELS, Level, fingerprint
from tocsin.model.setting import Side
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import CheckResult

Judge = Callable[[Situation, Check], Iterator[Verdict]]

ASSESSED = "assess"
"""Logic of checks that need the ways through the graph, which are found above this room."""

NOT_HERE = N_("Not collected: {what}.")
NONE_HERE = N_("There is none.")
FINE = N_("{name}: nothing of this was found.")
UNKNOWN = N_("{name}: {what} was not collected.")


def judged(situation: Situation, checks: Sequence[Check]) -> list[CheckResult]:
    """Every check's results, failures first, then unknowns, the gravest first."""
    results = [
        _result(check, verdict, situation)
        for check in checks
        if check.logic != ASSESSED
        for verdict in judge(situation, check)
    ]
    order = ("fail", "unknown", "pass")
    return sorted(
        results,
        key=lambda r: (order.index(r.outcome), -LEVELS.index(r.level), r.check, r.subject),
    )


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """What one check says of each of its subjects."""
    yield from (_each if check.logic == "each" else logic(check.logic))(situation, check)


@cache
def logic(name: str) -> Judge:
    """The logic of that name. Raises ModuleNotFoundError."""
    found = importlib.import_module(f"tocsin.analyse.trust.logic.{name.replace('-', '_')}")
    judge: Judge = found.judge
    return judge


def uncollected(situation: Situation, kind: str, side: Side = "") -> Verdict | None:
    """The verdict where nobody asked for a kind at all; None where somebody did."""
    if situation.settings.asked(kind, side):
        return None
    cmdlet = kinds()[kind].cmdlet
    return Verdict(outcome="unknown", because=say(NOT_HERE, what=cmdlet), missing=(cmdlet,))


def _each(situation: Situation, check: Check) -> Iterator[Verdict]:
    asked = check.each
    assert asked is not None
    nothing = uncollected(situation, asked.kind, asked.side)
    if nothing is not None:
        yield nothing
        return
    judged = 0
    for item in situation.settings.items(asked.kind, asked.side):
        verdict = _one(item, check)
        if verdict is not None:
            judged += 1
            yield verdict
    if not judged:
        yield Verdict(outcome="pass", because=say(NONE_HERE))


def _one(item: Item, check: Check) -> Verdict | None:
    asked = check.each
    assert asked is not None
    looked = Looked()
    applies = every(asked.where, item, looked)
    if applies is False:
        return None
    before = len(looked.answers)
    fails = every(asked.fail, item, looked)
    name = item.setting.name or item.setting.kind
    bases = bases_of(looked.answers)
    if fails is False:
        return Verdict(
            outcome="pass", subject=name, because=say(asked.fine or FINE, name=name), bases=bases
        )
    if fails is None or applies is None:
        cmdlet = kinds()[item.setting.kind].cmdlet
        return Verdict(
            outcome="unknown",
            subject=name,
            because=say(UNKNOWN, name=name, what=", ".join(looked.missing)),
            bases=bases,
            missing=tuple(f"{cmdlet}: {each}" for each in looked.missing),
        )
    value = next((a.basis.value for a in looked.answers[before:] if a.filled), "")
    return Verdict(
        outcome="fail",
        subject=name,
        because=say(asked.because, name=name, value=value),
        bases=bases,
    )


def _result(check: Check, verdict: Verdict, situation: Situation) -> CheckResult:
    level: Level = verdict.level or check.level
    ends = {each.id: each for each in situation.servers}
    raised = (
        check.raises
        and verdict.outcome == "fail"
        and any(name in ends and weak(ends[name]) for name in verdict.servers)
        and level != LEVELS[-1]
    )
    if raised:
        level = LEVELS[LEVELS.index(level) + 1]
    return CheckResult(
        check=check.id,
        title=Sentence(template=check.title),
        outcome=verdict.outcome,
        level=level,
        subject=verdict.subject,
        because=verdict.because,
        servers=verdict.servers,
        missing=verdict.missing,
        bases=verdict.bases,
        attack=check.attack,
        recommendation=Sentence(template=check.recommendation),
        references=check.references,
        raised=raised,
        fingerprint=fingerprint(check.id, verdict.subject.lower()),
    )
