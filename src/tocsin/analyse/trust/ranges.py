"""Ranges of addresses as Exchange writes them: one address, `a-b`, `a/24`, `a(255.255.255.0)`."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

import msgspec

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NARROW = 8
"""Addresses of a /29, or a /125 of IPv6: more than that is wide."""

_MASKED = re.compile(r"(?P<base>[^()\s]+)\s*\((?P<mask>[\d.]+)\)")


class Span(msgspec.Struct, frozen=True):
    """All addresses from low to high, both included, of one version (4 or 6)."""

    version: int
    low: int
    high: int

    @property
    def size(self) -> int:
        """How many addresses it has."""
        return self.high - self.low + 1

    @property
    def wide(self) -> bool:
        """Whether it has more than a /29, or a /125, has."""
        return self.size > NARROW

    def meets(self, other: Span) -> bool:
        """Whether they share an address."""
        return self.version == other.version and self.low <= other.high and other.low <= self.high


@lru_cache(maxsize=65_536)
def span(text: str) -> Span | None:
    """The range that the text is; None if it is none."""
    bare = text.strip().strip("[]")
    masked = _MASKED.fullmatch(bare)
    if masked:
        bare = f"{masked['base']}/{masked['mask']}"
    try:
        if "/" in bare:
            network = ipaddress.ip_network(bare, strict=False)
            return _span(network.network_address, network.broadcast_address)
        low, dash, high = bare.partition("-")
        first = ipaddress.ip_address(low.strip())
        return _span(first, ipaddress.ip_address(high.strip()) if dash else first)
    except ValueError:
        return None


def _span(low: Address, high: Address) -> Span | None:
    if low.version != high.version or int(low) > int(high):
        return None
    return Span(low.version, int(low), int(high))
