"""JSON that `ConvertTo-Json` made of Exchange's cmdlets, or that Exchange Online's API answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_reading import read_records
from tocsin.formats.syntax.exchange_vocabulary import score
from tocsin.formats.syntax.json_records import Lost, records
from tocsin.formats.syntax.records import Object, Record, from_plain
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

_LISTS = frozenset(("value",))
"""Windows PowerShell wraps an array in `{"value": [...], "Count": n}` at times, OData always."""

_NAME = re.compile(r'"([A-Za-z_][\w@.]{1,60})"\s*:')


def recognise(head: bytes) -> int:
    """An object or array whose members carry the names of Exchange's properties."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] not in ("{", "["):
        return 0
    return 70 if score(_NAME.findall(text), text) >= 2 else 0


def read_plain(stream: BinaryIO, at: Locator) -> Iterator[Record | Gap]:
    """Every object of the file as a record."""
    for item in records(stream, _LISTS):
        place = msgspec.structs.replace(at, position=item.position)
        if isinstance(item, Lost):
            yield Gap(at=place, why=item.why, kind=item.kind)
            continue
        if item.around:
            continue
        try:
            thing = from_plain(item.value)
        except ValueError as error:
            yield Gap(at=place, why=say(N_("cannot be read: {fault}"), fault=str(error)))
            continue
        if isinstance(thing, Object):
            yield Record(item.position, thing)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """What every object says about Exchange servers, then one `Look`."""
    del reading
    return read_records(read_plain(stream, at), at, Origin(syntax="json"))


FORMAT = Format(
    name="powershell-json", title="PowerShell JSON export", recognise=recognise, read=read
)
