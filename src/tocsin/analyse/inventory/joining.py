"""Which sightings speak of one server.

Strong: the same FQDN, the same directory object (GUID, distinguished name). Within one
organisation: a short name that fits exactly one FQDN. A sighting that has no name of its own:
an address or a certificate that fits exactly one server. Everything weaker is only noted as
`related`. Names that were published for many machines at once (host names of a scan beside the
server's own `X-FEServer`, names of a certificate) never make two servers one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from tocsin.analyse.inventory.ledger import Sighting, folder_of
from tocsin.analyse.inventory.names import (
    canonical,
    is_full,
    is_internal,
    is_loopback,
    label,
    tells,
)
from tocsin.formats.syntax.domains import registrable
from tocsin.model.evidence import OUTSIDE
from tocsin.model.run import Joining
from tocsin.model.text import N_, say

OWN_NAME_FACTS = ("ntlm-dns-host", "DnsHostName", "NTLM_DNS_Computer_Name")
SHORT_NAME_FACTS = (
    "X-FEServer",
    "ntlm-netbios-host",
    "NetBiosComputerName",
)
"""Facts in which a server that was asked names itself."""
BACK_END_FACTS = ("X-CalculatedBETarget", "X-BEServer")
"""Facts in which it names the server it handed the request to: often, not always, itself."""

_ASKED = frozenset({"shodan", "onyphe", "nmap", "nuclei", "probe"})
"""Sources that know a server under the name it was asked by."""


RELATED_LIMIT = 8
"""Servers that share a value and are still listed as related, each with each."""


class Group(msgspec.Struct, kw_only=True):
    """The sightings of one server."""

    sightings: list[Sighting]
    own: set[str]
    published: set[str]
    joined: list[Joining] = msgspec.field(default_factory=list)
    related: list[Joining] = msgspec.field(default_factory=list)
    maybe_outside: bool = False

    @property
    def addresses(self) -> set[str]:
        """Every address that can tell machines apart."""
        return {a for s in self.sightings for a in s.addresses if not is_loopback(a)}

    @property
    def certificates(self) -> set[str]:
        """Every certificate fingerprint."""
        return {
            i.value.lower()
            for s in self.sightings
            for i in s.identifiers
            if i.kind == "certificate"
        }

    @property
    def updates(self) -> set[tuple[int, int, int]]:
        """The cumulative updates that any source states, by the first three parts."""
        return {
            (s.version.major, s.version.minor, s.version.build)
            for s in self.sightings
            if s.version is not None
        }

    @property
    def full_names(self) -> set[str]:
        """Own names that are fully qualified."""
        return {name for name in self.own if is_full(name)}


def join(sightings: Iterable[Sighting]) -> list[Group]:
    """Group sightings into servers; the order of the input does not matter."""
    ordered = sorted(sightings, key=lambda each: each.key)
    organisations = organisations_of(ordered)
    singles = [_single(each) for each in ordered]
    records: list[Group] = []
    plain: list[Group] = []
    for each in singles:
        (records if _many_names(each) else plain).append(each)
    groups = _many_named(_strong(plain), records)
    groups = _short_names(groups, organisations)
    groups = _nameless(groups, "folder", _folders)
    groups = _nameless(groups, "address", lambda group: group.addresses)
    groups = _nameless(groups, "certificate", lambda group: group.certificates)
    _relate(groups, "address", lambda group: group.addresses)
    _relate(groups, "certificate", lambda group: group.certificates)
    return groups


def own_names(sighting: Sighting) -> set[str]:
    """The names a server has of itself; those it was asked by count only when there are none."""
    names = {name for name in sighting.names if tells(name)}
    if sighting.seen_by not in _ASKED:
        return names
    stated = _stated(sighting, (*OWN_NAME_FACTS, *SHORT_NAME_FACTS))
    behind = _stated(sighting, BACK_END_FACTS)
    if stated:
        short = {label(name) for name in stated}
        return stated | {name for name in behind if label(name) in short}
    return names - behind or names


def _stated(sighting: Sighting, facts: Iterable[str]) -> set[str]:
    named = {canonical(sighting.facts[fact]) for fact in facts if sighting.facts.get(fact)}
    return {name for name in named if tells(name)}


def organisations_of(sightings: Sequence[Sighting]) -> dict[str, str]:
    """Internal domain to the public domain that its mail is sent for, by majority of sightings.

    What is trusted votes first; what a sender could have forged never does: it has more votes.
    """
    votes: dict[str, Counter[tuple[bool, str]]] = {}
    for sighting in sightings:
        if sighting.trust == "forgeable" or not sighting.organisations:
            continue
        for name in sighting.names:
            inside = registrable(name)
            if not inside or not is_internal(inside):
                continue
            for organisation, count in sighting.organisations.items():
                outside = registrable(organisation)
                if outside and not is_internal(outside):
                    vote = (sighting.trust != "trusted", outside)
                    votes.setdefault(inside, Counter())[vote] += count
    return {
        inside: min(counter, key=lambda each: (each[0], -counter[each], each))[1]
        for inside, counter in votes.items()
    }


def organisation_of(group: Group, organisations: dict[str, str]) -> str:
    """The organisation's domain as far as the names tell."""
    names = sorted(group.full_names) or sorted(n for n in group.published if is_full(n))
    domains = [organisations.get(registrable(name), registrable(name)) for name in names]
    if domains:
        return min(domains, key=lambda each: (is_internal(each), -domains.count(each), each))
    stated = Counter[str]()
    for sighting in group.sightings:
        stated.update(sighting.organisations)
    return min(stated, key=lambda each: (-stated[each], each), default="")


def _single(sighting: Sighting) -> Group:
    own = own_names(sighting)
    published = {name for name in sighting.names if tells(name)} - own
    return Group(sightings=[sighting], own=own, published=published)


def _many_names(group: Group) -> bool:
    """Whether it is a scan's record under several full names, none of them told by the host."""
    (sighting,) = group.sightings
    if sighting.seen_by not in _ASKED or len(group.full_names) < 2:
        return False
    return not _stated(sighting, (*OWN_NAME_FACTS, *SHORT_NAME_FACTS))


def _many_named(groups: list[Group], records: list[Group]) -> list[Group]:
    """Join scan records of several names to the one server that has one of them.

    The names may be those of a certificate that many servers share. So where they name two known
    servers, that is noted, and the record keeps only the names that are nobody's.
    """
    holders: dict[str, list[Group]] = {}
    for group in groups:
        for name in group.full_names:
            holders.setdefault(name, []).append(group)
    rest, notes = [], []
    for record in records:
        fitting = {id(g): (g, n) for n in sorted(record.own) for g in holders.get(n, ())}
        if len(fitting) == 1:
            _absorb(next(iter(fitting.values()))[0], record)
            continue
        record.own -= holders.keys()
        notes += [(record, other, name) for other, name in fitting.values()]
        rest.append(record)
    for record, other, name in notes:
        _note(record, other, "fqdn", name)
    return sorted([*groups, *_strong(rest)], key=_order)


def _strong(groups: list[Group]) -> list[Group]:
    """Join by FQDN, GUID and distinguished name."""
    parent = list(range(len(groups)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    home: dict[tuple[str, str], int] = {}
    by_object: dict[int, list[Joining]] = {}
    for index, group in enumerate(groups):
        for key in sorted(_strong_keys(group)):
            first = home.setdefault(key, index)
            one, other = root(first), root(index)
            if one == other:
                continue
            parent[max(one, other)] = min(one, other)
            if key[0] != "fqdn":
                by_object.setdefault(index, []).append(_joining(*key))
    merged: dict[int, Group] = {}
    for index, group in enumerate(groups):
        group.joined.extend(by_object.get(index, []))
        target = merged.setdefault(root(index), group)
        _absorb(target, group)
    return sorted(merged.values(), key=_order)


def _strong_keys(group: Group) -> set[tuple[str, str]]:
    found = {("fqdn", name) for name in group.full_names}
    for sighting in group.sightings:
        found |= {
            (each.kind, each.value.lower())
            for each in sighting.identifiers
            if each.kind in ("guid", "dn")
        }
    return found


def _short_names(groups: list[Group], organisations: dict[str, str]) -> list[Group]:
    """Join a group that has only a short name to the one FQDN of its organisation that fits."""
    full = [group for group in groups if group.full_names]
    kept = list(full)
    for group in groups:
        if group.full_names:
            continue
        labels = {name for name in group.own if not is_full(name)}
        fitting = [other for other in full if labels & {label(name) for name in other.full_names}]
        mine = _organisations(group, organisations)
        same = [other for other in fitting if mine & _organisations(other, organisations)]
        # With no organisation to go by, one single fit among all is taken, and said. But not on
        # the word of a stranger's mail: there is an EX01 everywhere.
        known = any(each.trust == "trusted" for each in group.sightings)
        chosen = same if mine else fitting if known else []
        if len(chosen) == 1:
            name = min(labels & {label(each) for each in chosen[0].full_names})
            chosen[0].joined.append(_joining("short-name", name))
            _absorb(chosen[0], group)
            continue
        for other in fitting:
            name = min(labels & {label(each) for each in other.full_names})
            _note(group, other, "short-name", name)
        twin = next((each for each in kept if not each.full_names and labels & each.own), None)
        if twin is not None and labels and mine == _organisations(twin, organisations):
            _absorb(twin, group)
        else:
            kept.append(group)
    return sorted(kept, key=_order)


def _nameless(groups: list[Group], rule: str, values: Callable[[Group], set[str]]) -> list[Group]:
    """Join a group without any name of its own to the one server that shares its value."""
    kept = [group for group in groups if group.own]
    rest = [group for group in groups if not group.own]
    for group in rest:
        fitting = [
            other for other in kept if values(group) & values(other) and _may_be(group, other)
        ]
        same = [other for other in fitting if group.updates & other.updates]
        if len(same) == 1:
            fitting = same
        if len(fitting) == 1:
            fitting[0].joined.append(_joining(rule, min(values(group) & values(fitting[0]))))
            _absorb(fitting[0], group)
        else:
            kept.append(group)
    return sorted(kept, key=_order)


def _may_be(one: Group, other: Group) -> bool:
    """Whether nothing they state of their cumulative update speaks against one being the other."""
    return not one.updates or not other.updates or bool(one.updates & other.updates)


def _folders(group: Group) -> set[str]:
    """Folders of the exports: an ExSetup version beside the one server it was read on."""
    return {
        folder_of(each.at.source)
        for sighting in group.sightings
        if sighting.seen_by == "export"
        for each in sighting.proofs
    }


def _relate(groups: list[Group], rule: str, values: Callable[[Group], set[str]]) -> None:
    """Note what two servers share without joining them."""
    holders: dict[str, list[Group]] = {}
    for group in groups:
        for value in values(group):
            holders.setdefault(value, []).append(group)
    for value, sharing in sorted(holders.items()):
        outside = any(_outside_only(each) for each in sharing)
        for one in sharing:
            one.maybe_outside |= outside and len(sharing) > 1
        # A value shared by many is a gateway or a wildcard certificate: too much to list.
        if 1 < len(sharing) <= RELATED_LIMIT:
            for one in sharing:
                for other in sharing:
                    if one is not other:
                        _note(one, other, rule, value, both=False)


def _note(one: Group, other: Group, rule: str, value: str, *, both: bool = True) -> None:
    name = display_name(other)
    one.related.append(
        Joining(
            rule=rule,
            value=value,
            because=say(
                N_("shares the {rule} {value} with {name}, which alone does not make them one"),
                rule=rule,
                value=value,
                name=name,
            ),
        )
    )
    one.maybe_outside |= _outside_only(other)
    if both:
        _note(other, one, rule, value, both=False)


def _outside_only(group: Group) -> bool:
    return all(each.seen_by in OUTSIDE for each in group.sightings)


def display_name(group: Group) -> str:
    """The name a server is called by: the best proven own name, else an address."""
    weight: Counter[str] = Counter()
    rank = {"directory": 5, "export": 5, "exchange-online": 4, "probe": 4, "mail": 3}
    for sighting in group.sightings:
        worth = rank.get(sighting.seen_by, 2) if sighting.trust != "forgeable" else 1
        for name in own_names(sighting) & group.own:
            weight[name] = max(weight[name], worth)
    if weight:
        return min(weight, key=lambda each: (not is_full(each), -weight[each], each))
    return min(
        group.published or group.addresses or {n for s in group.sightings for n in s.names},
        default="?",
    )


def _organisations(group: Group, organisations: dict[str, str]) -> set[str]:
    names = group.own | group.published
    found = {
        organisations.get(registrable(name), registrable(name)) for name in names if is_full(name)
    }
    for sighting in group.sightings:
        for organisation in sighting.organisations:
            found.add(registrable(organisation) or organisation)
    return found - {""}


def _joining(rule: str, value: str) -> Joining:
    return Joining(
        rule=rule,
        value=value,
        because=say(N_("joined by the same {rule}: {value}"), rule=rule, value=value),
    )


def _absorb(target: Group, other: Group) -> None:
    if target is other:
        return
    target.sightings.extend(other.sightings)
    target.own |= other.own
    target.published |= other.published
    target.published -= target.own
    target.joined.extend(other.joined)
    target.related.extend(other.related)
    target.maybe_outside |= other.maybe_outside


def _order(group: Group) -> tuple[str, ...]:
    return (display_name(group), *sorted(str(each.key) for each in group.sightings))
