"""Rows of IIS that a product keeps: as JSON, in the Elastic Common Schema, or raw ones of Splunk and shippers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.csv_records import header_of
from tocsin.formats.syntax.event_lines import json_lines, table_lines
from tocsin.formats.syntax.log_columns import plain
from tocsin.formats.syntax.log_rows import Layout, LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.log_values import moment
from tocsin.formats.syntax.log_w3c import event as row_event
from tocsin.formats.syntax.log_w3c import is_row
from tocsin.formats.syntax.log_w3c_shape import guess
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.event import Event
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

COLUMNS = (
    *("date", "time", "s-computername", "s-ip", "cs-method", "cs-uri-stem", "cs-uri-query"),
    *("s-port", "cs-username", "c-ip", "cs(User-Agent)", "cs(Cookie)", "cs(Referer)", "cs-host"),
    *("X-Forwarded-For", "sc-status", "sc-substatus", "sc-win32-status", "sc-bytes", "cs-bytes"),
    "time-taken",
)
"""The order in which a row is written out again."""

_LISTS = frozenset({"value", "rows", "results"})
_NAME = re.compile(r'"([A-Za-z][\w ()\[\]-]{0,40})"\s*:')
_ROW = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [^\"\r\n]{0,2000}? (?:GET|POST|HEAD|OPTIONS) /"
_RAW = re.compile(rf'"(?:_raw|message|original)"\s*:\s*"{_ROW}')
_CELL = re.compile(rf'(?:^|[,;"]){_ROW}', re.MULTILINE)
_HOLDERS = ("_raw", "message")
_COMMON = (
    ("cs-method", "http.request.method"),
    ("cs-uri-stem", "url.path"),
    ("cs-uri-query", "url.query"),
    ("sc-status", "http.response.status_code"),
    ("c-ip", "source.ip"),
    ("c-ip", "source.address"),
    ("cs-username", "user.name"),
    ("cs(User-Agent)", "user_agent.original"),
    ("cs(Referer)", "http.request.referrer"),
    ("s-ip", "destination.ip"),
    ("s-ip", "destination.address"),
    ("s-port", "destination.port"),
    ("s-computername", "host.name"),
    ("cs(Cookie)", "iis.access.cookie"),
    ("sc-substatus", "iis.access.sub_status"),
    ("sc-win32-status", "iis.access.win32_status"),
    ("sc-bytes", "http.response.body.bytes"),
)
"""Fields of the Elastic Common Schema (https://www.elastic.co/docs/reference/beats/filebeat/exported-fields-iis)."""

_ECS = re.compile(r'"iis(?:\.access)?"|"iis\.access|"(?:event\.)?module"\s*:\s*"iis"')
_SNIFFED = 256
_KNOWN = {plain(name): name for name in COLUMNS} | {
    "csuseragent": "cs(User-Agent)",
    "cscookie": "cs(Cookie)",
    "csreferer": "cs(Referer)",
}
_TIMES = ("TimeGenerated", "TimeGenerated [UTC]", "@timestamp", "timestamp", "DateTime", "_time")
_LAYOUT = Layout(surface="iis", columns=COLUMNS, delimiter=" ")

_decode = msgspec.json.Decoder().decode


def recognise(head: bytes) -> int:
    """Objects whose members are columns of W3C, or raw rows in Splunk's `_raw`."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] not in ("{", "["):
        return 93 if "_raw" in header_of(text) and _CELL.search(text) else 0
    if _RAW.search(text) or (_ECS.search(text) and '"url' in text):
        return 97
    known = {_KNOWN[each] for name in _NAME.findall(text) if (each := plain(name)) in _KNOWN}
    return 93 if {"cs-uri-stem", "cs-method", "sc-status"} <= known and len(known) >= 5 else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every row as IIS writes it."""
    head = stream.read(_SNIFFED)
    again: Any = Rewound(head, stream)
    table = head_text(head).lstrip("\ufeff \t\r\n")[:1] not in ("{", "[")
    for each in table_lines(again, dict) if table else json_lines(again, _LISTS):
        if isinstance(each, LogFault):
            yield each
        else:
            yield LogRecord(each.position, _written(_decode(each.text)))


def _written(record: Any) -> bytes:
    fields = _fields(record) if isinstance(record, dict) else {}
    words = (re.sub(r"\s", "+", fields.get(name, "")) or "-" for name in COLUMNS)
    return " ".join(words).encode(errors="replace")


def _fields(record: dict[str, Any]) -> dict[str, str]:
    inner = record.get("result", record.get("_source"))
    if isinstance(inner, dict):
        record = inner
    raw = next((each for name in _HOLDERS if isinstance(each := record.get(name), str)), "")
    if is_row(raw):
        words = raw.strip().split(" ")
        columns = guess([words])
        found = dict(zip(columns, words, strict=False)) if columns else {}
        host = record.get("host")
        host = host.get("name") if isinstance(host, dict) else host
        return found if "s-computername" in found else found | {"s-computername": str(host or "")}
    found = {
        _KNOWN[key]: str(value)
        for name, value in record.items()
        if value not in (None, "") and (key := plain(name)) in _KNOWN
    }
    for name, path in _COMMON:
        value = _at(record, path)
        if value not in (None, "") and not isinstance(value, dict | list):
            found.setdefault(name, str(value))
    if "date" not in found or "time" not in found:
        printed = next((str(record[name]) for name in _TIMES if record.get(name)), "")
        when = moment(printed)
        if when is not None:
            found |= {"date": f"{when:%Y-%m-%d}", "time": f"{when:%H:%M:%S}"}
    return found | {"date": found.get("date", "")[:10], "time": found.get("time", "")[-8:]}


def _at(record: dict[str, Any], path: str) -> Any:
    """The value of a dotted name, as a tree or written out (`url.path`)."""
    if path in record:
        value = record[path]
        return value[0] if isinstance(value, list) and len(value) == 1 else value
    at: Any = record
    for each in path.split("."):
        at = at.get(each) if isinstance(at, dict) else None
    return at


def event(text: bytes) -> Event | None:
    """What one row says."""
    return row_event(text, _LAYOUT)


LOG = RecordLog(records=records, event=event, json=False, surface="iis")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="web-rows", title="IIS rows as JSON", recognise=recognise, read=read, order=25, log=LOG
)
