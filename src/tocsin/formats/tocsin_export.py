"""What Tocsin's own export scripts wrote: one JSON file per cmdlet, and their manifest.

The envelope says which cmdlet was asked, on which side, of which server and when; a manifest says
which questions were not answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_objects import describe
from tocsin.formats.syntax.exchange_reading import GAPS_LIMIT, settings_told
from tocsin.formats.syntax.exchange_values import host_name
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.health_checker import time_of
from tocsin.formats.syntax.json_members import Broken, Member, members
from tocsin.formats.syntax.records import Object, fields, from_plain
from tocsin.formats.syntax.setting_kind import of_cmdlet
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.formats.syntax.text_stream import head_text
from tocsin.knowledge.hybrid import Kind
from tocsin.model.evidence import Evidence, Look, SeenBy
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Inquiry, Side
from tocsin.model.text import N_, say

FAULT_LIMIT = 500
"""Longest reason kept of a question that was not answered, in characters."""

HELD_LIMIT = 2000
"""Objects kept in mind where they stand before the envelope says what they are."""

VERSION = 1
"""Of the envelope, as far as it is known here."""

_HEAD = re.compile(r'\{[^{}\[\]]{0,2000}?"tocsin"\s*:\s*"(export|manifest)"')
_SIDES: dict[str, Side] = {
    each: each for each in ("on-premises", "exchange-online", "entra", "directory")
}
_NAMING_SERVERS = frozenset(("OnPremServerReport", "DirectoryComputer"))
"""Kinds beside those of the on-premises side whose objects name servers of one's own."""

_STATED = frozenset(("cmdlet", "side", "server", "time", "error", "version", "tocsin"))


def recognise(head: bytes) -> int:
    """The envelope's first member says what the file is."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    return 100 if _HEAD.match(text) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The objects, one `Inquiry` for the question, the servers they name, then one `Look`.

    Of a manifest: an `Inquiry` for each question that was not answered.
    """
    del reading
    return limited(_Export(at).read(stream), at, GAPS_LIMIT)


class _Export:
    """One file while it is read."""

    def __init__(self, at: Locator) -> None:
        self._at = at
        self._stated: dict[str, Any] = {}
        self._held: list[Member] = []
        self._count = 0
        self._too_many = False

    def read(self, stream: BinaryIO) -> Iterator[Evidence | Gap]:
        for item in members(stream, frozenset(("items", "entries"))):
            if isinstance(item, Broken):
                yield Gap(at=self._place(item.position), why=item.why, kind=item.kind)
            elif item.name == "entries":
                yield from self._entry(item)
            elif item.name == "items":
                yield from self._item(item)
            elif item.name in _STATED:
                self._stated[item.name] = item.value
        for held in self._held:
            yield from self._object(held)
        yield from self._end()

    def _place(self, position: str) -> Locator:
        return msgspec.structs.replace(self._at, position=position)

    def _text(self, name: str) -> str:
        value = self._stated.get(name)
        return value.strip() if isinstance(value, str) else ""

    @property
    def _kind(self) -> Kind | None:
        return of_cmdlet(self._text("cmdlet"))

    @property
    def _seen(self) -> datetime | None:
        return time_of(self._text("time"))

    @property
    def _side(self) -> Side:
        kind = self._kind
        return _SIDES.get(self._text("side"), kind.side if kind is not None else "")

    def _item(self, item: Member) -> Iterator[Evidence | Gap]:
        if item.count is not None or item.value is None:
            return
        if "cmdlet" in self._stated:
            yield from self._object(item)
        elif len(self._held) < HELD_LIMIT:
            self._held.append(item)
        elif not self._too_many:
            self._too_many = True
            why = say(
                N_(
                    "more than {limit} objects stand before the cmdlet's name: the rest is left out"
                ),
                limit=HELD_LIMIT,
            )
            yield Gap(at=self._place(item.position), why=why, kind="limit")

    def _object(self, item: Member) -> Iterator[Evidence | Gap]:
        self._count += 1
        place = self._place(item.position)
        try:
            thing = from_plain(item.value)
        except ValueError as error:
            yield Gap(at=place, why=say(N_("cannot be read: {fault}"), fault=str(error)))
            return
        if not isinstance(thing, Object):
            why = say(N_("not an object, but {text}"), text=str(item.value)[:100])
            yield Gap(at=place, why=why)
            return
        for told in self._told(thing, place):
            if isinstance(told, Evidence) and told.seen is None:
                yield msgspec.structs.replace(told, seen=self._seen)
            else:
                yield told

    def _told(self, thing: Object, place: Locator) -> Iterator[Evidence | Gap]:
        kind, server = self._kind, host_name(self._text("server"))
        if kind is not None:
            origin = Origin(
                syntax="json",
                kind=kind.name,
                side=self._side,
                server=server,
                cmdlet=self._text("cmdlet"),
            )
            yield from settings_told(thing, place, origin)
        if self._side == "on-premises" or (kind is not None and kind.name in _NAMING_SERVERS):
            yield from describe(_with_server(thing, server), place)

    def _entry(self, item: Member) -> Iterator[Evidence | Gap]:
        """One question of a manifest; those that were answered have a file of their own."""
        if item.count is not None:
            return
        place = self._place(item.position)
        entry = item.value
        if not isinstance(entry, dict):
            yield Gap(at=place, why=say(N_("not an object, but {text}"), text=str(entry)[:100]))
            return
        self._count += 1
        fault = entry.get("error")
        kind = of_cmdlet(str(entry.get("cmdlet") or ""))
        if not fault or kind is None:
            return
        side = _SIDES.get(str(entry.get("side") or ""), kind.side)
        yield Evidence(
            at=place,
            body=Inquiry(
                kind=kind.name,
                side=side,
                server=host_name(str(entry.get("server") or "")),
                found=_whole(entry.get("count")),
                fault=str(fault)[:FAULT_LIMIT],
            ),
        )

    def _end(self) -> Iterator[Evidence | Gap]:
        kind = self._kind
        cmdlet, fault = self._text("cmdlet"), self._stated.get("error")
        if self._stated.get("version") not in (VERSION, None):
            why = say(
                N_(
                    "written by another version of the export script, {version}: read as well as can be"
                ),
                version=str(self._stated["version"])[:20],
            )
            yield Gap(at=self._at, why=why)
        if fault:
            why = say(
                N_("{cmdlet} was not, or only partly, answered: {fault}"),
                cmdlet=f"{cmdlet} {self._text('server')}".strip(),
                fault=str(fault)[:FAULT_LIMIT],
            )
            yield Gap(at=self._at, why=why, kind="not-collected")
        if kind is not None:
            body = Inquiry(
                kind=kind.name,
                side=self._side,
                server=host_name(self._text("server")),
                found=self._count,
                fault=str(fault)[:FAULT_LIMIT] if fault else "",
            )
            yield Evidence(at=self._at, body=body, seen=self._seen)
        online = kind is not None and kind.name == "OnPremServerReport"
        seen_by: SeenBy = "exchange-online" if online else "export"
        yield Evidence(at=self._at, body=Look(seen_by=seen_by, records=self._count))


def _with_server(thing: Object, server: str) -> Object:
    """The object with the server it was asked of, for those that do not name it."""
    if not server or "server" in fields(thing):
        return thing
    return Object(properties={**thing.properties, "Server": server})


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


FORMAT = Format(
    name="tocsin-export",
    title="Tocsin's own export of cmdlets",
    recognise=recognise,
    read=read,
    order=20,
)
