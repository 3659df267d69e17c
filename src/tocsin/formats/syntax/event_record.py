"""One Windows event as the hunt looks at it, out of its line of JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from tocsin.formats.syntax.event_fields import fields_of
from tocsin.formats.syntax.event_values import time_of
from tocsin.model.event import RAW_LIMIT, Event

_decode = msgspec.json.Decoder().decode


def event_of(text: bytes) -> Event | None:
    """What the record says; None if it is no event of a Windows event log."""
    try:
        record: Any = _decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    fields = fields_of(record)
    if not fields:
        return None
    return Event(
        surface="windows",
        fields=fields,
        when=time_of(fields.get("TimeCreated")),
        host=fields.get("Computer", ""),
        raw=text[: RAW_LIMIT * 4].decode("utf-8", "replace")[:RAW_LIMIT],
    )
