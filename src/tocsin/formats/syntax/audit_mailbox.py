"""Exchange's mailbox audit log as its cmdlets hand it out, under the names of the unified audit log.

https://learn.microsoft.com/en-us/powershell/module/exchange/search-mailboxauditlog
https://learn.microsoft.com/en-us/exchange/policy-and-compliance/mailbox-audit-logging/mailbox-audit-logging
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from tocsin.formats.syntax.audit_fields import Fields, alias, flatten, put
from tocsin.formats.syntax.audit_record import FLATTENED, with_fields
from tocsin.formats.syntax.audit_search import search_entries
from tocsin.formats.syntax.event_values import time_of
from tocsin.formats.syntax.json_object import object_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.mail_trace import bare_time
from tocsin.formats.syntax.originating_server import SERVER, is_cloud
from tocsin.model.event import Event, raw_of

DEPTH_LIMIT = 5
"""How deep objects of CLIXML are taken apart."""

ITEMS_LIMIT = 500
"""Members of one list that are kept."""

_OURS = (
    ("CreationTime", ("LastAccessed",)),
    ("ResultStatus", ("OperationResult",)),
    ("MailboxResolvedOwnerName", ("Owner", "MailboxOwnerDisplayName")),
    ("Mailbox", ("MailboxOwnerUPN", "MailboxResolvedOwnerName", "MailboxGuid")),
    ("UserId", ("LogonUserDisplayName", "LogonUserName", "LogonUserDN", "LogonUserSid")),
    ("ClientIP", ("ClientIPAddress", "ClientIP")),
    ("Id", ("Identity",)),
    ("Subjects", ("ItemSubject", "SourceItemSubjectsList", "SourceItems.Item.Subject")),
    ("Subjects", ("SourceItems.ItemSubject", "SourceItems.Subject", "ItemSubjectsList")),
)
"""Our name, and the members of an entry that say it, the best first."""

_NO_ENTRY = frozenset({"RecordType", "Workload", "OfficeWorkload", "AuditData"})
"""What a record of the unified audit log has, in which the other names mean something else."""


def mailbox_fields(record: dict[str, Any]) -> Fields:
    """Every field of an entry; empty if it is none."""
    if not _NO_ENTRY.isdisjoint(record) or "Operation" not in record:
        return {}
    found: Fields = {}
    flatten({name: bare_time(value) for name, value in record.items()}, found)
    known = ("LogonType", "LastAccessed", "OperationResult")
    if "Operation" not in found or sum(each in found for each in known) < 2:
        return {}
    for name, others in _OURS:
        put(found, name, next((found[each] for each in others if each in found), None))
    put(found, "Workload", "Exchange")
    server = SERVER.match(found.get("OriginatingServer", ""))
    if server is not None and not is_cloud(server["build"]):
        put(found, "Server", server["name"])
    alias(found)
    return found


def mailbox_event(text: bytes) -> Event | None:
    """What the entry says; None if it is none.

    An entry of Exchange Online is its tenant's: the many servers there are no machines of the house.
    """
    record = object_of(text)
    if record is None:
        return None
    record.pop(FLATTENED, None)
    fields = mailbox_fields(record)
    if not fields:
        return None
    server = SERVER.match(fields.get("OriginatingServer", ""))
    cloud = server is not None and is_cloud(server["build"])
    return Event(
        surface="m365" if cloud else "mailbox-audit",
        fields=fields,
        when=time_of(fields.get("CreationTime")),
        host=fields.get("Server", ""),
        raw=raw_of(text),
    )


def spelled_out(each: LogRecord | LogFault) -> LogRecord | LogFault:
    """The entry with every value that a rule may ask for in its text."""
    if isinstance(each, LogFault):
        return each
    event = mailbox_event(each.text)
    return each if event is None else with_fields(each, event.fields)


def entries(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """The entries of the XML that `New-MailboxAuditLogSearch` sends by mail."""
    return search_entries(stream, _bare)


def _bare(value: Any, depth: int = 0) -> Any:
    """The value with an element's attributes as its members."""
    if depth > DEPTH_LIMIT:
        return None
    if isinstance(value, list):
        return [_bare(each, depth + 1) for each in value[:ITEMS_LIMIT]]
    if not isinstance(value, dict):
        return value
    found = {n: _bare(each, depth + 1) for n, each in value.items() if n != "#attributes"}
    attributes = value.get("#attributes")
    return found | attributes if isinstance(attributes, dict) else found
