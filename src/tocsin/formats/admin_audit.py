"""Exchange's admin audit log: `Search-AdminAuditLog` as JSON or CSV, `New-AdminAuditLogSearch` as XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.audit_admin import SERVER, admin_event, entries, spelled_out
from tocsin.formats.syntax.csv_records import header_of
from tocsin.formats.syntax.event_lines import json_lines, opened, table_lines
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.build import parse_version
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

HOSTS_LIMIT = 200
"""Servers of one log that are told."""

LISTS = frozenset({"value"})
_SNIFFED = 64
_NAME = re.compile(r'"([A-Za-z]\w{0,40})"\s*:')
_XML = re.compile(r"<SearchResults\b.{0,2000}?<Event\s[^>]{0,2000}\bCaller=", re.DOTALL)
_KNOWN = frozenset({"CmdletName", "Caller"})
_MORE = frozenset(
    {"ObjectModified", "CmdletParameters", "RunDate", "OriginatingServer", "Succeeded"}
)


def recognise(head: bytes) -> int:
    """By the members, columns or attributes of an entry."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return 96 if _XML.search(text) else 0
    names = set(_NAME.findall(text) if text[:1] in ("{", "[") else header_of(text))
    return 96 if names >= _KNOWN and len(names & _MORE) >= 2 else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every entry as one line of JSON."""
    head = stream.read(_SNIFFED)
    again: Any = Rewound(head, stream)
    first = head_text(head).lstrip("\ufeff \t\r\n")[:1]
    if first == "<":
        found = entries(again)
    else:
        found = (
            json_lines(again, LISTS, opened) if first in ("{", "[") else table_lines(again, opened)
        )
    return map(spelled_out, found)


LOG = RecordLog(records=records, event=admin_event, surface="audit-queue")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The servers on which commands were run, with their build; then one `Look`."""
    del reading
    known: set[str] = set()

    def tell(record: LogRecord) -> Iterator[Evidence]:
        event = admin_event(record.text)
        printed = event.fields.get("Server", "") if event is not None else ""
        server = SERVER.match(printed)
        if event is None or server is None or printed in known or len(known) >= HOSTS_LIMIT:
            return
        known.add(printed)
        host = Host(
            seen_by="log",
            names=(server["name"],),
            product="Exchange Server",
            version=parse_version(server["build"]),
        )
        yield Evidence(at=at, body=host, seen=event.when, quote=printed[:QUOTE_LIMIT])

    return looked(records(stream), at, tell)


FORMAT = Format(
    name="admin-audit",
    title="Exchange admin audit log",
    recognise=recognise,
    read=read,
    order=20,
    log=LOG,
)
