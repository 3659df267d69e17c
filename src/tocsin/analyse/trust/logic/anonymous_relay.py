"""A receive connector on which anyone in a wide range may relay mail without signing in."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.analyse.trust.submission import (
    judged_receive_connectors,
    placed,
    relays_anonymous,
    remote,
    servers_of,
)
from tocsin.analyse.trust.verdicts import (
    cmdlet,
    failed,
    passed,
    unanswered,
)
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

OPEN = N_(
    "{name} relays mail to any address for whoever connects from {value}, without a sign-in; the "
    "mail then leaves as the organisation's own."
)
NARROW = N_("{name} relays without a sign-in for {value} only.")
NOT = N_("{name} relays nothing without a sign-in.")
UNREAD = N_("{name} takes anonymous senders; whether they may relay was not collected.")


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each receive connector that is in use."""
    del check
    return judged_receive_connectors(situation, _one)


def _one(situation: Situation, item: Item) -> Verdict:
    name, servers = placed(situation, item), servers_of(situation, item)
    relays, answers = relays_anonymous(situation, item)
    if relays is False:
        return passed(name, say(NOT, name=name), answers)
    if relays is None and answers[0].known:
        wanted = (cmdlet("ReceiveConnectorPermission"),)
        because = say(UNREAD, name=name)
        return Verdict(
            outcome="unknown",
            subject=name,
            because=because,
            bases=bases_of(answers),
            missing=wanted,
            servers=servers,
        )
    enabled, addresses = item.ask("Enabled"), remote(item)
    answers = (*answers, addresses.answer, enabled)
    if relays and addresses.wide == ():
        return passed(name, say(NARROW, name=name, value=addresses.shown), answers)
    if relays and addresses.wide and enabled.known:
        return failed(name, say(OPEN, name=name, value=addresses.shown), answers, servers)
    return unanswered(item, answers, servers)
