"""Windows events as CSV: `Get-WinEvent | Export-Csv`, Event Viewer, EvtxECmd, Splunk, portals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.event_json import names_an_event
from tocsin.formats.syntax.csv_records import Broken, header_of, rows
from tocsin.formats.syntax.event_chainsaw import COLUMNS
from tocsin.formats.syntax.event_hosts import read_events
from tocsin.formats.syntax.event_lines import unpacked
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_products import renamed
from tocsin.formats.syntax.event_record import event_of, rendered
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.text_stream import head_text
from tocsin.knowledge.event_names import event_names
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_VIEWER = {"Date and Time", "Source", "Event ID", "Task Category"}
"""Before them stands `Level`, in the security log `Keywords`."""

_SHOWN = {
    "Sysmon": "Microsoft-Windows-Sysmon",
    "Microsoft Windows security auditing.": "Microsoft-Windows-Security-Auditing",
    "PowerShell (Microsoft-Windows-PowerShell)": "Microsoft-Windows-PowerShell",
    "TaskScheduler": "Microsoft-Windows-TaskScheduler",
    "Windows Defender": "Microsoft-Windows-Windows Defender",
    "Bits-Client": "Microsoft-Windows-Bits-Client",
    "WMI-Activity": "Microsoft-Windows-WMI-Activity",
}
"""Names under which Event Viewer shows providers, and their own."""

_RAW = ("<Event xmlns", "<Event>", "EventCode=")
"""What Splunk's column of raw events holds."""

_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """A header that names the event's number, its log or provider, and its computer."""
    text = head_text(head)
    if text[:1] in ("{", "[", "<"):
        return 0
    translated = event_names().columns
    names = {translated.get(each, each) for each in header_of(text)}
    if names >= _VIEWER:
        return 92
    if "_raw" in names and any(mark in text for mark in _RAW):
        return 97
    return 92 if names_an_event(names) or names >= COLUMNS else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every row as one line of JSON; the text that Event Viewer puts behind all columns is named."""
    return rendered(renamed(_records(stream)))


def _records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    translated = event_names().columns
    for row in rows(stream):
        if isinstance(row, Broken):
            yield LogFault(f"line {row.line}", row.why)
            continue
        fields = row.fields(rest="Message")
        named = {translated.get(name, name): value for name, value in fields.items() if value}
        if (source := named.get("Source")) in _SHOWN:
            named["Source"] = _SHOWN[source]
        yield LogRecord(f"line {row.line}", _encode(unpacked(named)))


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The Exchange servers that the first rows name, then one `Look`."""
    del reading
    return read_events(stream, at, LOG)


FORMAT = Format(
    name="event-csv",
    title="Windows events as CSV",
    recognise=recognise,
    read=read,
    order=24,
    log=LOG,
)
