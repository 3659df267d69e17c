"""Logs that cmdlets hand out, in whichever form they were kept: CLIXML, JSON, a table, a printed list, XML.

What a form says is one line of JSON a record, under the cmdlet's own names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats.syntax import clixml
from tocsin.formats.syntax.csv_records import header_of
from tocsin.formats.syntax.event_lines import json_lines, opened, table_lines
from tocsin.formats.syntax.format_list import LINE_LIMIT, read_printed
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.records import Object, Record, Value
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

DEPTH_LIMIT = 6
"""How deep an object's values are followed."""

ITEMS_LIMIT = 1000
"""Items of a list, or members of an object, that are kept."""

LISTS = frozenset({"value"})
"""Where answers keep their records."""

_SNIFFED = 8192
"""Bytes that tell a table, whose header may be long, from a printed list."""

_MEMBER = re.compile(r'\bN="([A-Za-z]\w{0,60})"')
_NAME = re.compile(r'"([A-Za-z]\w{0,60})"\s*:')
_LABEL = re.compile(r"^ {0,16}([A-Za-z]\w{0,60}) {0,60}:(?: |\r?$)", re.MULTILINE)

_encode = msgspec.json.Encoder().encode


def names_in(head: bytes) -> tuple[set[str], str]:
    """The names of the first record, and in which form they stand: `clixml`, `xml` (no names), `json`,
    `table`, `list`. head: the first bytes."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text.startswith(("<", "#<")):
        shell = clixml.looks_like(head)
        return (set(_MEMBER.findall(text)), "clixml") if shell else (set(), "xml")
    if text[:1] in ("{", "["):
        return set(_NAME.findall(text)), "json"
    columns = set(header_of(text))
    return (columns, "table") if len(columns) > 1 else (set(_LABEL.findall(text)), "list")


def shell_records(
    stream: BinaryIO, entries: Callable[[Any], Iterator[LogRecord | LogFault]]
) -> Iterator[LogRecord | LogFault]:
    """Every record as one line of JSON. entries: reads the XML that the log's own search sends by mail."""
    head = stream.read(_SNIFFED)
    again: Any = Rewound(head, stream)
    _, form = names_in(head)
    if form == "clixml":
        return printed(clixml.read_objects(again, Locator(source="")))
    if form == "xml":
        return entries(again)
    if form == "json":
        return json_lines(again, LISTS, opened)
    if form == "table":
        return table_lines(again, opened)
    return printed(read_printed(lines(decoded(again), LINE_LIMIT), Locator(source="")))


def printed(objects: Iterable[Record | Gap]) -> Iterator[LogRecord | LogFault]:
    """Objects of PowerShell, out of CLIXML or a printed list, as lines of JSON."""
    for each in objects:
        if isinstance(each, Gap):
            yield LogFault(each.at.position, each.why)
        else:
            named = {name: _plain(value) for name, value in each.object.properties.items()}
            yield LogRecord(each.position, _encode(named))


def _plain(value: Value, depth: int = 0) -> Any:
    """The value as JSON has it; what is nested deeper than the limit is left out."""
    if isinstance(value, bytes):
        return None
    if not isinstance(value, Object | list):
        return value
    if depth > DEPTH_LIMIT:
        return None
    if isinstance(value, list):
        return [_plain(each, depth + 1) for each in value[:ITEMS_LIMIT]]
    if value.items:
        return [_plain(each, depth + 1) for each in value.items[:ITEMS_LIMIT]]
    # An enumeration, a SID or an address is what it prints, not the numbers inside it; a parameter that
    # prints its name alone is not.
    pair = value.properties.keys() >= {"Name", "Value"}
    if (
        not pair
        and value.text.strip()
        and not value.text.startswith(("System.", "Microsoft.Exchange."))
    ):
        return value.text.strip()
    if value.value is not None:
        return _plain(value.value, depth + 1)
    named = list(value.properties.items())[:ITEMS_LIMIT]
    return {name: _plain(each, depth + 1) for name, each in named}
