"""Windows events as flat records and as winlogbeat's: whose names they have, under Sigma's names."""

from __future__ import annotations

import re
from typing import Any

from tocsin.formats.syntax.event_data import (
    DEPTH_LIMIT,
    FIELDS_LIMIT,
    Fields,
    Told,
    flatten_data,
    put,
)
from tocsin.formats.syntax.event_values import VALUES_LIMIT, text_of
from tocsin.knowledge.event_names import event_names

_FLAT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("EventID", ("EventID", "EventId", "event_id", "EventCode", "Event ID", "Id", "id")),
    ("Channel", ("Channel", "LogName", "log_name", "EventLog", "Log Name", "Logfile", "channel")),
    (
        "Provider_Name",
        (
            "Provider_Name",
            "ProviderName",
            "SourceName",
            "EventSourceName",
            "provider_name",
            "source_name",
            "Provider",
            "Source",
        ),
    ),
    (
        "Computer",
        (
            "Computer",
            "Hostname",
            "ComputerName",
            "MachineName",
            "computer_name",
            "host",
            "hostname",
        ),
    ),
    (
        "TimeCreated",
        (
            "TimeCreated",
            "SystemTime",
            "@timestamp",
            "EventTime",
            "TimeGenerated",
            "TimeGenerated [UTC]",
            "timestamp",
            "Timestamp",
            "Date and Time",
            "_time",
        ),
    ),
    ("EventRecordID", ("EventRecordID", "RecordId", "RecordNumber", "EventRecordId", "RecordID")),
    ("UserID", ("UserID", "UserId", "user_id")),
    ("Message", ("Message", "message", "RenderedDescription")),
    ("Level", ("Level", "level")),
    ("Task", ("Task", "task")),
)

_COMMON = (
    ("Image", "process.executable"),
    ("CommandLine", "process.command_line"),
    ("ParentImage", "process.parent.executable"),
    ("ParentCommandLine", "process.parent.command_line"),
    ("CurrentDirectory", "process.working_directory"),
    ("User", "user.name"),
    ("TargetFilename", "file.path"),
    ("DestinationIp", "destination.ip"),
    ("DestinationPort", "destination.port"),
    ("ImageLoaded", "dll.path"),
    ("TargetObject", "registry.path"),
    ("IpAddress", "source.ip"),
    ("ScriptBlockText", "powershell.file.script_block_text"),
)
"""Fields of the Elastic Common Schema into which shippers move an event's values, and theirs."""

_HOLDERS = (
    "EventData",
    "UserData",
    "event_data",
    "user_data",
    "EventData_dynamic",
    "Payload",
    "ParameterXml",
)
_LISTS = ("Properties", "ReplacementStrings")
_TAKEN = frozenset({*_HOLDERS, *_LISTS})


def nested(record: dict[str, Any]) -> dict[str, Any]:
    """A record of dotted names (`winlog.event_data.Image`, as Kibana exports them) as a tree."""
    tree: dict[str, Any] = {}
    for name, value in record.items():
        *path, last = name.removeprefix("_source.").split(".")[: DEPTH_LIMIT + 1]
        at = tree
        for each in path:
            at = at.setdefault(each, {})
            if not isinstance(at, dict):
                break
        else:
            # Kibana puts every value into a list.
            at[last] = value[0] if isinstance(value, list) and len(value) == 1 else value
    return tree


def from_beats(record: dict[str, Any], told: Told) -> None:
    """Of winlogbeat 7 and later, in the Elastic Common Schema."""
    found, log = told.fields, record["winlog"]
    event, host = record.get("event"), record.get("host")
    code = event.get("code") if isinstance(event, dict) else None
    put(found, "EventID", log.get("event_id", code))
    put(found, "Channel", log.get("channel"))
    put(found, "Provider_Name", log.get("provider_name"))
    put(found, "Provider_Guid", log.get("provider_guid"))
    put(found, "Computer", log.get("computer_name"))
    put(found, "Computer", host.get("name") if isinstance(host, dict) else host)
    put(found, "TimeCreated", record.get("@timestamp"))
    put(found, "EventRecordID", log.get("record_id"))
    put(found, "Task", log.get("task"))
    put(found, "Opcode", log.get("opcode"))
    user = log.get("user")
    put(found, "UserID", user.get("identifier") if isinstance(user, dict) else None)
    put(found, "Message", record.get("message"))
    for name in ("event_data", "user_data"):
        flatten_data(_params(log.get(name), told), told)
    for name, path in _COMMON:
        put(found, name, _at(record, path))


def _at(record: dict[str, Any], path: str) -> Any:
    at: Any = record
    for each in path.split("."):
        at = at.get(each) if isinstance(at, dict) else None
    return at


def _params(data: Any, told: Told) -> Any:
    """Values without a name, which winlogbeat calls `param1`, `param2` … in order."""
    if isinstance(data, dict) and "param1" in data:
        for number in range(1, FIELDS_LIMIT):
            if f"param{number}" not in data:
                break
            told.values.append(text_of(data[f"param{number}"]))
    return data


def from_flat(record: dict[str, Any], told: Told) -> None:
    """A record of columns: NXLog, PowerShell, Splunk, Log Analytics, EvtxECmd, Hayabusa."""
    found = told.fields
    for name, others in _FLAT:
        put(found, name, next((record[each] for each in others if record.get(each)), None))
    for name in _HOLDERS:
        if isinstance(record.get(name), dict | list):
            _hold(record[name], told)
    for name in _LISTS:
        if isinstance(record.get(name), list):
            _listed(record[name], told)
    if "RuleTitle" in record:
        _from_hayabusa(record, found)
    for name, value in record.items():
        if not (isinstance(value, dict | list) and name in _TAKEN):
            put(found, name, value)


def _listed(values: list[Any], told: Told) -> None:
    """`Properties` of `Get-WinEvent`, `ReplacementStrings` of `Get-EventLog`."""
    texts = [text_of(each) for each in values[:VALUES_LIMIT]]
    # What `ConvertTo-Json` writes where its depth ends.
    if not told.values and not any(text.startswith("System.Diagnostics.") for text in texts):
        told.values += texts
        put(told.fields, "Data", "\n".join(texts))


def _hold(value: Any, told: Told) -> None:
    """`EventData` of a table, of a converter (`Payload`), or of an XML text already taken apart."""
    if isinstance(value, dict):
        inner = next((value[n] for n in ("EventData", "UserData", "DataItem") if n in value), value)
        flatten_data(inner, told)
    elif isinstance(value, list):
        flatten_data(value, told)
    elif isinstance(value, str):
        put(told.fields, "Data", value)


_PROGRAM = re.compile(r'\s*(?:"([^"]{1,1000})"|(\S{1,1000}))')
"""The program in a command."""


def _from_hayabusa(record: dict[str, Any], found: Fields) -> None:
    """Hayabusa's timeline: short names of channels and values."""
    names = event_names()
    own = names.shown.get(found.get("EventID", ""), {})
    found["Channel"] = names.channels.get(found.get("Channel", ""), found.get("Channel", ""))
    for holder in ("Details", "ExtraFieldInfo", "AllFieldInfo"):
        held = record.get(holder)
        if isinstance(held, str):
            pairs = (each.partition(":") for each in held.split("\u00a6")[:FIELDS_LIMIT])
            held = {name.strip(): value.strip() for name, _, value in pairs}
        if not isinstance(held, dict):
            continue
        for name, value in held.items():
            other = own.get(name) or names.short.get(name, name)
            put(found, name if other in held else other, value)
    if "ParentImage" not in found and "Image" in found:  # the parent is told by its command alone
        told = _PROGRAM.match(found.get("ParentCommandLine", ""))
        put(found, "ParentImage", told[1] or told[2] if told is not None else "")
