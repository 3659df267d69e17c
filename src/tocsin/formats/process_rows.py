"""Starts of processes as products for the defence of machines export them: CSV tables and JSON.

CrowdStrike, SentinelOne, Carbon Black, Cortex XDR, osquery, Elastic Defend, and whoever names a command,
a program, a computer and a time (`syntax/process_names.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.csv_records import header_of
from tocsin.formats.syntax.event_hosts import read_events
from tocsin.formats.syntax.event_lines import lines_of
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.process_names import LISTS, plain_name
from tocsin.formats.syntax.process_start import names_in_json, rows_of, start_of, tells_starts
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

_ANSWERS = frozenset(LISTS)
_RAW = frozenset({"raw", "rawstring"})
"""Columns in which Splunk and LogScale keep the whole record as JSON."""

_NO_ROW = b"{}"
"""What stands for a row that tells no start: it is counted, and nothing is found in it."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """Columns or members that name a command, a program, a computer and a time."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        return 90 if tells_starts(names_in_json(text)) else 0
    names = {plain_name(each[:200]) for each in header_of(text)}
    if not names.isdisjoint(_RAW):
        names |= names_in_json("{" + text.replace('""', '"').partition("{")[2])
    return 90 if tells_starts(names) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every start as one line of JSON under Sysmon's names; other rows without their values."""
    return _starts(lines_of(stream, _ANSWERS))


def _starts(source: Iterable[LogRecord | LogFault]) -> Iterator[LogRecord | LogFault]:
    for each in source:
        if isinstance(each, LogFault):
            yield each
        else:
            yield from _starts_in(each)


def _starts_in(record: LogRecord) -> Iterator[LogRecord | LogFault]:
    try:
        found = _decode(record.text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        yield LogFault(record.position, say(N_("not valid JSON")))
        return
    if not isinstance(found, dict):
        yield LogFault(record.position, say(N_("not a JSON object")))
        return
    rows = rows_of(found)
    first, second = next(rows, None), next(rows, None)
    if second is None:
        yield _as_start(record.position, first or {})
        return
    number = 0
    for row in chain((first or {}, second), rows):
        if isinstance(row, LogFault):
            yield msgspec.structs.replace(row, position=record.position)
        else:
            number += 1
            yield _as_start(f"{record.position}, record {number}", row)


def _as_start(position: str, row: dict[str, Any] | LogFault) -> LogRecord:
    event = start_of(row) if isinstance(row, dict) else None
    return LogRecord(position, _NO_ROW if event is None else _encode(event))


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The Exchange servers that the first starts name, then one `Look`."""
    del reading
    return read_events(stream, at, LOG)


FORMAT = Format(
    name="process-rows",
    title="Process starts of EDR products",
    recognise=recognise,
    read=read,
    order=26,
    log=LOG,
)
