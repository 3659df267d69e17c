"""Which servers evidence shows to be cut off, and whether an observation contradicts it.

Only a dated statement that names the server and what it blocks counts, to its last day. That nobody
saw a server is no such evidence.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.analyse.trust.drawing import flow_basis, server_basis
from tocsin.analyse.trust.principals import day
from tocsin.analyse.trust.situation import Situation
from tocsin.model.trusts import Basis

Block = Literal["foothold", "internet", "cloud"]


class Shut(msgspec.Struct, frozen=True, kw_only=True):
    """One server's valid statement: what it blocks, to which day, and where it says so."""

    blocks: frozenset[str]
    until: str
    bases: tuple[Basis, ...]


def shut(situation: Situation) -> dict[str, Shut]:
    """Valid statements by server id; one that an observation contradicts is not among them."""
    found: dict[str, Shut] = {}
    for item in situation.settings.items("Segmentation"):
        named = next(iter(item.ask("Server").texts()), "") or item.setting.server
        server = situation.server(named)
        blocks = item.ask("Blocks")
        until = item.ask("Until")
        last = day(next(iter(until.texts()), ""))
        if server is None or last is None or last < situation.today or not blocks.filled:
            continue
        known = found.get(server.id)
        each = Shut(
            blocks=frozenset(text.lower() for text in blocks.texts()),
            until=last.isoformat(),
            bases=(blocks.basis, until.basis),
        )
        found[server.id] = each if known is None else _both(known, each)
    against = contradicted(situation) if found else {}
    return {
        name: each
        for name, each in (
            (name, _less(each, {"foothold"} if name in against else set()))
            for name, each in found.items()
        )
        if each.blocks
    }


def contradicted(situation: Situation) -> dict[str, Basis]:
    """By server id, what shows that a host inside did reach it: mail that it took, an inside scan
    that names it, a break-in."""
    found: dict[str, Basis] = {}
    for flow in situation.flows:
        server = situation.server(flow.receiver)
        if server is not None and situation.server(flow.sender) is not server:
            found.setdefault(server.id, flow_basis(flow))
    for server in situation.servers:
        if server.scanned:
            found.setdefault(server.id, server_basis(server, "scanned", "true"))
        elif server.incidents or server.weakness == "exploited":
            told = ", ".join(server.incidents)
            found.setdefault(server.id, server_basis(server, "incidents", told))
    return found


def _both(one: Shut, other: Shut) -> Shut:
    return Shut(
        blocks=one.blocks | other.blocks,
        until=min(one.until, other.until),
        bases=(*one.bases, *other.bases),
    )


def _less(each: Shut, blocks: set[str]) -> Shut:
    return msgspec.structs.replace(each, blocks=each.blocks - blocks)
