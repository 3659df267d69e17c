"""What AD's objects say as settings: Exchange's configuration under the names that its cmdlets use,
Exchange's groups, computers, and rights on the domain.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.directory_attributes import (
    ABSENT,
    CLASSES,
    OVERRIDE,
    SETTING_ATTRIBUTES,
    Class,
)
from tocsin.formats.syntax.directory_entry import Entry, own_name
from tocsin.formats.syntax.directory_principals import (
    access_control,
    classes_of,
    computer,
    folded,
    group,
    guid_of,
    is_complete,
    is_computer,
    is_exchange_group,
    is_group,
    well_known,
)
from tocsin.formats.syntax.setting_override import override_of
from tocsin.knowledge.hybrid import kinds
from tocsin.model.evidence import QUOTE_LIMIT, Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Lost, Setting, Side
from tocsin.model.text import N_, say

COMPUTERS_LIMIT = 20_000
"""Computers told that carry no name of an Exchange service; those that do are always told."""

HELD_SIZE = 16 * 1024 * 1024
"""Bytes of groups kept in mind until it is known whether they are Exchange's under another name."""

SETTINGS_LIMIT = 100_000
"""Objects told of one directory."""

ITEMS_LIMIT = 1000
"""Values of one property; one that has as many or more is told as lost."""

_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z")


class Directory:
    """Entries of one directory in, settings out; groups wait until the object that names them can
    have passed.

    complete: every attribute was asked for, so what an entry lacks is empty; None: the entry itself
    shows it. found: how many objects of each kind were told.
    """

    def __init__(self, *, complete: bool | None = None) -> None:
        self.complete = complete
        self.found: Counter[str] = Counter()
        self._known: dict[str, str] = {}
        self._held: dict[str, tuple[Entry, Locator, bool]] = {}
        self._size = self._unheld = 0
        self._computers = self._left = self._beyond = 0

    def read(self, entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
        """What one entry says; nothing for objects of other kinds and for deleted ones."""
        self._known |= well_known(entry)
        if entry.text("isDeleted").upper() == "TRUE" or "\\0adel:" in entry.dn.lower():
            return
        yield from self._counted(self._read(entry, at))

    def end(self, at: Locator) -> Iterator[Evidence | Gap]:
        """The groups that are Exchange's, then what was left out. at: the directory."""
        groups = (
            group(entry, place, self._known, complete=complete)
            for entry, place, complete in self._held.values()
            if is_exchange_group(entry, self._known)
        )
        yield from self._counted(groups)
        if self._left:
            why = say(
                N_("more than {limit} computers; {count} that name no Exchange service left out"),
                limit=COMPUTERS_LIMIT,
                count=self._left,
            )
            yield Gap(at=at, kind="limit", why=why)
        if self._unheld:
            why = say(
                N_("{count} groups were not held against the GUIDs of Exchange's groups: too many"),
                count=self._unheld,
            )
            yield Gap(at=at, kind="limit", why=why)
        if self._beyond:
            why = say(
                N_("more than {limit} objects with settings; {count} left out"),
                limit=SETTINGS_LIMIT,
                count=self._beyond,
            )
            yield Gap(at=at, kind="limit", why=why)

    def _counted(self, found: Iterable[Evidence | Gap]) -> Iterator[Evidence | Gap]:
        for each in found:
            if isinstance(each, Evidence) and isinstance(each.body, Setting):
                if self.found.total() >= SETTINGS_LIMIT:
                    self._beyond += 1
                    continue
                self.found[each.body.kind] += 1
            yield each

    def _hold(self, entry: Entry, at: Locator, *, complete: bool) -> None:
        """Keep a group in mind: the object that names Exchange's can stand behind it."""
        kept = _kept(entry)
        size = len(kept.dn) + sum(len(v) for values in kept.attributes.values() for v in values)
        if self._size + size > HELD_SIZE and not is_exchange_group(entry, self._known):
            self._unheld += 1
            return
        self._size += size
        self._held[folded(entry.dn)] = (kept, at, complete)

    def _read(self, entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
        complete = is_complete(entry) if self.complete is None else self.complete
        classes = classes_of(entry)
        known = next((CLASSES[name] for name in classes if name in CLASSES), None)
        if known is not None:
            yield configuration(entry, at, known, complete=complete)
        elif is_group(entry):
            self._hold(entry, at, complete=complete)
        elif is_computer(entry):
            spoken = [each.lower() for each in entry.texts("servicePrincipalName", ITEMS_LIMIT)]
            if any(each.startswith(("exchangemdb/", "exchangerfr/")) for each in spoken):
                yield computer(entry, at, complete=complete)
            elif self._computers < COMPUTERS_LIMIT:
                self._computers += 1
                yield computer(entry, at, complete=complete)
            else:
                self._left += 1
        yield from access_control(entry, at)


def side_of(kind: str) -> Side:
    """Where objects of a kind live that a directory tells: Exchange's own, or the directory's."""
    return kinds()[kind].side or "on-premises"


def _kept(entry: Entry) -> Entry:
    wanted = ("cn", "member", "objectsid", "objectguid", "objectclass")
    return Entry(
        entry.dn, {name: entry.attributes[name] for name in wanted if name in entry.attributes}
    )


def configuration(entry: Entry, at: Locator, known: Class, *, complete: bool) -> Evidence:
    """One object of Exchange's configuration."""
    name = own_name(entry)
    where = distinguished_name.place(entry.dn)
    properties: dict[str, Any] = {
        "Name": name,
        "Identity": f"{where.server}\\{name}" if where else name,
        "DistinguishedName": entry.dn,
        **({"Server": where.server} if where else {}),
        **guid_of(entry),
        **_times(entry),
    }
    lost: dict[str, Lost] = {}
    for spelled, (attribute, convert) in known.properties.items():
        raw = entry.attributes.get(attribute.lower(), [])
        if len(raw) >= ITEMS_LIMIT:
            lost[spelled] = "cut"
        elif raw or complete:
            value = convert(entry.texts(attribute, ITEMS_LIMIT))
            if value is not ABSENT:
                properties[spelled] = value
    if known.kind == "SettingOverride":
        properties |= override_of(entry.text(OVERRIDE))
    body = Setting(
        seen_by="directory",
        kind=known.kind,
        side=side_of(known.kind),
        name=name,
        server=where.server if where else "",
        properties=properties,
        lost=lost,
    )
    return Evidence(at=at, body=body, quote=f"dn: {entry.dn}"[:QUOTE_LIMIT])


def _times(entry: Entry) -> dict[str, str]:
    """When the object was made and changed, in UTC, under both of the cmdlets' names."""
    found: dict[str, str] = {}
    for name in ("whenCreated", "whenChanged"):
        match = _TIME.fullmatch(entry.text(name))
        if match is not None:
            year, month, day, hour, minute, second = match.groups()
            text = f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"
            spelled = name[0].upper() + name[1:]
            found |= {spelled: text, f"{spelled}UTC": text}
    return found


__all__ = ["SETTING_ATTRIBUTES", "Directory", "configuration", "side_of"]
