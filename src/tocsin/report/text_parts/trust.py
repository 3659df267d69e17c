"""The trust room's answer for a terminal: how far a break-in carries, which checks fail."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tocsin.model.text import N_
from tocsin.model.trusts import CheckResult, Choke, Edge, Node, Path, ServerScore, Trusts
from tocsin.report import Translate
from tocsin.report.html_parts.trust_words import SIDE
from tocsin.report.html_parts.words import LEVEL
from tocsin.report.text_parts.lines import WIDTH, Style, some, visible, wrapped
from tocsin.report.trust_parts.places import place

SCORES_LIMIT = 5
"""Servers printed with their score."""
ROUTES_LIMIT = 4
"""Ways printed step by step."""
SERVERS_LIMIT = 4
"""Servers named of those that share a way."""
CHOKES_LIMIT = 3
"""Choke points printed."""
COMMAND = "tocsin collect scripts -o scripts"
"""What a reader runs next who has too little."""
FAILED_LIMIT = 3
"""Failed checks printed with their reason and its place; alike ones of one check stand together."""
TITLES_LIMIT = 15
"""Further ones printed by their titles; the others are counted."""


def trust_lines(
    found: Trusts,
    translate: Translate,
    style: Style,
    *,
    verbose: bool,
    quiet: bool,
    brief: bool = False,
) -> Iterator[str]:
    """Counts, ranked servers, ways, choke points, failed checks, what is unknown and why. brief: the
    steps of the first way alone."""
    yield "  " + style(translate(N_("Trust")), "strong") + "   " + _counts(found, translate)
    if quiet:
        yield ""
        return
    for each in found.scores if verbose else found.scores[:SCORES_LIMIT]:
        yield from _score(each, translate, style)
    nodes = {each.id: each for each in found.nodes}
    edges = {each.id: each for each in found.edges}
    told: set[str] = set()
    every = routes(found, limit=len(found.paths) if verbose else ROUTES_LIMIT)
    for at, route in enumerate(every):
        steps = not (brief and at)
        yield from _route(route, nodes, edges, told, translate, style, steps=steps)
    if brief and len(every) > 1:
        yield from wrapped("", translate(N_("(-v tells each step of every way, and its proof)")))
    for choke in found.chokes if verbose else found.chokes[:CHOKES_LIMIT]:
        yield from _choke(choke, translate)
    yield from _failed(found.checks, translate, style, verbose=verbose)
    yield from _unknown(found, translate)
    yield ""


def _counts(found: Trusts, translate: Translate) -> str:
    outcomes = Counter(
        "accepted" if each.accepted is not None else each.outcome for each in found.checks
    )
    # As the plan counts them: of server and target, not along how many ways.
    ways = len({(each.server, each.target) for each in found.paths})
    parts = [
        some(
            ways,
            N_("1 pair of server and target"),
            N_("{count} pairs of server and target"),
            translate,
        ),
        some(outcomes["fail"], N_("1 failed check"), N_("{count} failed checks"), translate),
        translate(N_("{count} unknown")),
        translate(N_("{count} passed")),
    ]
    counts = [ways, outcomes["fail"], outcomes["unknown"], outcomes["pass"]]
    if outcomes["accepted"]:
        parts.append(translate(N_("{count} accepted")))
        counts.append(outcomes["accepted"])
    words = [each.format(count=count) for each, count in zip(parts, counts, strict=True)]
    return translate(N_("; ")).join(words)


def _score(each: ServerScore, translate: Translate, style: Style) -> Iterator[str]:
    yield f"      {each.score:>3.0f}  " + style(visible(each.name), "strong")
    reasons = " ".join(reason.render(translate) for reason in each.reasons)
    for line in textwrap.wrap(visible(reasons), WIDTH - 14):
        yield " " * 11 + line


class Route(msgspec.Struct, frozen=True):
    """One way on that several servers share behind their own first step."""

    path: Path
    servers: tuple[str, ...]


def routes(found: Trusts, *, limit: int) -> list[Route]:
    """The strongest ways, those of servers that go on alike told once; other targets come first."""
    by_id = {each.id: each for each in found.paths}
    names = {each.server: each.name for each in found.scores}
    edges = {each.id: each for each in found.edges}
    shared: dict[tuple[str, ...], list[Path]] = {}
    for score in found.scores:
        for way in (by_id[name] for name in score.paths if name in by_id):
            nodes = tuple(edges[each].target for each in way.edges if each in edges)
            shared.setdefault(nodes, []).append(way)
    told: dict[str, int] = {}
    order: list[tuple[int, int, Route]] = []
    for alike in shared.values():
        nth = told[alike[0].target] = told.get(alike[0].target, 0) + 1
        servers = tuple(dict.fromkeys(names.get(each.server, each.server) for each in alike))
        order.append((nth, len(order), Route(alike[0], servers)))
    return [each for _, _, each in sorted(order, key=lambda known: known[:2])][:limit]


def _route(
    route: Route,
    nodes: Mapping[str, Node],
    edges: Mapping[str, Edge],
    told: set[str],
    translate: Translate,
    style: Style,
    *,
    steps: bool,
) -> Iterator[str]:
    """The way on one line, then its steps; those that an earlier way has told are left out."""
    along = [edges[each] for each in route.path.edges if each in edges]
    if not along:
        return
    names = [nodes[each.target].name if each.target in nodes else each.target for each in along]
    shown = ", ".join(route.servers[:SERVERS_LIMIT])
    if len(route.servers) > SERVERS_LIMIT:
        words = translate(N_("{names} and {count} more"))
        shown = words.format(names=shown, count=len(route.servers) - SERVERS_LIMIT)
    yield from wrapped(translate(N_("way")), " → ".join([shown, *names]))
    for step in along if steps else ():
        if step.id in told:
            continue
        told.add(step.id)
        for line in textwrap.wrap(visible(step.because.render(translate)), WIDTH - 17):
            yield " " * 17 + line
        if step.bases:
            yield " " * 17 + style(visible(place(step.bases[0])), "dim")


def _choke(choke: Choke, translate: Translate) -> Iterator[str]:
    words = translate(N_("without {name}, {cuts} of {of} pairs of server and target fall apart"))
    yield from wrapped(
        translate(N_("cut")), words.format(name=choke.name, cuts=choke.cuts, of=choke.of)
    )


def _failed(
    checks: Sequence[CheckResult], translate: Translate, style: Style, *, verbose: bool
) -> Iterator[str]:
    failed = [each for each in checks if each.outcome == "fail" and each.accepted is None]
    by_check: dict[str, list[CheckResult]] = {}
    for each in failed:
        by_check.setdefault(each.check, []).append(each)
    groups = list(by_check.values())
    for at, alike in enumerate(groups if verbose else groups[: FAILED_LIMIT + TITLES_LIMIT]):
        first = alike[0]
        times = f" (×{len(alike)})" if len(alike) > 1 else ""
        head = f"{first.check}  {translate(LEVEL[first.level]):<13} "
        yield "      " + style(head, "strong") + visible(first.title.render(translate)) + times
        for each in alike if verbose else alike[: 1 if at < FAILED_LIMIT else 0]:
            for line in textwrap.wrap(visible(each.because.render(translate)), WIDTH - 12):
                yield " " * 10 + line
            if each.bases:
                yield " " * 10 + style(visible(place(each.bases[0])), "dim")
    more = len(groups) - FAILED_LIMIT - TITLES_LIMIT
    if more > 0 and not verbose:
        yield "      " + translate(N_("… and {count} more (-v, or the report)")).format(count=more)


def _unknown(found: Trusts, translate: Translate) -> Iterator[str]:
    """What to collect so that checks can be answered, what unlocks most first."""
    wanted = sorted(
        (each for each in found.coverage if each.waiting and not each.asked),
        key=lambda each: -len(each.waiting),
    )
    if wanted:
        words = translate(N_("not given, so that {count} checks are unknown: {inputs}"))
        checks = {name for each in wanted for name in each.waiting}
        sides: dict[str, dict[str, None]] = {}
        for each in wanted:
            sides.setdefault(each.side, {})[each.cmdlet] = None
        inputs = translate(N_("; ")).join(
            _beside(translate(SIDE[side]) if side else "", ", ".join(cmdlets), translate)
            for side, cmdlets in sides.items()
        )
        yield from wrapped(translate(N_("collect")), words.format(count=len(checks), inputs=inputs))
        words = translate(N_("{command} writes scripts that export most of it"))
        yield from wrapped("", words.format(command=COMMAND))


def _beside(side: str, cmdlets: str, translate: Translate) -> str:
    """`Exchange Online: Get-A, Get-B`, with the reader's own spacing."""
    words = translate(N_("{side}: {cmdlets}"))
    return words.format(side=side, cmdlets=cmdlets) if side else cmdlets
