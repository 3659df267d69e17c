"""SharpHound's collections for BloodHound, versions 4 to 6: groups, computers, domains, containers.

Only what Exchange's trusts rest on is kept; a file of any size is read once, as it arrives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax import bloodhound_objects as objects
from tocsin.formats.syntax.directory_objects import Entry, describe
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.json_records import Lost, at, records, text_at
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence, Inquiry, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

COMPUTERS_LIMIT = 20_000
"""Computers told that carry no name of an Exchange service; those that do are always told."""

TOLD_LIMIT = 50_000
"""Objects told of one file."""

VERSIONS = range(4, 7)
"""Versions of the format that are known."""

_LISTS = frozenset({"data"})
_START = re.compile(r'\s*\{\s*"(?:data"\s*:\s*\[|meta"\s*:\s*\{)')
_OWN = re.compile(r'"(ObjectIdentifier|Aces|IsACLProtected|IsDeleted|ContainedBy|Properties)"\s*:')
_LISTED = re.compile(r'"ObjectIdentifier"\s*:\s*"[^"]{1,200}"\s*,\s*"ObjectType"\s*:')
_META = re.compile(r'"meta"\s*:\s*\{[^{}]*"methods"\s*:\s*-?\d+[^{}]*\}')
_KINDS = {
    "groups": "DirectoryGroup",
    "computers": "DirectoryComputer",
    "domains": "AccessControl",
    "containers": "AccessControl",
}


def recognise(head: bytes) -> int:
    """By the list `data` and the members of its first object, or by the collector's own `meta`."""
    if b'"data"' not in head and b'"meta"' not in head and b"d\0a\0t\0a" not in head:
        return 0
    text = head_text(head).lstrip("\ufeff")
    if not _START.match(text):
        return 0
    if len(set(_OWN.findall(text))) >= 3:
        return 95
    # A group or a domain can begin with a list that is longer than the head.
    return 90 if _META.search(text) or _LISTED.search(text) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """Exchange's groups, computers, rights on domains and AdminSDHolder; an `Inquiry`, a `Look`."""
    del reading
    collection = _Collection(at)
    yield from limited(collection.read(stream), at)
    kind = _KINDS.get(collection.type)
    if kind is not None:
        body = Inquiry(
            seen_by="directory",
            kind=kind,
            side="directory",
            found=collection.told,
            fault="not all of the file could be read" if collection.lost else "",
        )
        yield Evidence(at=at, body=body)
    yield Evidence(at=at, body=Look(seen_by="directory", records=collection.records))


class _Collection:
    """One file while it is read. type: as its `meta` says, which stands at the end or the beginning."""

    def __init__(self, at: Locator) -> None:
        self._at = at
        self.type = ""
        self.records = self.told = 0
        self.lost = False
        self._computers = self._left = self._beyond = 0

    def read(self, stream: BinaryIO) -> Iterator[Evidence | Gap]:
        """What the records say, then what is missing."""
        meta: Any = None
        for item in records(stream, _LISTS):
            place = msgspec.structs.replace(self._at, position=item.position)
            if isinstance(item, Lost):
                self.lost = True
                yield Gap(at=place, why=item.why, kind=item.kind)
            elif item.around:
                meta = at(item.value, "meta")
            else:
                self.records += 1
                yield from self._object(item.value, place)
        yield from self._end(meta)

    def _object(self, value: dict[str, Any], place: Locator) -> Iterator[Evidence | Gap]:
        shape = objects.shape_of(value)
        if at(value, "IsDeleted") is True or not shape:
            return
        if self.told >= TOLD_LIMIT:
            self._beyond += 1
            return
        found: list[Evidence | Gap] = []
        if shape == "group" and objects.is_exchange_group(value):
            found = [objects.group(value, place)]
        elif shape == "computer":
            found = list(self._computer(value, place))
        elif shape == "domain":
            found = [objects.access_control(value, "domain", place)]
        elif shape == "container":
            found = [objects.access_control(value, "AdminSDHolder", place)]
        self.told += bool(found)
        yield from found

    def _computer(self, value: dict[str, Any], place: Locator) -> Iterator[Evidence | Gap]:
        if objects.is_exchange_computer(value):
            yield from describe(_entry(value), place)
        elif self._computers >= COMPUTERS_LIMIT:
            self._left += 1
            return
        else:
            self._computers += 1
        yield objects.computer(value, place)

    def _end(self, meta: Any) -> Iterator[Gap]:
        self.type = text_at(meta, "type").lower()
        version, count = at(meta, "version"), at(meta, "count")
        if meta is None:
            self.lost = True
            why = say(N_("the collection does not say what it is: its end is missing"))
            yield Gap(at=self._at, why=why)
        elif isinstance(version, int) and version not in VERSIONS:
            why = say(
                N_("version {version} of the format is not one of those that are known"),
                version=version,
            )
            yield Gap(at=self._at, why=why, kind="undecided")
        if isinstance(count, int) and count > self.records:
            self.lost = True
            why = say(
                N_("the collection counts {count} objects and holds {found}"),
                count=count,
                found=self.records,
            )
            yield Gap(at=self._at, why=why)
        if self._beyond:
            self.lost = True
            why = say(
                N_("more than {limit} objects with settings; {count} left out"),
                limit=TOLD_LIMIT,
                count=self._beyond,
            )
            yield Gap(at=self._at, kind="limit", why=why)
        if self._left:
            why = say(
                N_("more than {limit} computers; {count} that name no Exchange service left out"),
                limit=COMPUTERS_LIMIT,
                count=self._left,
            )
            yield Gap(at=self._at, kind="limit", why=why)


def _entry(value: dict[str, Any]) -> Entry:
    """A computer as the directory itself would show it."""
    facts = at(value, "Properties")
    spoken = at(facts, "serviceprincipalnames")
    names = [each for each in spoken[:1000] if isinstance(each, str)] if spoken else []
    account = text_at(facts, "samaccountname").removesuffix("$")
    texts = {
        "objectclass": ["computer"],
        "cn": [account] if account else [],
        "dnshostname": [text_at(facts, "name")],
        "serviceprincipalname": names,
    }
    found = {
        name: [each.encode("utf-8", "replace") for each in each_of if each]
        for name, each_of in texts.items()
    }
    return Entry(text_at(facts, "distinguishedname"), found)


FORMAT = Format(
    name="sharphound", title="SharpHound collection", recognise=recognise, read=read, order=40
)
