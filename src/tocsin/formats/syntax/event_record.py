"""One Windows event as the hunt looks at it, out of its line of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tocsin.formats.syntax.event_fields import fields_of
from tocsin.formats.syntax.event_values import time_of
from tocsin.formats.syntax.json_object import object_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.model.event import Event, raw_of


def event_of(text: bytes) -> Event | None:
    """What the record says; None if it is no event of a Windows event log."""
    record = object_of(text)
    if record is None:
        return None
    fields = fields_of(record)
    if not fields:
        return None
    return Event(
        surface="windows",
        fields=fields,
        when=time_of(fields.get("TimeCreated")),
        host=fields.get("Computer", ""),
        raw=raw_of(text),
    )


def rendered(records: Iterable[LogRecord | LogFault]) -> Iterator[LogRecord | LogFault]:
    """The records, those of Exchange with the text that Windows shows, which rules are written on.

    The file holds only the values of that text: what is searched for must stand in the record.
    """
    for each in records:
        if isinstance(each, LogRecord) and (UNTOLD in each.text or _SHORT in each.text):
            yield LogRecord(each.position, with_message(each.text))
        else:
            yield each


UNTOLD = b"MSExchange "
"""What the names of the providers begin with whose text is made (`knowledge/data/events`)."""


_SHORT = b'"RuleTitle"'
"""A member of Hayabusa's timeline, which shortens the names of logs (`knowledge/data/events`)."""


def with_message(text: bytes) -> bytes:
    """The record with the text that Windows shows of it, if that is not in it."""
    event = event_of(text)
    if event is None or not text.endswith(b"}"):
        return text
    # The names under which `event_of` takes them where their own are missing.
    for name, field in (("Message", "Message"), ("channel", "Channel")):
        encoded = msgspec.json.encode(event.fields.get(field, ""))
        if encoded[1:-1] not in text:
            text = text[:-1] + b',"' + name.encode() + b'":' + encoded + b"}"
    return text
