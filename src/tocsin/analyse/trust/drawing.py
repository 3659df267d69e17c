"""Draws the trust graph: asks every family of edges, merges what was drawn twice."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache

import msgspec

from tocsin.analyse.trust import edges as families
from tocsin.analyse.trust.flows import Flow
from tocsin.analyse.trust.settings import VALUE_LIMIT
from tocsin.analyse.trust.situation import Graph, Situation
from tocsin.knowledge.hybrid import strengths
from tocsin.model.server_state import ServerState
from tocsin.model.text import Sentence
from tocsin.model.trusts import Basis, Edge, EdgeKind, Node, NodeKind, Provenance

Draw = Callable[[Situation], Iterator[Node | Edge]]

BASES_KEPT = 12
"""Places kept with one node or edge, the first in order of source and position."""


def draw(situation: Situation) -> Graph:
    """The graph of everything that was read. The same whatever the order of evidence."""
    nodes: dict[str, list[Node]] = {}
    drawn: dict[str, list[Edge]] = {}
    for family in _families():
        for each in family(situation):
            if isinstance(each, Node):
                nodes.setdefault(each.id, []).append(each)
            else:
                drawn.setdefault(each.id, []).append(each)
    found = {name: _one_node(each) for name, each in sorted(nodes.items())}
    doubtful = {server_id(each) for each in situation.servers if each.ours == "unknown"}
    edges = {
        name: _as_sure(_one_edge(each), doubtful)
        for name, each in sorted(drawn.items())
        if each[0].source in found and each[0].target in found and each[0].source != each[0].target
    }
    return Graph(found, edges)


def _as_sure(each: Edge, doubtful: set[str]) -> Edge:
    """What Exchange has by design is only assumed of a server that may be somebody else's."""
    if each.provenance == "by-design" and not doubtful.isdisjoint((each.source, each.target)):
        return msgspec.structs.replace(each, provenance="assumed")
    return each


@cache
def _families() -> tuple[Draw, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(families.__path__))
    return tuple(importlib.import_module(f"{families.__name__}.{name}").draw for name in names)


def node_id(kind: NodeKind, name: str) -> str:
    """`kind:name` in lower case."""
    return f"{kind}:{name.strip()}".lower()


FOOTHOLD = node_id("InternalFoothold", "any internal host")
"""The node of an intruder who is inside already."""
INTERNET = node_id("Internet", "internet")
TENANT = node_id("Tenant", "tenant")
CLOUD_MAILBOXES = node_id("CloudMailboxes", "mailboxes in Exchange Online")
MAIL_TRUST = node_id("MailTrust", "mail taken for internal")
AD_DOMAIN = node_id("ADDomain", "domain")
ON_PREM_MAILBOXES = node_id("OnPremMailboxes", "mailboxes on-premises")


def server_node(server: ServerState) -> Node:
    """The node of a server of the inventory."""
    kind: NodeKind = "EdgeServer" if server.edge else "ExchangeServer"
    return Node(
        id=f"server:{server.id}",
        kind=kind,
        name=server.name,
        side="on-premises",
        server=server.id,
        facts={"build": server.label} if server.label else {},
    )


def server_id(server: ServerState) -> str:
    """The id of that node."""
    return f"server:{server.id}"


def edge(  # noqa: PLR0913 - an edge is what it is
    kind: EdgeKind,
    source: str,
    target: str,
    because: Sentence,
    *,
    variant: str = "",
    provenance: Provenance = "configured",
    checks: tuple[str, ...] = (),
    fix: Sentence | None = None,
    bases: Iterable[Basis] = (),
    weight: int = 0,
    last: datetime | None = None,
) -> Edge:
    """An edge with the strength that the knowledge gives its kind and variant."""
    digest = hashlib.sha256(f"{kind}\0{source}\0{target}".encode()).hexdigest()[:12]
    return Edge(
        id=f"e-{digest}",
        kind=kind,
        source=source,
        target=target,
        strength=strengths()[kind, variant],
        provenance=provenance,
        because=because,
        checks=checks,
        fix=fix,
        bases=_kept(bases),
        weight=weight,
        last=last,
    )


def flow_basis(flow: Flow) -> Basis:
    """A way that mail took, as what something rests on."""
    return Basis(
        source=flow.at.source,
        position=flow.at.position,
        sha256=flow.at.sha256,
        object="mail",
        property="Received",
        value=f"from {flow.sender} [{flow.address}] by {flow.receiver}"[:VALUE_LIMIT],
    )


def server_basis(server: ServerState, name: str, value: str) -> Basis:
    """What the inventory says of a server, as what something rests on."""
    return Basis(source="inventory", object=server.name, property=name, value=value)


def _kept(bases: Iterable[Basis]) -> tuple[Basis, ...]:
    if isinstance(bases, tuple) and len(bases) < 2:
        return bases
    return tuple(sorted(set(bases), key=_place)[:BASES_KEPT])


def _place(basis: Basis) -> tuple[str, ...]:
    return (basis.source, basis.position, basis.object, basis.property, basis.value, basis.sha256)


def _one_node(drawn: list[Node]) -> Node:
    if len(drawn) == 1 and not drawn[0].bases:
        return drawn[0]
    facts: dict[str, str] = {}
    for each in drawn:
        for name, value in each.facts.items():
            facts[name] = min(facts.get(name, value), value)
    best = min(drawn, key=lambda each: (each.kind, each.name, each.side, each.server))
    bases = _kept(basis for each in drawn for basis in each.bases)
    return msgspec.structs.replace(best, facts=dict(sorted(facts.items())), bases=bases)


def _one_edge(drawn: list[Edge]) -> Edge:
    """The strongest of several reasons for one edge, with the places of all."""
    if len(drawn) == 1:
        return drawn[0]
    best = min(drawn, key=_rank)
    return msgspec.structs.replace(
        best,
        bases=_kept(basis for each in drawn for basis in each.bases),
        checks=tuple(sorted({check for each in drawn for check in each.checks})),
        weight=max(each.weight for each in drawn),
        last=max((each.last for each in drawn if each.last), default=None),
    )


def _rank(each: Edge) -> tuple[float, int, str, str]:
    sure = ("configured", "observed", "by-design", "assumed").index(each.provenance)
    return (-each.strength, sure, each.because.template, str(sorted(each.because.values.items())))
