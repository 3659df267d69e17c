"""Configuration of IIS and ASP.NET (applicationHost.config, web.config), of transport (agents.config)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.configuration_rows import rows
from tocsin.formats.syntax.configuration_tables import listed, names_entries
from tocsin.formats.syntax.event_values import text_of
from tocsin.formats.syntax.json_object import object_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.event import Event, raw_of
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_SNIFFED = 4096
_ROOT = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--(?:[^-]|-(?!->)){0,6000}+-->\s*)*+<configuration[\s>]",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"<(?:configSections|system\.webServer|system\.web|system\.applicationHost|mexRuntime|agentList|"
    r"location|appSettings|runtime|startup|system\.serviceModel|modules|handlers|connectionStrings)\b"
)


def recognise(head: bytes) -> int:
    """A root `configuration` with a section that is known, or a list of agents or modules."""
    text = head_text(head).lstrip("\ufeff")
    if text.lstrip().startswith("<"):
        return 88 if _ROOT.match(text) and _SECTION.search(text) else 0
    return 88 if names_entries(head) else 0


def records(stream: BinaryIO, source: str = "") -> Iterator[LogRecord | LogFault]:
    """Every entry as one line of JSON. source: the file's path, if it is known."""
    head = stream.read(_SNIFFED)
    again: Any = Rewound(head, stream)
    if head_text(head).lstrip("\ufeff \t\r\n").startswith("<"):
        return rows(again, source)
    return listed(again)


def event(text: bytes) -> Event | None:
    """What one entry says; None if it is none."""
    row = object_of(text)
    if row is None or not isinstance(row.get("element"), str):
        return None
    fields = {str(name): told for name, value in row.items() if (told := text_of(value))}
    raw = raw_of(text)
    return Event(surface="configuration", fields=fields, raw=raw)


LOG = RecordLog(records=records, event=event, surface="configuration", named=records)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look` that counts the entries: a configuration does not name its server."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="configuration",
    title="Configuration of IIS or of Exchange's transport",
    recognise=recognise,
    read=read,
    order=47,
    log=LOG,
)
