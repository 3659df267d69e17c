"""Which logs a rule is asked of, and what its logsource demands of a row beside its conditions."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table
from tocsin.knowledge.sigma.tree import Node, Same, both, either
from tocsin.knowledge.surfaces import surfaces

SYSMON = "Microsoft-Windows-Sysmon"


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alternative: the row's channel or provider is one of these, its id one of those."""

    channel: tuple[str, ...]
    provider: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()

    def node(self) -> Node:
        """The test of a row. The channel counts, or the provider."""
        told: list[Node] = [_same("Channel", self.channel)]
        if self.provider:
            told.append(_same("Provider_Name", self.provider))
        nodes: list[Node] = [either(told)]
        if self.ids:
            nodes.append(_same("EventID", tuple(str(each) for each in self.ids)))
        return both(nodes)

    def stands_for(self) -> dict[str, str]:
        """The fields of a row that meets it, for examples that leave them out."""
        found = {"Channel": self.channel[0]}
        if self.provider:
            found["Provider_Name"] = self.provider[0]
        return found | ({"EventID": str(self.ids[0])} if self.ids else {})


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the table; `service = "*"` is any."""

    product: str = ""
    category: str = ""
    service: str = ""
    surfaces: tuple[str, ...]
    when: tuple[When, ...] = ()
    fields: dict[str, tuple[str, ...]] = {}


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`data/sigma/logsources.toml`."""

    logsource: tuple[Entry, ...]
    exchange: dict[str, tuple[str, ...]]
    exchange_groups: dict[str, tuple[str, ...]] = {}
    sysmon: dict[str, tuple[int, ...]]
    channels: dict[str, tuple[str, ...]]
    providers: dict[str, tuple[str, ...]]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a logsource comes to. surfaces: none, if no log that is read here answers it.

    guard: what a row of the surface `windows` must meet besides. fields: other names of a field.
    """

    surfaces: tuple[str, ...]
    guard: Node | None = None
    fields: dict[str, tuple[str, ...]] = {}
    when: tuple[When, ...] = ()

    def names(self, field: str) -> tuple[str, ...]:
        """The fields that answer for a name of the rule."""
        return (field, *self.fields.get(field, ()))


@lru_cache(maxsize=1024)
def asked(product: str, category: str, service: str) -> Asked:
    """The logs that answer a logsource; each part empty where the rule does not name it."""
    found: list[str] = []
    if product == "exchange":
        if not category and service in _table().exchange["services"]:
            found.append(service)
        elif not category:
            found += _table().exchange_groups.get(service, ())
        return Asked(surfaces=tuple(found))
    when: tuple[When, ...] = ()
    fields: dict[str, tuple[str, ...]] = {}
    for entry in _entries():
        if _answers(entry, product, category, service):
            found += entry.surfaces
            when += entry.when
            fields |= entry.fields
    found += [
        name for name, surface in surfaces().items() if surface.answers(product, category, service)
    ]
    guard = either(each.node() for each in when) if when else None
    return Asked(surfaces=tuple(dict.fromkeys(found)), guard=guard, fields=fields, when=when)


def _answers(entry: Entry, product: str, category: str, service: str) -> bool:
    """A rule that names less than the entry is answered by it, if it names the decisive part."""
    if product and entry.product and product != entry.product:
        return False
    if product and not entry.product and product not in ("windows", "exchange"):
        return False
    if category or entry.category:
        return category == entry.category and (not service or service in ("sysmon", entry.service))
    if service or entry.service:
        return bool(service) and (
            entry.service == service or (entry.service == "*" and product != "")
        )
    return product == entry.product


@cache
def _table() -> Table:
    path = resources.files("tocsin.knowledge") / "data" / "sigma" / "logsources.toml"
    return toml_table(path.read_bytes(), Table)


@cache
def _entries() -> tuple[Entry, ...]:
    """Every row of the table, those of the short lists written out."""
    table = _table()
    sysmon = tuple(
        Entry(
            product="windows",
            category=category,
            surfaces=("windows",),
            when=(When(channel=(f"{SYSMON}/Operational",), provider=(SYSMON,), ids=ids),),
        )
        for category, ids in table.sysmon.items()
    )
    services = tuple(
        Entry(
            product="windows",
            service=service,
            surfaces=("windows",),
            when=(When(channel=channel, provider=table.providers.get(service, ())),),
        )
        for service, channel in table.channels.items()
    )
    return (*table.logsource, *sysmon, *services)


def _same(field: str, values: tuple[str, ...]) -> Same:
    return Same((field,), frozenset(value.lower() for value in values))
