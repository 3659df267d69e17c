"""Rows of Defender's advanced hunting under the names that Windows gives the same things.

https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-deviceprocessevents-table and its kin,
https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-deviceevents-table
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tocsin.formats.syntax.event_values import AUDIT, SYSMON

_SYSMON = (f"{SYSMON}/Operational", SYSMON)
_SECURITY = ("Security", AUDIT)
_LOGS = {
    1102: ("Security", "Microsoft-Windows-Eventlog"),
    1116: ("Microsoft-Windows-Windows Defender/Operational", "Microsoft-Windows-Windows Defender"),
    4104: ("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell"),
}
"""Log and provider of events that are neither Sysmon's nor the audit's."""

_FURTHER = frozenset({6, 8, 10, 1102, 1116, 4104, 4697, 4698, 4702, 4720, 4732})
"""Events that stand in the table of other events."""

_NUMBER = re.compile(r"[0-9]{1,20}")

_decode = msgspec.json.Decoder().decode

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
    "DriverLoad": 6,
    "CreateRemoteThreadApiCall": 8,
    "OpenProcessApiCall": 10,
    "ScheduledTaskCreated": 4698,
    "ScheduledTaskUpdated": 4702,
    "ServiceInstalled": 4697,
    "UserAccountCreated": 4720,
    "UserAccountAddedToLocalGroup": 4732,
    "SecurityLogCleared": 1102,
    "PowerShellCommand": 4104,
    "AmsiScriptDetection": 1116,
    "AntivirusDetection": 1116,
    "AntivirusReport": 1116,
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


def from_defender(record: dict[str, Any]) -> dict[str, Any]:
    """A row of advanced hunting as the event of Windows that tells the same. record: with a known action."""
    number = ACTIONS[record["ActionType"]]
    channel, provider = _LOGS.get(number, (_SECURITY if number > 1000 else _SYSMON))
    found: dict[str, Any] = {
        "EventID": number,
        "Channel": channel,
        "ProviderName": provider,
        "Computer": record.get("DeviceName"),
        "TimeCreated": record.get("Timestamp") or record.get("TimeGenerated [UTC]"),
        "EventRecordID": record.get("ReportId"),
        "Hashes": f"SHA256={record['SHA256']}" if record.get("SHA256") else None,
        **(_further(record, number) if number in _FURTHER else _told(record, number)),
    }
    if "TimeGenerated" in record:
        found["TimeCreated"] = found["TimeCreated"] or record["TimeGenerated"]
    return {name: value for name, value in found.items() if value}


def _further(record: dict[str, Any], number: int) -> dict[str, Any]:
    """The table of other events, of which each kind keeps something of its own in `AdditionalFields`."""
    get = record.get
    actor = _path(get(f"{_FIRST_ACTOR}FolderPath"), get(f"{_FIRST_ACTOR}FileName"))
    path = _path(get("FolderPath"), get("FileName"))
    by = _account(get(f"{_FIRST_ACTOR}AccountDomain"), get(f"{_FIRST_ACTOR}AccountName"))
    more = _members(get("AdditionalFields"))
    if number == 6:
        return {"ImageLoaded": path}
    if number in (8, 10):
        access = str(more.get("DesiredAccess") or "")
        return {
            "SourceImage": actor,
            "TargetImage": path,
            "SourceUser": by,
            "GrantedAccess": hex(int(access[:20])) if _NUMBER.fullmatch(access) else access,
        }
    if number == 1116:
        return {
            "Threat Name": more.get("ThreatName") or more.get("Description"),
            "Path": path or get("RemoteUrl"),
            "Process Name": actor,
            "Detection User": by,
        }
    if number == 4104:
        return {"ScriptBlockText": more.get("Command") or get("ProcessCommandLine"), "User": by}
    user = by or _account(get("AccountDomain"), get("AccountName"))
    return {
        "SubjectUserName": user.rpartition("\\")[2],
        "TargetUserName": get("AccountName") if number in (4720, 4732) else None,
        "MemberSid": get("AccountSid") if number == 4732 else None,
        "TargetSid": more.get("GroupSid") if number == 4732 else None,
        "TaskName": more.get("TaskName"),
        "TaskContent": more.get("TaskContent"),
        "ServiceName": more.get("ServiceName"),
        "ServiceFileName": path if number == 4697 else None,
        "ServiceType": more.get("ServiceType") if number == 4697 else None,
        "ServiceAccount": more.get("ServiceAccount") if number == 4697 else None,
    }


def _members(value: Any) -> dict[str, Any]:
    """What stands in `AdditionalFields`: JSON, as text in a table; a task's description once more so."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = _decode(value)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


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
