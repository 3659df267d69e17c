"""Two objects that should make one trust, and do not agree."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.pairing import DIFFERENT
from tocsin.analyse.trust.pairs import pairs
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say
from tocsin.model.trusts import Pair

DIFFER = N_(
    "{name}: the two sides do not agree ({value}). Mail or sign-ins between them fail, or are trusted "
    "for another reason than was meant."
)
FINE = N_("{name}: both sides agree.")
UNTOLD = N_("{name}: {value} was collected on one side only.")
NO_PAIR = N_("No trust was read of which both sides could be compared.")


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each pair of which both sides, or one and the lack of the other, are known."""
    del check
    found = pairs(situation)
    for each in found:
        yield _one(each)
    if not found:
        yield Verdict(outcome="unknown", because=say(NO_PAIR))


def _one(pair: Pair) -> Verdict:
    name = (
        pair.left if pair.left == pair.right else " ↔ ".join(filter(None, (pair.left, pair.right)))
    )
    differ = [row for row in pair.rows if row.agrees is False]
    untold = [row.left_property for row in pair.rows if row.agrees is None]
    if differ:
        own = differ[0].because
        if len(differ) > 1 or own is None or own.template == DIFFERENT:
            value = ", ".join(row.left_property or row.right_property for row in differ)
            own = say(DIFFER, name=name, value=value)
        return Verdict(outcome="fail", subject=name, because=own, bases=pair.bases)
    if untold:
        because = say(UNTOLD, name=name, value=", ".join(untold))
        return Verdict(
            outcome="unknown",
            subject=name,
            because=because,
            bases=pair.bases,
            missing=tuple(untold),
        )
    return Verdict(outcome="pass", subject=name, because=say(FINE, name=name), bases=pair.bases)
