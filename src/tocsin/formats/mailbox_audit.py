"""Exchange's mailbox audit log: `Search-MailboxAuditLog` in every form, `New-MailboxAuditLogSearch` as XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.audit_mailbox import (
    entries,
    mailbox_event,
    spelled_out,
)
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.originating_server import servers
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.shell_records import names_in, shell_records
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_SURE = {"clixml": 97, "json": 96, "table": 96, "list": 90}
"""How sure each form is: the names of a list stand in other printed objects too."""

_XML = re.compile(
    r"<SearchResults\b.{0,2000}?<Event\s[^>]{0,4000}\b(?:LogonType|MailboxGuid)=", re.DOTALL
)

_KNOWN = frozenset({"Operation", "LogonType"})
_TELLING = frozenset({"LastAccessed", "OperationResult"})
_MORE = frozenset(
    {
        "MailboxGuid", "MailboxOwnerUPN", "MailboxResolvedOwnerName", "LogonUserDisplayName",
        "LogonUserSid", "ClientInfoString", "ClientIPAddress", "ClientProcessName", "FolderPathName",
        "ExternalAccess", "OriginatingServer", "ItemSubject", "InternalLogonType",
    }
)  # fmt: skip
_OTHERS = frozenset({"RecordType", "Workload", "AuditData", "CreationTime", "CmdletName"})
"""Members of the unified and of the admin audit log."""


def recognise(head: bytes) -> int:
    """By the members, columns, labels or attributes of an entry."""
    names, form = names_in(head)
    if form == "xml":
        return 96 if _XML.search(head_text(head)) else 0
    return _SURE[form] if _is_entry(names) else 0


def _is_entry(names: AbstractSet[str]) -> bool:
    return (
        names >= _KNOWN
        and not _OTHERS & names
        and bool(_TELLING & names)
        and len(_MORE & names) >= 2
    )


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every entry as one line of JSON."""
    return map(spelled_out, shell_records(stream, entries))


LOG = RecordLog(records=records, event=mailbox_event, surface="mailbox-audit")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The servers of the house that wrote entries, with their build; then one `Look`."""
    del reading
    return looked(records(stream), at, servers(mailbox_event, at))


FORMAT = Format(
    name="mailbox-audit",
    title="Exchange mailbox audit log",
    recognise=recognise,
    read=read,
    order=20,
    log=LOG,
)
