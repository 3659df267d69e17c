"""What the page shows of the checks, of both sides of a trust, and of the inputs they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tocsin.model.finding import LEVELS, Level
from tocsin.model.text import Sentence
from tocsin.model.trusts import (
    Acceptance,
    Basis,
    CheckOutcome,
    CheckResult,
    Collected,
    Pair,
    PairRow,
    Trusts,
)
from tocsin.report.html_parts.trust_steps import BasisView, bases

RESULTS_LIMIT = 8
"""Objects of one check told with reason and place; further ones by name."""
NAMES_LIMIT = 200
"""Further objects of one check named; those beyond are counted."""
PAIRS_LIMIT = 60
PAIR_ROWS = 60
"""Pairs, and properties of one, compared on the page."""

ORDER: tuple[CheckOutcome, ...] = ("fail", "unknown", "pass")


class ResultView(msgspec.Struct, frozen=True, kw_only=True):
    """One object that was judged."""

    result: CheckResult
    bases: tuple[BasisView, ...]


class CheckGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What one check says of all objects with one outcome. level: the gravest of them."""

    number: int
    check: str
    title: Sentence
    outcome: CheckOutcome
    accepted: Acceptance | None
    level: Level
    count: int
    results: tuple[ResultView, ...]
    names: tuple[str, ...]
    left: int
    missing: tuple[str, ...]
    attack: tuple[str, ...]
    recommendation: Sentence | None
    references: tuple[str, ...]


class PairView(msgspec.Struct, frozen=True, kw_only=True):
    """Two sides. differs: rows that do not agree; open: rows that cannot be told."""

    number: int
    pair: Pair
    rows: tuple[PairRow, ...]
    left: int
    differs: int
    open: int
    bases: tuple[BasisView, ...]


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Checks by what came of them, as objects that were judged."""

    failed: int
    unknown: int
    passed: int
    accepted: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One input to collect, and how many checks wait for it."""

    cmdlet: str
    checks: tuple[str, ...]


def check_groups(trusts: Trusts, rows: Mapping[str, int]) -> tuple[CheckGroup, ...]:
    """Failed ones first, the gravest first; an accepted risk stands alone, after what failed."""
    alike: dict[tuple[str, ...], list[CheckResult]] = {}
    for each in trusts.checks:
        seal = each.accepted.fingerprint + each.fingerprint if each.accepted else ""
        alike.setdefault((each.check, each.outcome, seal), []).append(each)

    def urgency(found: Sequence[CheckResult]) -> tuple[int, bool, int, str]:
        first = found[0]
        return (
            ORDER.index(first.outcome),
            first.accepted is not None,
            -max(LEVELS.index(each.level) for each in found),
            first.check,
        )

    return tuple(
        _group(number, found, rows)
        for number, found in enumerate(sorted(alike.values(), key=urgency), 1)
    )


def _group(number: int, found: Sequence[CheckResult], rows: Mapping[str, int]) -> CheckGroup:
    found = sorted(found, key=lambda each: -LEVELS.index(each.level))
    first, further = found[0], found[RESULTS_LIMIT:]
    return CheckGroup(
        number=number,
        check=first.check,
        title=first.title,
        outcome=first.outcome,
        accepted=first.accepted,
        level=first.level,
        count=len(found),
        results=tuple(
            ResultView(result=each, bases=bases(each.bases, rows)) for each in found[:RESULTS_LIMIT]
        ),
        names=tuple(each.subject for each in further[:NAMES_LIMIT]),
        left=max(len(further) - NAMES_LIMIT, 0),
        missing=tuple(dict.fromkeys(name for each in found for name in each.missing)),
        attack=first.attack,
        recommendation=first.recommendation,
        references=first.references,
    )


def group_of(groups: Sequence[CheckGroup]) -> dict[str, int]:
    """The number of the first group of each check: what a check's id leads to."""
    found: dict[str, int] = {}
    for each in groups:
        found.setdefault(each.check, each.number)
    return found


def counted(trusts: Trusts) -> Counted:
    """An accepted risk is counted as such, not as failed."""
    open_ones = [each.outcome for each in trusts.checks if each.accepted is None]
    return Counted(
        failed=open_ones.count("fail"),
        unknown=open_ones.count("unknown"),
        passed=open_ones.count("pass"),
        accepted=len(trusts.checks) - len(open_ones),
    )


def pair_views(trusts: Trusts, rows: Mapping[str, int]) -> tuple[PairView, ...]:
    """Pairs that differ first; within one, rows as the run has them."""
    found = sorted(
        trusts.pairs,
        key=lambda pair: (
            -sum(row.agrees is False for row in pair.rows),
            -sum(row.agrees is None for row in pair.rows),
        ),
    )
    return tuple(
        PairView(
            number=number,
            pair=pair,
            rows=pair.rows[:PAIR_ROWS],
            left=max(len(pair.rows) - PAIR_ROWS, 0),
            differs=sum(row.agrees is False for row in pair.rows),
            open=sum(row.agrees is None for row in pair.rows),
            bases=bases(_alone(pair.bases), rows),
        )
        for number, pair in enumerate(found[:PAIRS_LIMIT], 1)
    )


def _alone(found: Sequence[Basis]) -> tuple[Basis, ...]:
    """Each place once: a pair's rows say the properties."""
    return tuple(
        {(each.source, each.position): each for each in reversed(found)}.values(),
    )[::-1]


def wanted(trusts: Trusts) -> tuple[Wanted, ...]:
    """What to collect first: the input that most checks wait for, of those nobody gave."""
    found: dict[str, dict[str, None]] = {}
    for each in trusts.coverage:
        if each.waiting and (not each.asked or each.fault):
            found.setdefault(each.cmdlet, {}).update(dict.fromkeys(each.waiting))
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Wanted(cmdlet=cmdlet, checks=tuple(checks)) for cmdlet, checks in ranked)


def coverage(trusts: Trusts) -> tuple[Collected, ...]:
    """What is missing first, what most checks wait for first."""
    return tuple(
        sorted(
            trusts.coverage,
            key=lambda each: (each.asked and not each.fault, -len(each.waiting), each.kind),
        )
    )
