"""Answers of Microsoft Graph: applications, who holds which of their roles, directory roles, the tenant.

Also what its PowerShell modules make of the same objects with `ConvertTo-Json`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_reading import GAPS_LIMIT, settings_told
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.json_records import Lost, Record, records
from tocsin.formats.syntax.records import Object, from_plain
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.setting_expanded import expanded
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Inquiry, Setting
from tocsin.model.text import N_, say

_SNIFFED = 4096

_CONTEXT = re.compile(
    r'"@odata\.context"\s*:\s*"https:\\?/\\?/[\w.]*(?:graph\.microsoft|microsoftgraph)[\w.\-]*'
    r'\\?/(?:v1\.0|beta)\\?/\$metadata#([^"]{1,2000})"'
)
_NAME = re.compile(r'"([A-Za-z]\w{1,60})"\s*:')

_KINDS = {
    "serviceprincipals": "ServicePrincipal",
    "applications": "Application",
    "approleassignments": "AppRoleAssignment",
    "approleassignedto": "AppRoleAssignment",
    "organization": "Tenant",
    "directoryroles": "DirectoryRoleMember",
    "roleassignments": "DirectoryRoleMember",
}
"""The last name of an answer's context to what its objects are."""

_OF_NOBODY = frozenset(("directoryobjects", "owners", "members", "users"))
"""Objects of which the answer does not say whose owners or members they are."""

_MARKS = (
    {"appid", "appownerorganizationid"},
    {"appid", "keycredentials"},
    {"appid", "passwordcredentials"},
    {"appid", "serviceprincipaltype"},
    {"approleid", "principalid"},
)


def recognise(head: bytes) -> int:
    """A context of Graph's that is read here, or objects with the names of Graph's properties."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] not in ("{", "["):
        return 0
    context = _CONTEXT.search(text)
    if context is not None:
        last = _last(context[1])
        return 92 if last in _KINDS or last in _OF_NOBODY else 0
    names = {name.lower() for name in _NAME.findall(text)}
    return 74 if any(marks <= names for marks in _MARKS) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The objects of every answer, what was asked, then one `Look`."""
    del reading
    head = stream.read(_SNIFFED)
    context = _CONTEXT.search(head_text(head))
    again: Any = Rewound(head, stream)
    return limited(_Answers(at, context[1] if context else "").read(again), at, GAPS_LIMIT)


class _Answers:
    def __init__(self, at: Locator, context: str) -> None:
        self._at = at
        self._context = context
        self._found: Counter[str] = Counter()
        self._count = 0
        self._nameless = False

    def read(self, stream: BinaryIO) -> Iterator[Evidence | Gap]:
        for item in records(stream, frozenset(("value",))):
            place = msgspec.structs.replace(self._at, position=item.position)
            if isinstance(item, Lost):
                yield Gap(at=place, why=item.why, kind=item.kind)
            elif item.around:
                yield from self._end(item, place)
            else:
                yield from self._record(item, place)
        yield Evidence(at=self._at, body=Look(seen_by="export", records=self._count))

    def _record(self, item: Record, place: Locator) -> Iterator[Evidence | Gap]:
        self._count += 1
        own = item.value.get("@odata.context")
        context = own.partition("#")[2] if isinstance(own, str) else self._context
        last = _last(context)
        kind = _KINDS.get(last, "")
        if not kind and last in _OF_NOBODY:
            yield from self._of_nobody(place)
            return
        try:
            thing = from_plain(item.value)
        except ValueError as error:
            yield Gap(at=place, why=say(N_("cannot be read: {fault}"), fault=str(error)))
            return
        if not isinstance(thing, Object):
            return
        for name, each in expanded(kind, thing):
            for told in settings_told(each, place, Origin(syntax="json", kind=name)):
                if isinstance(told, Evidence) and isinstance(told.body, Setting):
                    self._found[told.body.kind] += 1
                yield told

    def _of_nobody(self, place: Locator) -> Iterator[Gap]:
        if not self._nameless:
            self._nameless = True
            why = say(
                N_(
                    "owners or members, but the answer does not say of what: ask for the application "
                    "or the role with $expand=owners or $expand=members"
                )
            )
            yield Gap(at=place, why=why, kind="not-collected")

    def _end(self, item: Record, place: Locator) -> Iterator[Evidence | Gap]:
        """What an answer says of itself, behind its last object."""
        context = item.value.get("@odata.context")
        last = _last(context.partition("#")[2] if isinstance(context, str) else self._context)
        kind = _KINDS.get(last, "")
        if kind:
            found = self._found[kind]
            yield Evidence(at=place, body=Inquiry(kind=kind, side="entra", found=found))
        if isinstance(item.value.get("@odata.nextLink"), str):
            why = say(N_("the answer goes on on a further page, which this file does not hold"))
            yield Gap(at=place, why=why, kind="not-collected")
        self._context, self._nameless = "", False


def _last(context: str) -> str:
    """`servicePrincipals('…')/appRoleAssignments(id)` is about appRoleAssignments."""
    plain = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", context.replace("\\/", "/"))
    parts = [each for each in plain.split("/") if each and not each.startswith(("$", "microsoft."))]
    return parts[-1].lower() if parts else ""


FORMAT = Format(
    name="graph-json",
    title="Answers of Microsoft Graph about applications and roles",
    recognise=recognise,
    read=read,
    order=48,
)
