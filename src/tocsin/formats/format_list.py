"""Text of the Exchange Management Shell: Format-List, Format-Table, copies of a console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.exchange_reading import read_records
from tocsin.formats.syntax.exchange_vocabulary import EXSETUP, score
from tocsin.formats.syntax.format_list import LINE_LIMIT, read_printed
from tocsin.formats.syntax.records import Record
from tocsin.formats.syntax.setting_kind import of_cmdlet
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_NOT_TEXT = "\0"
_OTHER = ("<", "{", "[{", "From ", "Received:", "dn:", "%PDF")


def recognise(head: bytes) -> int:
    """By objects printed in the head whose names are those of Exchange's properties, and its cmdlets."""
    text = head_text(head)
    if _NOT_TEXT in text or text.lstrip("\ufeff \t\r\n").startswith(_OTHER):
        return 0
    names: list[str] = []
    asked = False
    source = lines(iter((text,)), LINE_LIMIT)
    for item in read_printed(source, Locator(source="")):
        if isinstance(item, Record):
            names += item.object.properties
            asked = asked or (item.cmdlet != "" and of_cmdlet(item.cmdlet) is not None)
    found = score(names, text) + asked
    if "FileVersion" in names and "exsetup" in text.lower() and EXSETUP.search(text):
        found += 1
    return 55 if found >= 2 else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """What every printed object says about Exchange servers, then one `Look`."""
    del reading
    return read_records(
        read_printed(lines(decoded(stream), LINE_LIMIT), at), at, Origin(syntax="printed")
    )


FORMAT = Format(
    name="format-list",
    title="Exchange Management Shell output as text",
    recognise=recognise,
    read=read,
    # Every line of the head is looked at.
    order=90,
)
