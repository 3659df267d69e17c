"""A receive connector that takes whoever comes from a wide range for externally secured."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.submission import (
    judged_receive_connectors,
    placed,
    remote,
    secured,
    servers_of,
)
from tocsin.analyse.trust.verdicts import failed, passed, unanswered
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

WIDE = N_(
    "{name} takes whoever connects from {value} for externally secured: such a sender counts as "
    "signed in, and its mail as the organisation's own."
)
NARROW = N_("{name} takes only {value} for externally secured.")
NOT = N_("{name} takes nobody for externally secured.")


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each receive connector that is in use."""
    del check
    return judged_receive_connectors(situation, _one)


def _one(situation: Situation, item: Item) -> Verdict:
    name, mechanism = placed(situation, item), item.ask("AuthMechanism")
    if secured(item) is False:
        return passed(name, say(NOT, name=name), [mechanism])
    enabled, addresses = item.ask("Enabled"), remote(item)
    answers = (mechanism, addresses.answer, enabled)
    if mechanism.known and addresses.wide == ():
        return passed(name, say(NARROW, name=name, value=addresses.shown), answers)
    if mechanism.known and addresses.wide and enabled.known:
        because = say(WIDE, name=name, value=addresses.shown)
        return failed(name, because, answers, servers_of(situation, item))
    return unanswered(item, answers, servers_of(situation, item))
