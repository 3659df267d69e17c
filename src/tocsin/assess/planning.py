"""So what do I do first: the rooms' answers joined into ranked actions and stories."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.assess.acceptance import Accepted
from tocsin.assess.actions import Proposal, proposals
from tocsin.assess.known import Known
from tocsin.assess.paths import node_of
from tocsin.assess.story import stories
from tocsin.model.conversation import Conversations
from tocsin.model.finding import LEVELS, fingerprint
from tocsin.model.hunt import Hunt
from tocsin.model.run import FindingRecord, Server
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Acceptance, Path, Plan, PlanKind, PlannedAction, Trusts

PATHS_NAMED = 100
"""Ways whose ids stand with one action; all are counted."""

_KINDS: tuple[PlanKind, ...] = (
    "isolate", "warn", "rotate", "patch", "remove", "configure", "collect",
)  # fmt: skip


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal and what it cuts. pairs: of weak server and target (node ids). worth: the highest
    score of the servers whose ways it cuts, or that it is about. promise: pairs it would cut if what
    it finds out is harmless. best: pairs whose strongest way it takes away."""

    proposal: Proposal
    fingerprint: str
    pairs: frozenset[tuple[str, str]]
    paths: tuple[str, ...]
    worth: float
    promise: int
    best: int
    place: int
    accepted: Acceptance | None

    def order(self) -> tuple[object, ...]:
        """Accepted ones last; harm that goes on; most cut × score; level; most strongest ways;
        kind; the server's rank."""
        each = self.proposal
        return (
            self.accepted is not None,
            each.stage,
            -max(len(self.pairs), self.promise) * self.worth,
            -LEVELS.index(each.level),
            -self.best * self.worth,
            _KINDS.index(each.kind),
            self.place,
            self.fingerprint,
        )


def plan(
    servers: Sequence[Server],
    findings: Sequence[FindingRecord],
    spoken: Conversations | None,
    hunt: Hunt | None,
    trusts: Trusts | None,
    accepted: Accepted,
    gone: frozenset[str] = frozenset(),
) -> Plan | None:
    """None when there is nothing to rank. A pure function of what is written down. gone: ids of
    servers that are taken to be dealt with."""
    if not servers and trusts is None and spoken is None and hunt is None:
        return None
    known = Known(servers, findings, spoken, hunt, trusts, gone)
    weighed = sorted((_weighed(known, each, accepted) for each in proposals(known)), key=_order)
    return Plan(
        actions=tuple(_action(known, each, rank) for rank, each in enumerate(weighed, start=1)),
        stories=stories(known),
        accepted=accepted.holding,
        expired=accepted.expired,
    )


def _order(each: Weighed) -> tuple[object, ...]:
    return each.order()


def _weighed(known: Known, proposal: Proposal, accepted: Accepted) -> Weighed:
    pairs = _cut(known, proposal)
    paths = _paths(known, proposal)
    best = {each for each in paths if each.id in known.strongest}
    owners = {known.graph.nodes[source].server for source, _ in pairs}
    owners |= {each.server for each in best}
    name = fingerprint(f"plan {proposal.kind}", proposal.key)
    starts = {node_of(each) for each in proposal.closes}
    return Weighed(
        proposal=proposal,
        fingerprint=name,
        pairs=pairs,
        paths=tuple(each.id for each in paths[:PATHS_NAMED]),
        worth=max((known.score(each) for each in {*owners, *proposal.servers}), default=0.0),
        promise=sum(source in starts for source, _ in known.pairs),
        best=len(best),
        place=min((known.rank(each) for each in proposal.servers), default=len(known.by_id) + 1),
        accepted=accepted.of(name) or proposal.accepted or _answered(proposal, accepted),
    )


def _answered(proposal: Proposal, accepted: Accepted) -> Acceptance | None:
    """The acceptance that ends first, if all that the action settles is accepted."""
    found = [accepted.of(each) for each in proposal.answers]
    known = [each for each in found if each is not None]
    if not found or len(known) < len(found):
        return None
    return min(known, key=lambda each: each.until)


def _cut(known: Known, proposal: Proposal) -> frozenset[tuple[str, str]]:
    """The pairs that have no way left when the action is done."""
    # Learning a build closes nothing yet.
    closed = proposal.closes if proposal.kind != "collect" else ()
    starts = {node_of(each) for each in closed}
    lost = {pair for pair in known.pairs if pair[0] in starts}
    if proposal.nodes or proposal.edges:
        kept = known.atlas.held(known.weak, proposal.nodes, proposal.edges)
        lost |= known.pairs - kept
    return frozenset(lost)


def _action(known: Known, weighed: Weighed, rank: int) -> PlannedAction:
    proposal = weighed.proposal
    return PlannedAction(
        rank=rank,
        kind=proposal.kind,
        level=proposal.level,
        do=proposal.do,
        because=(*proposal.because, *_left(weighed)),
        servers=proposal.servers,
        cuts=len(weighed.pairs),
        of=len(known.pairs),
        paths=weighed.paths,
        checks=proposal.checks,
        bases=proposal.bases,
        fingerprint=weighed.fingerprint,
        accepted=weighed.accepted,
    )


def _left(weighed: Weighed) -> tuple[Sentence, ...]:
    """That other ways remain where the strongest is taken away."""
    more = weighed.best - len(weighed.pairs)
    if more <= 0 or weighed.proposal.kind == "collect":
        return ()
    words = N_("Of {count} more it takes the strongest away; weaker ones remain.")
    alone = N_("Of {count} ways it takes the strongest away; weaker ones remain.")
    return (say(words if weighed.pairs else alone, count=more),)


def _paths(known: Known, proposal: Proposal) -> list[Path]:
    """The ways from weak servers that it takes away, in the order of the scores."""
    gone = set(proposal.edges)
    for node in proposal.nodes:
        gone |= {each.id for each in known.edges_at.get(node, ())}
    closed = set(proposal.closes) if proposal.kind != "collect" else set()
    if known.trusts is None or not (gone or closed):
        return []
    weak = set(known.weak)
    return [
        each
        for each in known.trusts.paths
        if node_of(each.server) in weak
        and (each.server in closed or not gone.isdisjoint(each.edges))
    ]
