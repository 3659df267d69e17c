"""Rows of HttpProxy that were read and written again: JSON, printed as a list, raw ones of Splunk and shippers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.csv_records import header_of
from tocsin.formats.syntax.event_lines import json_lines, table_lines
from tocsin.formats.syntax.log_columns import VERSIONS, names_of, plain
from tocsin.formats.syntax.log_exchange import event as row_event
from tocsin.formats.syntax.log_rows import Layout, LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.text_stream import Line, decoded, head_text, lines
from tocsin.model.event import Event
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

COLUMNS = next(each.columns for each in VERSIONS if each.surface == "httpproxy")
"""The order in which a row is written out again: its writer's, which what is searched for rests on."""

LINE_LIMIT = 1 << 20
"""Characters of one line that are read."""

_LISTS = frozenset({"value", "rows", "results"})
_SNIFFED = 256
_NAME = re.compile(r'"([A-Za-z]\w{0,40})"\s*:')
_RAW = re.compile(
    r'(?:"(?:_raw|message)"\s*:\s*"|^"?|,"?)\d{4}-\d\d-\d\dT[\d:.]{8,20}Z,[0-9a-f-]{36},1[45],\d,\d{1,5},\d{1,4},'
    r"[^,]{0,80},(?:Ecp|Owa|Ews|Autodiscover|Mapi|PowerShell|Eas|Oab|RpcHttp|OwaCalendar|Rest|PushNotifications),",
    re.MULTILINE,
)
"""The first columns of a row of HttpProxy: version and protocol tell it from other logs."""

_HOLDERS = ("_raw", "message")
_LISTED = re.compile(r"^([A-Za-z]\w{1,40}) *: ?", re.MULTILINE)
_TELLING = {"UrlStem", "AnchorMailbox", "BackEndCookie", "RoutingHint", "BackEndStatus"}
_LAYOUT = Layout(surface="httpproxy", columns=COLUMNS)

_decode = msgspec.json.Decoder().decode


def recognise(head: bytes) -> int:
    """Objects whose members are the columns of HttpProxy, its time and its path among them."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        if _RAW.search(text):
            return 97
        names = set(_NAME.findall(text))
    elif "_raw" in header_of(text):
        return 93 if _RAW.search(text) else 0
    elif text[:1] in ("#", '"', "<"):
        return 0
    else:
        names = set(_LISTED.findall(text))
    known = names & set(COLUMNS)
    sure = {"DateTime", "UrlStem"} <= known and len(known) >= 5 and len(known & _TELLING) >= 1
    return 93 if sure and len(known) * 10 >= len(names) * 6 else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every row as HttpProxy writes it."""
    head = stream.read(_SNIFFED)
    again: Any = Rewound(head, stream)
    begins = head_text(head).lstrip("\ufeff \t\r\n")
    if "_raw" in header_of(begins) and begins[:1] not in ("{", "["):
        for each in table_lines(again, dict):
            yield _row(each) if isinstance(each, LogRecord) else each
    elif begins[:1] in ("{", "["):
        for each in json_lines(again, _LISTS):
            yield _row(each) if isinstance(each, LogRecord) else each
    else:
        for number, fields in _printed(lines(decoded(again), LINE_LIMIT)):
            yield LogRecord(f"line {number}", _written(fields))


def _row(record: LogRecord) -> LogRecord | LogFault:
    found = _decode(record.text)
    for name in ("result", "_source"):
        found = found[name] if isinstance(found.get(name), dict) else found
    raw = next((each for name in _HOLDERS if isinstance(each := found.get(name), str)), "")
    if raw:
        return LogRecord(record.position, " ".join(raw.split("\n")).encode(errors="replace"))
    fields = {name: str(value) for name, value in found.items() if value not in (None, "")}
    return LogRecord(record.position, _written(fields))


def _written(fields: dict[str, str]) -> bytes:
    known = names_of("httpproxy")
    named = {known.get(plain(name), name): value for name, value in fields.items()}
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(
        named.get(name, "").replace("\r", " ").replace("\n", " ") for name in COLUMNS
    )
    return text.getvalue().encode(errors="replace")


def _printed(source: Iterable[Line]) -> Iterator[tuple[int, dict[str, str]]]:
    """Blocks of `Name : value`; one that begins with a blank goes on with the value above it."""
    fields: dict[str, str] = {}
    number, last = 0, ""
    for line in source:
        told = _LISTED.match(line.text)
        if told is not None and told[1] in fields:
            yield number, fields
            fields = {}
        if told is not None:
            number = number if fields else line.number
            last = told[1]
            fields[last] = line.text[told.end() :].strip()
        elif last and line.text.startswith("  ") and last in fields:
            fields[last] += line.text.strip()
        elif not line.text.strip() and fields:
            yield number, fields
            fields, last = {}, ""
    if fields:
        yield number, fields


def event(text: bytes) -> Event | None:
    """What one row says."""
    return row_event(text, _LAYOUT)


LOG = RecordLog(records=records, event=event, json=False, surface="httpproxy")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="proxy-rows",
    title="HttpProxy rows as JSON or as a list",
    recognise=recognise,
    read=read,
    order=24,
    log=LOG,
)
