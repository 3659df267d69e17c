"""Which names in which logs are one host: an IIS log knows an address where HttpProxy knows a name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from tocsin.analyse.hunt.findings import by_name, server_of
from tocsin.analyse.hunt.groups import Group
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.model.event import Event
from tocsin.model.hunt import TENANT_LOGS

OWN_ADDRESS = ("s-ip", "ServerIP", "server-ip", "local-endpoint")
"""Fields in which a server writes its own address."""

NO_HOST = TENANT_LOGS
"""Logs whose rows call no machine a host."""

_PARTS = re.compile(r"[/\\!]")


class Hosts(msgspec.Struct, frozen=True, kw_only=True):
    """names: one name by each printed one (lower case). places: one name by the source of rows that
    say no name, where a folder of its path is a server's name. owners: host by each of its own
    addresses. only: the one host of all, which rows without a name are then of; else empty."""

    names: dict[str, str]
    places: dict[str, str]
    owners: dict[str, str]
    only: str

    def of(self, printed: str, source: str = "") -> str:
        """The one name of a host as printed in a source; empty if it cannot be told."""
        name = plain(printed)
        if is_address(name) or not name:
            return shown(self.places.get(source) or self.names.get(name) or name or self.only)
        return shown(self.names.get(name, name))

    def at(self, address: str) -> str:
        """The host that has this address or is called so; empty if none does."""
        return shown(self.owners.get(address) or self.names.get(plain(address), ""))


def shown(name: str) -> str:
    """A host as a reader knows it: Windows writes the names of machines in capitals."""
    return name.upper() if name and "." not in name and not is_address(name) else name


def plain(printed: str) -> str:
    r"""A printed host in lower case, without the dot or backslashes around it."""
    return printed.strip().strip("\\").rstrip(".").lower()


def is_address(name: str) -> bool:
    """Whether it is an IP address."""
    return address(name) is not None


@lru_cache(maxsize=1 << 16)
def address(printed: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IP address without its port, brackets or zone; IPv4 in IPv6 as IPv4. None if it is none."""
    text = printed.strip().partition("%")[0]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found


def hosts(
    groups: Sequence[Group], stats: Iterable[LogFileStat], servers: Mapping[str, str]
) -> Hosts:
    """Learn from all rows that were kept, all logs that were read and the inventory."""
    groups = [each for each in groups if each.surface not in NO_HOST]
    printed = {(each.host, source(each)) for each in groups}
    printed |= {(each.host, each.source) for each in stats if each.surface not in NO_HOST}
    names = _named({plain(host) for host, _ in printed}, servers)
    named = {names[each] for each in names if not is_address(each)}
    places = {
        where: found
        for host, where in printed
        if (not host or is_address(plain(host))) and (found := _folder(where, names))
    }
    names |= _by_request(groups, names)
    loose = {each for each, one in names.items() if is_address(each) and one == each}
    if len(named) == 1 and len(loose) == 1:
        names[next(iter(loose))] = next(iter(named))
    every = {one for each, one in names.items() if each}
    known = Hosts(
        names=names, places=places, owners={}, only=next(iter(every)) if len(every) == 1 else ""
    )
    return msgspec.structs.replace(known, owners=_owners(groups, known))


def source(group: Group) -> str:
    """Where the rows of a group stand: the source of the first that is kept."""
    return group.events[0].at.source if group.events else ""


def _named(printed: set[str], servers: Mapping[str, str]) -> dict[str, str]:
    """One name for each: the short one, unless two domains have it; of one server, the first."""
    full: dict[str, set[str]] = {}
    for name in printed:
        if name and not is_address(name):
            full.setdefault(name.partition(".")[0], set())
            if "." in name:
                full[name.partition(".")[0]].add(name)
    names = {}
    known = by_name(servers)
    for name in printed:
        short = name.partition(".")[0]
        alone = not is_address(name) and len(full.get(short, ())) < 2
        # The inventory may know another server of that short name, in another domain.
        server = server_of(name, known)
        alone = alone and (not server or server_of(short, known) == server)
        names[name] = short if alone else name
    of_server: dict[str, str] = {}
    for name in sorted(names, key=lambda each: (is_address(each), each)):
        server = server_of(name, known)
        if server:
            names[name] = of_server.setdefault(server, names[name])
    names.pop("", None)
    return names


def _folder(where: str, names: Mapping[str, str]) -> str:
    """The host that a folder of the path is named after, the innermost one."""
    for part in reversed(_PARTS.split(where.lower())[:-1]):
        if part in names and not is_address(part):
            return names[part]
    return ""


def _by_request(groups: Iterable[Group], names: Mapping[str, str]) -> dict[str, str]:
    """Addresses whose rows share request ids with the rows of one named host, and of no other."""
    asked: dict[str, set[str]] = {}
    for group in groups:
        for each in group.ids:
            asked.setdefault(each, set()).add(plain(group.host))
    other: dict[str, set[str]] = {}
    for together in asked.values():
        for name in together:
            if is_address(name):
                other.setdefault(name, set()).update(
                    names[each] for each in together if each and not is_address(each)
                )
    return {name: next(iter(found)) for name, found in other.items() if len(found) == 1}


def _owners(groups: Iterable[Group], known: Hosts) -> dict[str, str]:
    """The host by each address that its rows or the inventory say is its own, and no other's."""
    own: dict[str, set[str]] = {}
    for group in groups:
        host = known.of(group.host, source(group))
        if not host:
            continue
        for each in group.events:
            if isinstance(each.body, Event):
                for name in OWN_ADDRESS:
                    if (found := address(each.body.fields.get(name, ""))) is not None:
                        own.setdefault(str(found), set()).add(host)
    for name, host in known.names.items():
        if (found := address(name)) is not None:
            own.setdefault(str(found), set()).add(host)
    return {each: next(iter(of)) for each, of in own.items() if len(of) == 1}
