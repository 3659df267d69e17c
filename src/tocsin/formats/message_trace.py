"""Message traces of Exchange Online and Defender's table EmailEvents: who wrote to whom, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.audit_fields import Fields
from tocsin.formats.syntax.audit_record import FLATTENED, with_fields
from tocsin.formats.syntax.csv_records import header_of
from tocsin.formats.syntax.event_lines import lines_of
from tocsin.formats.syntax.event_values import time_of
from tocsin.formats.syntax.json_object import object_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.mail_trace import by_recipient, kind_of, plain, trace_fields
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.event import Event, raw_of
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

LISTS = frozenset({"value", "records", "results", "Results"})
"""Where answers keep their records."""

_NAME = re.compile(r'"([@A-Za-z_][\w@. ()\[\]-]{0,60})"\s*:')
_SURE = {"summary": 85, "trace": 94, "report": 94, "detail": 94, "events": 94}

_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """By the members, or the columns, of a record."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        names = set(_NAME.findall(text.replace('\\"', '"')))
    else:
        names = set(header_of(text))
    return _SURE.get(kind_of({plain(each) for each in names}), 0)


def fields_of(record: dict[str, Any]) -> Fields:
    """Every field of a record, also of one that an export wrapped; empty for other records."""
    return trace_fields(_inside(record))


def _inside(record: dict[str, Any]) -> dict[str, Any]:
    """The record without what the streaming interface puts around it."""
    inner = record.get("properties")
    if isinstance(inner, dict):
        return {**{name: each for name, each in record.items() if name != "properties"}, **inner}
    return record


def trace_event(text: bytes) -> Event | None:
    """What the record says; None if it is none of such a log."""
    record = object_of(text)
    if record is None:
        return None
    record.pop(FLATTENED, None)
    fields = fields_of(record)
    if not fields:
        return None
    return Event(
        surface="message-trace",
        fields=fields,
        when=time_of(fields.get("Received")),
        host="",
        raw=raw_of(text),
    )


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every mail to every recipient as one line of JSON, in which all stands that a rule may ask for."""
    for each in lines_of(stream, LISTS):
        if isinstance(each, LogFault):
            yield each
        else:
            yield from _spelled_out(each)


def _spelled_out(each: LogRecord) -> Iterator[LogRecord | LogFault]:
    record = object_of(each.text)
    if record is None:
        yield each
        return
    for one in by_recipient(_inside(record)):
        if isinstance(one, LogFault):
            yield msgspec.structs.replace(one, position=each.position)
            continue
        fields = trace_fields(one)
        yield with_fields(LogRecord(each.position, _encode(one)), fields) if fields else each


LOG = RecordLog(records=records, event=trace_event, surface="message-trace")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`: the cloud's own servers are no server of the house."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="message-trace",
    title="Exchange Online message trace",
    recognise=recognise,
    read=read,
    order=22,
    log=LOG,
)
