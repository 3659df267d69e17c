"""All that the trust room judges: configuration, servers, observed mail, the day; and its answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property

import msgspec

from tocsin.analyse.trust.flows import Flow
from tocsin.analyse.trust.settings import Answer, Settings
from tocsin.knowledge import load
from tocsin.knowledge.catalogue import Knowledge
from tocsin.model.finding import Level
from tocsin.model.server_state import ServerState
from tocsin.model.text import Sentence
from tocsin.model.trusts import Basis, CheckOutcome, Edge, Node

WEAK = frozenset({"exploited", "known-exploited", "unsupported", "unknown"})
"""What raises the level of a check, one step: below the floor, or nobody knows."""


class Graph(msgspec.Struct, frozen=True):
    """Nodes and edges by id."""

    nodes: dict[str, Node] = {}
    edges: dict[str, Edge] = {}


class Situation(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is known. domains: the reader's own mail domains, as far as they are. today: the day on
    which things expire. graph: empty while it is being drawn. knowledge: the run's, private facts
    included."""

    settings: Settings
    servers: tuple[ServerState, ...] = ()
    flows: tuple[Flow, ...] = ()
    domains: tuple[str, ...] = ()
    today: date
    graph: Graph = Graph()
    knowledge: Knowledge = msgspec.field(default_factory=load)

    def server(self, name: str) -> ServerState | None:
        """The server of that name: the full one, or the short one where only one server has it."""
        wanted = name.strip().lower().rstrip(".")
        if not wanted:
            return None
        exact = self._named.get(wanted, ())
        if len(exact) == 1:
            return exact[0]
        short = wanted.partition(".")[0]
        # A full name meets only servers that are known by their short name.
        near = self._named if "." in wanted and not exact else self._short
        found = near.get(short, ())
        return found[0] if len(found) == 1 else None

    def several(self, name: str) -> bool:
        """Whether more than one server has that short name, so that it does not tell which it is."""
        return len(self._short.get(name.strip().lower(), ())) > 1

    def server_at(self, address: str) -> ServerState | None:
        """The server with that address, if only one has it."""
        found = self._addressed.get(address, ())
        return found[0] if len(found) == 1 else None

    @cached_property
    def _addressed(self) -> dict[str, list[ServerState]]:
        return _by_name((each, set(each.addresses)) for each in self.servers)

    @cached_property
    def _named(self) -> dict[str, list[ServerState]]:
        """Servers by each of their whole names."""
        return _by_name((each, {each.id.lower(), *_names(each)}) for each in self.servers)

    @cached_property
    def _short(self) -> dict[str, list[ServerState]]:
        """Servers by the first label of each of their names."""
        return _by_name(
            (each, {name.partition(".")[0] for name in _names(each)}) for each in self.servers
        )


def _by_name(
    named: Iterable[tuple[ServerState, set[str]]],
) -> dict[str, list[ServerState]]:
    found: dict[str, list[ServerState]] = {}
    for server, names in named:
        for name in names:
            found.setdefault(name, []).append(server)
    return found


def _names(server: ServerState) -> tuple[str, ...]:
    return tuple(each.lower() for each in (server.name, *server.names))


def weak(server: ServerState) -> bool:
    """Whether the server is below the floor, or its build is unknown."""
    return server.weakness in WEAK


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a check says of one subject. servers: ids of those on the other end; level: where it is
    not the check's own."""

    outcome: CheckOutcome
    subject: str = ""
    because: Sentence
    bases: tuple[Basis, ...] = ()
    servers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    level: Level | None = None


def bases_of(answers: Iterable[Answer]) -> tuple[Basis, ...]:
    """The bases of answers, those of collected ones first, each once."""
    known = sorted(answers, key=lambda each: not each.known)
    return tuple(dict.fromkeys(each.basis for each in known))
