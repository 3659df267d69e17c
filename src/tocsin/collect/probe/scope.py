"""What may be touched: nothing outside the allow-list, whatever a name resolves to."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin.collect.probe.settings import (
    Address,
    AddressSet,
    Network,
    ProbeSettings,
    as_network,
    parse_port,
    read_target,
)


class Scope(msgspec.Struct, frozen=True):
    """The allow-list. A name on it may lead to any address; any other only into `networks`."""

    names: frozenset[str]
    networks: AddressSet

    def permits(self, address: Address, name: str = "") -> bool:
        """Whether a connection to `address`, known as `name` if it was resolved, may be opened."""
        # Neither is a host: the first leads to this machine, the second to many.
        if address.is_unspecified or address.is_multicast:
            return False
        return name in self.names or address in self.networks


def scope_of(settings: ProbeSettings) -> Scope:
    """The allow-list of settings without fault; by default exactly the targets."""
    names: set[str] = set()
    networks = AddressSet()
    ports = tuple(map(parse_port, settings.ports))
    listed: Iterable[str | Network]
    if settings.allow:
        bare = [text.strip().lower().rstrip(".") for text in settings.allow]
        listed = [as_network(text) or text for text in bare]
    else:
        listed = [read_target(text, ports)[0] for text in settings.targets]
    for each in listed:
        if isinstance(each, str):
            names.add(each)
        else:
            networks.add(each)
    return Scope(frozenset(names), networks)
