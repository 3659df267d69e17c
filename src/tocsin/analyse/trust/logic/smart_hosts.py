"""HYB-033: mail of the cloud is handed to a host that is not known as the organisation's own."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import gates, inbound, judged_outbound, other_end
from tocsin.analyse.trust.domains import TENANT_SUFFIX, accepted, bare
from tocsin.analyse.trust.hosts import servers_in, spans
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.ranges import span
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, named, passed, unanswered, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

NONE = N_("{name} hands mail to no host of its own choice.")
OWN = N_("{name} hands mail to hosts of your own.")
STRANGE = N_(
    "{name} hands mail of the cloud to {value}, which is no server, no domain and no address of yours "
    "that was read: whoever runs it reads that mail."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every enabled outbound connector of the type OnPremises."""
    del check
    yield from judged_outbound(situation, lambda item: _one(situation, item))


def _one(situation: Situation, item: Item) -> Verdict:
    answer, name = item.ask("SmartHosts"), named(item)
    if not answer.known:
        return unanswered(item, [answer, *gates(item)])
    asked = [answer, *gates(item), *_configured(situation)]
    hosts = [text.strip("[] ") for text in answer.texts()]
    truths = [_own(situation, host) for host in hosts]
    if False in truths:
        value = ", ".join(h for h, mine in zip(hosts, truths, strict=True) if mine is False)
        because = say(STRANGE, name=name, value=value)
        return failed(name, because, asked, other_end(situation, item))
    if None in truths:
        return unread(name, cmdlet("AcceptedDomain"), cmdlet("HybridConfiguration"))
    return passed(name, say(OWN if hosts else NONE, name=name), asked)


def _configured(situation: Situation) -> list[Answer]:
    """What the organisation's own side says its host is."""
    return [each.ask("OnPremisesSmartHost") for each in objects(situation, "HybridConfiguration")]


def _own(situation: Situation, host: str) -> bool | None:
    """Whether a host is the organisation's own; None if too little was read to tell."""
    configured = _configured(situation)
    if bare(host) in {bare(text) for each in configured for text in each.texts()}:
        return True
    wizard = bool(configured) and all(each.known for each in configured)
    mine = span(host)
    if mine is not None:
        trusted = [item.ask("SenderIPAddresses") for item, _ in inbound(situation)]
        known = spans(text for each in trusted for text in each.texts())
        if servers_in(situation, [mine]) or any(mine.meets(each) for each in known):
            return True
        listed = any(each.addresses for each in situation.servers)
        return False if wizard and listed and all(each.known for each in trusted) else None
    if situation.server(host) is not None:
        return True
    sides = [accepted(situation, host, "exchange-online"), accepted(situation, host, "on-premises")]
    if True in sides and not bare(host).endswith(TENANT_SUFFIX):
        return True
    return False if wizard and None not in sides else None
