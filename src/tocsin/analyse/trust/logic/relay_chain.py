"""Mail that a device on the inside hands over, and that Exchange Online then takes for internal."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.drawing import MAIL_TRUST
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Graph, Situation, Verdict
from tocsin.analyse.trust.submission import receive_connectors, relays_anonymous, secured
from tocsin.analyse.trust.verdicts import cmdlet, uncollected, unread
from tocsin.analyse.trust.ways import Atlas
from tocsin.knowledge.checks import Check
from tocsin.model.setting import Side
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis, EdgeKind, Node

CHAIN = N_(
    "Mail from {name}, handed over without a sign-in, reaches Exchange Online as the organisation's "
    "own, by way of {way}."
)
FINE = N_("No relay on the inside leads to mail that Exchange Online takes for internal.")

MAIL: frozenset[EdgeKind] = frozenset(
    {
        "HX_SubmitsTo",
        "HX_SendsVia",
        "HX_SourceOf",
        "HX_MemberOf",
        "HX_TrustsPeer",
        "HX_GrantsMailTrust",
    }
)
"""Edges that a mail goes along, with no control of a server; servers trust the group of their peers."""

NEEDED: tuple[tuple[str, Side], ...] = (
    ("ReceiveConnector", "on-premises"),
    ("SendConnector", "on-premises"),
    ("InboundConnector", "exchange-online"),
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each device, or range of them, that may submit."""
    del check
    chains = list(_chains(situation))
    yield from chains
    if chains:
        return
    missing = [kind for kind, side in NEEDED if uncollected(situation, kind, side) is not None]
    if any(not _settled(situation, item) for item in receive_connectors(situation)):
        missing.append("ReceiveConnectorPermission")
    if missing:
        yield unread("", *(cmdlet(kind) for kind in missing))
    else:
        yield Verdict(outcome="pass", because=say(FINE))


def _settled(situation: Situation, item: Item) -> bool:
    return secured(item) is not None and relays_anonymous(situation, item)[0] is not None


def _chains(situation: Situation) -> Iterator[Verdict]:
    nodes = situation.graph.nodes
    mail = Graph(nodes, {n: e for n, e in situation.graph.edges.items() if e.kind in MAIL})
    devices = [each.id for each in nodes.values() if each.kind == "RelayDevice"]
    for device, way in sorted(Atlas(mail).best(devices, MAIL_TRUST).items()):
        edges = [mail.edges[each] for each in way.edges]
        stops = [nodes[each.target] for each in edges[:-1]]
        yield Verdict(
            outcome="fail",
            subject=nodes[device].name,
            because=say(CHAIN, name=nodes[device].name, way=" → ".join(s.name for s in stops)),
            bases=_bases(basis for each in edges for basis in each.bases),
            servers=_servers(stops),
        )


def _bases(found: Iterator[Basis]) -> tuple[Basis, ...]:
    return tuple(dict.fromkeys(found))


def _servers(stops: list[Node]) -> tuple[str, ...]:
    return tuple(each.server for each in stops if each.server)
