"""Windows events as security products keep them, under the names that Windows gives the same things.

Known are Wazuh's alerts (`data.win`), the tables of Defender's advanced hunting (`DeviceProcessEvents` and
its kin, https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-deviceprocessevents-table),
Chainsaw's tables and the text that Splunk keeps of a classic event (`LogName=`, `EventCode=`, `Message=`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tocsin.formats.syntax.event_chainsaw import as_event
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.knowledge.event_names import log_of

SYSMON = "Microsoft-Windows-Sysmon"
AUDIT = "Microsoft-Windows-Security-Auditing"

ACTIONS = {
    "ProcessCreated": 1,
    "ConnectionSuccess": 3,
    "ConnectionAttempt": 3,
    "ConnectionFailed": 3,
    "ImageLoaded": 7,
    "FileCreated": 11,
    "FileModified": 11,
    "FileRenamed": 11,
    "RegistryKeyCreated": 12,
    "RegistryValueSet": 13,
    "LogonSuccess": 4624,
    "LogonFailed": 4625,
}
"""Defender's name of an action, and the number of the event of Windows that tells the same."""

_LOGON = {
    "Interactive": "2",
    "Network": "3",
    "RemoteInteractive": "10",
    "Batch": "4",
    "Service": "5",
}
_FIRST_ACTOR = "InitiatingProcess"
_HIVES = (("HKEY_LOCAL_MACHINE", "HKLM"), ("HKEY_USERS", "HKU"), ("HKEY_CURRENT_USER", "HKU"))

_MARKS = (b'"win":', b'"ActionType":', b"EventCode=", b"winlog_event_id", b'"detections":')
_PROVIDER = b'"ProviderName":'
_LOG = (b'"LogName":', b'"Channel":', b'"Log Name":', b'"EventLog":', b'"channel":')
_LINE = re.compile(r"(\w{2,40})=(.*)")
_SLASHES = re.compile(r"\\+")
_TEXT_LINES = 40
"""Lines of Splunk's text before its message."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def renamed(records: Iterable[LogRecord | LogFault]) -> Iterator[LogRecord | LogFault]:
    """The records, those of such products rewritten."""
    for each in records:
        if isinstance(each, LogRecord) and _foreign(each.text):
            yield LogRecord(each.position, _rewritten(each.text))
        else:
            yield each


def _foreign(text: bytes) -> bool:
    """Whether it bears such a product's marks, or tells its provider and not its log."""
    return any(mark in text for mark in _MARKS) or (_PROVIDER in text and not _tells_log(text))


def _tells_log(text: bytes) -> bool:
    return any(mark in text for mark in _LOG)


def _rewritten(text: bytes) -> bytes:
    try:
        record: Any = _decode(text)
        found = as_windows(record) if isinstance(record, dict) else None
        return text if found is None else _encode(found)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return text


def as_windows(record: dict[str, Any]) -> dict[str, Any] | None:
    """The record as an event of Windows; None where it is none of these products'."""
    for name in ("_source", "result"):
        inner = record.get(name)
        if isinstance(inner, dict):
            record = inner
            break
    data = record.get("data")
    if isinstance(data, dict) and isinstance(data.get("win"), dict):
        return _from_wazuh(data["win"], record)
    if record.get("ActionType") in ACTIONS and "DeviceName" in record:
        return _from_defender(record)
    if any("winlog_event_id" in name for name in record):
        return _from_graylog(record)
    if "detections" in record:
        return as_event(record)
    raw = record.get("_raw")
    if isinstance(raw, str) and "EventCode=" in raw:
        return _from_splunk(raw, record)
    if isinstance(provider := record.get("ProviderName"), str):
        # Rules ask for the log, which a table for people leaves out.
        log = log_of(provider, str(record.get("Id") or record.get("EventID") or ""))
        return record | {"LogName": log} if log else None
    return None


def _from_wazuh(win: dict[str, Any], record: dict[str, Any]) -> dict[str, Any] | None:
    """Wazuh writes every name with a small first letter."""
    system, data = win.get("system"), win.get("eventdata")
    if not isinstance(system, dict):
        return None
    found: dict[str, Any] = {
        "EventID": system.get("eventID"),
        "Channel": system.get("channel"),
        "ProviderName": system.get("providerName"),
        "Computer": system.get("computer"),
        "TimeCreated": system.get("systemTime") or record.get("timestamp"),
        "EventRecordID": system.get("eventRecordID"),
    }
    for name, value in data.items() if isinstance(data, dict) else ():
        found.setdefault(name[:1].upper() + name[1:], _plain(value))
    if isinstance(message := system.get("message"), str):
        found["Message"] = message.strip('"')
    return {name: value for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    """Wazuh doubles backslashes once more than JSON does."""
    if isinstance(value, str) and all(len(run) % 2 == 0 for run in _SLASHES.findall(value)):
        return value.replace("\\\\", "\\")
    return value


def _from_defender(record: dict[str, Any]) -> dict[str, Any]:
    number = ACTIONS[record["ActionType"]]
    audit = number > 1000
    found: dict[str, Any] = {
        "EventID": number,
        "Channel": "Security" if audit else f"{SYSMON}/Operational",
        "ProviderName": AUDIT if audit else SYSMON,
        "Computer": record.get("DeviceName"),
        "TimeCreated": record.get("Timestamp") or record.get("TimeGenerated [UTC]"),
        "EventRecordID": record.get("ReportId"),
        "Hashes": f"SHA256={record['SHA256']}" if record.get("SHA256") else None,
        **_told(record, number),
    }
    if "TimeGenerated" in record:
        found["TimeCreated"] = found["TimeCreated"] or record["TimeGenerated"]
    return {name: value for name, value in found.items() if value}


def _told(record: dict[str, Any], number: int) -> dict[str, Any]:
    get = record.get
    actor = _path(get(f"{_FIRST_ACTOR}FolderPath"), get(f"{_FIRST_ACTOR}FileName"))
    account = _account(get("AccountDomain"), get("AccountName"))
    by = _account(get(f"{_FIRST_ACTOR}AccountDomain"), get(f"{_FIRST_ACTOR}AccountName"))
    path = _path(get("FolderPath"), get("FileName"))
    if number == 1:
        return {
            "Image": path,
            "CommandLine": get("ProcessCommandLine"),
            "ParentImage": actor,
            "ParentCommandLine": get(f"{_FIRST_ACTOR}CommandLine"),
            "User": account or by,
            "OriginalFileName": get("ProcessVersionInfoOriginalFileName"),
        }
    if number > 1000:
        return {
            "TargetUserName": get("AccountName"),
            "TargetDomainName": get("AccountDomain"),
            "LogonType": _LOGON.get(str(get("LogonType")), get("LogonType")),
            "IpAddress": get("RemoteIP"),
            "WorkstationName": get("RemoteDeviceName"),
            "AuthenticationPackageName": get("Protocol"),
            "ProcessName": actor,
        }
    key, value = get("RegistryKey"), get("RegistryValueName")
    return {
        "Image": actor,
        "CommandLine": get(f"{_FIRST_ACTOR}CommandLine"),
        "User": by or account,
        "TargetFilename": path if number == 11 else None,
        "ImageLoaded": path if number == 7 else None,
        "DestinationIp": get("RemoteIP"),
        "DestinationPort": get("RemotePort"),
        "DestinationHostname": get("RemoteUrl"),
        "SourceIp": get("LocalIP"),
        "Initiated": "true" if number == 3 else None,
        "TargetObject": _hive(f"{key}\\{value}" if key and value else key),
        "Details": _details(get("RegistryValueData"), get("RegistryValueType")),
    }


def _hive(key: Any) -> Any:
    """Sysmon's short name of the hive."""
    for name, short in _HIVES:
        if isinstance(key, str) and key.upper().startswith(name):
            return short + key[len(name) :]
    return key


def _details(data: Any, kind: Any) -> Any:
    """A number as Sysmon writes it: `DWORD (0x00000001)`."""
    text = str(data or "").strip()
    if str(kind).upper() not in ("DWORD", "QWORD") or not text.isascii() or not text.isdigit():
        return data
    return f"{str(kind).upper()} (0x{int(text[:20]):08x})"


def _path(folder: Any, name: Any) -> str:
    """The whole path: the column of the folder mostly holds the file's name too."""
    if not isinstance(folder, str) or not folder:
        return name if isinstance(name, str) else ""
    if not isinstance(name, str) or not name or folder.lower().endswith(name.lower()):
        return folder
    return folder.rstrip("\\") + "\\" + name


def _account(domain: Any, name: Any) -> str:
    return f"{domain}\\{name}" if domain and name else str(name or "")


def _from_graylog(record: dict[str, Any]) -> dict[str, Any]:
    """Graylog joins the names of winlogbeat's tree with `_`, behind the shipper's own."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        plain = name.removeprefix("winlogbeat_").removeprefix("filebeat_").removeprefix("winlog_")
        found.setdefault(plain.removeprefix("event_data_"), value)
    return found | {
        "EventID": found.get("event_id"),
        "Channel": found.get("channel"),
        "ProviderName": found.get("provider_name"),
        "Computer": found.get("computer_name") or found.get("source"),
    }


def _from_splunk(raw: str, record: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    head, _, message = raw.partition("\nMessage=")
    for line in head.splitlines()[:_TEXT_LINES]:
        if told := _LINE.match(line.strip()):
            found.setdefault(told[1], told[2])
    if not found.get("EventCode", "").isdecimal():
        return None
    return {
        "EventID": found["EventCode"],
        "Channel": found.get("LogName", ""),
        "ProviderName": found.get("SourceName", ""),
        "Computer": found.get("ComputerName") or record.get("host") or "",
        "TimeCreated": record.get("_time") or raw.splitlines()[0],
        "EventRecordID": found.get("RecordNumber", ""),
        "Message": message,
    }
