"""Draws the trust graph: asks every family of edges, merges what was drawn twice."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache

import msgspec

from tocsin.analyse.trust import edges as families
from tocsin.analyse.trust.situation import Graph, Situation
from tocsin.knowledge.hybrid import strengths
from tocsin.model.server_state import ServerState
from tocsin.model.text import Sentence
from tocsin.model.trusts import Basis, Edge, EdgeKind, Node, NodeKind, Provenance

Draw = Callable[[Situation], Iterator[Node | Edge]]

BASES_KEPT = 12
"""Places kept with one node or edge."""

FOOTHOLD = "internalfoothold:any internal host"
"""The node of an intruder who is inside already."""


def draw(situation: Situation) -> Graph:
    """The graph of everything that was read. The same whatever the order of evidence."""
    nodes: dict[str, Node] = {}
    drawn: dict[str, Edge] = {}
    for family in _families():
        for each in family(situation):
            if isinstance(each, Node):
                known = nodes.get(each.id)
                nodes[each.id] = each if known is None else _merged(known, each)
            else:
                before = drawn.get(each.id)
                drawn[each.id] = each if before is None else _stronger(before, each)
    edges = {
        name: each
        for name, each in sorted(drawn.items())
        if each.source in nodes and each.target in nodes and each.source != each.target
    }
    return Graph(dict(sorted(nodes.items())), edges)


@cache
def _families() -> tuple[Draw, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(families.__path__))
    return tuple(importlib.import_module(f"{families.__name__}.{name}").draw for name in names)


def node_id(kind: NodeKind, name: str) -> str:
    """`kind:name` in lower case."""
    return f"{kind}:{name.strip()}".lower()


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
    bases: tuple[Basis, ...] = (),
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
        bases=bases[:BASES_KEPT],
    )


def _merged(one: Node, other: Node) -> Node:
    bases = tuple(dict.fromkeys((*one.bases, *other.bases)))[:BASES_KEPT]
    return msgspec.structs.replace(one, facts={**other.facts, **one.facts}, bases=bases)


def _stronger(one: Edge, other: Edge) -> Edge:
    """The stronger of two reasons for one edge, with the places of both."""
    best, rest = (one, other) if one.strength >= other.strength else (other, one)
    return msgspec.structs.replace(
        best,
        bases=tuple(dict.fromkeys((*best.bases, *rest.bases)))[:BASES_KEPT],
        checks=tuple(dict.fromkeys((*best.checks, *rest.checks))),
        weight=best.weight + rest.weight,
        last=max((x for x in (best.last, rest.last) if x), default=None),
    )
