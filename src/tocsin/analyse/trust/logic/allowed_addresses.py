"""HYB-026: what comes from the organisation's own addresses is not filtered, whoever sent it."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import ONLINE, inbound, other_end
from tocsin.analyse.trust.hosts import spans
from tocsin.analyse.trust.ranges import span
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import (
    cmdlet,
    failed,
    judged_objects,
    named,
    passed,
    unanswered,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

FINE = N_("{name} lets no address of your own past the filters.")
OVERLAP = N_(
    "{name} lets {value} past the filters, which is where your own servers send from: whatever an "
    "intruder sends from behind that address is delivered."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every connection filter policy."""
    del check
    yield from judged_objects(
        situation,
        "HostedConnectionFilterPolicy",
        ONLINE,
        lambda item: _one(situation, item),
    )


def _one(situation: Situation, item: Item) -> Verdict:
    name, allowed = named(item), item.ask("IPAllowList")
    if not allowed.known:
        return unanswered(item, [allowed])
    if allowed.empty:
        return passed(name, say(FINE, name=name), [allowed])
    own = [each.ask("SenderIPAddresses") for each, _ in inbound(situation)]
    known = spans(text for each in own for text in each.texts())
    known += [each for server in situation.servers for each in spans(server.addresses)]
    for text in allowed.texts():
        mine = span(text)
        if mine is not None and any(mine.meets(each) for each in known):
            because = say(OVERLAP, name=name, value=text)
            return failed(name, because, [allowed, *own], other_end(situation, item))
    if not known or not all(each.known for each in own):
        return unread(name, f"{cmdlet('InboundConnector')}: SenderIPAddresses")
    return passed(name, say(FINE, name=name), [allowed, *own])
