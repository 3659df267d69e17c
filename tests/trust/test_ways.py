"""Ways through the graph: held against another algorithm, or against taking things out by hand."""

from __future__ import annotations

import itertools
import math
import random

import networkx as nx
import pytest

from tocsin.analyse.trust.situation import Graph
from tocsin.analyse.trust.ways import Atlas
from tocsin.model.text import Sentence
from tocsin.model.trusts import Edge, Node


def node(name: str) -> Node:
    return Node(id=name, kind="ADGroup", name=name.upper(), side="on-premises")


def edge(name: str, source: str, target: str, strength: float) -> Edge:
    return Edge(
        id=name,
        kind="HX_MemberOf",
        source=source,
        target=target,
        strength=strength,
        provenance="configured",
        because=Sentence(template="because"),
    )


def graph(*edges: tuple[str, str, float]) -> Graph:
    names = sorted({name for one in edges for name in one[:2]})
    return Graph(
        {name: node(name) for name in names},
        {f"e{at}": edge(f"e{at}", *each) for at, each in enumerate(edges)},
    )


def random_graph(seed: int, nodes: int = 9, edges: int = 22) -> Graph:
    rng = random.Random(seed)
    names = [f"n{at}" for at in range(nodes)]
    return graph(
        *((*rng.sample(names, 2), rng.choice([0.3, 0.5, 0.7, 0.9, 1.0])) for _ in range(edges))
    )


def test_the_strongest_way_wins_over_the_shortest():
    found = graph(("a", "t", 0.2), ("a", "b", 0.9), ("b", "t", 0.9))
    assert Atlas(found).best(["a"], "t")["a"].strength == pytest.approx(0.81)


def test_of_equally_strong_ways_the_shorter_is_told():
    found = graph(("a", "b", 1.0), ("b", "t", 1.0), ("a", "t", 1.0))
    assert Atlas(found).best(["a"], "t")["a"].edges == ("e2",)


def test_the_stronger_of_two_trusts_between_the_same_ends_is_taken():
    found = graph(("a", "t", 0.4), ("a", "t", 0.8))
    assert Atlas(found).best(["a"], "t")["a"].edges == ("e1",)


def test_no_way_is_no_answer():
    found = graph(("t", "a", 1.0), ("b", "t", 1.0))
    assert Atlas(found).best(["a"], "t") == {}
    assert Atlas(found).several("a", "t", 3) == []


@pytest.mark.parametrize("seed", range(60))
def test_several_ways_are_those_that_another_algorithm_finds(seed: int):
    found = random_graph(seed)
    plain = nx.DiGraph()
    for each in found.edges.values():
        price = -math.log(each.strength)
        known = plain.get_edge_data(each.source, each.target, {"weight": math.inf})["weight"]
        plain.add_edge(each.source, each.target, weight=min(price, known))
    atlas = Atlas(found, ["n8"])
    for source in ("n0", "n1"):
        if source not in plain or "n8" not in plain or not nx.has_path(plain, source, "n8"):
            continue
        expected = [
            math.exp(-nx.path_weight(plain, route, "weight"))
            for _, route in zip(
                range(5), nx.shortest_simple_paths(plain, source, "n8", "weight"), strict=False
            )
        ]
        assert [way.strength for way in atlas.several(source, "n8", 5)] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(60))
def test_a_choke_point_is_what_cannot_be_taken_out(seed: int):
    found = random_graph(seed)
    sources, ends = ["n0", "n1", "n2"], ["n7", "n8"]
    atlas = Atlas(found, ends)
    whole = atlas.held(sources)
    told = {(name, pair) for name, pairs in atlas.chokes(sources).items() for pair in pairs}
    expected = set()
    for name in found.nodes:
        lost = whole - atlas.held(sources, nodes={name})
        expected |= {(name, pair) for pair in lost if name not in pair}
    for name in found.edges:
        lost = whole - atlas.held(sources, edges={name})
        expected |= {(name, pair) for pair in lost}
    assert told == expected


def test_held_is_what_can_be_walked():
    found = graph(
        ("a", "b", 1.0), ("b", "t", 1.0), ("a", "c", 1.0), ("c", "t", 1.0), ("d", "c", 1.0)
    )
    atlas = Atlas(found, ["t"])
    assert atlas.held(["a", "d"]) == {("a", "t"), ("d", "t")}
    assert atlas.held(["a", "d"], nodes={"c"}) == {("a", "t")}
    assert atlas.held(["a", "d"], edges={"e1", "e3"}) == set()
    assert atlas.held(["a", "d"], nodes={"a"}) == {("d", "t")}


def test_many_equal_ways_end_in_a_bounded_number_of_steps():
    layers = [[f"l{layer}x{at}" for at in range(12)] for layer in range(8)]
    edges = [("s", each, 1.0) for each in layers[0]]
    for one, other in itertools.pairwise(layers):
        edges += [(a, b, 1.0) for a in one for b in other]
    edges += [(each, "t", 1.0) for each in layers[-1]]
    ways = Atlas(graph(*edges), ["t"]).several("s", "t", 4)
    assert len(ways) == 4
    assert len({way.edges for way in ways}) == 4
