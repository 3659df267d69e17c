"""HYB-014: a connector trusts addresses that are not one organisation's own hosts."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import gates, inbound, judged_inbound, other_end
from tocsin.analyse.trust.hosts import shared_by, spans
from tocsin.analyse.trust.ranges import span
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import failed, named, passed, unanswered
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, Sentence, say

LARGEST = 16
"""Addresses of a /28, or a /124 of IPv6: a connector that trusts more trusts strangers."""

FINE = N_("{name} trusts no address, or a few of its own only.")
WIDE = N_(
    "{name} trusts {value}, {count} addresses: every host there is taken for your own mail server."
)
SHARED = N_(
    "{name} trusts {value}, which is a network of {who}: every customer of that service is taken for "
    "your own mail server."
)
TWICE = N_(
    "{name} and {other} both trust {value}: Exchange Online cannot tell which of the two a mail came "
    "through."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every enabled connector of the type OnPremises."""
    del check
    every = [item for item, applies in inbound(situation, "") if applies]
    yield from judged_inbound(situation, lambda item: _one(situation, item, every))


def _one(situation: Situation, item: Item, every: list[Item]) -> Verdict:
    answer, name = item.ask("SenderIPAddresses"), named(item)
    asked = [answer, *gates(item)]
    if not answer.known:
        return unanswered(item, asked)
    for because, also in _faults(name, item, answer, every):
        return failed(name, because, [*asked, *also], other_end(situation, item))
    return passed(name, say(FINE, name=name), asked)


def _faults(
    name: str, item: Item, answer: Answer, every: list[Item]
) -> Iterator[tuple[Sentence, list[Answer]]]:
    for text in answer.texts():
        mine = span(text)
        if mine is None:
            continue
        if who := shared_by(mine):
            yield say(SHARED, name=name, value=text, who=who), []
        if mine.size > LARGEST:
            yield say(WIDE, name=name, value=text, count=mine.size), []
        for other in every:
            theirs = other.ask("SenderIPAddresses")
            if other.setting is not item.setting and any(
                mine.meets(each) for each in spans(theirs.texts())
            ):
                yield say(TWICE, name=name, other=named(other), value=text), [theirs]
