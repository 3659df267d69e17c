"""From the trust room's answer to what is written down: ways, choke points, scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.analyse.trust.room import TrustAnswer
from tocsin.analyse.trust.situation import Graph
from tocsin.analyse.trust.ways import Atlas
from tocsin.assess.chokes import chokes
from tocsin.assess.path_checks import path_results
from tocsin.assess.paths import best_ways, in_order, targets_of, written
from tocsin.assess.scoring import Standing, scored, standing
from tocsin.model.finding import LEVELS
from tocsin.model.server_state import ServerState
from tocsin.model.trusts import CheckResult, Choke, Path, ServerScore, Trusts

_OUTCOMES = ("fail", "unknown", "pass")


def trusts(answer: TrustAnswer, servers: Sequence[ServerState]) -> Trusts:
    """Find the ways from each server to each target, and score every server."""
    graph = answer.graph
    paths, cuts, scores = found(graph, tuple(map(standing, servers)))
    return Trusts(
        nodes=tuple(graph.nodes.values()),
        edges=tuple(graph.edges.values()),
        checks=in_line((*answer.checks, *path_results(graph, paths, cuts, scores))),
        pairs=answer.pairs,
        coverage=answer.coverage,
        paths=paths,
        chokes=cuts,
        scores=scores,
    )


def found(
    graph: Graph, servers: Sequence[Standing]
) -> tuple[tuple[Path, ...], tuple[Choke, ...], tuple[ServerScore, ...]]:
    """Ways, choke points and scores of a graph."""
    atlas = Atlas(graph, targets_of(graph))
    ways = best_ways(atlas, servers)
    paths, mine = written(ways)
    scores = scored(servers, ways, mine, graph)
    return in_order(atlas, paths, scores), chokes(atlas, servers), scores


def in_line(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Failures first, then unknowns, the gravest first."""
    return tuple(
        sorted(
            results,
            key=lambda r: (_OUTCOMES.index(r.outcome), -LEVELS.index(r.level), r.check, r.subject),
        )
    )
