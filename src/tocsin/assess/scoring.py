"""How urgent a server is: 100 × weakness × reach × trust × detection gap, at most 100.

What must hold, whatever the servers and trusts: that something does not see a server never lowers its
score (but by valid evidence of segmentation); another trust, key, member or connector never lowers
any; an unknown build never counts for less than one that is behind; segmentation past its day
changes nothing. docs/assess.md argues each; the tests try them on random models.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tocsin.analyse.trust.situation import WEAK, Graph
from tocsin.analyse.trust.ways import Way
from tocsin.knowledge.scoring import Factor, Watcher, scoring
from tocsin.model.server_state import ServerState, Weakness
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import TARGETS, Edge, Node, NodeKind, ServerScore

REASONS = 2
"""Reasons told of one score."""

WATCHERS: tuple[Watcher, ...] = ("reported", "scanned", "logged")

_WEAKNESS: Mapping[Weakness, str] = {
    "exploited": N_("The logs show that somebody got in."),
    "known-exploited": N_("It is open to a hole that is being exploited."),
    "unsupported": N_("Nobody mends its product any more."),
    "unknown": N_("Nobody knows its build, so it may be open to anything."),
    "behind": N_("It lacks updates."),
    "current": N_("It has the newest updates, so it is harder to break into."),
}
_TARGET: Mapping[NodeKind, str] = {
    "Tenant": N_("It has a way to the tenant."),
    "CloudMailboxes": N_("It has a way to the mailboxes in Exchange Online."),
    "ADDomain": N_("It has a way to the domain."),
    "MailTrust": N_("Exchange Online takes its mail for internal, on one way or another."),
    "OnPremMailboxes": N_("It holds mailboxes; no trust is known that leads further."),
}
_UNSEEN: Mapping[Watcher, str] = {
    "reported": N_("Exchange Online has not reported it, so nothing there would stop its mail."),
    "scanned": N_("No inside scan has seen it."),
    "logged": N_("No log of it was read, so a break-in would not have been found."),
}
_CLOUD_EDGES = frozenset({"HX_PublishedBy", "HX_DeliversTo", "HX_RoutesOutboundThrough"})


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the score needs of a server but its ways. unseen: who does not see it, or was not asked."""

    id: str
    name: str
    state: Weakness
    internet: bool = False
    reported_missing: bool = False
    unseen: tuple[Watcher, ...] = ()
    cut: bool = False

    @property
    def weak(self) -> bool:
        """Whether ways from it count: below the floor, or nobody knows."""
        return self.state in WEAK


def standing(server: ServerState) -> Standing:
    """Of a server as the rooms know it."""
    seen = {"reported": server.reported, "scanned": server.scanned, "logged": server.logged}
    return Standing(
        id=server.id,
        name=server.name,
        state=server.weakness,
        internet=server.internet is True,
        reported_missing=server.reported is False,
        unseen=tuple(each for each in WATCHERS if seen[each] is not True),
    )


def standing_of(score: ServerScore) -> Standing:
    """Of a server as a saved score has it."""
    return Standing(
        id=score.server,
        name=score.name,
        state=score.state,
        internet="exposed" in score.labels,
        reported_missing="unseen-by-exo" in score.labels,
        unseen=tuple(each for each in WATCHERS if each in score.unseen),
        cut=not score.reach,
    )


def product(weakness: float, reach: float, trust: float, detection: float) -> float:
    """The score itself, unrounded and uncapped: its order is that of urgency."""
    return 100 * weakness * reach * trust * detection


def detection(unseen: Iterable[Watcher]) -> float:
    """1, and more for each that does not see the server."""
    return 1 + sum(scoring().gap[each] for each in unseen)


def trust_of(ways: Mapping[str, Way], nodes: Mapping[str, Node]) -> tuple[float, NodeKind | None]:
    """The best of weight × strength over the targets (node ids) that have a way; the gravest kind
    of those that are alike."""
    best: tuple[float, NodeKind | None] = (0.0, None)
    for kind in TARGETS:
        for target, way in ways.items():
            value = scoring().target[kind] * way.strength
            if nodes[target].kind == kind and value > best[0]:
                best = (value, kind)
    return best


def scored(
    servers: Sequence[Standing],
    ways: Mapping[str, Mapping[str, Way]],
    path_ids: Mapping[str, tuple[str, ...]],
    graph: Graph,
) -> tuple[ServerScore, ...]:
    """Every server's score, the most urgent first. ways: by server and target node."""
    into: dict[str, list[Edge]] = {}
    for each in graph.edges.values():
        into.setdefault(each.target, []).append(each)
    found = [
        _one(
            each,
            ways.get(each.id, {}),
            path_ids.get(each.id, ()),
            into.get(f"server:{each.id}", []),
            graph,
        )
        for each in servers
    ]
    broken = {each.id for each in servers if each.state == "exploited"}
    # Of servers at the top of the scale, where somebody is already comes first.
    found.sort(
        key=lambda pair: (
            -pair[1].score,
            pair[1].server not in broken,
            -pair[0],
            pair[1].name.lower(),
            pair[1].server,
        )
    )
    return tuple(score for _, score in found)


def _one(
    server: Standing,
    ways: Mapping[str, Way],
    paths: tuple[str, ...],
    into: Sequence[Edge],
    graph: Graph,
) -> tuple[float, ServerScore]:
    reaching = [each for each in into if each.kind == "HX_CanReach"]
    # A server that nothing was drawn to is taken to be reachable, unless it was cut off on purpose.
    reach = max((e.strength for e in reaching), default=0.0 if server.cut else 1.0)
    trust, target = trust_of(ways, graph.nodes)
    weakness, gap = scoring().weakness[server.state], detection(server.unseen)
    worth = product(weakness, reach, trust, gap)
    values: dict[Factor, float] = {
        "weakness": weakness, "reach": reach, "trust": trust, "gap": gap,
    }  # fmt: skip
    said: dict[Factor, Sentence | None] = {
        "weakness": say(_WEAKNESS[server.state]),
        "reach": _reach_words(reaching, reach, cut=server.cut),
        "trust": say(_TARGET[target]) if target else say(N_("No way leads on from it.")),
        "gap": say(_UNSEEN[server.unseen[0]]) if server.unseen else None,
    }
    return worth, ServerScore(
        server=server.id,
        name=server.name,
        score=round(min(100.0, worth), 1),
        weakness=weakness,
        reach=reach,
        trust=round(trust, 4),
        detection=round(gap, 4),
        labels=_labels(server, into, reach, graph),
        reasons=tuple(words for each in _moved(values) if (words := said[each]))[:REASONS],
        paths=paths,
        state=server.state,
        unseen=server.unseen,
    )


def _moved(values: Mapping[Factor, float]) -> list[Factor]:
    """The factors by how far each is from what is usual, as a ratio, up or down."""
    usual = scoring().usual
    far = {
        name: abs(math.log(value / usual[name])) if value > 0 else math.inf
        for name, value in values.items()
    }
    return sorted(far, key=lambda name: -far[name])


def _reach_words(reaching: Sequence[Edge], reach: float, *, cut: bool) -> Sentence:
    best = next((each for each in reaching if each.strength == reach), None)
    if best is not None:
        return best.because
    if cut:
        return say(N_("It is taken to be cut off."))
    return say(N_("Nothing shows that an internal host cannot reach it."))


def _labels(server: Standing, into: Sequence[Edge], reach: float, graph: Graph) -> tuple[str, ...]:
    sources = {graph.nodes[e.source].kind for e in into if e.kind == "HX_CanReach"}
    found = []
    if server.internet or "Internet" in sources:
        found.append("exposed")
    if any(e.kind in _CLOUD_EDGES for e in into) or sources - {"Internet", "InternalFoothold"}:
        found.append("cloud-reachable")
    if not found:
        found.append("evidence-isolated" if reach < 1 else "inside-only")
    if server.reported_missing:
        found.append("unseen-by-exo")
    return tuple(found)
