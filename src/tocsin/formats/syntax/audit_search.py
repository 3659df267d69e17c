"""The XML that a search of Exchange's audit logs sends by mail: one `Event` an entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats.syntax.event_xml import elements
from tocsin.formats.syntax.log_rows import LogFault, LogRecord

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def search_entries(
    stream: BinaryIO, value_of: Callable[[Any], Any] = lambda value: value
) -> Iterator[LogRecord | LogFault]:
    """Every entry as one line of JSON, its attributes as members. value_of: what is kept of a child."""
    for each in elements(stream):
        if isinstance(each, LogFault):
            yield each
            continue
        tree = _decode(each.text).get("Event")
        if not isinstance(tree, dict):
            continue
        record = {name: value_of(value) for name, value in tree.items() if name != "#attributes"}
        attributes = tree.get("#attributes")
        if isinstance(attributes, dict):
            record |= attributes
        yield LogRecord(each.position, _encode(record))
