"""The fields of a Windows event, by the names Sigma knows them by, whoever turned it into JSON.

Known are the tree of the event's XML (`Event`, `System`, `EventData`: evtx_dump, Chainsaw,
Velociraptor), winlogbeat and the Elastic Common Schema, and flat records (NXLog, OTRF's sets,
`Get-WinEvent | ConvertTo-Json`, Splunk, Log Analytics). What stands in `EventData` and `UserData`
keeps its own name.
"""

from __future__ import annotations

from typing import Any

from tocsin.formats.syntax.event_commands import name_command
from tocsin.formats.syntax.event_data import (
    DEPTH_LIMIT,
    Fields,
    Told,
    attributes,
    flatten_data,
    put,
)
from tocsin.formats.syntax.event_flat import from_beats, from_flat, nested
from tocsin.formats.syntax.event_messages import complete

_WRAPPERS = ("_source", "_raw", "result", "document", "data", "body", "fields", "event", "original")
"""Members in which tools put the event itself: Elasticsearch, Splunk, Chainsaw, shippers."""

_HELD = frozenset(
    {
        *_WRAPPERS,
        "Event",
        "System",
        "winlog",
        "winlog.event_id",
        "EventID",
        "EventCode",
        "event_id",
        "Id",
    }
)
"""A member that one of these stands in may be the event."""

_SYSTEM = (
    "EventID",
    "Channel",
    "Computer",
    "EventRecordID",
    "Level",
    "Task",
    "Opcode",
    "Keywords",
    "Version",
)

_PROCESS = {
    "NewProcessName": "Image",
    "ParentProcessName": "ParentImage",
    "MandatoryLabel": "IntegrityLevel",
    "SubjectLogonId": "LogonId",
    "SubjectUserName": "User",
}
_REGISTRY = {"ObjectName": "TargetObject", "NewValue": "Details", "ProcessName": "Image"}
_CONNECTION = {
    "Application": "Image",
    "DestAddress": "DestinationIp",
    "DestPort": "DestinationPort",
    "SourceAddress": "SourceIp",
}
_AUDIT = {"4688": _PROCESS, "4657": _REGISTRY, "5156": _CONNECTION}
"""Security audit events under the names Sysmon gives the same things (pySigma's windows pipelines)."""


def fields_of(record: dict[str, Any]) -> Fields:
    """Every field of the event; empty when the record is no event."""
    told = Told()
    _take(record, told, 0)
    found = told.fields
    if not found.get("EventID", "").isdecimal():
        return {}
    complete(found, told.values)
    rename_audit(found)
    name_command(found)
    return found


def _take(record: dict[str, Any], told: Told, depth: int) -> None:
    event = record.get("Event", record)
    if isinstance(event, dict) and isinstance(event.get("System"), dict):
        _from_tree(event, told)
        put(told.fields, "Message", record.get("Message"))
    elif isinstance(record.get("winlog"), dict):
        from_beats(record, told)
    else:
        inner = _inside(record)
        if inner is not None and depth < DEPTH_LIMIT:
            _take(inner, told, depth + 1)
            return
        if any(name.startswith(("winlog.", "_source.")) for name in record):
            _take(nested(record), told, depth + DEPTH_LIMIT)
            return
        from_flat(record, told)


def _inside(record: dict[str, Any]) -> dict[str, Any] | None:
    """The event that a tool wrapped, if it did."""
    for name in _WRAPPERS:
        inner = record.get(name)
        if isinstance(inner, dict) and not _HELD.isdisjoint(inner):
            return inner
    return None


def _from_tree(event: dict[str, Any], told: Told) -> None:
    found = told.fields
    system = event["System"]
    for name in _SYSTEM:
        put(found, name, system.get(name))
    provider = system.get("Provider", system.get("Provider_attributes"))
    named = attributes(provider)
    put(found, "Provider_Name", named.get("Name", provider if isinstance(provider, str) else None))
    put(found, "Provider_Guid", named.get("Guid"))
    created = system.get("TimeCreated", system.get("TimeCreated_attributes"))
    put(found, "TimeCreated", attributes(created).get("SystemTime", created))
    put(found, "UserID", attributes(system.get("Security")).get("UserID"))
    execution = attributes(system.get("Execution"))
    put(found, "Execution_ProcessID", execution.get("ProcessID"))
    put(found, "Execution_ThreadID", execution.get("ThreadID"))
    put(found, "Correlation_ActivityID", attributes(system.get("Correlation")).get("ActivityID"))
    for name in ("EventData", "UserData"):
        flatten_data(event.get(name), told)
    rendering = event.get("RenderingInfo")
    if isinstance(rendering, dict):
        put(found, "Message", rendering.get("Message"))
    put(found, "Message", event.get("Message"))


def rename_audit(found: Fields) -> None:
    """Give an audit event of Windows the names that Sysmon uses, beside its own."""
    names = _AUDIT.get(found["EventID"])
    if names is None or found.get("Channel", "Security") != "Security":
        return
    for name, other in names.items():
        if name in found:
            found.setdefault(other, found[name])
    if "NewProcessId" in found:
        # Here `ProcessId` is the parent's; Sysmon means the new process by it.
        if "ProcessId" in found:
            found["ParentProcessId"] = found["ProcessId"]
        found["ProcessId"] = found["NewProcessId"]
