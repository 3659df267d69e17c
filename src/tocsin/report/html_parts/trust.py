"""What the page shows of the trusts: how urgent each server is, the picture, the ways, the checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from markupsafe import Markup

from tocsin.model.run import Run
from tocsin.model.trusts import TARGETS, Choke, Collected, Path, ServerScore, Trusts
from tocsin.report.html_parts import trust_checks as checks
from tocsin.report.html_parts.trust_data import trust_data
from tocsin.report.html_parts.trust_fold import Drawn, drawn
from tocsin.report.html_parts.trust_picture import TrustPicture, trust_picture
from tocsin.report.html_parts.trust_steps import (
    WAYS_LIMIT,
    WAYS_WRITTEN,
    Card,
    WayView,
    cards,
    ordered,
    source_rows,
    way_views,
)

SCORES_FULL = 60
"""Servers with everything about their score; further ones in one row each."""
SCORES_LIMIT = 5000
"""Servers in the list of scores; those beyond are counted."""
SCORE_WAYS = 5
"""Ways named beside a server's score."""
CHOKES_LIMIT = 40
"""Choke points in the table."""
PARTS = ("weakness", "reach", "trust", "detection")


class ScoreView(msgspec.Struct, frozen=True, kw_only=True):
    """One server. parts: name and value of the four factors. ways: numbers of those in the page."""

    number: int
    score: ServerScore
    parts: tuple[tuple[str, float], ...]
    ways: tuple[int, ...]


class ChokeView(msgspec.Struct, frozen=True, kw_only=True):
    """One point. card: number of its edge's card, or 0. node, edge: its place among those, or -1."""

    choke: Choke
    targets: tuple[str, ...]
    card: int
    node: int
    edge: int


class TrustView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the section needs. way_number: by a way's id. targets, starts: ways have how many."""

    found: Trusts
    scores: tuple[ScoreView, ...]
    short: tuple[ScoreView, ...]
    scores_left: int
    drawn: Drawn
    picture: TrustPicture | None
    cards: tuple[Card, ...]
    ways: tuple[WayView, ...]
    ways_kept: int
    way_number: dict[str, int]
    starts: int
    ends: tuple[str, ...]
    chokes: tuple[ChokeView, ...]
    groups: tuple[checks.CheckGroup, ...]
    group_of: dict[str, int]
    counted: checks.Counted
    pairs: tuple[checks.PairView, ...]
    coverage: tuple[Collected, ...]
    wanted: tuple[checks.Wanted, ...]
    data: Markup


def trust_view(run: Run, translate: Callable[[str], str]) -> TrustView | None:
    """None when no export of a trust was read."""
    trusts = run.trusts
    if trusts is None:
        return None
    rows = source_rows(run)
    ways = ordered(trusts)
    numbers = {path.id: number for number, path in enumerate(ways[:WAYS_LIMIT], 1)}
    groups = checks.check_groups(trusts, rows)
    first_of = checks.group_of(groups)
    shown = drawn(trusts)
    picture = trust_picture(trusts, shown, translate)
    told = cards(trusts, shown, ways[:WAYS_WRITTEN] + ways[WAYS_WRITTEN:400], rows, first_of)
    scores = [_score(n, each, numbers) for n, each in enumerate(trusts.scores[:SCORES_LIMIT], 1)]
    return TrustView(
        found=trusts,
        scores=tuple(scores[:SCORES_FULL]),
        short=tuple(scores[SCORES_FULL:]),
        scores_left=max(len(trusts.scores) - SCORES_LIMIT, 0),
        drawn=shown,
        picture=picture,
        cards=told,
        ways=way_views(trusts, ways, told),
        ways_kept=min(len(ways), WAYS_LIMIT),
        way_number=numbers,
        starts=len({path.server for path in ways}),
        ends=_ends(trusts, ways),
        chokes=_chokes(trusts, told),
        groups=groups,
        group_of=first_of,
        counted=checks.counted(trusts),
        pairs=checks.pair_views(trusts, rows),
        coverage=checks.coverage(trusts),
        wanted=checks.wanted(trusts),
        data=trust_data(trusts, shown, picture, ways, told, translate) if picture else Markup(),
    )


def _score(number: int, each: ServerScore, numbers: dict[str, int]) -> ScoreView:
    return ScoreView(
        number=number,
        score=each,
        parts=tuple((part, getattr(each, part)) for part in PARTS),
        ways=tuple(numbers[path] for path in each.paths[:SCORE_WAYS] if path in numbers),
    )


def _ends(trusts: Trusts, ways: Sequence[Path]) -> tuple[str, ...]:
    """Names of the targets that a way leads to, the gravest first."""
    reached = {path.target for path in ways}
    found = [each for each in trusts.nodes if each.id in reached]
    grave = {kind: number for number, kind in enumerate(TARGETS)}
    found.sort(key=lambda each: (grave.get(each.kind, len(grave)), each.name))
    return tuple(each.name for each in found)


def _chokes(trusts: Trusts, told: Sequence[Card]) -> tuple[ChokeView, ...]:
    names = {each.id: each.name for each in trusts.nodes}
    nodes = {each.id: at for at, each in enumerate(trusts.nodes)}
    edges = {each.id: at for at, each in enumerate(trusts.edges)}
    card_of = {card.edge.id: card.number for card in told}
    return tuple(
        ChokeView(
            choke=each,
            targets=tuple(names.get(target, target) for target in each.targets),
            card=card_of.get(each.id, 0),
            node=nodes.get(each.id, -1) if each.what == "node" else -1,
            edge=edges.get(each.id, -1) if each.what == "edge" else -1,
        )
        for each in trusts.chokes[:CHOKES_LIMIT]
    )
