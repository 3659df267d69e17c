"""What remains of the ways if something is patched, removed or rotated: a pure function of the
document, so that a saved run can be asked, too."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tocsin.analyse.trust.situation import Graph
from tocsin.assess.path_checks import CHOKE, WAY, path_results
from tocsin.assess.paths import graph_of
from tocsin.assess.scoring import standing_of
from tocsin.assess.trusting import found, in_line
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Edge, Node, Trusts

NEAR = 5
"""Things named that an unknown word may have meant."""
PREFIX = 8
"""Fewest characters of a thumbprint or an id that may stand for all of it."""

_SERVERS = ("ExchangeServer", "EdgeServer")
_BETWEEN = re.compile(r"(?:(?P<kind>HX_\w+)[ :])?\s*(?P<source>.+?)\s*(?:->|>|→)\s*(?P<target>.+)")


class UnclearError(ValueError):
    """A word names nothing in the graph, or several things; `why` lists what could be meant."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class Left(msgspec.Struct, frozen=True):
    """Ids of the nodes and edges that are left out."""

    nodes: frozenset[str] = frozenset()
    edges: frozenset[str] = frozenset()


def remaining(trusts: Trusts, without: Sequence[str]) -> Trusts:
    """The answer as it were without these: names or ids of servers, keys and other nodes, ids of
    edges, `A>B` for every edge from A to B, `HX_…` for every edge of a kind. Raises `UnclearError`."""
    graph = graph_of(trusts)
    left = _together(meant(graph, each) for each in without)
    kept = thinned(graph, left)
    cut = {
        edge.target
        for edge in graph.edges.values()
        if edge.kind == "HX_CanReach" and edge.id not in kept.edges
    }
    still = {edge.target for edge in kept.edges.values() if edge.kind == "HX_CanReach"}
    servers = [
        msgspec.structs.replace(each, cut=each.cut or f"server:{each.id}" in cut - still)
        for each in map(standing_of, trusts.scores)
        if f"server:{each.id}" not in left.nodes
    ]
    paths, chokes, scores = found(kept, servers)
    gone = {graph.nodes[name].server for name in left.nodes} - {""}
    others = [
        each
        for each in trusts.checks
        if each.check not in (WAY, CHOKE) and not (each.servers and gone.issuperset(each.servers))
    ]
    accepted = {each.fingerprint: each.accepted for each in trusts.checks if each.accepted}
    results = [
        msgspec.structs.replace(each, accepted=accepted.get(each.fingerprint))
        for each in path_results(kept, paths, chokes, scores)
    ]
    return msgspec.structs.replace(
        trusts,
        nodes=tuple(kept.nodes.values()),
        edges=tuple(kept.edges.values()),
        checks=in_line((*others, *results)),
        paths=paths,
        chokes=chokes,
        scores=scores,
        without=(*trusts.without, *without),
    )


def thinned(graph: Graph, left: Left) -> Graph:
    """The graph without some nodes, the edges at them, and some edges."""
    nodes = {name: each for name, each in graph.nodes.items() if name not in left.nodes}
    edges = {
        name: each
        for name, each in graph.edges.items()
        if name not in left.edges and each.source in nodes and each.target in nodes
    }
    return Graph(nodes, edges)


def meant(graph: Graph, word: str) -> Left:
    """What one word leaves out. Raises `UnclearError`."""
    text = word.strip()
    if text in graph.edges:
        return Left(edges=frozenset({text}))
    of_kind = {each.id for each in graph.edges.values() if each.kind.lower() == text.lower()}
    if of_kind:
        return Left(edges=frozenset(of_kind))
    exact = _nodes(graph, text)
    if exact:
        return Left(nodes=frozenset({_only(exact, word)}))
    between = _BETWEEN.fullmatch(text)
    if between:
        return Left(edges=frozenset(_between(graph, between, word)))
    raise UnclearError(_unknown(graph, word))


def _between(graph: Graph, between: re.Match[str], word: str) -> set[str]:
    ends = []
    for name in ("source", "target"):
        known = _nodes(graph, between[name])
        if not known:
            raise UnclearError(_unknown(graph, between[name]))
        ends.append(_only(known, between[name]))
    edges = {
        each.id
        for each in graph.edges.values()
        if [each.source, each.target] == ends and between["kind"] in (None, each.kind)
    }
    if not edges:
        out = [_edge_words(graph, e) for e in graph.edges.values() if e.source == ends[0]]
        words = N_("nothing leads directly along {word}. From there lead: {known}")
        raise UnclearError(say(words, word=word, known=", ".join(sorted(out)[:NEAR]) or "-"))
    return edges


def _nodes(graph: Graph, text: str) -> list[Node]:
    """The nodes that a word can mean, of the nearest kind of likeness that any has."""
    wanted = text.strip().lower().rstrip(".")
    if not wanted:
        return []
    thumb = re.sub(r"[\s:]", "", wanted)
    if wanted in graph.nodes:
        return [graph.nodes[wanted]]
    nodes = list(graph.nodes.values())
    servers = [each for each in nodes if each.kind in _SERVERS]

    def short(node: Node) -> str:
        return node.name.lower().partition(".")[0]

    tries: list[list[Node]] = [
        [n for n in servers if wanted in (n.server.lower(), n.name.lower())],
        [n for n in servers if "." not in wanted and wanted == short(n)],
        [n for n in nodes if n.name.lower() == wanted],
        [n for n in nodes if n.id.partition(":")[2] in (wanted, thumb)],
        [n for n in nodes if thumb in {v.lower() for v in n.facts.values()}],
    ]
    if len(thumb) >= PREFIX:
        tries.append([n for n in nodes if n.id.partition(":")[2].startswith(thumb)])
        tries.append([n for n in nodes if n.name.lower().startswith(wanted)])
    return next((each for each in tries if each), [])


def _only(nodes: Sequence[Node], word: str) -> str:
    if len(nodes) > 1:
        known = ", ".join(f"{each.id} ({each.kind} {each.name})" for each in nodes[:NEAR])
        raise UnclearError(say(N_("{word} can mean: {known}"), word=word, known=known))
    return nodes[0].id


def _unknown(graph: Graph, word: str) -> Sentence:
    names: Mapping[str, str] = {
        key: each.name
        for each in graph.nodes.values()
        for key in (each.name.lower(), each.name.lower().partition(".")[0], each.id)
    }
    near = difflib.get_close_matches(word.lower(), names, n=NEAR, cutoff=0.5)
    shown = list(dict.fromkeys(names[each] for each in near)) or sorted(
        {each.name for each in graph.nodes.values() if each.kind in (*_SERVERS, "Certificate")}
    )
    words = N_("nothing in the graph is called {word}. There are: {known}")
    return say(words, word=word, known=", ".join(shown[:NEAR]) or "-")


def _edge_words(graph: Graph, edge: Edge) -> str:
    return f"{edge.kind} {graph.nodes[edge.source].name}>{graph.nodes[edge.target].name}"


def _together(lefts: Iterable[Left]) -> Left:
    known = list(lefts)
    return Left(
        nodes=frozenset(name for each in known for name in each.nodes),
        edges=frozenset(name for each in known for name in each.edges),
    )
