"""The steps of the ways to a target: one card for each edge, a row for each way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tocsin.model.run import Run
from tocsin.model.trusts import TARGETS, Basis, Edge, Node, Path, Trusts
from tocsin.report.html_parts.trust_fold import Drawn
from tocsin.report.html_parts.visible import one_line

CARDS_LIMIT = 300
"""Edges told with everything: those drawn first, then those of the strongest ways."""
BASES_SHOWN = 6
"""Properties and places shown of one edge, check or action; run.json has up to twelve."""
WAYS_LIMIT = 10_000
"""Ways in the page, the strongest of the most urgent servers; those beyond are counted."""
WAYS_WRITTEN = 40
"""Ways written out for a reader without script and for paper."""
NAME_LIMIT = 80
"""Characters of a name in lists and panels."""


class BasisView(msgspec.Struct, frozen=True, kw_only=True):
    """One property and its place. source: its row among the sources of the report, or 0."""

    basis: Basis
    source: int


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One edge. at: its place among the run's edges. checks: ids and the numbers of their groups."""

    number: int
    at: int
    edge: Edge
    source: str
    target: str
    bases: tuple[BasisView, ...]
    more: int
    checks: tuple[tuple[str, int], ...]


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a way. card: number of its card, or 0."""

    edge: Edge
    target: str
    card: int


class WayView(msgspec.Struct, frozen=True, kw_only=True):
    """One way to a target. number: its place in the page, 1 first."""

    number: int
    path: Path
    server: str
    legs: tuple[Leg, ...]


def cut(name: str, limit: int = NAME_LIMIT) -> str:
    """A name on one line with nothing hidden in it, short enough for a list."""
    shown = one_line(name)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def source_rows(run: Run) -> dict[str, int]:
    """The row of each source in the table at the end of the report."""
    return {each.source: number for number, each in enumerate(run.sources, 1)}


def bases(found: Sequence[Basis], rows: Mapping[str, int]) -> tuple[BasisView, ...]:
    """The first few, with the row of their source."""
    return tuple(
        BasisView(basis=each, source=rows.get(each.source, 0)) for each in found[:BASES_SHOWN]
    )


def ordered(trusts: Trusts) -> tuple[Path, ...]:
    """Ways by how urgent their server is, how grave the target, then the strongest first."""
    rank = {each.server: number for number, each in enumerate(trusts.scores)}
    grave = {kind: number for number, kind in enumerate(TARGETS)}
    gravity = {each.id: grave.get(each.kind, len(grave)) for each in trusts.nodes}

    def order(path: Path) -> tuple[int, int, float, str]:
        last = len(rank), len(grave)
        ends = rank.get(path.server, last[0]), gravity.get(path.target, last[1])
        return (*ends, -path.strength, path.id)

    return tuple(sorted(trusts.paths, key=order))


def cards(
    trusts: Trusts,
    picture: Drawn,
    ways: Sequence[Path],
    rows: Mapping[str, int],
    groups: Mapping[str, int],
) -> tuple[Card, ...]:
    """A card for each edge that is drawn, then for those of the ways as they stand."""
    place = {each.id: at for at, each in enumerate(trusts.edges)}
    names = {each.id: each.name for each in trusts.nodes}
    wanted: dict[int, None] = dict.fromkeys(each.edges[0] for each in picture.edges)
    for path in ways:
        if len(wanted) >= CARDS_LIMIT:
            break
        wanted.update(dict.fromkeys(place[e] for e in path.edges if e in place))
    found = []
    for number, at in enumerate(list(wanted)[:CARDS_LIMIT], 1):
        edge = trusts.edges[at]
        found.append(
            Card(
                number=number,
                at=at,
                edge=edge,
                source=names.get(edge.source, edge.source),
                target=names.get(edge.target, edge.target),
                bases=bases(edge.bases, rows),
                more=max(len(edge.bases) - BASES_SHOWN, 0),
                checks=tuple((each, groups.get(each, 0)) for each in edge.checks),
            )
        )
    return tuple(found)


def way_views(
    trusts: Trusts, ways: Sequence[Path], told: Sequence[Card], limit: int = WAYS_WRITTEN
) -> tuple[WayView, ...]:
    """The first ways, step by step; a step that no edge of the run names is left out."""
    edges = {each.id: each for each in trusts.edges}
    nodes: dict[str, Node] = {each.id: each for each in trusts.nodes}
    number_of = {card.edge.id: card.number for card in told}
    titles = {each.server: each.name for each in trusts.scores}
    titles |= {each.server: each.name for each in trusts.nodes if each.server}
    return tuple(
        WayView(
            number=number,
            path=path,
            server=titles.get(path.server, path.server),
            legs=tuple(
                Leg(
                    edge=edges[name],
                    target=nodes[edges[name].target].name,
                    card=number_of.get(name, 0),
                )
                for name in path.edges
                if name in edges and edges[name].target in nodes
            ),
        )
        for number, path in enumerate(ways[:limit], 1)
    )
