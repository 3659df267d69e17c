"""The trust graph as a drawing that needs no script: what stands where, in words for the ear too."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tocsin.model.marking import N_
from tocsin.model.trusts import TARGETS, Node, NodeKind, Trusts
from tocsin.report.html_parts.trust_fold import Drawn, DrawnNode
from tocsin.report.html_parts.trust_labels import labels, shortened
from tocsin.report.html_parts.trust_layers import HEIGHT, WIDTH, Band, Layout, curve, layout
from tocsin.report.html_parts.trust_steps import cut
from tocsin.report.html_parts.trust_words import FURTHER, NODE, SIDE
from tocsin.report.html_parts.visible import one_line

SMALL_ROOM = 22
"""Width of a line of small words, as `trust_labels.width` tells it."""
URGENT = 50.0
"""A score from which a server's frame is drawn heavy; its score stands in the node, too."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """One node. name: as it is written into the node, on one or two lines; full: all of it, for
    whoever points at it. look: `server`, `key`, `target`, `way` or `outside`, a class of the style
    sheet."""

    number: int
    x: int
    y: int
    name: tuple[str, ...]
    full: str
    under: str
    look: str
    urgent: bool
    folded: bool


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One edge. path: data of an SVG path. count: how many alike ones it stands for."""

    path: str
    look: str
    verb: str
    count: int
    points: tuple[int, ...]


class TrustPicture(msgspec.Struct, frozen=True, kw_only=True):
    """Everything to be drawn."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    bands: tuple[tuple[Band, str], ...]
    node_width: int = WIDTH
    node_height: int = HEIGHT


def trust_picture(
    trusts: Trusts, picture: Drawn, translate: Callable[[str], str]
) -> TrustPicture | None:
    """None when there is nothing to draw."""
    if not picture.edges:
        return None
    placed = layout(picture)
    return TrustPicture(
        width=placed.width,
        height=placed.height,
        boxes=tuple(_boxes(trusts, picture, placed, translate)),
        lines=tuple(_lines(picture, placed)),
        bands=tuple((band, translate(SIDE[band.side])) for band in placed.bands),
    )


def _boxes(
    trusts: Trusts, picture: Drawn, placed: Layout, translate: Callable[[str], str]
) -> list[Box]:
    scores = {each.server: each.score for each in trusts.scores}
    found = []
    names = [_name(trusts, drawn, translate) for drawn in picture.nodes]
    short = labels([(drawn.kind, name) for drawn, name in zip(picture.nodes, names, strict=True)])
    for number, (drawn, spot) in enumerate(zip(picture.nodes, placed.spots, strict=True)):
        node = trusts.nodes[drawn.at] if drawn.at >= 0 else None
        score = scores.get(node.server, -1.0) if node and node.server else -1.0
        under = _under(drawn.kind, node, translate)
        if score >= 0:
            under = f"{under} · {score:.0f}"
        found.append(
            Box(
                number=number,
                x=spot.x,
                y=spot.y,
                name=short[number],
                full=cut(names[number]),
                under=under,
                look=_look(drawn.kind),
                urgent=score >= URGENT,
                folded=node is None,
            )
        )
    return found


def _name(trusts: Trusts, drawn: DrawnNode, translate: Callable[[str], str]) -> str:
    if drawn.at >= 0:
        return trusts.nodes[drawn.at].name
    words = translate(FURTHER.get(drawn.kind, FURTHER[""]))
    return words.format(count=f"{len(drawn.folded):,}")


def _under(kind: NodeKind, node: Node | None, translate: Callable[[str], str]) -> str:
    """What it is; of a target, whose own name says that, which one, where that is known."""
    if kind not in TARGETS:
        return translate(NODE[kind])
    which = node.facts.get("name", "") if node else ""
    return shortened(one_line(_dotted(which)), SMALL_ROOM) if which else translate(N_("target"))


def _dotted(name: str) -> str:
    """`DC=corp,DC=contoso,DC=example` as `corp.contoso.example`; other names as they are."""
    parts = [part.strip().partition("=") for part in name.split(",")]
    if all(key.strip().lower() == "dc" for key, _, _ in parts):
        return ".".join(value for _, _, value in parts)
    return name


def _look(kind: str) -> str:
    if kind in TARGETS:
        return "target"
    if kind in ("ExchangeServer", "EdgeServer"):
        return "server"
    if kind == "Certificate":
        return "key"
    return "outside" if kind in ("Internet", "InternalFoothold", "RelayDevice") else "way"


def _lines(picture: Drawn, placed: Layout) -> list[Line]:
    found = []
    for edge in picture.edges:
        x1, y1, a, b, c, d, x2, y2 = points = curve(
            placed.spots[edge.source], placed.spots[edge.target]
        )
        found.append(
            Line(
                path=f"M{x1} {y1}C{a} {b} {c} {d} {x2} {y2}",
                look=edge.provenance,
                verb=edge.kind,
                count=len(edge.edges),
                points=points,
            )
        )
    return found
