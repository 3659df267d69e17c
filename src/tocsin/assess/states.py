"""What all rooms together know of each server, as the trusts are judged by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.analyse.inventory.room import KnownServer
from tocsin.model.hunt import Hunt, stance
from tocsin.model.server_state import ServerState, Weakness


def states(
    servers: Sequence[KnownServer],
    counts: Mapping[str, Mapping[str, int]],
    hunt: Hunt | None,
) -> tuple[ServerState, ...]:
    """One state for each server of the inventory that is, or may be, the reader's own."""
    return tuple(_state(each, counts[each.id], hunt) for each in servers if each.ours is not False)


def _state(server: KnownServer, counts: Mapping[str, int], hunt: Hunt | None) -> ServerState:
    now = server.current
    incidents = tuple(
        each.id
        for each in (hunt.incidents if hunt else ())
        if server.id in each.servers and stance(each) == "in"
    )
    return ServerState(
        id=server.id,
        name=server.name,
        names=server.names,
        addresses=server.addresses,
        product=server.product,
        label=server.label,
        edge="edge" in server.facts.get("ServerRole", "").lower(),
        ours=server.ours,
        low=now.builds.low if now else None,
        high=now.builds.high if now else None,
        exact=now is not None and now.builds.low == now.builds.high,
        weakness=_weakness(server, counts, broken=bool(incidents)),
        hidden=server.hidden,
        internet=server.sees["internet"][0] if "internet" in server.sees else None,
        reported=server.sees["exchange-online"][0] if "exchange-online" in server.sees else None,
        seen_by=server.seen_by,
        incidents=incidents,
    )


def _weakness(server: KnownServer, counts: Mapping[str, int], *, broken: bool) -> Weakness:
    if broken:
        return "exploited"
    if counts["kev"]:
        return "known-exploited"
    if server.current is None or counts["kev_undecided"]:
        return "unknown"
    return "behind" if counts["affected"] else "current"
