"""Exchange's admin audit log as its cmdlets hand it out, under the names of its other audit logs.

https://learn.microsoft.com/en-us/powershell/module/exchange/search-adminauditlog
https://learn.microsoft.com/en-us/exchange/policy-and-compliance/admin-audit-logging/log-structure
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from tocsin.formats.syntax.audit_fields import Fields, alias, flatten, put
from tocsin.formats.syntax.audit_record import FLATTENED, with_fields
from tocsin.formats.syntax.audit_search import search_entries
from tocsin.formats.syntax.event_values import text_of, time_of
from tocsin.formats.syntax.json_object import object_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.originating_server import SERVER
from tocsin.model.event import Event, raw_of

_NAMES = re.compile(r"\{([^{}]{0,4000})\}")
_OURS = (
    ("Operation", ("CmdletName", "Cmdlet")),
    ("Cmdlet", ("CmdletName",)),
    ("UserId", ("Caller",)),
    ("User", ("Caller",)),
    ("ObjectId", ("ObjectModified", "ModifiedObjectResolvedName")),
    ("ResultStatus", ("Succeeded",)),
    ("CreationTime", ("RunDate",)),
    ("Server", ("OriginatingServer",)),
    ("ClientIP", ("ClientIPAddress",)),
    ("Id", ("Identity",)),
)


def admin_fields(record: dict[str, Any]) -> Fields:
    """Every field of an entry; empty if it is none."""
    found: Fields = {}
    plain = dict(record)
    parameters = plain.pop("CmdletParameters", None)
    if isinstance(parameters, dict):
        # CLIXML's and XML's wrappers around the list.
        parameters = parameters.get("Parameter", parameters.get("value", parameters))
    if isinstance(parameters, dict):
        parameters = [parameters]
    if isinstance(parameters, list):
        flatten({"Parameters": [_pair(each) for each in parameters]}, found)
    elif isinstance(parameters, str):
        put(found, "Parameters", _named(parameters))
    flatten(plain, found)
    for name, others in _OURS:
        put(found, name, next((found[each] for each in others if each in found), None))
    if "Cmdlet" not in found or "Operation" not in found:
        return {}
    alias(found)
    return found


def _pair(value: Any) -> Any:
    """`{"Name": …, "Value": …}`, also out of XML's attributes, or out of `Identity=anna`."""
    if isinstance(value, dict):
        inner = value.get("#attributes", value)
        inner = inner if isinstance(inner, dict) else {}
        return {"Name": text_of(inner.get("Name")), "Value": text_of(inner.get("Value"))}
    name, _, text = text_of(value).partition("=")
    return {"Name": name, "Value": text}


def _named(text: str) -> str:
    """`{Identity, ForwardTo}`, all that a table keeps of a list, as names of parameters; values where they are told."""
    told = _NAMES.fullmatch(text.strip())
    if told is None:
        return "" if text.startswith(("Microsoft.Exchange.", "System.")) else text
    return " ".join(_option(each.strip()) for each in told[1].split(",") if each.strip())


def _option(text: str) -> str:
    """`Identity`, or `Identity: anna`, as it stands on a command line."""
    name, colon, value = text.partition(":")
    return f'-{name.strip()} "{value.strip()}"' if colon and " " not in name else f"-{text}"


def admin_event(text: bytes) -> Event | None:
    """What the entry says; None if it is none."""
    record = object_of(text)
    if record is None:
        return None
    record.pop(FLATTENED, None)
    fields = admin_fields(record)
    if not fields:
        return None
    server = SERVER.match(fields.get("Server", ""))
    return Event(
        surface="audit-queue",
        fields=fields,
        when=time_of(fields.get("CreationTime")),
        host=server["name"] if server is not None else "",
        raw=raw_of(text),
    )


def spelled_out(each: LogRecord | LogFault) -> LogRecord | LogFault:
    """The entry with every value that a rule may ask for in its text."""
    if isinstance(each, LogFault):
        return each
    event = admin_event(each.text)
    return each if event is None else with_fields(each, event.fields)


def entries(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """The entries of the XML that `New-AdminAuditLogSearch` sends by mail."""
    return search_entries(stream)
