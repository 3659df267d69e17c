"""The checks that need the ways through the graph: a way from a weak server, a choke point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.analyse.trust.situation import WEAK, Graph
from tocsin.knowledge.checks import Check, checks
from tocsin.knowledge.scoring import scoring
from tocsin.model.finding import LEVELS, Level, fingerprint
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Basis, CheckOutcome, CheckResult, Choke, Path, ServerScore

WAY, CHOKE = "HYB-090", "HYB-091"

CHOKES_TOLD = 5
"""Choke points that become a result of the check."""
BASES_TOLD = 12
"""Places quoted for one way or choke point."""


def path_results(
    graph: Graph, paths: Sequence[Path], cuts: Sequence[Choke], scores: Sequence[ServerScore]
) -> Iterator[CheckResult]:
    """One result for each weak server with a way, and for each of the first choke points."""
    known = checks()
    if WAY in known:
        yield from _ways(known[WAY], graph, paths, scores)
    if CHOKE in known:
        yield from _chokes(known[CHOKE], graph, cuts, scores)


def _ways(
    check: Check, graph: Graph, paths: Sequence[Path], scores: Sequence[ServerScore]
) -> Iterator[CheckResult]:
    by_id = {each.id: each for each in paths}
    if not scores:
        yield _result(
            check, "unknown", "", say(N_("No server is known, so no way was looked for."))
        )
    for score in scores:
        # Written down with the gravest target first.
        mine = [by_id[each] for each in score.paths]
        if score.state not in WEAK or not mine:
            words = (
                N_("{name}: no way leads on from it.")
                if not mine
                else N_("{name} is up to date, or only updates behind.")
            )
            yield _result(check, "pass", score.name, say(words, name=score.name), (score.server,))
            continue
        names = list(dict.fromkeys(graph.nodes[each.target].name for each in mine))
        because = say(
            N_("{name} is weak, and has a way to: {targets}. The first: {way}."),
            name=score.name,
            targets=", ".join(names),
            way=route(graph, mine[0]),
        )
        bases = bases_along(graph, mine)
        yield _result(
            check, "fail", score.name, because, (score.server,), bases, level_of(score.score)
        )


def _chokes(
    check: Check, graph: Graph, cuts: Sequence[Choke], scores: Sequence[ServerScore]
) -> Iterator[CheckResult]:
    if not scores:
        yield _result(
            check, "unknown", "", say(N_("No server is known, so no way was looked for."))
        )
        return
    if not cuts:
        yield _result(check, "pass", "", say(N_("No single thing carries several ways.")))
    for each in cuts[:CHOKES_TOLD]:
        because = say(
            N_("Without {name}, {cuts} of {of} ways from a weak server to a target fall away."),
            name=each.name,
            cuts=each.cuts,
            of=each.of,
        )
        thing = graph.edges.get(each.id) or graph.nodes[each.id]
        yield _result(check, "fail", each.name, because, bases=thing.bases[:BASES_TOLD])


def level_of(score: float) -> Level:
    """The level of a way from a server with this score."""
    floors = scoring().level
    return next((each for each in LEVELS[::-1] if each in floors and score >= floors[each]), "low")


def route(graph: Graph, way: Path) -> str:
    """The names along a way: `EX03 → mail.contoso.example → Inbound from …`."""
    steps = [graph.edges[each] for each in way.edges if each in graph.edges]
    if not steps:
        return ""
    ends = [steps[0].source, *(each.target for each in steps)]
    return " → ".join(graph.nodes[each].name if each in graph.nodes else each for each in ends)


def bases_along(graph: Graph, ways: Sequence[Path]) -> tuple[Basis, ...]:
    """What the edges of these ways rest on, each place once."""
    edges = dict.fromkeys(name for each in ways for name in each.edges)
    found = (basis for name in edges if name in graph.edges for basis in graph.edges[name].bases)
    return tuple(dict.fromkeys(found))[:BASES_TOLD]


def _result(
    check: Check,
    outcome: CheckOutcome,
    subject: str,
    because: Sentence,
    servers: tuple[str, ...] = (),
    bases: tuple[Basis, ...] = (),
    level: Level | None = None,
) -> CheckResult:
    return CheckResult(
        check=check.id,
        title=Sentence(template=check.title),
        outcome=outcome,
        level=level or check.level,
        subject=subject,
        because=because,
        servers=servers,
        bases=bases,
        attack=check.attack,
        recommendation=Sentence(template=check.recommendation),
        references=check.references,
        fingerprint=fingerprint(check.id, subject.lower()),
    )
