"""Ways through the trust graph: the one module that knows the graph library.

Cost of an edge is -ln(strength), so that the cheapest way is the strongest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import msgspec

from tocsin.analyse.trust.situation import Graph
from tocsin.model.trusts import Edge


class Way(msgspec.Struct, frozen=True):
    """Edge ids in order, and the product of their strengths."""

    edges: tuple[str, ...]
    strength: float


def cost(edge: Edge) -> float:
    """-ln of the strength; without end for none."""
    return -math.log(edge.strength) if edge.strength > 0 else math.inf


def best_ways(graph: Graph, sources: Iterable[str], target: str) -> dict[str, Way]:
    """The strongest way from each source that has one to the target."""
    import networkx as nx  # noqa: PLC0415 - a sixth of a second that only this room needs

    best: dict[tuple[str, str], Edge] = {}
    for each in graph.edges.values():
        known = best.get((each.target, each.source))
        if cost(each) < math.inf and (known is None or each.strength > known.strength):
            best[each.target, each.source] = each
    backward = nx.DiGraph()
    backward.add_nodes_from(graph.nodes)
    backward.add_weighted_edges_from((a, b, cost(e)) for (a, b), e in best.items())
    if target not in backward:
        return {}
    _, routes = nx.single_source_dijkstra(backward, target)
    found = {}
    for source in sources:
        route = routes.get(source)
        if route and len(route) > 1:
            edges = [best[a, b] for a, b in itertools.pairwise(route)][::-1]
            found[source] = Way(tuple(e.id for e in edges), math.prod(e.strength for e in edges))
    return found
