"""Records of Microsoft 365's unified audit log as fields, by the names that the log itself uses.

Lists of names and values are taken apart: `Parameters` is `-Identity "anna" -ForwardTo "x"` and
`Parameters.ForwardTo` is `x`, as in Exchange's other logs of cmdlets. What is nested has a name with
dots; several values of one name stand on lines of their own.
https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tocsin.formats.syntax.event_values import text_of
from tocsin.model.event import VALUE_LIMIT

FIELDS_LIMIT = 1000
"""Fields of one record that are looked at."""

DEPTH_LIMIT = 6
"""How deep a record is taken apart."""

VALUES_LIMIT = 500
"""Members of one list that are looked at."""

_PAIRS = (("Name", "Value"), ("name", "value"), ("key", "value"), ("Key", "Value"))
_AROUND = 5
"""Characters that stand around a name and its value where they are written as one text."""

_CHANGES = ("ModifiedProperties", "modifiedProperties")
_PORT = re.compile(
    r"\[?(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})\]?(?::\d{1,5})?|\[([0-9A-Fa-f:]{2,45})\](?::\d{1,5})?",
    re.IGNORECASE,
)
_PIECE = re.compile(r'"([A-Za-z]\w{0,60})"\s*:\s*"((?:[^"\\]|\\.){1,4000})"')

_ALIASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "CreationTime",
        ("CreationDate", "createdDateTime", "TimeGenerated", "TimeGenerated [UTC]", "time"),
    ),
    ("Operation", ("Operations", "operation", "OperationName", "operationName")),
    ("UserId", ("UserIds", "userId", "UserId_", "userPrincipalName", "UserKey")),
    ("Workload", ("OfficeWorkload", "service")),
    ("ObjectId", ("OfficeObjectId", "objectId")),
    ("ClientIP", ("ClientIPAddress", "Client_IPAddress", "clientIp", "ActorIpAddress")),
    ("RecordType", ("auditLogRecordType",)),
    ("Id", ("RecordId", "Identity", "OfficeId", "id")),
    ("LogonType", ("Logon_Type",)),
    ("Mailbox", ("MailboxOwnerUPN",)),
    ("ResultStatus", ("Result",)),
)
"""Our name, and what other exports of the same log call it."""

_FULL_AUDIT = ("AuditData", "auditData")
_WORKED = frozenset({"true", "success", "succeeded", "partiallysucceeded", "0"})
_FAILED = frozenset({"false", "failure", "failed"})

Fields = dict[str, str]


def audit_fields(record: dict[str, Any]) -> Fields:
    """Every field of a record of the log, however it was exported."""
    found: Fields = {}
    for name in _FULL_AUDIT:
        data = record.get(name)
        if isinstance(data, dict):
            flatten(data, found)
        elif isinstance(data, str):
            # Spreadsheets cut a cell after 32,767 characters: what stands before that is read.
            for key, value in _PIECE.findall(data[:VALUE_LIMIT]):
                put(found, key, value)
    flatten({name: each for name, each in record.items() if name not in _FULL_AUDIT}, found)
    alias(found)
    return found


def alias(found: Fields) -> None:
    """Give what exports call differently one name, and what rules of Sigma ask for theirs."""
    for name, others in _ALIASES:
        if name not in found:
            put(found, name, next((found[each] for each in others if each in found), None))
    if "ClientIP" in found:
        told = _PORT.fullmatch(found["ClientIP"])
        if told is not None:
            found["ClientIP"] = told[1] or told[2]
    for name, other in (("eventSource", "Workload"), ("eventName", "Operation")):
        put(found, name, found.get(other))
    status = found.get("ResultStatus", "").strip().lower()
    if status in _WORKED or status in _FAILED:
        put(found, "status", "success" if status in _WORKED else "failure")
    if "Parameters" in found and "Operation" in found:
        put(found, "Cmdlet", found["Operation"])


def put(found: Fields, name: str, value: Any) -> None:
    """Set a field that is not there yet, if the value says anything."""
    text = text_of(value)
    if text and name not in found and len(found) < FIELDS_LIMIT:
        found[name] = text


def flatten(record: dict[str, Any], found: Fields, path: str = "", depth: int = 0) -> None:
    """Every value of an object under its path."""
    for name, value in record.items():
        whole = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            if depth < DEPTH_LIMIT:
                flatten(value, found, whole, depth + 1)
            else:
                put(found, whole, value)
        elif isinstance(value, list):
            _flatten_list(value[:VALUES_LIMIT], found, whole, depth)
        else:
            _add(found, whole, value)


def _add(found: Fields, name: str, value: Any) -> None:
    """Set a field, or put a further value below those it has; each value once."""
    text = text_of(value)
    if not text:
        return
    before = found.get(name)
    if before is None:
        put(found, name, text)
    elif "." in name and len(before) + len(text) < VALUE_LIMIT and text not in before.split("\n"):
        found[name] = f"{before}\n{text}"


def _flatten_list(values: list[Any], found: Fields, path: str, depth: int) -> None:
    objects = [each for each in values if isinstance(each, dict)]
    if path.endswith(_CHANGES) and objects:
        _changes(objects, found, path)
        return
    for name, value in _PAIRS:
        if objects and all(name in each for each in objects):
            _pairs(objects, name, value, found, path)
            return
    plain = [text_of(each) for each in values if not isinstance(each, dict | list)]
    if plain:
        _add(found, path, "\n".join(each for each in plain if each))
    if depth < DEPTH_LIMIT:
        for each in objects:
            flatten(each, found, path, depth + 1)


def _pairs(
    objects: Iterable[dict[str, Any]], name: str, value: str, found: Fields, path: str
) -> None:
    """`[{"Name": …, "Value": …}]`: each value by name, and all of them as one text.

    That text has a limit, and whoever makes a rule chooses how long the words in it are: the long
    values are cut, so that every name stands in it.
    """
    pairs = [(text_of(each[name]), text_of(each.get(value))) for each in objects]
    room = VALUE_LIMIT
    if sum(len(key) + len(text) + _AROUND for key, text in pairs) > VALUE_LIMIT:
        room = max(0, VALUE_LIMIT // len(pairs) - max(len(key) for key, _ in pairs) - _AROUND)
    words = []
    for key, text in pairs:
        shown = text[:room]
        words.append(f'-{key} "{shown}"' if path == "Parameters" else f"{key}={shown}")
        put(found, f"{path}.{key}", text)
    put(found, path, (" " if path == "Parameters" else "\n").join(words))


def _changes(objects: Iterable[dict[str, Any]], found: Fields, path: str) -> None:
    """What was changed on an object: new values by name, the old ones behind `OldValue`."""
    path = path[: -len("modifiedProperties")] + "ModifiedProperties"
    words = []
    for each in objects:
        name = text_of(each.get("Name", each.get("displayName")))
        new = text_of(each.get("NewValue", each.get("newValue")))
        old = text_of(each.get("OldValue", each.get("oldValue")))
        words.append(f"{name}: {old} -> {new}")
        for field in {f"{path}.{name}", f"ModifiedProperties.{name}"} if name else ():
            put(found, field, new)
            put(found, f"{field}.OldValue", old)
    put(found, path, "\n".join(words))
    put(found, "ModifiedProperties", found.get(path))
