"""The number (`EventID`) of a Windows event out of its line of JSON, without reading all of it."""

from __future__ import annotations

from typing import Any

import msgspec

from tocsin.formats.syntax.event_values import text_of

_DOTTED = (b'"winlog.', b'"_source.')
"""What dotted names of members begin with, that `event_fields` makes a tree of first."""


_NOTHING = msgspec.Raw(b"")


class _System(msgspec.Struct, gc=False):
    number: Any = msgspec.field(name="EventID", default=None)


class _Tree(msgspec.Struct, gc=False):
    system: _System | None = msgspec.field(name="System", default=None)


class _Beats(msgspec.Struct, gc=False):
    number: Any = msgspec.field(name="event_id", default=None)


class _Flat(msgspec.Struct, gc=False):
    """What a record may be, of all that `event_fields` knows; the rest is passed over."""

    event: _Tree | None = msgspec.field(name="Event", default=None)
    system: _System | None = msgspec.field(name="System", default=None)
    winlog: _Beats | None = None
    number: Any = msgspec.field(name="EventID", default=None)
    wrapped: msgspec.Raw = msgspec.field(name="event", default=_NOTHING)
    source: msgspec.Raw = msgspec.field(name="_source", default=_NOTHING)
    raw: msgspec.Raw = msgspec.field(name="_raw", default=_NOTHING)
    result: msgspec.Raw = _NOTHING
    document: msgspec.Raw = _NOTHING
    data: msgspec.Raw = _NOTHING
    body: msgspec.Raw = _NOTHING
    fields: msgspec.Raw = _NOTHING
    original: msgspec.Raw = _NOTHING


_decode = msgspec.json.Decoder(_Flat).decode


def number_of(text: bytes) -> str | None:
    """The number that `event_record.event_of` would give; None where that takes all of the record."""
    try:
        found = _decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if found.event is not None:
        number = found.event.system.number if found.event.system is not None else None
    elif found.system is not None:
        number = found.system.number
    elif found.winlog is not None:
        number = found.winlog.number
    elif any(map(bytes, _wrappers(found))) or any(each in text for each in _DOTTED):
        return None
    else:
        number = found.number or None  # zero is looked for under other names
    told = text_of(number)
    return told if told.isdecimal() else None


def _wrappers(found: _Flat) -> tuple[msgspec.Raw, ...]:
    return (
        found.wrapped,
        found.source,
        found.raw,
        found.result,
        found.document,
        found.data,
        found.body,
        found.fields,
        found.original,
    )
