"""All rooms' answers in one hand, indexed by server: what the plan and the stories are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

import msgspec

from tocsin.analyse.trust.situation import WEAK, Graph
from tocsin.analyse.trust.ways import Atlas
from tocsin.assess.incidents import aware, entered
from tocsin.assess.path_checks import route
from tocsin.assess.paths import graph_of, node_of, targets_of
from tocsin.assess.sending import Hosts, Sent, sent_through
from tocsin.model.conversation import Conversations
from tocsin.model.hunt import Cited, Hunt, HuntFinding, Incident, Stance, Step, stance
from tocsin.model.run import FindingRecord, Server
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Acceptance, Basis, Edge, Path, ServerScore, Trusts

QUOTE = 400
"""Longest row quoted, in characters."""


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """Signs that somebody got into one server. host: as the logs call it."""

    host: str
    incidents: tuple[Incident, ...] = ()
    findings: tuple[HuntFinding, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def since(self) -> datetime | None:
        """When the first thing worked."""
        times = [each.first for each in self.steps] + [each.first for each in self.findings]
        return min((aware(each) for each in times if each), default=None)

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the incidents, and of findings outside any."""
        joined = {name for each in self.incidents for name in each.findings}
        alone = (each.id for each in self.findings if each.id not in joined)
        return (*(each.id for each in self.incidents), *alone)

    @property
    def accepted(self) -> Acceptance | None:
        """What ends first of what is accepted, if somebody answers for all of it."""
        parts = [each.accepted for each in self.incidents]
        parts += [
            each.accepted for each in self.findings if not each.incident or not self.incidents
        ]
        known = [each for each in parts if each is not None]
        return min(known, key=lambda e: e.until) if known and len(known) == len(parts) else None


class Known:
    """The documents of one run. servers: those that are, or may be, the reader's own. gone: ids of
    those that are taken to be dealt with."""

    def __init__(
        self,
        servers: Sequence[Server],
        findings: Sequence[FindingRecord],
        spoken: Conversations | None,
        hunt: Hunt | None,
        trusts: Trusts | None,
        gone: frozenset[str] = frozenset(),
    ) -> None:
        self.gone = gone
        self.servers = tuple(e for e in servers if e.ours is not False and e.id not in gone)
        self.by_id = {each.id: each for each in self.servers}
        self.spoken, self.hunt, self.trusts = spoken, hunt, trusts
        self.hosts = Hosts((each.id, (each.name, *each.names)) for each in servers)
        self.findings: dict[str, list[FindingRecord]] = {}
        for each in findings:
            self.findings.setdefault(each.subject, []).append(each)
        self.scores: Mapping[str, ServerScore] = (
            {each.server: each for each in trusts.scores} if trusts else {}
        )

    @cached_property
    def graph(self) -> Graph:
        """The trust graph; empty when no trust was read."""
        return graph_of(self.trusts) if self.trusts else Graph()

    @cached_property
    def atlas(self) -> Atlas:
        """The graph, to be asked for ways."""
        return Atlas(self.graph, targets_of(self.graph))

    @cached_property
    def weak(self) -> tuple[str, ...]:
        """Nodes of servers that are below the floor, or whose build nobody knows."""
        return tuple(node_of(each.server) for each in self.scores.values() if each.state in WEAK)

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Pairs of weak server and target (node ids) between which there is a way."""
        return frozenset(self.atlas.held(self.weak))

    @cached_property
    def sent(self) -> Mapping[str, Sent]:
        """Hijacked mails by the server that they left through."""
        found = sent_through(self.hosts, self.spoken)
        return {server: sent for server, sent in found.items() if server not in self.gone}

    @cached_property
    def strongest(self) -> frozenset[str]:
        """Ids of the strongest way of each server to each target."""
        return frozenset(name for each in self.scores.values() for name in each.paths)

    @cached_property
    def edges_at(self) -> Mapping[str, tuple[Edge, ...]]:
        """By node: the edges that begin or end there."""
        found: dict[str, list[Edge]] = {}
        for each in self.graph.edges.values():
            found.setdefault(each.source, []).append(each)
            found.setdefault(each.target, []).append(each)
        return {name: tuple(edges) for name, edges in found.items()}

    @cached_property
    def paths_of(self) -> Mapping[str, tuple[Path, ...]]:
        """By server: its ways."""
        found: dict[str, list[Path]] = {}
        for each in self.trusts.paths if self.trusts else ():
            found.setdefault(each.server, []).append(each)
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def broken(self) -> Mapping[str, Broken]:
        """By server's id, or by the host's name where the inventory has none: what worked on it."""
        if self.hunt is None:
            return {}
        named = {each.host: each.server for each in self.hunt.findings if each.server}

        def server(host: str) -> str:
            return named.get(host) or self.hosts.of(host) or host

        found: dict[str, Broken] = {}
        for incident in self.hunt.incidents:
            if stance(incident) == "in":
                for host in entered(incident):
                    steps = tuple(
                        s for s in incident.steps if s.outcome == "success" and s.host == host
                    )
                    _add(found, server(host), Broken(host=host, incidents=(incident,), steps=steps))
        joined = {name for each in self.hunt.incidents for name in each.findings}
        for finding in self.hunt.findings:
            key = finding.server or server(finding.host)
            alone = finding.id not in joined and stance(finding) == _IN
            if alone or (key in found and finding.outcome == "success" and finding.id in joined):
                _add(found, key, Broken(host=finding.host, findings=(finding,)))
        return {server: signs for server, signs in found.items() if server not in self.gone}

    def rank(self, server: str) -> int:
        """The server's place in the inventory's order; last for one that it does not have."""
        known = self.by_id.get(server)
        return known.rank if known else len(self.by_id) + 1

    def score(self, server: str) -> float:
        """Its score; 0 when no trust was read."""
        known = self.scores.get(server)
        return known.score if known else 0.0


_IN: Stance = "in"


def _add(found: dict[str, Broken], server: str, more: Broken) -> None:
    old = found.get(server)
    if old is None:
        found[server] = more
        return
    found[server] = Broken(
        host=old.host,
        incidents=tuple({e.id: e for e in (*old.incidents, *more.incidents)}.values()),
        findings=tuple({e.id: e for e in (*old.findings, *more.findings)}.values()),
        steps=(*old.steps, *more.steps),
    )


def cited(finding: HuntFinding, event: Cited) -> Basis:
    """A row of a log as what something rests on."""
    return Basis(
        source=event.source,
        position=event.position,
        sha256=event.sha256,
        object=finding.title,
        property=event.surface,
        value=event.raw[:QUOTE],
    )


def listed(names: Sequence[str], limit: int = 3) -> str:
    """The first names; the others counted as `+4`."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f", +{more}" if more > 0 else "")


def onward(known: Known, server: str) -> Sentence | None:
    """That a way leads on from a server, and along what; None when none does."""
    ends = known.atlas.ends
    ways = known.paths_of.get(server, ())
    # The gravest target first, as it is what matters; of its ways the strongest.
    best = min(ways, key=lambda each: (ends.index(each.target), -each.strength), default=None)
    if best is None:
        return None
    return say(N_("From it a way leads on: {way}."), way=route(known.graph, best))
