"""From the trust room's answer to what is written down: ways, choke points, scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tocsin.analyse.trust.room import TrustAnswer
from tocsin.analyse.trust.situation import Graph
from tocsin.analyse.trust.ways import Atlas
from tocsin.assess.chokes import chokes
from tocsin.assess.path_checks import path_results
from tocsin.assess.paths import best_ways, in_order, targets_of, written
from tocsin.assess.scoring import Standing, scored, standing
from tocsin.model.finding import LEVELS, fingerprint
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say
from tocsin.model.trusts import CheckResult, Choke, Path, ServerScore, Trusts

_OUTCOMES = ("fail", "unknown", "pass")

PASSES_LIMIT = 100
"""Objects that pass one check, written down by name; further ones are counted in one result."""

FURTHER = N_("{count} further objects pass.")


def trusts(answer: TrustAnswer, servers: Sequence[ServerState]) -> Trusts:
    """Find the ways from each server to each target, and score every server."""
    graph = answer.graph
    paths, cuts, scores = found(graph, tuple(map(standing, servers)))
    return Trusts(
        nodes=tuple(graph.nodes.values()),
        edges=tuple(graph.edges.values()),
        checks=in_line(folded((*answer.checks, *path_results(graph, paths, cuts, scores)))),
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


def folded(results: Iterable[CheckResult]) -> Iterator[CheckResult]:
    """Every failure and every unknown; of what passes, so many of each check, the rest counted."""
    passed: dict[str, int] = {}
    last: dict[str, CheckResult] = {}
    for each in results:
        if each.outcome != "pass":
            yield each
            continue
        passed[each.check] = passed.get(each.check, 0) + 1
        if passed[each.check] <= PASSES_LIMIT:
            yield each
        else:
            last[each.check] = each
    for check, each in last.items():
        yield msgspec.structs.replace(
            each,
            subject="",
            because=say(FURTHER, count=passed[check] - PASSES_LIMIT),
            servers=(),
            bases=(),
            fingerprint=fingerprint(check, "further"),
        )


def in_line(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Failures first, then unknowns, the gravest first."""
    return tuple(
        sorted(
            results,
            key=lambda r: (_OUTCOMES.index(r.outcome), -LEVELS.index(r.level), r.check, r.subject),
        )
    )
