"""What of a big trust graph is drawn: the ways of the most urgent servers, the rest folded.

A picture of 20,000 edges shows nothing. Drawn are the servers that are most urgent with the strongest
of their ways, and the points where ways can be cut; everything else stands in one node for each kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from tocsin.model.trusts import Edge, EdgeKind, Node, NodeKind, Path, Provenance, Trusts

WHOLE_NODES = 70
WHOLE_EDGES = 220
"""A graph up to this size is drawn as it is."""
DRAWN_NODES = 40
"""Nodes drawn one by one of a bigger one; the last way taken in may lead a little beyond."""
DRAWN_SERVERS = 8
WAYS_DRAWN = 6
"""Servers drawn one by one, the most urgent first, and the ways of each."""
CHOKES_DRAWN = 8
SERVER_FOLDS = 4
"""Nodes that further servers are folded into, by what they hold; the smallest ones share one."""


class DrawnNode(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the picture. at: its place among the run's nodes, -1 of a fold. folded: places of
    the nodes that it stands for. kind, side: theirs."""

    at: int
    kind: NodeKind
    side: str
    folded: tuple[int, ...] = ()


class DrawnEdge(msgspec.Struct, frozen=True, kw_only=True):
    """One edge of the picture between places of drawn nodes. edges: places among the run's edges of
    those that it stands for, the strongest first."""

    source: int
    target: int
    kind: EdgeKind
    provenance: Provenance
    strength: float
    edges: tuple[int, ...]


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """The picture's content. reduced: something was folded. servers: those drawn one by one."""

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    reduced: bool
    servers: int


def drawn(trusts: Trusts) -> Drawn:
    """The whole graph when it is small, else the reduced one."""
    place = {each.id: at for at, each in enumerate(trusts.nodes)}
    reduced = len(trusts.nodes) > WHOLE_NODES or len(trusts.edges) > WHOLE_EDGES
    kept = _kept(trusts, place) if reduced else list(range(len(trusts.nodes)))
    nodes = [DrawnNode(at=at, kind=n.kind, side=n.side) for at in kept for n in [trusts.nodes[at]]]
    where = {at: number for number, at in enumerate(kept)}
    for members in _folds(trusts, place, set(kept)) if reduced else ():
        for at in members:
            where[at] = len(nodes)
        first = trusts.nodes[members[0]]
        nodes.append(
            DrawnNode(
                at=members[0] if len(members) == 1 else -1,
                kind=first.kind,
                side=first.side,
                folded=members if len(members) > 1 else (),
            )
        )
    return Drawn(
        nodes=tuple(nodes),
        edges=tuple(_edges(trusts.edges, place, where)),
        reduced=reduced,
        servers=sum(each.at >= 0 and _is_server(trusts.nodes[each.at]) for each in nodes),
    )


def _kept(trusts: Trusts, place: dict[str, int]) -> list[int]:
    """Places of the nodes drawn one by one, in the order of the run."""
    edges = {each.id: each for each in trusts.edges}
    kept: set[int] = set()
    for choke in trusts.chokes[:CHOKES_DRAWN]:
        edge = edges.get(choke.id) if choke.what == "edge" else None
        ends = (edge.source, edge.target) if edge else (choke.id,)
        kept.update(place[each] for each in ends if each in place)
    ways: dict[str, list[Path]] = {}
    for path in trusts.paths:
        ways.setdefault(path.server, []).append(path)
    for score in trusts.scores[:DRAWN_SERVERS]:
        for path in ways.get(score.server, ())[:WAYS_DRAWN]:
            if len(kept) >= DRAWN_NODES:
                return sorted(kept)
            kept.update(_on(path, edges, place))
    if not trusts.scores:
        for path in trusts.paths[:DRAWN_NODES]:
            if len(kept) < DRAWN_NODES:
                kept.update(_on(path, edges, place))
    return sorted(kept)


def _on(path: Path, edges: dict[str, Edge], place: dict[str, int]) -> Iterator[int]:
    for name in path.edges:
        if name in edges:
            yield from (place[e] for e in (edges[name].source, edges[name].target) if e in place)


def _folds(trusts: Trusts, place: dict[str, int], kept: set[int]) -> Iterator[tuple[int, ...]]:
    """Nodes that are not drawn, those of one kind and side together; servers by what they lead to."""
    kinds: dict[int, set[str]] = {}
    for edge in trusts.edges:
        source = place.get(edge.source, -1)
        if source >= 0 and source not in kept and _is_server(trusts.nodes[source]):
            kinds.setdefault(source, set()).add(edge.kind)
    groups: dict[tuple[str, ...], list[int]] = {}
    for at, node in enumerate(trusts.nodes):
        if at not in kept:
            alike = tuple(sorted(kinds.get(at, ()))) if _is_server(node) else ()
            groups.setdefault((node.kind, node.side, *alike), []).append(at)
    servers = Counter({key: len(found) for key, found in groups.items() if _is(key[0])})
    small = [key for key, _ in servers.most_common()[SERVER_FOLDS - 1 :]]
    if len(servers) > SERVER_FOLDS:
        rest = sorted(at for key in small for at in groups.pop(key))
        groups["ExchangeServer", "", "rest"] = rest
    for key in sorted(groups):
        yield tuple(groups[key])


def _is(kind: str) -> bool:
    return kind in ("ExchangeServer", "EdgeServer")


def _is_server(node: Node) -> bool:
    return _is(node.kind)


def _edges(
    edges: Sequence[Edge], place: dict[str, int], where: dict[int, int]
) -> Iterator[DrawnEdge]:
    """Edges between drawn nodes; alike ones between the same two as one."""
    alike: dict[tuple[int, int, str], list[int]] = {}
    for at, edge in enumerate(edges):
        if edge.source in place and edge.target in place:
            ends = where[place[edge.source]], where[place[edge.target]]
            if ends[0] != ends[1]:
                alike.setdefault((*ends, edge.kind), []).append(at)
    for (source, target, _), found in alike.items():
        found.sort(key=lambda at: -edges[at].strength)
        first = edges[found[0]]
        yield DrawnEdge(
            source=source,
            target=target,
            kind=first.kind,
            provenance=first.provenance,
            strength=first.strength,
            edges=tuple(found),
        )
