"""The fields of a Windows event, by the names Sigma knows them by, whoever turned it into JSON.

Known are the tree of the event's XML (`Event`, `System`, `EventData`: evtx_dump, Chainsaw,
Velociraptor), winlogbeat and the Elastic Common Schema, and flat records (NXLog, OTRF's sets,
`Get-WinEvent | ConvertTo-Json`, Splunk, Log Analytics). What stands in `EventData` and `UserData`
keeps its own name.
"""

from __future__ import annotations

from typing import Any

from tocsin.formats.syntax.event_values import text_of

FIELDS_LIMIT = 1000
"""Fields of one event that are looked at."""

DEPTH_LIMIT = 5
"""How deep an event may be wrapped, and `UserData` be nested."""

_WRAPPERS = ("_source", "result", "document", "data", "body", "fields", "event")
"""Members in which tools put the event itself: Elasticsearch, Splunk, Chainsaw, shippers."""

_SYSTEM = {
    "Channel": "Channel",
    "Computer": "Computer",
    "EventRecordID": "EventRecordID",
    "Level": "Level",
    "Task": "Task",
    "Opcode": "Opcode",
    "Keywords": "Keywords",
    "Version": "Version",
}

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

_HOLDERS = ("EventData", "UserData", "event_data", "user_data", "EventData_dynamic")
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

Fields = dict[str, str]


def fields_of(record: dict[str, Any], depth: int = 0) -> Fields:
    """Every field of the event; empty when the record is no event."""
    found: Fields = {}
    event = record.get("Event", record)
    if isinstance(event, dict) and isinstance(event.get("System"), dict):
        _from_tree(event, found)
    elif isinstance(record.get("winlog"), dict):
        _from_beats(record, found)
    else:
        inner = _inside(record)
        if inner is not None and depth < DEPTH_LIMIT:
            return fields_of(inner, depth + 1)
        _from_flat(record, found)
    if "EventID" not in found:
        return {}
    rename_audit(found)
    return found


def _inside(record: dict[str, Any]) -> dict[str, Any] | None:
    """The event that a tool wrapped, if it did."""
    for name in _WRAPPERS:
        inner = record.get(name)
        if isinstance(inner, dict) and len(inner) > 1 - (name == "data"):
            return inner
    return None


def _put(found: Fields, name: str, value: Any) -> None:
    text = text_of(value)
    if text and name not in found and len(found) < FIELDS_LIMIT:
        found[name] = text


def _attributes(value: Any) -> dict[str, Any]:
    """The attributes of an element: `#attributes` of evtx_dump, `@Name` of xmltodict, or plain."""
    if not isinstance(value, dict):
        return {}
    inner = value.get("#attributes")
    if isinstance(inner, dict):
        return inner
    return {name.lstrip("@"): each for name, each in value.items()}


def _from_tree(event: dict[str, Any], found: Fields) -> None:
    system = event["System"]
    number = system.get("EventID")
    _put(found, "EventID", number)
    for name, own in _SYSTEM.items():
        _put(found, own, system.get(name))
    provider = system.get("Provider")
    attributes = _attributes(provider)
    _put(
        found,
        "Provider_Name",
        attributes.get("Name", provider if provider.__class__ is str else None),
    )
    _put(found, "Provider_Guid", attributes.get("Guid"))
    created = system.get("TimeCreated")
    _put(found, "TimeCreated", _attributes(created).get("SystemTime", created))
    _put(found, "UserID", _attributes(system.get("Security")).get("UserID"))
    execution = _attributes(system.get("Execution"))
    _put(found, "Execution_ProcessID", execution.get("ProcessID"))
    _put(found, "Execution_ThreadID", execution.get("ThreadID"))
    _put(found, "Correlation_ActivityID", _attributes(system.get("Correlation")).get("ActivityID"))
    for name in ("EventData", "UserData"):
        flatten_data(event.get(name), found)
    rendering = event.get("RenderingInfo")
    if isinstance(rendering, dict):
        _put(found, "Message", rendering.get("Message"))
    _put(found, "Message", event.get("Message"))


def flatten_data(value: Any, found: Fields, depth: int = 0) -> None:
    """The named values of `EventData` or, however deep, of `UserData`; unnamed ones as `Data`."""
    if isinstance(value, list):
        _named_list(value, found)
        return
    if not isinstance(value, dict) or depth > DEPTH_LIMIT:
        _put(found, "Data", value)
        return
    for name, inner in value.items():
        if name.startswith(("#", "@")):
            if name == "#text":
                _put(found, "Data", inner)
        elif name == "Data":
            if isinstance(inner, list):
                _named_list(inner, found)
            else:
                _named_list([inner], found)
        elif isinstance(inner, dict):
            flatten_data(inner, found, depth + 1)
            if "#text" in inner:
                _put(found, name, inner["#text"])
        else:
            _put(found, name if name not in found else f"EventData.{name}", inner)


def _named_list(values: list[Any], found: Fields) -> None:
    """`Data` elements: those with a name under it, the others together, in order."""
    unnamed: list[str] = []
    for each in values[:FIELDS_LIMIT]:
        if isinstance(each, dict):
            name = _attributes(each).get("Name")
            text = each.get("#text", each.get("Value", each.get("text")))
            if isinstance(name, str) and name:
                _put(found, name, text)
            else:
                unnamed.append(text_of(text))
        else:
            unnamed.append(text_of(each))
    if any(unnamed):
        _put(found, "Data", "\n".join(unnamed))


def _from_beats(record: dict[str, Any], found: Fields) -> None:
    """Of winlogbeat 7 and later, in the Elastic Common Schema."""
    log = record["winlog"]
    event, host = record.get("event"), record.get("host")
    code = event.get("code") if isinstance(event, dict) else None
    _put(found, "EventID", log.get("event_id", code))
    _put(found, "Channel", log.get("channel"))
    _put(found, "Provider_Name", log.get("provider_name"))
    _put(found, "Provider_Guid", log.get("provider_guid"))
    _put(found, "Computer", log.get("computer_name"))
    _put(found, "Computer", host.get("name") if isinstance(host, dict) else host)
    _put(found, "TimeCreated", record.get("@timestamp"))
    _put(found, "EventRecordID", log.get("record_id"))
    _put(found, "Task", log.get("task"))
    _put(found, "Opcode", log.get("opcode"))
    user = log.get("user")
    _put(found, "UserID", user.get("identifier") if isinstance(user, dict) else None)
    _put(found, "Message", record.get("message"))
    for name in ("event_data", "user_data"):
        flatten_data(log.get(name), found)


def _from_flat(record: dict[str, Any], found: Fields) -> None:
    for name, others in _FLAT:
        for other in others:
            if other in record:
                _put(found, name, record[other])
                if name in found:
                    break
    for name in _HOLDERS:
        if name in record:
            flatten_data(record[name], found)
    for name, value in record.items():
        if name not in _HOLDERS:
            _put(found, name, value)


def rename_audit(found: Fields) -> None:
    """Give an audit event of Windows the names that Sysmon uses, beside its own."""
    names = _AUDIT.get(found["EventID"])
    if names is None:
        return
    for name, other in names.items():
        if name in found:
            found.setdefault(other, found[name])
    if "NewProcessId" in found:
        # Here `ProcessId` is the parent's; Sysmon means the new process by it.
        if "ProcessId" in found:
            found["ParentProcessId"] = found["ProcessId"]
        found["ProcessId"] = found["NewProcessId"]
