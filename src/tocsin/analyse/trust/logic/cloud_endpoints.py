"""A server that Exchange Online calls by its address: one that is thought hidden, or a stranger's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tocsin.analyse.trust.domains import accepted
from tocsin.analyse.trust.edges.published import published
from tocsin.analyse.trust.hosts import HYBRID_AGENT
from tocsin.analyse.trust.next_hops import ours
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.analyse.trust.verdicts import NONE_HERE, cmdlet, failed, passed, uncollected, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

AGENT = N_(
    "Exchange Online reaches a server through the Hybrid Agent ({value}): no scan from the internet "
    "sees it, yet it takes calls from there. Which server it is, the exports do not say."
)
HIDDEN = N_(
    "Exchange Online calls {name} by the address {value}, though no scan from the internet sees it: it "
    "is not as hidden as it seems."
)
SEEN = N_("{name} ({value}) is known to be reachable from outside.")
UNTOLD = N_(
    "Exchange Online calls {name} by the address {value}; whether the internet sees it is not known."
)
STRANGER = N_(
    "Exchange Online calls {value} for your own users, which is no server, no domain and no published "
    "address of yours that was read: whoever runs it gets the tokens, the questions and the credentials "
    "that are meant for your servers."
)
NOBODY = N_("Exchange Online calls {value}; no server of that name is known.")

ENDPOINTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("IntraOrganizationConnector", ("DiscoveryEndpoint", "TargetSharingEpr")),
    ("OrganizationRelationship", ("TargetAutodiscoverEpr", "TargetSharingEpr")),
    ("MigrationEndpoint", ("RemoteServer",)),
)
"""Objects of Exchange Online, and what in them leads on-premises."""

_FOR_WHOM = {
    "IntraOrganizationConnector": "TargetAddressDomains",
    "OrganizationRelationship": "DomainNames",
}
"""What says whose users a call is for."""

_MICROSOFT = re.compile(
    r"(.+\.)?(outlook|office365|office|microsoftonline|microsoft)\.(com|us|cn|de)"
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each host that Exchange Online is told to call."""
    del check
    nothing = [k for k, _ in ENDPOINTS if uncollected(situation, k, "exchange-online") is not None]
    hosts: dict[str, list[Answer]] = {}
    own: set[str] = set()
    gaps = []
    for kind, names in ENDPOINTS:
        for item in objects(situation, kind, "exchange-online"):
            enabled = item.ask("Enabled")
            answers = [item.ask(name) for name in names]
            if enabled.value is False:
                continue
            if not any(each.filled for each in answers) and not all(each.known for each in answers):
                gaps.append(f"{cmdlet(kind)}: {', '.join(names)}")
            for answer in answers:
                for host in filter(None, map(_host, answer.texts())):
                    hosts.setdefault(host, []).append(answer)
                    own |= {host} if _for_us(situation, item) else set()
    for host, answers in sorted(hosts.items()):
        yield _one(situation, host, answers, own=host in own)
    if nothing or gaps:
        yield unread("", *(cmdlet(kind, "exchange-online") for kind in nothing), *gaps)
    elif not hosts:
        yield Verdict(outcome="pass", because=say(NONE_HERE))


def _one(situation: Situation, host: str, answers: list[Answer], *, own: bool) -> Verdict:
    if host.endswith(HYBRID_AGENT):
        behind = [each.id for each in situation.servers if not each.edge]
        return failed(
            host, say(AGENT, value=host), answers, tuple(behind) if len(behind) == 1 else ()
        )
    server = situation.server(host)
    bases = bases_of(answers)
    if server is None and own and _is_strangers(situation, host):
        return failed(host, say(STRANGER, value=host), answers)
    if server is None:
        because, missing = say(NOBODY, value=host), (cmdlet("ExchangeServer"),)
        return Verdict(
            outcome="unknown", subject=host, because=because, bases=bases, missing=missing
        )
    said = {"name": server.name, "value": host}
    if server.hidden is True:
        return failed(host, say(HIDDEN, **said), answers, (server.id,))
    if server.hidden is False:
        return passed(host, say(SEEN, **said), answers)
    return Verdict(
        outcome="unknown",
        subject=host,
        because=say(UNTOLD, **said),
        bases=bases,
        servers=(server.id,),
    )


def _for_us(situation: Situation, item: Item) -> bool:
    """Whether what is asked there is of the organisation's own users: a partner's host is a
    partner's, and so is a mail provider's that mailboxes come from."""
    kind = item.setting.kind
    if kind == "MigrationEndpoint":
        return "ExchangeRemoteMove" in item.ask("EndpointType").texts()
    return any(
        accepted(situation, text, side)
        for text in item.ask(_FOR_WHOM[kind]).texts()
        for side in ("exchange-online", "on-premises")
    )


def _is_strangers(situation: Situation, host: str) -> bool:
    """Whether all that could make the host the organisation's own was read, and nothing does."""
    if uncollected(situation, "VirtualDirectory", "on-premises") is not None:
        return False
    return ours(situation, host) is False and host.lower() not in published(situation)


def _host(text: str) -> str:
    """The host of an address, or the bare host itself; empty for a host of Microsoft's."""
    try:
        found = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return "" if _MICROSOFT.fullmatch(found) else found
