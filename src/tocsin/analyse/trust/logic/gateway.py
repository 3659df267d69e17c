"""HYB-029: mail goes through a gateway, but Exchange Online takes it from anybody."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.conditions import Looked, every
from tocsin.analyse.trust.connectors import ONLINE, for_all_domains, gates, inbound
from tocsin.analyse.trust.mail_exchangers import delivery
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, passed, uncollected, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

BY_ADDRESS = ("RestrictDomainsToIPAddresses is true", "SenderIPAddresses is filled")
BY_CERTIFICATE = ("RestrictDomainsToCertificate is true", "TlsSenderCertificateName is filled")
BY_RULE = (
    "State is Enabled",
    "ExceptIfSenderIpRanges is filled",
    (
        "RejectMessageReasonText is filled",
        "RejectMessageEnhancedStatusCode is filled",
        "Quarantine is true",
        "DeleteMessage is true",
    ),
)

DIRECT = N_(
    "Mail from the internet reaches Exchange Online directly: there is no gateway to pass by."
)
CLOSED = N_("Exchange Online takes mail of the internet from the gateway only.")
OPEN = N_(
    "Mail for your domains goes to {value} first, but Exchange Online also takes it from anybody who "
    "delivers to the tenant's own address: the gateway can be passed by."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for the tenant."""
    del check
    where = delivery(situation)
    if where.elsewhere is False:
        yield passed("", say(DIRECT), where.answers)
        return
    asked: list[Answer] = [*where.answers]
    nothing = uncollected(situation, "InboundConnector", ONLINE)
    closed = None if nothing else _by_connector(situation, asked)
    missing = [cmdlet("InboundConnector")] if closed is None else []
    if not closed:
        rule = _by_rule(situation, asked)
        missing += [cmdlet("TransportRule", ONLINE)] if rule is None else []
        closed = True if rule else (closed if rule is False else None)
    missing += [cmdlet("MxRecord")] if where.elsewhere is None else []
    if closed:
        yield passed("", say(CLOSED), asked)
    elif missing:
        yield unread("", *missing)
    else:
        yield failed("", say(OPEN, value=", ".join(where.hosts)), asked)


def _by_connector(situation: Situation, asked: list[Answer]) -> bool | None:
    """Whether a Partner connector for all senders asks for the gateway's address or certificate."""
    found: list[bool | None] = []
    for item, applies in inbound(situation, "Partner"):
        looked = Looked(today=situation.today)
        ways = (every(BY_ADDRESS, item, looked), every(BY_CERTIFICATE, item, looked))
        restricts = True if True in ways else (None if None in ways else False)
        asked += [*looked.answers, *gates(item), item.ask("SenderDomains")]
        parts = (applies, for_all_domains(item), restricts)
        found.append(False if False in parts else (None if None in parts else True))
    return True if True in found else (None if None in found else False)


def _by_rule(situation: Situation, asked: list[Answer]) -> bool | None:
    """Whether a rule refuses what does not come from the gateway."""
    if uncollected(situation, "TransportRule", ONLINE):
        return None
    looked = Looked(today=situation.today)
    found = [every(BY_RULE, item, looked) for item in objects(situation, "TransportRule", ONLINE)]
    asked += looked.answers
    return True if True in found else (None if None in found else False)
