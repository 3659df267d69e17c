"""What the user asks for: targets, ports, limits; read strictly, before anything is sent."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from tocsin.model.text import N_, Sentence, say

TARGETS_LIMIT = 1 << 20
"""Addresses and names in all: a /12. More are refused before anything is sent, never cut."""

PORTS_LIMIT = 64
"""Ports of one target."""

CONCURRENCY_LIMIT = 4096
"""Connections that may be open at once; the system's own limit of open files is lower."""

DEFAULT_PORTS = ("https:443", "http:80", "smtp:25", "smtp:587")

Service = Literal["https", "http", "smtp"]

_USUAL: dict[int, Service] = {
    25: "smtp",
    587: "smtp",
    717: "smtp",
    2525: "smtp",
    80: "http",
    81: "http",
    8080: "http",
}
"""What speaks on a port that was given as a mere number; every other one is taken for HTTPS.

717 and 2525 are Exchange's own (outbound front end, hub transport), 81 and 444 its back end.
"""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_TARGET = re.compile(r"(?:(https?|smtp)://)?(\[[0-9a-f:.]+\]|[^\[\]:/\s]+)(?::(\d{1,5}))?/?")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ProbeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look at, and how gently.

    targets: host names, addresses, networks (`10.1.0.0/24`), each with a port of its own if it is
    like `host:8443`, `[2001:db8::1]:443` or `smtp://host:2525`. allow: names and networks that may
    be touched, the targets themselves when empty. ports: `443`, `https:8443`, `http:8080`,
    `smtp:2525`. rate: new connections a second, 0 for no limit. concurrency: connections open at
    once. connect_timeout, answer_timeout, host_timeout: seconds for a connection to come about
    (TLS apart), for each answer (TLS handshakes too), and for all of one target, waiting for the
    rate not counted. ntlm: ask for the NTLM challenge, which names the server. state: file of
    finished targets, which are not asked again.
    """

    targets: tuple[str, ...]
    allow: tuple[str, ...] = ()
    ports: tuple[str, ...] = DEFAULT_PORTS
    rate: float = 100.0
    concurrency: int = 200
    connect_timeout: float = 4.0
    answer_timeout: float = 10.0
    host_timeout: float = 60.0
    ntlm: bool = True
    state: Path | None = None


class Port(msgspec.Struct, frozen=True):
    """A port and what is spoken there."""

    service: Service
    number: int

    def __str__(self) -> str:
        return f"{self.service}:{self.number}"


class Target(msgspec.Struct, frozen=True):
    """One name or address to look at. host: lower case; an IPv6 address without brackets."""

    host: str
    ports: tuple[Port, ...]

    @property
    def key(self) -> str:
        """What the state file knows it by."""
        return f"{self.host} {','.join(map(str, self.ports))}"

    @property
    def address(self) -> Address | None:
        """The address, when the host is one."""
        return as_address(self.host)

    def url(self, port: Port) -> str:
        """Where a piece of evidence says it was seen."""
        return f"{port.service}://{bracketed(self.host)}:{port.number}"


class AddressSet:
    """Networks, and whether an address is in one: as fast for many networks as for one."""

    def __init__(self) -> None:
        self._prefixes: dict[tuple[int, int], set[int]] = {}

    def add(self, network: Network) -> None:
        """Take in every address of a network."""
        shift = network.max_prefixlen - network.prefixlen
        prefixes = self._prefixes.setdefault((network.version, shift), set())
        prefixes.add(int(network.network_address) >> shift)

    def __contains__(self, address: Address) -> bool:
        number = int(address)
        return any(
            version == address.version and number >> shift in prefixes
            for (version, shift), prefixes in self._prefixes.items()
        )


def bracketed(host: str) -> str:
    """An IPv6 address as URLs and Host headers write it."""
    return f"[{host}]" if ":" in host else host


def as_address(text: str) -> Address | None:
    """An address; an IPv4 address written as an IPv6 one is the IPv4 address it leads to."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def as_network(text: str) -> Network | None:
    """A network or a single address; None for anything else."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def parse_port(text: str) -> Port:
    """Read `443` or `https:8443`. Raises ValueError."""
    word, colon, digits = text.strip().lower().rpartition(":")
    number = int(digits) if re.fullmatch(r"\d{1,5}", digits) else 0
    if not 0 < number < 65536:
        msg = f"not a port: {text[:80]!r}"
        raise ValueError(msg)
    if not colon:
        return Port(_USUAL.get(number, "https"), number)
    for service in ("https", "http", "smtp"):
        if word == service:
            return Port(service, number)
    msg = f"not a service (https, http, smtp): {text[:80]!r}"
    raise ValueError(msg)


def read_target(text: str, ports: tuple[Port, ...]) -> tuple[str | Network, tuple[Port, ...]]:
    """A target as the user wrote it: a name or a network, with its ports. Raises ValueError."""
    wanted = text.strip().lower().rstrip(".")
    network = as_network(wanted)
    if network is not None:
        return network, ports
    match = _TARGET.fullmatch(wanted)
    if match is None:
        msg = f"neither a host nor a network: {text[:80]!r}"
        raise ValueError(msg)
    service, host, number = match[1], match[2].strip("[]").rstrip("."), match[3]
    if number:
        ports = (parse_port(f"{service}:{number}" if service else number),)
    elif service:
        ports = (parse_port(f"{service}:{ {'https': 443, 'http': 80, 'smtp': 25}[service] }"),)
    single = as_network(host)
    if single is not None and single.num_addresses == 1:
        return single, ports
    # All digits and dots, yet no address: a slip of the pen, never a name.
    if _NAME.fullmatch(host) is None or re.fullmatch(r"[\d.]+", host):
        msg = f"neither a host nor a network: {text[:80]!r}"
        raise ValueError(msg)
    return host, ports


def fault(settings: ProbeSettings) -> Sentence | None:
    """What is wrong with the settings; None when nothing is."""
    if not settings.targets:
        return say(N_("no target was named"))
    numbers = (settings.connect_timeout, settings.answer_timeout, settings.host_timeout)
    if min(numbers) <= 0 or settings.rate < 0:
        return say(N_("timeouts must be above zero, the rate not below"))
    if not 0 < settings.concurrency <= CONCURRENCY_LIMIT:
        return say(N_("concurrency must be 1 to {limit}"), limit=CONCURRENCY_LIMIT)
    if not 0 < len(settings.ports) <= PORTS_LIMIT:
        return say(N_("1 to {limit} ports must be named"), limit=PORTS_LIMIT)
    try:
        total = count(settings)
    except ValueError as error:
        return say(N_("cannot be probed: {error}"), error=str(error))
    if total > TARGETS_LIMIT:
        return say(
            N_("{count} addresses are more than the {limit} that are probed in one run"),
            count=total,
            limit=TARGETS_LIMIT,
        )
    for text in settings.allow:
        name = text.strip().lower().rstrip(".")
        if as_network(name) is None and _NAME.fullmatch(name) is None:
            return say(N_("neither a name nor a network: {value}"), value=text[:80])
    return None


def targets(settings: ProbeSettings) -> Iterator[Target]:
    """Every target once, in order, one address at a time. The settings must be without fault."""
    ports = tuple(dict.fromkeys(map(parse_port, settings.ports)))
    names: set[Target] = set()
    covered: dict[tuple[Port, ...], AddressSet] = {}
    for text in settings.targets:
        wanted, own = read_target(text, ports)
        if isinstance(wanted, str):
            target = Target(wanted, own)
            if target not in names:
                names.add(target)
                yield target
            continue
        before = covered.setdefault(own, AddressSet())
        for address in wanted:
            if address not in before:
                yield Target(str(as_address(str(address))), own)
        before.add(wanted)


def count(settings: ProbeSettings) -> int:
    """How many targets `targets` gives at most. Raises ValueError for what is no target."""
    ports = tuple(map(parse_port, settings.ports))
    found = (read_target(text, ports)[0] for text in settings.targets)
    return sum(1 if isinstance(each, str) else each.num_addresses for each in found)
