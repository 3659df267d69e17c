"""HYB-023: Exchange Online took a mail for the organisation's own from a host that nobody named."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.connectors import inbound
from tocsin.analyse.trust.domains import bare
from tocsin.analyse.trust.flows import Flow
from tocsin.analyse.trust.hosts import spans
from tocsin.analyse.trust.keys import host_of, to_the_cloud
from tocsin.analyse.trust.names import certificate_identifier
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.ranges import Span, span
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.analyse.trust.verdicts import cmdlet, passed, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis

SERVERS = ("SendingTransportServers", "EdgeTransportServers")

NO_MAIL = N_("No mail was read that Exchange Online took from a host of yours for your own.")
NAMED = N_("{name} is named in the configuration: its mail is rightly taken for your own.")
STRANGE = N_(
    "Exchange Online took {count} mails from {name} ({address}) for your own (AuthAs Internal), but no "
    "connector and no list of hybrid servers names that host."
)


class Named(msgspec.Struct, kw_only=True):
    """What the configuration lets send: ids of servers, names of hosts, addresses."""

    servers: set[str] = msgspec.field(default_factory=set)
    hosts: set[str] = msgspec.field(default_factory=set)
    addresses: list[Span] = msgspec.field(default_factory=list)
    answers: list[Answer] = msgspec.field(default_factory=list)
    missing: list[str] = msgspec.field(default_factory=list)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every host from which Exchange Online took a mail as internal."""
    del check
    senders: dict[str, list[Flow]] = {}
    for flow in situation.flows:
        if flow.to_cloud and flow.internal:
            senders.setdefault(flow.sender or flow.address, []).append(flow)
    allowed = _named(situation)
    for name, flows in sorted(senders.items()):
        yield _one(situation, name, flows, allowed)
    if not senders:
        yield Verdict(outcome="unknown", because=say(NO_MAIL), missing=("mail",))


def _one(situation: Situation, name: str, flows: list[Flow], allowed: Named) -> Verdict:
    server = situation.server(name)
    ends = (server.id,) if server else ()
    known = name in allowed.hosts or (server is not None and server.id in allowed.servers)
    left = [flow for flow in flows if not known and not _within(flow.address, allowed.addresses)]
    if not left:
        return passed(name, say(NAMED, name=name), allowed.answers)
    if allowed.missing:
        return unread(name, *allowed.missing, servers=ends)
    count, address = sum(flow.count for flow in left), left[0].address or "?"
    places = tuple(
        Basis(
            source=flow.at.source,
            position=flow.at.position,
            sha256=flow.at.sha256,
            object=f"{flow.sender} → {flow.receiver}",
            property="AuthAs",
            value=flow.auth_as,
        )
        for flow in left
    )
    return Verdict(
        outcome="fail",
        subject=name,
        because=say(STRANGE, name=name, address=address, count=count),
        bases=(*places, *bases_of(allowed.answers)),
        servers=ends,
    )


def _within(address: str, ranges: list[Span]) -> bool:
    mine = span(address) if address else None
    return mine is not None and any(mine.meets(each) for each in ranges)


def _named(situation: Situation) -> Named:
    found = Named()
    wizard = objects(situation, "HybridConfiguration")
    sending = [
        each for each in objects(situation, "SendConnector") if to_the_cloud(each) is not False
    ]
    trusted = [item for item, _ in inbound(situation)]
    servers = [item.ask(name) for item in wizard for name in SERVERS]
    servers += [item.ask("SourceTransportServers") for item in sending]
    hosts = [item.ask("Fqdn") for item in sending]
    hosts += [item.ask("TlsSenderCertificateName") for item in trusted]
    addresses = [item.ask("SenderIPAddresses") for item in trusted]
    for text in (text for each in servers for text in each.texts()):
        server = situation.server(host_of(text))
        found.servers |= {server.id} if server else set()
        found.hosts.add(host_of(text).lower())
    found.hosts |= {
        bare(certificate_identifier(text)[2] or text) for each in hosts for text in each.texts()
    }
    found.addresses = spans(text for each in addresses for text in each.texts())
    found.answers = [*servers, *hosts, *addresses]
    for kind, items, answers in (
        ("HybridConfiguration", wizard, servers[: len(wizard) * len(SERVERS)]),
        (
            "SendConnector",
            sending,
            [*servers[len(wizard) * len(SERVERS) :], *hosts[: len(sending)]],
        ),
        ("InboundConnector", trusted, [*hosts[len(sending) :], *addresses]),
    ):
        read = bool(items) or situation.settings.asked(kind)
        if not read or not all(each.known for each in answers):
            found.missing.append(cmdlet(kind))
    return found
