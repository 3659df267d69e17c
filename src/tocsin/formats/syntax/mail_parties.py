"""Whose machine wrote a `Received` line, and how far it can be believed.

The rule, from the top line down (a sender can put any lines *below* the ones that were added after
it let go of the mail, and can call itself whatever it likes; it cannot change what the receiving
host saw of it, which is its address):

1. The first line was written on the reader's own side: `trusted`.
2. The next line stays `trusted` if it names a host of the same side **and** the last trusted line
   shows that the mail came from that side: handed over on the host itself, or from a private,
   loopback or link-local address, or from a host whose name the trusted one looked up
   (Postfix's form) as one of its own, or from the same network (/24, /64) as the trusted host's
   own printed public address. Between hosts of Exchange Online, Microsoft's own networks count.
3. The first line that does not is `first-external`: written by the host that connected. But if it
   claims to be a host of the reader's own side, from an address that is none of that side's, it is
   `forgeable`: exactly what a forger would write. (Unless the reader's own Exchange marked the
   mail as internal, which its header firewall lets nobody else do.)
4. All below is `forgeable`.

The reader's side is: his own domains, the registrable domain of each trusted line, and, behind a
private address, names that cannot exist in public. Where no public domain is known yet, that of
the first host behind a private address is taken for it. What this cannot see: a gateway that hides
the senders' addresses (source NAT) and adds no line of its own, unless own domains are given.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import lru_cache

from tocsin.formats.syntax.domains import internal, registrable
from tocsin.formats.syntax.received import Hop
from tocsin.model.evidence import Trust

_MICROSOFT_DOMAINS = (
    "outlook.com", "office365.com", "exchangelabs.com", "office365.us", "outlook.cn",
    "outlook.de", "office.de", "o365filtering.com", "bigfish.com", "frontbridge.com",
    "protection.gbl",
)  # fmt: skip
"""Registrable domains of Exchange Online's servers, national clouds and forerunners included."""

_MICROSOFT_NETWORKS = tuple(
    ipaddress.ip_network(each)
    for each in (
        "40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "52.238.78.88/32", "104.47.0.0/17",
        "2a01:111:f400::/48", "2a01:111:f403::/48", "2603:1006::/40", "2603:1016::/36",
        "2603:1026::/36", "2603:1036::/36", "2603:1046::/36", "2603:1056::/36", "2603:1096::/36",
        "2603:10a6::/36", "2603:10b6::/36", "2603:10c6::/36", "2603:10d6::/36",
    )
)  # fmt: skip
"""Networks of Exchange Online: Microsoft's page "Microsoft 365 URLs and IP address ranges"
(Exchange Online, mail), and for IPv6 what its hops print among themselves."""


@lru_cache(maxsize=65536)
def online(name: str) -> bool:
    """Whether a host is one of Exchange Online's."""
    return name.lower().strip(".").endswith(_MICROSOFT_DOMAINS) and (
        registrable(name) in _MICROSOFT_DOMAINS
    )


@lru_cache(maxsize=65536)
def near(address: str) -> bool:
    """Whether an address is one the internet does not route."""
    found = _address(address)
    if found is None:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in _NEAR if network.version == found.version)


_NEAR = tuple(
    ipaddress.ip_network(each)
    for each in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
"""RFC 1918, RFC 4193, loopback and link-local. Not `is_private`, which takes documentation and
reserved networks in too."""


@lru_cache(maxsize=65536)
def _of_microsoft(address: str) -> bool:
    found = _address(address)
    return found is not None and any(
        found in network for network in _MICROSOFT_NETWORKS if network.version == found.version
    )


def _neighbours(one: str, other: str) -> bool:
    first, second = _address(one), _address(other)
    if first is None or second is None or first.version != second.version:
        return False
    shift = 8 if first.version == 4 else 64
    return int(first) >> shift == int(second) >> shift


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


class _Side:
    """The reader's side while the lines are walked."""

    def __init__(self, own_domains: frozenset[str]) -> None:
        self.domains = {registrable(each) or each for each in own_domains}
        self.public = bool(self.domains)

    def add(self, name: str) -> None:
        """A trusted line's host belongs to it."""
        domain = registrable(name)
        if domain and not online(name):
            self.domains.add(domain)
            self.public = self.public or not internal(name)

    def holds(self, name: str) -> bool:
        """Whether a name is one of its hosts'."""
        return registrable(name) in self.domains

    def may_hold(self, name: str) -> bool:
        """Whether a host behind a private address is taken for one of its."""
        return not name or internal(name) or self.holds(name) or not self.public

    def continues(self, last: Hop, hop: Hop) -> bool:
        """Whether `hop`, below the trusted `last`, was written on this side too."""
        nearby = last.local or near(last.address)
        if online(last.by):
            return online(hop.by) and (nearby or _of_microsoft(last.address))
        if online(hop.by):
            return False
        if nearby:
            return self.may_hold(hop.by)
        if not self.holds(hop.by):
            return False
        return self.holds(last.verified) or (
            not near(last.by_address) and _neighbours(last.address, last.by_address)
        )


def trusts(
    count: int,
    hop_at: Callable[[int], Hop],
    own_domains: frozenset[str],
    *,
    vouched: bool = False,
) -> list[Trust]:
    """How far each of `count` lines can be believed, top first; the rule stands at the module.

    `hop_at(index)` is asked only for the lines that decide. vouched: the reader's own Exchange
    marked the mail as internal.
    """
    found: list[Trust] = []
    side = _Side(own_domains)
    last: Hop | None = None
    for index in range(count):
        hop = hop_at(index)
        if not hop.by and not hop.mentions_peer and found:
            found.append(found[-1])  # qmail's "(invoked by …)": says nothing about the way
            continue
        if last is None or side.continues(last, hop):
            found.append("trusted")
            side.add(hop.by)
            last = hop
            continue
        found.append("forgeable" if side.holds(hop.by) and not vouched else "first-external")
        break
    rest: list[Trust] = ["forgeable"] * (count - len(found))
    return found + rest


def sender_part(count: int, hop_at: Callable[[int], Hop]) -> int:
    """Where the part begins, at the bottom of `count` lines, that never left the sender's network."""
    first = count - 1
    while first > 0:
        above, below = hop_at(first - 1), hop_at(first)
        same = registrable(above.by) and registrable(above.by) == registrable(below.by)
        if online(above.by) or not (same or above.local or near(above.address)):
            break
        first -= 1
    return max(first, 0)
