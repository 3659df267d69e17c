"""Microsoft 365: exports of the unified audit log, and of Entra's audit and sign-in logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.audit_record import audit_event, spelled_out
from tocsin.formats.syntax.csv_records import header_of
from tocsin.formats.syntax.event_lines import lines_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

LISTS = frozenset({"value", "records", "Records", "results"})
"""Where answers keep their records."""

_NAME = re.compile(r'"([@A-Za-z_][\w@. ()\[\]-]{0,60})"\s*:')


_KINDS: tuple[tuple[frozenset[str], ...], ...] = (
    (frozenset({"AuditData"}), frozenset({"Operation", "Operations", "RecordType", "UserIds"})),
    (
        frozenset({"auditData", "auditLogRecordType"}),
        frozenset({"operation", "auditLogRecordType"}),
    ),
    (
        frozenset({"Operation"}),
        frozenset({"Workload", "OfficeWorkload"}),
        frozenset({"RecordType", "UserKey", "UserType", "UserId"}),
    ),
    (
        frozenset({"activityDisplayName", "ActivityDisplayName", "OperationName", "operationName"}),
        frozenset({"initiatedBy", "InitiatedBy"}),
    ),
    (
        frozenset({"appDisplayName", "AppDisplayName"}),
        frozenset({"userPrincipalName", "UserPrincipalName", "servicePrincipalName"}),
        frozenset({"ipAddress", "IPAddress", "clientAppUsed", "ClientAppUsed", "ResultType"}),
    ),
    (frozenset({"RawEventData"}), frozenset({"ActionType"}), frozenset({"Application"})),
    (frozenset({"Date (UTC)"}), frozenset({"Sign-in error code", "ActorType", "Failure reason"})),
)
"""Each kind of record: of each set one name at least."""


def recognise(head: bytes) -> int:
    """By the members, or the columns, of a record."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        return 95 if _is_audit(set(_NAME.findall(text.replace('\\"', '"')))) else 0
    columns = set(header_of(text))
    # Exchange's own queue of audit records has columns of the same names.
    return 93 if _is_audit(columns) and not columns >= {"Server", "Data"} else 0


def _is_audit(names: AbstractSet[str]) -> bool:
    return any(all(names & each for each in kind) for kind in _KINDS)


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every record as one line of JSON, each once."""
    return spelled_out(lines_of(stream, LISTS))


LOG = RecordLog(records=records, event=audit_event, surface="m365")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`: the cloud's own servers are no server of the house."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="unified-audit",
    title="Microsoft 365 audit log",
    recognise=recognise,
    read=read,
    order=23,
    log=LOG,
)
