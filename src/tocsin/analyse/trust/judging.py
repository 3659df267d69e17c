"""Holds the checks against a situation: their own logic, or the conditions in their data."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from tocsin.analyse.trust.conditions import Looked, every
from tocsin.analyse.trust.connectors import other_end
from tocsin.analyse.trust.drawing import BASES_KEPT
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of, weak
from tocsin.analyse.trust.verdicts import (
    NONE_HERE,
    UNKNOWN,
    inquiries,
    named,
    passed,
    uncollected,
    wanted,
)
from tocsin.knowledge.checks import Check
from tocsin.knowledge.hybrid import kinds
from tocsin.model.finding import LEVELS, Level, fingerprint
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Basis, CheckResult

__all__ = ["ASSESSED", "NONE_HERE", "judge", "judged", "logic", "uncollected"]

Judge = Callable[[Situation, Check], Iterator[Verdict]]

ASSESSED = "assess"
"""Logic of checks that need the ways through the graph, which are found above this room."""

FINE = N_("{name}: nothing of this was found.")


def judged(situation: Situation, checks: Sequence[Check]) -> list[CheckResult]:
    """Every check's results, failures first, then unknowns, the gravest first."""
    ends = {each.id: each for each in situation.servers}
    results = [
        _result(check, verdict, ends)
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


def _each(situation: Situation, check: Check) -> Iterator[Verdict]:
    asked = check.each
    assert asked is not None
    nothing = uncollected(situation, asked.kind, asked.side)
    if nothing is not None:
        yield nothing
        return
    judged = 0
    for item in objects(situation, asked.kind, asked.side):
        verdict = _one(situation, item, check)
        if verdict is not None:
            judged += 1
            yield verdict
    if not judged:
        yield passed("", say(NONE_HERE), also=inquiries(situation, asked.kind, asked.side))


def _one(situation: Situation, item: Item, check: Check) -> Verdict | None:
    asked = check.each
    assert asked is not None
    gate, looked = Looked(today=situation.today), Looked(today=situation.today)
    applies = every(asked.where, item, gate)
    if applies is False:
        return None
    fails = every(asked.fail, item, looked)
    name, servers = named(item), other_end(situation, item)
    # Both sides have objects of one name, and each is judged.
    both = not (asked.side or kinds()[asked.kind].side) and item.setting.side
    subject = f"{name} ({item.setting.side})" if both else name
    bases = bases_of((*looked.held, *looked.answers, *gate.answers))
    if fails is False:
        fine = say(asked.fine or FINE, name=name)
        return Verdict(outcome="pass", subject=subject, because=fine, bases=bases, servers=servers)
    if fails is None or applies is None:
        missing = tuple(dict.fromkeys((*gate.missing, *looked.missing)))
        return Verdict(
            outcome="unknown",
            subject=subject,
            because=say(UNKNOWN, name=name, what=", ".join(missing)),
            bases=bases,
            missing=tuple(wanted(item, each) for each in missing),
            servers=servers,
        )
    value = next((each.basis.value for each in looked.held if each.filled), "")
    because = say(asked.because, name=name, value=value)
    return Verdict(outcome="fail", subject=subject, because=because, bases=bases, servers=servers)


def _result(check: Check, verdict: Verdict, ends: Mapping[str, ServerState]) -> CheckResult:
    level: Level = verdict.level or check.level
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
        bases=_places(check, verdict, ends),
        attack=check.attack,
        recommendation=Sentence(template=check.recommendation),
        references=check.references,
        raised=raised,
        fingerprint=fingerprint(check.id, verdict.subject.lower()),
    )


def _places(check: Check, verdict: Verdict, ends: Mapping[str, ServerState]) -> tuple[Basis, ...]:
    """What the verdict rests on; of a check by the servers' state, where that was seen too."""
    by_state = "servers" in check.inputs and verdict.outcome == "fail"
    seen = [
        Basis(
            source=proof.at.source,
            position=proof.at.position,
            sha256=proof.at.sha256,
            object=ends[name].name,
            value=proof.quote,
        )
        for name in verdict.servers
        if by_state and name in ends
        for proof in ends[name].proofs
    ]
    return tuple(dict.fromkeys((*verdict.bases, *seen)))[:BASES_KEPT]
