"""HYB-024: mail passes another host first, and Exchange Online does not look behind that host."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.conditions import Looked, every
from tocsin.analyse.trust.connectors import for_all_domains, gates, inbound, judged_inbound
from tocsin.analyse.trust.domains import below
from tocsin.analyse.trust.mail_exchangers import Delivery, delivery
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, named, passed, unanswered, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

LOOKS_BEHIND = (
    ("EFSkipLastIP is true", "EFSkipIPs is filled"),
    "EFTestMode is not true",
    "EFUsers is empty",
)

DIRECT = N_("Mail from the internet reaches Exchange Online directly.")
OTHERS = N_("{name} does not bring the mail of the internet.")
ON = N_("{name} looks behind the host that hands the mail over.")
OFF = N_(
    "Mail for your domains goes to {value} first, and {name} judges it by that host's address: where "
    "it really came from, and whether its sender is forged, is not looked at."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every enabled connector that can bring mail of the internet."""
    del check
    where = delivery(situation)
    found = [applies and for_all_domains(item) for item, applies in inbound(situation, "Partner")]
    gateway = True if True in found else (None if None in found else False)
    yield from judged_inbound(situation, lambda item: _one(situation, item, where, gateway), "")


def _one(situation: Situation, item: Item, where: Delivery, gateway: bool | None) -> Verdict:  # noqa: FBT001
    name, looked = named(item), Looked(today=situation.today)
    if where.elsewhere is False:
        return passed(name, say(DIRECT), where.answers)
    on = every(LOOKS_BEHIND, item, looked)
    asked = [*looked.answers, *gates(item), *where.answers, item.ask("SenderDomains")]
    if on:
        return passed(name, say(ON, name=name), asked)
    brings = for_all_domains(item)
    if brings and item.ask("ConnectorType").value != "Partner" and not _ours(situation, where):
        # Beside a gateway's own connector the hybrid's does not bring the mail of the internet.
        brings = True if gateway is False else (False if gateway else None)
    if brings is False:
        return passed(name, say(OTHERS, name=name), asked)
    if where.elsewhere is None:
        return unread(name, cmdlet("MxRecord"))
    if on is None or brings is None:
        return unanswered(item, [*asked, *_gateways(situation)])
    return failed(name, say(OFF, name=name, value=", ".join(where.hosts)), asked)


def _gateways(situation: Situation) -> list[Answer]:
    return [
        each
        for item, _ in inbound(situation, "Partner")
        for each in (*gates(item), item.ask("SenderDomains"))
    ]


def _ours(situation: Situation, where: Delivery) -> bool:
    """Whether mail is delivered to a server of the organisation's own, not to a gateway."""
    return any(
        situation.server(host) is not None
        or any(below(name, host) for each in situation.servers for name in each.names)
        for host in where.hosts
    )
