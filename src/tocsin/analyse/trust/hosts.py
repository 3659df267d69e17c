"""Whose a host or an address is: ours, Exchange Online's, a service's that many share."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from tocsin.analyse.trust.ranges import Span, span
from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.situation import Situation
from tocsin.formats.syntax.mail_parties import online
from tocsin.knowledge.relays import relays
from tocsin.model.server_state import ServerState

HYBRID_AGENT = ".msappproxy.net"
"""Names under which the Hybrid Agent publishes a server."""


def in_the_cloud(host: str) -> bool:
    """Whether a host takes mail for Exchange Online."""
    name = host.strip().strip("[].").lower()
    return online(name) or name == "mx.microsoft" or name.endswith(".mx.microsoft")


def spans(texts: Iterable[str]) -> list[Span]:
    """The ranges among texts; what is none is left out."""
    return [found for text in texts if (found := span(text)) is not None]


def servers_in(situation: Situation, wanted: Iterable[Span]) -> tuple[ServerState, ...]:
    """Servers with an address in one of the ranges."""
    ranges = list(wanted)
    if not ranges:
        return ()
    return tuple(
        server
        for server, own in _addressed(situation)
        if any(one.meets(other) for one in own for other in ranges)
    )


@remembered
def _addressed(situation: Situation) -> list[tuple[ServerState, list[Span]]]:
    return [(each, spans(each.addresses)) for each in situation.servers if each.addresses]


def shared_by(wanted: Span) -> str:
    """The service whose network the range touches; empty if none is known."""
    return next((who for who, network in _shared() if network.meets(wanted)), "")


@cache
def _shared() -> tuple[tuple[str, Span], ...]:
    return tuple(
        (relay.who, found)
        for relay in relays()
        for text in relay.networks
        if (found := span(text)) is not None
    )
