"""Windows events as JSON: of Elastic, NXLog, Splunk, Wazuh, Microsoft's portals, EVTX converters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.event_hosts import read_events
from tocsin.formats.syntax.event_lines import json_lines
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_products import renamed
from tocsin.formats.syntax.event_record import event_of, rendered
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

LISTS = frozenset({"value", "results", "rows", "Events", "events", "hits", "records", "Results"})
"""Where answers keep their records."""

_NAME = re.compile(r'"([@A-Za-z_#][\w@.# \[\]]{0,60})"\s*:')
_TREE = re.compile(r'"System"\s*:\s*\{.{0,3000}?"(?:EventID|Provider|Channel)"\s*:', re.DOTALL)
_RAW = re.compile(r'"(?:_raw|original|message)"\s*:\s*"<Event(?:>| xmlns)')
"""The event's XML as a value: Splunk, Elastic's agent."""

_WIN = re.compile(r'"win"\s*:\s*\{\s*"(?:system|eventdata)"')
_CLASSIC = re.compile(r'"_raw"\s*:\s*"[^"]{0,200}?LogName=.{0,400}?EventCode=', re.DOTALL)
DEFENDER = frozenset({"ActionType", "DeviceName", "InitiatingProcessFileName"})
"""Columns of the tables of Defender's advanced hunting."""

NUMBERS = frozenset(
    {"EventID", "EventId", "event_id", "EventCode", "winlog.event_id", "event.code", "Id"}
)
"""Names of an event's number."""

PROVIDERS = frozenset(
    {
        "Channel",
        "channel",
        "LogName",
        "log_name",
        "ProviderName",
        "SourceName",
        "provider_name",
        "source_name",
        "EventSourceName",
        "winlog.channel",
        "Provider",
        "EventLog",
        "Source",
    }
)
"""Names of an event's log or provider."""

PICKED = frozenset({"TimeCreated", "Id", "ProviderName", "Message"})
"""What is picked out of `Get-WinEvent` for a table that shall be read by people."""

WHERE = frozenset(
    {
        "Computer",
        "Hostname",
        "ComputerName",
        "MachineName",
        "computer_name",
        "winlog.computer_name",
        "host",
        "host.name",
    }
)
"""Names of its computer."""


def recognise(head: bytes) -> int:
    """An object or array whose members are those of an event: its number, its log, its computer."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] not in ("{", "["):
        return 0
    if any(each.search(text) for each in (_TREE, _RAW, _WIN, _CLASSIC)):
        return 96
    return 96 if names_an_event(set(_NAME.findall(text))) else 0


def names_an_event(names: AbstractSet[str]) -> bool:
    """Whether members or columns are those of an event: its number, its log, its computer."""
    if names >= DEFENDER or any(name.endswith("winlog_event_id") for name in names):
        return True
    if names >= PICKED:
        return True
    if not (names & NUMBERS and names & PROVIDERS and names & WHERE):
        return False
    # `Id` alone is anybody's.
    return bool(names & (NUMBERS - {"Id"})) or {"LogName", "MachineName"} <= names


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every event as one line of JSON."""
    return rendered(renamed(json_lines(stream, LISTS)))


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The Exchange servers that the first records name, then one `Look`."""
    del reading
    return read_events(stream, at, LOG)


FORMAT = Format(
    name="event-json",
    title="Windows events as JSON",
    recognise=recognise,
    read=read,
    order=21,
    log=LOG,
)
