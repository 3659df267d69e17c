"""The trust graph for the page's own script: compact, whole, and unable to leave its element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from tocsin.model.trusts import Edge, Path, Trusts
from tocsin.report.advisory_parts.inert import inert
from tocsin.report.html_parts.trust_fold import Drawn
from tocsin.report.html_parts.trust_picture import TrustPicture
from tocsin.report.html_parts.trust_steps import NAME_LIMIT, WAYS_LIMIT, Card, cut
from tocsin.report.html_parts.trust_words import NODE, PROVENANCE_SHORT, VERB
from tocsin.report.html_parts.visible import one_line, speak, visible

TOLD_LIMIT = 5_000
"""Edges of further ways told in short: reason, one property with its place, what takes it away."""
SOURCE, TARGET = "\x01", "\x02"
"""Stand for the names of an edge's ends, so that alike sentences are one; no shown text has them."""

_SEAL = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "", "\u2029": ""})


def trust_data(
    trusts: Trusts,
    drawn: Drawn,
    picture: TrustPicture,
    ways: Sequence[Path],
    cards: Sequence[Card],
    translate: Callable[[str], str],
) -> Markup:
    """JSON for a `script` element of a type that is never run.

    names, kinds: of every node. src, dst, cls: of every edge, cls a place in classes: verb, strength
    in thousandths, provenance. paths: server node, target node, strength, edges. cards: by edge.
    """
    place = {each.id: at for at, each in enumerate(trusts.nodes)}
    edges = {each.id: at for at, each in enumerate(trusts.edges)}
    kinds, verbs, origins = list(NODE), list(VERB), list(PROVENANCE_SHORT)
    classes: dict[tuple[int, int, int], int] = {}
    src, dst, cls = [], [], []
    for edge in trusts.edges:
        key = (verbs.index(edge.kind), round(edge.strength * 1000), origins.index(edge.provenance))
        src.append(place.get(edge.source, -1))
        dst.append(place.get(edge.target, -1))
        cls.append(classes.setdefault(key, len(classes)))
    whole = {
        "names": [cut(each.name) for each in trusts.nodes],
        "kinds": [kinds.index(each.kind) for each in trusts.nodes],
        "kind": kinds,
        "kindWord": [translate(word) for word in NODE.values()],
        "verb": [translate(word) for word in VERB.values()],
        "origin": origins,
        "originWord": [translate(word) for word in PROVENANCE_SHORT.values()],
        "src": src,
        "dst": dst,
        "cls": cls,
        "classes": list(classes),
        "paths": _paths(trusts, ways, place, edges),
        "cards": {str(card.at): card.number for card in cards},
        "scores": _scores(trusts),
        "told": _told(trusts, ways, edges, {card.at for card in cards}, translate),
        "drawn": _drawn(drawn, picture, origins),
    }
    return Markup(msgspec.json.encode(whole).decode().translate(_SEAL))  # noqa: S704 - sealed above


def _told(
    trusts: Trusts,
    ways: Sequence[Path],
    edges: dict[str, int],
    carded: set[int],
    translate: Callable[[str], str],
) -> dict[str, Any]:
    """What the first edges without a card say: places in `texts` of the reason, of what takes it
    away (-1: nothing known), and of object, property, value, source, position of its first proof."""
    names = {each.id: each.name for each in trusts.nodes}
    texts: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    for path in ways[:WAYS_LIMIT]:
        if len(found) >= TOLD_LIMIT:
            break
        for at in (edges[name] for name in path.edges if name in edges):
            if at not in carded and str(at) not in found:
                lines = _lines(trusts.edges[at], names, translate)
                found[str(at)] = [texts.setdefault(e, len(texts)) if e else -1 for e in lines]
    return {"texts": list(texts), "edges": found}


def _lines(edge: Edge, names: dict[str, str], translate: Callable[[str], str]) -> list[str]:
    ends = ((names.get(edge.source, ""), SOURCE), (names.get(edge.target, ""), TARGET))

    def shared(text: str) -> str:
        for name, sign in ends:
            if name and cut(name) == name and len(name) < NAME_LIMIT:
                text = text.replace(name, sign)
        return text

    spoken = [
        visible(inert(speak(each, translate))) if each else "" for each in (edge.because, edge.fix)
    ]
    lines = [shared(each) for each in spoken]
    if edge.bases:
        first = edge.bases[0]
        proof = (first.object, first.property, first.value, first.source, first.position)
        lines += [shared(one_line(each)) for each in proof]
    return lines


def _paths(
    trusts: Trusts, ways: Sequence[Path], place: dict[str, int], edges: dict[str, int]
) -> list[list[Any]]:
    node_of = {each.server: at for at, each in enumerate(trusts.nodes) if each.server}
    found = []
    for path in ways[:WAYS_LIMIT]:
        steps = [edges[name] for name in path.edges if name in edges]
        first = trusts.edges[steps[0]].source if steps else ""
        start = node_of.get(path.server, place.get(first, -1))
        found.append([start, place.get(path.target, -1), round(path.strength, 3), *steps])
    return found


def _scores(trusts: Trusts) -> list[list[Any]]:
    node_of = {each.server: at for at, each in enumerate(trusts.nodes) if each.server}
    return [
        [node_of[each.server], round(each.score, 1)]
        for each in trusts.scores
        if each.server in node_of
    ]


def _drawn(drawn: Drawn, picture: TrustPicture, origins: list[str]) -> dict[str, Any]:
    verbs = list(VERB)
    boxes = zip(drawn.nodes, picture.boxes, strict=True)
    lines = zip(drawn.edges, picture.lines, strict=True)
    return {
        "width": picture.width,
        "height": picture.height,
        "box": [picture.node_width, picture.node_height],
        "nodes": [
            [n.at, b.x, b.y, "\n".join(b.name), b.under, b.look, int(b.urgent), len(n.folded)]
            for n, b in boxes
        ],
        "folded": {str(m): i for i, n in enumerate(drawn.nodes) for m in n.folded},
        "edges": [
            [
                e.source, e.target, verbs.index(e.kind), origins.index(e.provenance),
                round(e.strength * 1000), e.edges[0], len(e.edges), *line.points,
            ]
            for e, line in lines
        ],
        "bands": [[b.x, b.y, b.width, b.height, title] for b, title in picture.bands],
    }  # fmt: skip
