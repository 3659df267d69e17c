"""Ways through the trust graph: the one module that knows the graph library.

Cost of an edge is -ln(strength), so that the cheapest way is the strongest. Of several edges between
the same two ends, ways take the strongest.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any

import msgspec

from tocsin.analyse.trust.situation import Graph
from tocsin.model.trusts import Edge

HOP = 1e-12
"""Added to each edge's cost, so that of two equally strong ways the shorter one is told."""
EXACT = 13
"""Digits to which costs are compared: below them lies only what adding them up differently makes."""
STEPS_LIMIT = 50_000
"""Partial ways looked at while the best ways of one server to one target are put in order; beyond it
fewer are told, never wrong ones."""


class Way(msgspec.Struct, frozen=True):
    """Edge ids in order, and the product of their strengths."""

    edges: tuple[str, ...]
    strength: float


def cost(edge: Edge) -> float:
    """-ln of the strength; without end for none. More than 1, in an edited run, is 1."""
    return HOP - math.log(min(edge.strength, 1.0)) if edge.strength > 0 else math.inf


class Atlas:
    """A graph, made ready to be asked for many ways. ends: the nodes that ways lead to."""

    def __init__(self, graph: Graph, ends: Iterable[str] = ()) -> None:
        self.graph = graph
        self.ends = tuple(each for each in ends if each in graph.nodes)
        self._known: dict[str, tuple[Mapping[str, float], Mapping[str, list[str]]]] = {}

    @cached_property
    def _best(self) -> dict[tuple[str, str], Edge]:
        best: dict[tuple[str, str], Edge] = {}
        for each in self.graph.edges.values():
            known = best.get((each.source, each.target))
            if each.strength > 0 and (known is None or each.strength > known.strength):
                best[each.source, each.target] = each
        return best

    @cached_property
    def _backward(self) -> Any:
        import networkx as nx  # noqa: PLC0415 - a sixth of a second that only this room needs

        backward = nx.DiGraph()
        backward.add_nodes_from(self.graph.nodes)
        backward.add_weighted_edges_from((b, a, cost(e)) for (a, b), e in self._best.items())
        return backward

    @cached_property
    def _forward(self) -> dict[str, list[tuple[str, float]]]:
        found: dict[str, list[tuple[str, float]]] = {}
        for (source, target), each in self._best.items():
            found.setdefault(source, []).append((target, cost(each)))
        return found

    @cached_property
    def _sources(self) -> dict[str, list[tuple[str, str]]]:
        """By target node: id and source of every edge that leads there."""
        found: dict[str, list[tuple[str, str]]] = {}
        for each in self.graph.edges.values():
            if each.strength > 0:
                found.setdefault(each.target, []).append((each.id, each.source))
        return found

    def _to(self, target: str) -> tuple[Mapping[str, float], Mapping[str, list[str]]]:
        """Cost and route (from the target's side) of every node that has a way to the target."""
        import networkx as nx  # noqa: PLC0415 - see above

        if target not in self._known:
            self._known[target] = (
                nx.single_source_dijkstra(self._backward, target)
                if target in self.graph.nodes
                else ({}, {})
            )
        return self._known[target]

    def best(self, sources: Iterable[str], target: str) -> dict[str, Way]:
        """The strongest way to the target from each source that has one."""
        _, routes = self._to(target)
        found = {}
        for source in sources:
            route = routes.get(source)
            if route and len(route) > 1:
                found[source] = self._way(route[::-1])
        return found

    def several(self, source: str, target: str, count: int) -> list[Way]:
        """The `count` strongest ways without loops, best first.

        Partial ways are taken up in order of what they cost and at least still must, which is known
        exactly unless the way would cross itself, so that whole ones come out in order.
        """
        rest, _ = self._to(target)
        if source not in rest or source == target:
            return []
        found: list[Way] = []
        ticket = itertools.count()
        # Of those that cost the same, the furthest first: a whole way is soon at hand.
        waiting: list[tuple[float, int, int, float, tuple[str, ...]]] = [
            (rest[source], -1, next(ticket), 0.0, (source,))
        ]
        taken = 0
        while waiting and len(found) < count and taken < STEPS_LIMIT:
            _, _, _, spent, route = heapq.heappop(waiting)
            if route[-1] == target:
                found.append(self._way(route))
                continue
            for node, price in self._forward.get(route[-1], ()):
                if node in rest and node not in route:
                    taken += 1
                    far = spent + price
                    total = round(far + rest[node], EXACT)
                    heapq.heappush(
                        waiting, (total, -len(route) - 1, next(ticket), far, (*route, node))
                    )
        return found

    def _way(self, route: Sequence[str]) -> Way:
        edges = [self._best[pair] for pair in itertools.pairwise(route)]
        return Way(tuple(e.id for e in edges), math.prod(e.strength for e in edges))

    def held(
        self,
        sources: Iterable[str],
        nodes: AbstractSet[str] = frozenset(),
        edges: AbstractSet[str] = frozenset(),
    ) -> set[tuple[str, str]]:
        """Pairs of source and end that still have a way without these nodes and edges."""
        wanted = [each for each in sources if each not in nodes]
        pairs: set[tuple[str, str]] = set()
        for end in self.ends:
            if end in nodes:
                continue
            seen = {end}
            waiting = [end]
            while waiting:
                for edge, source in self._sources.get(waiting.pop(), ()):
                    if source not in seen and source not in nodes and edge not in edges:
                        seen.add(source)
                        waiting.append(source)
            pairs.update((each, end) for each in wanted if each in seen and each != end)
        return pairs

    def chokes(self, sources: Collection[str]) -> dict[str, set[tuple[str, str]]]:
        """By node or edge id: the pairs of source and end that fall apart without it, exactly.

        Neither a pair's own source nor its end is told of it. What all ways from an end back to a
        source go through are the source's dominators in the backward graph, edges being nodes of it.
        """
        import networkx as nx  # noqa: PLC0415 - see above

        backward = nx.DiGraph()
        for each in self.graph.edges.values():
            if each.strength > 0:
                backward.add_edge(each.target, each.id)
                backward.add_edge(each.id, each.source)
        found: dict[str, set[tuple[str, str]]] = {}
        for end in self.ends:
            if end not in backward:
                continue
            above = nx.immediate_dominators(backward, end)
            for source in sources:
                if source not in above or source == end:
                    continue
                at = above[source]
                while at is not None and at != end:
                    found.setdefault(at, set()).add((source, end))
                    at = above[at]
        return found
