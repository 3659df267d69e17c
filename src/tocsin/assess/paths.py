"""Ways from servers to targets, as they are written down."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from tocsin.analyse.trust.situation import Graph
from tocsin.analyse.trust.ways import Atlas, Way
from tocsin.assess.scoring import Standing
from tocsin.model.trusts import TARGETS, Path, ServerScore, Trusts

SEVERAL_SERVERS = 10
"""The most urgent servers, of which more than the strongest way to each target is told."""
SEVERAL_WAYS = 4
"""Ways told of one such server to one target."""


def graph_of(trusts: Trusts) -> Graph:
    """The graph as it was written down; edges without an end, in an edited run, are left out."""
    nodes = {each.id: each for each in trusts.nodes}
    edges = {e.id: e for e in trusts.edges if e.source in nodes and e.target in nodes}
    return Graph(nodes, edges)


def targets_of(graph: Graph) -> tuple[str, ...]:
    """Node ids of what an intruder is after, the gravest kind first."""
    found = [each for each in graph.nodes.values() if each.kind in TARGETS]
    return tuple(each.id for each in sorted(found, key=lambda n: (TARGETS.index(n.kind), n.id)))


def node_of(server: str) -> str:
    """The node of a server of the inventory."""
    return f"server:{server}"


def best_ways(atlas: Atlas, servers: Sequence[Standing]) -> dict[str, dict[str, Way]]:
    """By server and target: the strongest way."""
    found: dict[str, dict[str, Way]] = {each.id: {} for each in servers}
    for target in atlas.ends:
        ways = atlas.best((node_of(each.id) for each in servers), target)
        for each in servers:
            way = ways.get(node_of(each.id))
            if way is not None:
                found[each.id][target] = way
    return found


def path(server: str, target: str, way: Way) -> Path:
    """With an id that is the same in every run that knows this way."""
    text = "\0".join((server, target, *way.edges))
    return Path(
        id="p-" + hashlib.sha256(text.encode()).hexdigest()[:12],
        server=server,
        target=target,
        strength=round(way.strength, 4),
        edges=way.edges,
    )


def written(
    ways: Mapping[str, Mapping[str, Way]],
) -> tuple[dict[str, Path], dict[str, tuple[str, ...]]]:
    """Paths by id, and by server the ids of its strongest to each target."""
    paths: dict[str, Path] = {}
    mine: dict[str, tuple[str, ...]] = {}
    for server, found in ways.items():
        own = [path(server, target, way) for target, way in found.items()]
        paths.update((each.id, each) for each in own)
        mine[server] = tuple(each.id for each in own)
    return paths, mine


def in_order(
    atlas: Atlas, best: Mapping[str, Path], scores: Sequence[ServerScore]
) -> tuple[Path, ...]:
    """The strongest ways, in the order of the scores; of the first servers further ones, too."""
    found: list[Path] = []
    for rank, score in enumerate(scores):
        for name in score.paths:
            first = best[name]
            found.append(first)
            if rank < SEVERAL_SERVERS:
                more = atlas.several(node_of(score.server), first.target, SEVERAL_WAYS)
                others = (path(score.server, first.target, way) for way in more)
                found += [each for each in others if each.id != name][: SEVERAL_WAYS - 1]
    return tuple(found)
