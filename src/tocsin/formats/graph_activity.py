"""Microsoft Graph's activity log: which request of which application or person reached the tenant.

As Log Analytics exports it (CSV, JSON) and as diagnostic settings write it (one record a line).
https://learn.microsoft.com/en-us/graph/microsoft-graph-activity-logs-overview,
https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/microsoftgraphactivitylogs
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.audit_fields import Fields, flatten, put
from tocsin.formats.syntax.audit_record import FLATTENED, with_fields
from tocsin.formats.syntax.csv_records import header_of
from tocsin.formats.syntax.event_lines import lines_of
from tocsin.formats.syntax.event_values import time_of
from tocsin.formats.syntax.json_object import object_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.event import Event, raw_of
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

LISTS = frozenset({"value", "records", "results"})
"""Where answers keep their records."""

_NAME = re.compile(r'"([@A-Za-z_][\w@. ()\[\]-]{0,60})"\s*:')
_OWN = (
    frozenset({"requesturi"}),
    frozenset({"requestmethod"}),
    frozenset({"signinactivityid", "clientauthmethod", "apiversion", "serviceprincipalid"}),
)
"""Of each set one name at least is a member of each record."""

_FIELDS = (
    "TimeGenerated", "RequestUri", "RequestMethod", "ResponseStatusCode", "UserAgent", "IPAddress",
    "AppId", "UserId", "ServicePrincipalId", "Roles", "Scopes", "ClientAuthMethod", "RequestId",
    "OperationId", "ClientRequestId", "SignInActivityId", "ApiVersion", "Location", "TenantId",
    "ResponseSizeBytes", "Wids", "DurationMs",
)  # fmt: skip
"""The table's columns; diagnostic settings write the same in lower camel case."""

_CANONICAL = {each.lower(): each for each in _FIELDS}
_VERSION = re.compile(r"^/(?:v\d+(?:\.\d+)?|beta)(?=/)", re.IGNORECASE)
_MAILBOX = re.compile(
    r"^/users(?:/|\(')([^/']{1,320})(?:'\))?/(?:messages|mailfolders|sendmail|events|calendar)",
    re.IGNORECASE,
)


def recognise(head: bytes) -> int:
    """By the members, or the columns, of a record."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        names = {each.lower() for each in _NAME.findall(text.replace('\\"', '"'))}
    else:
        names = {each.lower() for each in header_of(text)}
    return 94 if all(names & each for each in _OWN) else 0


def fields_of(record: dict[str, Any]) -> Fields:
    """Every field by its column's name, and what the request asked for; empty for other records."""
    found: Fields = {}
    inner = record.get("properties")
    if isinstance(inner, dict):
        record = {**{name: each for name, each in record.items() if name != "properties"}, **inner}
    flatten(record, found)
    for name in list(found):
        put(found, _CANONICAL.get(name.split(" [", 1)[0].lower(), name), found[name])
    put(found, "TimeGenerated", found.get("time"))
    put(found, "IPAddress", found.get("callerIpAddress"))
    address = found.get("RequestUri", "")
    if not address or "RequestMethod" not in found:
        return {}
    path = _path(address)
    put(found, "RequestPath", path)
    put(found, "Collection", _collection(path))
    mailbox = _MAILBOX.match(path)
    if mailbox:
        put(found, "Mailbox", mailbox.group(1))
    # A person asks with an account, an application for itself with its principal alone.
    who = found.get("UserId") or found.get("ServicePrincipalId") or found.get("AppId")
    put(found, "Actor", who)
    put(found, "Identity", "person" if found.get("UserId") else "application")
    return found


def _path(address: str) -> str:
    """`/users/anna/messages` of an address, without host, version and query, in plain letters."""
    try:
        path = urlsplit(address).path
    except ValueError:
        path = address.partition("?")[0]
    path = re.sub(r"/{2,}", "/", unquote(path))
    return _VERSION.sub("", path).rstrip("/") or "/"


def _collection(path: str) -> str:
    """What kind of object is asked for: the first word, of a policy or role the second as well."""
    words = path.strip("/").split("/")
    deep = words[0].lower() in ("policies", "rolemanagement", "identity", "auditlogs", "reports")
    return "/".join(words[: 2 if deep else 1]).partition("(")[0]


def activity(text: bytes) -> Event | None:
    """What the record says; None if it is none of such a log."""
    record = object_of(text)
    if record is None:
        return None
    record.pop(FLATTENED, None)
    fields = fields_of(record)
    if not fields:
        return None
    return Event(
        surface="graph-activity",
        fields=fields,
        when=time_of(fields.get("TimeGenerated")),
        host="",
        raw=raw_of(text),
    )


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every record as one line of JSON, in which every value stands that a rule may ask for."""
    for each in lines_of(stream, LISTS):
        if isinstance(each, LogRecord) and (event := activity(each.text)) is not None:
            yield with_fields(each, event.fields)
        else:
            yield each


LOG = RecordLog(records=records, event=activity, surface="graph-activity")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`: the cloud's own servers are no server of the house."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="graph-activity",
    title="Microsoft Graph activity log",
    recognise=recognise,
    read=read,
    order=22,
    log=LOG,
)
