"""One record of an audit log of Microsoft 365 as the hunt looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tocsin.formats.syntax.audit_entra import entra_fields, inside, is_entra
from tocsin.formats.syntax.audit_fields import Fields, audit_fields
from tocsin.formats.syntax.event_values import time_of
from tocsin.formats.syntax.json_object import object_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.event import Event, raw_of

FLATTENED = "flattened"
"""The member of a record's text in which stand fields that the record does not spell out."""

IDS_LIMIT = 500_000
"""Ids of records that are remembered, so that what was exported twice counts once."""

_encode = msgspec.json.Encoder().encode


def record_of(text: bytes) -> dict[str, Any] | None:
    """The record, without what was wrapped around it."""
    record = object_of(text)
    if record is None:
        return None
    for name in ("_source", "result", "o365.audit"):
        if isinstance(record.get(name), dict):
            record = record[name]
    record = _unwrapped(record)
    if isinstance(record.get("RawEventData"), dict):  # Defender's table of cloud applications
        record = record["RawEventData"]
    nested = record.get("o365")
    if isinstance(nested, dict) and isinstance(nested.get("audit"), dict):
        record = nested["audit"]
    record.pop(FLATTENED, None)
    return inside(record)


def _unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """Splunk keeps the record as one text, beside fields of its own."""
    raw = record.get("_raw")
    if not isinstance(raw, str) or not raw.startswith("{") or "Operation" in record:
        return record
    inner = object_of(raw)
    return record if inner is None else inner


def fields_of(record: dict[str, Any]) -> Fields:
    """Every field; empty if it is no record of such a log."""
    data = record.get("AuditData") or record.get("auditData")
    found = entra_fields(record) if is_entra(record) and not data else audit_fields(record)
    return found if "Operation" in found and len(found) > 2 else {}


def audit_event(text: bytes) -> Event | None:
    """What the record says; None if it is none of such a log."""
    record = record_of(text)
    fields = fields_of(record) if record is not None else {}
    if not fields:
        return None
    return Event(
        surface="m365",
        fields=fields,
        when=time_of(fields.get("CreationTime")),
        host=fields.get("OrganizationName", ""),
        raw=raw_of(text),
    )


def spelled_out(records: Iterable[LogRecord | LogFault]) -> Iterator[LogRecord | LogFault]:
    """The records with every value that a rule may ask for, each record once.

    Rules are searched for in the text: what `fields_of` puts together out of several places of the
    record must stand in it. The same record in one file again (exports overlap) is left out.
    """
    known: set[int] = set()
    for each in records:
        if isinstance(each, LogFault):
            yield each
            continue
        record = record_of(each.text)
        fields = fields_of(record) if record is not None else {}
        if fields and _again(fields, known):
            continue
        yield with_fields(each, fields)


def with_fields(record: LogRecord, fields: Fields) -> LogRecord:
    """The record with those values that its text does not spell out."""
    text = record.text
    extra = {name: value for name, value in fields.items() if _encode(value)[1:-1] not in text}
    if not extra or not text.endswith(b"}"):
        return record
    told = text[:-1] + b',"' + FLATTENED.encode() + b'":' + _encode(extra) + b"}"
    return LogRecord(record.position, told)


def _again(fields: Fields, known: set[int]) -> bool:
    if "Id" not in fields or len(known) >= IDS_LIMIT:
        return False
    # One change of several objects may share an id: the same id says the same thing only of one.
    mark = hash(
        (fields["Id"], fields["Operation"], fields.get("ObjectId"), fields.get("CreationTime"))
    )
    if mark in known:
        return True
    known.add(mark)
    return False
