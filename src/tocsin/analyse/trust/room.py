"""The trust room: a situation in; graph, checks, pairs and coverage out."""

from __future__ import annotations

import msgspec

from tocsin.analyse.trust.coverage import coverage
from tocsin.analyse.trust.drawing import draw
from tocsin.analyse.trust.judging import judged
from tocsin.analyse.trust.pairs import pairs
from tocsin.analyse.trust.situation import Graph, Situation
from tocsin.knowledge.checks import checks
from tocsin.model.trusts import CheckResult, Collected, Pair


class TrustAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the room says, before ways and scores are found."""

    graph: Graph
    checks: tuple[CheckResult, ...]
    pairs: tuple[Pair, ...]
    coverage: tuple[Collected, ...]


def trust(situation: Situation) -> TrustAnswer:
    """Judge the situation. Pure: the same evidence gives the same answer."""
    graph = draw(situation)
    seen = msgspec.structs.replace(situation, graph=graph)
    results = judged(seen, tuple(checks().values()))
    return TrustAnswer(
        graph=graph,
        checks=tuple(results),
        pairs=pairs(seen),
        coverage=coverage(seen, results),
    )
