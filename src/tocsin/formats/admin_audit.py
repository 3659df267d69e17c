"""Exchange's admin audit log: `Search-AdminAuditLog` as JSON, CSV, CLIXML or printed; `New-AdminAuditLogSearch` as XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.audit_admin import admin_event, entries, spelled_out
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.originating_server import servers
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.shell_records import names_in, shell_records
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_XML = re.compile(r"<SearchResults\b.{0,2000}?<Event\s[^>]{0,2000}\bCaller=", re.DOTALL)
_KNOWN = frozenset({"CmdletName", "Caller"})
_MORE = frozenset(
    {"ObjectModified", "CmdletParameters", "RunDate", "OriginatingServer", "Succeeded"}
)


def recognise(head: bytes) -> int:
    """By the members, columns, labels or attributes of an entry."""
    names, form = names_in(head)
    if form == "xml":
        return 96 if _XML.search(head_text(head)) else 0
    return 96 if names >= _KNOWN and len(names & _MORE) >= 2 else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every entry as one line of JSON."""
    return map(spelled_out, shell_records(stream, entries))


LOG = RecordLog(records=records, event=admin_event, surface="audit-queue")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The servers on which commands were run, with their build; then one `Look`."""
    del reading
    return looked(records(stream), at, servers(admin_event, at))


FORMAT = Format(
    name="admin-audit",
    title="Exchange admin audit log",
    recognise=recognise,
    read=read,
    order=20,
    log=LOG,
)
