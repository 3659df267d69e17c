"""Where one cut takes most ways away."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.analyse.trust.ways import Atlas
from tocsin.assess.paths import node_of
from tocsin.assess.scoring import Standing
from tocsin.model.trusts import Choke

CHOKES_KEPT = 40
"""Choke points written down, those that cut most first."""


def chokes(atlas: Atlas, servers: Sequence[Standing]) -> tuple[Choke, ...]:
    """Nodes and edges without which pairs of weak server and target fall apart, most first.

    What cuts no more than one of several pairs is no choke point, but a part of that one way.
    """
    weak = [node_of(each.id) for each in servers if each.weak]
    pairs = len(atlas.held(weak))
    graph = atlas.graph
    found = []
    for name, cut in atlas.chokes(weak).items():
        if len(cut) == 1 and pairs > 1:
            continue
        edge = graph.edges.get(name)
        found.append(
            Choke(
                what="edge" if edge else "node",
                id=name,
                name=f"{graph.nodes[edge.source].name} → {graph.nodes[edge.target].name}"
                if edge
                else graph.nodes[name].name,
                cuts=len(cut),
                of=pairs,
                targets=tuple(end for end in atlas.ends if any(end == one for _, one in cut)),
            )
        )
    found.sort(key=lambda each: (-each.cuts, each.what == "edge", each.id))
    return tuple(found[:CHOKES_KEPT])
