"""What CISA's ScubaGear collected of a tenant: `ProviderSettingsExport.json`, `ScubaResults*.json`.

Of its collections those are read that `kinds.toml` names. A collection of nothing, `[null]`, was
asked for and is empty; one that is not there was not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_reading import GAPS_LIMIT, settings_told
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.health_checker import time_of
from tocsin.formats.syntax.json_members import Broken, Member, members
from tocsin.formats.syntax.records import Object, from_plain
from tocsin.formats.syntax.setting_kind import of_key
from tocsin.formats.syntax.setting_scuba import applications, role_members, tenant
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.formats.syntax.text_stream import head_text
from tocsin.knowledge.hybrid import Kind, kinds
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Inquiry, Side
from tocsin.model.text import N_, say

_INTO = frozenset(("Raw",))
"""Where the consolidated results keep the collections."""

_HEAD = re.compile(r'"(baseline_version|module_version|timestamp_zulu|tenant_details)"\s*:')
_RESULTS = re.compile(r'"Tool"\s*:\s*"ScubaGear"')

_ASKED_WITH = {
    "legacy_exchange_service_principal": "Get-LegacyExchangeServicePrincipal",
    "dedicated_exchange_hybrid_applications": "Get-DedicatedExchangeHybridApplications",
    "privileged_users": "Get-PrivilegedUser",
}
"""ScubaGear's own functions; the other collections bear their cmdlet's answers."""

_REFUSED = ("exo_unsuccessful_commands", "aad_unsuccessful_commands")


def recognise(head: bytes) -> int:
    """An object that begins with ScubaGear's own members."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        return 0
    return 97 if len(set(_HEAD.findall(text))) >= 2 or _RESULTS.search(text) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The objects of every collection that is known, what was asked, then one `Look`."""
    del reading
    return limited(_Collections(at).read(stream), at, GAPS_LIMIT)


class _Collections:
    """The file while it is read; what was refused stands at its end."""

    def __init__(self, at: Locator) -> None:
        self._at = at
        self._seen: datetime | None = None
        self._found: dict[str, int] = {}
        self._faults: dict[str, str] = {}
        self._refused: set[str] = set()
        self._records = 0
        self._roles = 0

    def read(self, stream: BinaryIO) -> Iterator[Evidence | Gap]:
        keys = frozenset(key for kind in kinds().values() for key in kind.keys)
        for member in members(stream, keys, _INTO):
            if isinstance(member, Broken):
                place = msgspec.structs.replace(self._at, position=member.position)
                yield Gap(at=place, why=member.why, kind=member.kind)
            elif member.name == "timestamp_zulu" and isinstance(member.value, str):
                self._seen = time_of(member.value)
            elif member.name in _REFUSED and isinstance(member.value, list):
                self._refused |= {each for each in member.value if isinstance(each, str)}
            elif (kind := of_key(member.name)) is not None:
                yield from self._collection(member, kind)
        yield from self._inquiries()
        yield Evidence(at=self._at, body=Look(seen_by="export", records=self._records))

    def _collection(self, member: Member, kind: Kind) -> Iterator[Evidence | Gap]:
        self._found.setdefault(member.name, 0)
        if member.count is not None or member.value is None:
            return
        self._records += 1
        place = msgspec.structs.replace(self._at, position=member.position)
        try:
            thing = from_plain(member.value)
        except ValueError as error:
            yield Gap(at=place, why=say(N_("cannot be read: {fault}"), fault=str(error)))
            return
        if not isinstance(thing, Object):
            yield Gap(at=place, why=say(N_("not an object, but {text}"), text=str(thing)[:100]))
            return
        for name, each in self._objects(member.name, kind, thing):
            self._found[member.name] += name == kind.name
            self._roles += name == "AppRoleAssignment"
            origin = Origin(syntax="json", kind=name, side=_side(kinds()[name]))
            for told in settings_told(each, place, origin):
                seen = self._seen
                is_evidence = isinstance(told, Evidence)
                yield msgspec.structs.replace(told, seen=seen) if is_evidence else told

    def _objects(self, key: str, kind: Kind, thing: Object) -> Iterator[tuple[str, Object]]:
        """The objects of a collection's entry under Graph's names, each with its kind."""
        if key == "dedicated_exchange_hybrid_applications":
            yield from applications(thing)
        elif key == "privileged_users":
            yield from role_members(thing)
        elif key == "tenant_details":
            found = tenant(thing)
            if isinstance(found, str):
                self._faults[key] = found
            else:
                yield kind.name, found
        else:
            yield kind.name, thing

    def _inquiries(self) -> Iterator[Evidence]:
        for key, count in self._found.items():
            kind = of_key(key)
            if kind is None:
                continue
            command = _ASKED_WITH.get(key, kind.cmdlet)
            fault = self._faults.get(key, "")
            if command in self._refused:
                fault = f"{command}: unsuccessful, says ScubaGear"
            place = msgspec.structs.replace(self._at, position=key)
            for name, found in ((kind.name, count), *self._beside(key)):
                body = Inquiry(kind=name, side=_side(kind), found=found, fault=fault)
                yield Evidence(at=place, body=body, seen=self._seen)

    def _beside(self, key: str) -> Iterator[tuple[str, int]]:
        """Hybrid applications are found by the roles that were granted."""
        if key == "dedicated_exchange_hybrid_applications":
            yield "AppRoleAssignment", self._roles


def _side(kind: Kind) -> Side:
    """ScubaGear asks the cloud only."""
    return kind.side or "exchange-online"


FORMAT = Format(
    name="scubagear",
    title="Settings or results of CISA's ScubaGear",
    recognise=recognise,
    read=read,
    order=44,
)
