"""What may be touched: nothing outside the allow-list, whatever a name resolves to."""

from __future__ import annotations

import msgspec

from tocsin.collect.probe.settings import (
    Address,
    Network,
    ProbeSettings,
    as_network,
    parse_port,
    read_target,
)


class Scope(msgspec.Struct, frozen=True):
    """The allow-list. A name on it may lead to any address; any other only into `networks`."""

    names: frozenset[str]
    networks: tuple[Network, ...]

    def permits(self, address: Address, name: str = "") -> bool:
        """Whether a connection to `address`, known as `name` if it was resolved, may be opened."""
        # Neither is a host: the first leads to this machine, the second to many.
        if address.is_unspecified or address.is_multicast:
            return False
        return name in self.names or any(address in network for network in self.networks)


def scope_of(settings: ProbeSettings) -> Scope:
    """The allow-list of settings without fault; by default exactly the targets."""
    names: set[str] = set()
    networks: list[Network] = []
    if settings.allow:
        for text in settings.allow:
            name = text.strip().lower().rstrip(".")
            network = as_network(name)
            if network is None:
                names.add(name)
            else:
                networks.append(network)
    else:
        ports = tuple(map(parse_port, settings.ports))
        for text in settings.targets:
            wanted, _ = read_target(text, ports)
            if isinstance(wanted, str):
                names.add(wanted)
            else:
                networks.append(wanted)
    return Scope(frozenset(names), tuple(networks))
