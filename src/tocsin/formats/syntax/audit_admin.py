"""Exchange's admin audit log as its cmdlets hand it out, under the names of its other audit logs.

https://learn.microsoft.com/en-us/powershell/module/exchange/search-adminauditlog
https://learn.microsoft.com/en-us/exchange/policy-and-compliance/admin-audit-logging/log-structure
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats.syntax.audit_fields import Fields, alias, flatten, put
from tocsin.formats.syntax.event_values import text_of, time_of
from tocsin.formats.syntax.event_xml import elements
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.originating_server import SERVER
from tocsin.model.event import Event, raw_of

FLATTENED = "flattened"
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

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


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
    try:
        record = _decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
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
    if event is None or not each.text.endswith(b"}"):
        return each
    extra = {n: v for n, v in event.fields.items() if _encode(v)[1:-1] not in each.text}
    if not extra:
        return each
    told = each.text[:-1] + b',"' + FLATTENED.encode() + b'":' + _encode(extra) + b"}"
    return LogRecord(each.position, told)


def entries(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """The entries of the XML that `New-AdminAuditLogSearch` sends by mail."""
    for each in elements(stream):
        if isinstance(each, LogFault):
            yield each
            continue
        tree = _decode(each.text).get("Event")
        if not isinstance(tree, dict):
            continue
        record = {name: value for name, value in tree.items() if name != "#attributes"}
        attributes = tree.get("#attributes")
        if isinstance(attributes, dict):
            record |= attributes
        yield LogRecord(each.position, _encode(record))
