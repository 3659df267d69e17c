"""Windows events and process starts out of lines of CEF and LEEF, under the names of Windows.

LEEF mostly keeps the names of Windows. ArcSight's connectors put values under CEF's own keys
(`duser`, `sproc`, `cs4`) and others behind `ad.`; a label beside a custom key says what it holds.
https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/microsoft-windows-event-log-native/
"""

from __future__ import annotations

import re
from typing import Any

from tocsin.formats.syntax.event_values import AUDIT, SYSMON
from tocsin.formats.syntax.process_start import start_of
from tocsin.formats.syntax.process_values import iso_of, program_path, told
from tocsin.formats.syntax.siem_text import SiemLine
from tocsin.knowledge.event_names import log_of

_LABEL = re.compile(r"((?:cs|cn|cfp|c6a|flexString|flexNumber|flexDate|deviceCustomDate)\d)Label")
_ARCSIGHT = re.compile(r"([A-Za-z][\w .-]{2,80}):(\d{1,5})")
_NUMBER = re.compile(r"\d{1,5}")
_WINDOWS = re.compile(r"\bwindows\b|\bsysmon\b|\bsnare\b|\bwineventlog\b", re.IGNORECASE)
_PROVIDERS = (
    "Microsoft-Windows-", "Microsoft-Exchange", "MSExchange", "Service Control Manager", "PowerShell",
)  # fmt: skip

_IDS = ("EventID", "EventId", "eventID", "externalId", "deviceEventClassId", "EventIDCode")
_SOURCES = (
    "ProviderName",
    "SourceName",
    "Provider_Name",
    "EventSource",
    "Source",
    "deviceProcessName",
)
_LOGS = ("Channel", "EventLog", "LogName", "deviceEventCategory", "cat", "EventCategory")
_HOSTS = (
    "Computer", "Hostname", "ComputerName", "OriginatingComputer", "dvchost", "deviceHostName", "dhost",
    "resource", "identHostName", "HostName", "devName", "dvc", "shost", "agentHostName", "ahost",
)  # fmt: skip
_TIMES = (
    "EventTime", "TimeCreated", "SystemTime", "TimeGenerated", "rt", "devTime", "end", "start",
    "deviceReceiptTime", "art",
)  # fmt: skip

_LABELS = {
    "processcommandline": "CommandLine",
    "commandline": "CommandLine",
    "creatorprocessname": "ParentProcessName",
    "parentprocess": "ParentProcessName",
    "creatorprocessid": "ProcessId",
    "logonprocess": "LogonProcessName",
    "authenticationpackage": "AuthenticationPackageName",
    "objectserver": "ObjectServer",
    "accesses": "AccessList",
    "sharename": "ShareName",
    "relativetargetname": "RelativeTargetName",
    "servicefilename": "ServiceFileName",
    "keylength": "KeyLength",
}
"""Labels, small letters only, where Windows has another name for the same; the rest lose their blanks."""

_ACCOUNTS = {
    "suser": "SubjectUserName",
    "sntdom": "SubjectDomainName",
    "suid": "SubjectLogonId",
    "duser": "TargetUserName",
    "dntdom": "TargetDomainName",
    "duid": "TargetLogonId",
    "src": "IpAddress",
    "spt": "IpPort",
    "shost": "WorkstationName",
    "destinationServiceName": "ServiceName",
}
_LOGONS = frozenset({"4624", "4625", "4648", "4768", "4769", "4771", "4776"})
"""Events whose account is the one that logs in."""

_LOGON = {"sproc": "ProcessName", "dproc": "ProcessName", "cn1": "LogonType"}
_OBJECT = {
    "dproc": "ProcessName",
    "sproc": "ProcessName",
    "fname": "ObjectName",
    "filePath": "ObjectName",
}
_SHARE = {"filePath": "ShareName", "fname": "RelativeTargetName"}
_SERVICE = {
    "fname": "ServiceName",
    "filePath": "ImagePath",
    "dproc": "ImagePath",
    "duser": "AccountName",
}
_AUDITS: dict[str, dict[str, str]] = {
    "4688": {
        "dproc": "NewProcessName", "filePath": "NewProcessName", "sproc": "ParentProcessName",
        "dpid": "NewProcessId", "spid": "ProcessId", "cs3": "NewProcessId", "cs4": "CommandLine",
        "cs5": "ProcessId",
    },
    "4624": _LOGON, "4625": _LOGON, "4648": _LOGON,
    "4656": _OBJECT, "4657": _OBJECT, "4660": _OBJECT, "4663": _OBJECT, "4670": _OBJECT,
    "5140": _SHARE, "5145": _SHARE,
    "4697": {**_SERVICE, "filePath": "ServiceFileName", "dproc": "ServiceFileName"},
    "7045": _SERVICE,
    "4698": {"fname": "TaskName", "filePath": "TaskName"},
    "4702": {"fname": "TaskName", "filePath": "TaskName"},
    "4769": {"sname": "ServiceName", "dproc": "ServiceName"},
    "5156": {"src": "SourceAddress", "dst": "DestAddress", "spt": "SourcePort", "dpt": "DestPort",
             "dproc": "Application", "sproc": "Application"},
}  # fmt: skip
"""CEF's keys in an audit event, by its number; the accounts are the same in all."""

_BY = {"dproc": "Image", "sproc": "Image", "filePath": "TargetFilename", "fname": "TargetFilename"}
_SYSMONS: dict[str, dict[str, str]] = {
    "1": {
        "dproc": "Image", "filePath": "Image", "sproc": "ParentImage", "dpid": "ProcessId",
        "spid": "ParentProcessId", "fileHash": "Hashes",
    },
    "3": {"src": "SourceIp", "spt": "SourcePort", "dst": "DestinationIp", "dpt": "DestinationPort",
          "dhost": "DestinationHostname", "dproc": "Image", "sproc": "Image"},
    "7": {**_BY, "filePath": "ImageLoaded", "fname": "ImageLoaded"},
    "8": {"sproc": "SourceImage", "dproc": "TargetImage"},
    "10": {"sproc": "SourceImage", "dproc": "TargetImage"},
    "22": {**_BY, "dhost": "QueryName"},
}  # fmt: skip
for _number in ("12", "13", "14"):
    _SYSMONS[_number] = {**_BY, "filePath": "TargetObject", "fname": "TargetObject"}

_EDR = {
    "dvchost": "endpointname", "dhost": "computername", "identHostName": "computername", "shost": "hostname", "rt": "eventtime",
    "devTime": "eventtime", "end": "timestamp", "start": "timestamp", "suser": "user",
    "duser": "username", "usrName": "username", "dntdom": "domain", "sntdom": "domain",
    "dproc": "image", "filePath": "filepath", "fname": "filename", "sproc": "parentimage",
    "dpid": "pid", "spid": "ppid", "fileHash": "processhash", "oldFilePath": "cwd",
}  # fmt: skip
"""CEF's keys in a line of a product for the defence of machines, to names of `process_names`."""


_PROGRAMS = {
    "Image": "CommandLine",
    "NewProcessName": "CommandLine",
    "ParentImage": "ParentCommandLine",
    "ParentProcessName": "ParentCommandLine",
}
"""Where a program's path stands, and the command that may tell it where only its name does."""


def record_of(line: SiemLine) -> dict[str, Any] | None:
    """The event, flat, as `event_record.event_of` reads it; None for other lines."""
    fields = labelled(line.fields)
    source, number = _event_number(line, fields)
    if number:
        return _windows(line, fields, source, number)
    return _start(line, fields)


def labelled(fields: dict[str, str]) -> dict[str, str]:
    """The fields, custom ones under what their label says: `cs1=a cs1Label=Logon Type` is `LogonType=a`."""
    found: dict[str, str] = {}
    labels = {
        of[1]: text
        for key, text in fields.items()
        if key.endswith("Label") and (of := _LABEL.fullmatch(key)) is not None
    }
    for key, value in fields.items():
        if key.endswith("Label") and key.removesuffix("Label") in labels:
            continue
        plain = re.sub(r"[^A-Za-z0-9_]", "", labels[key]) if key in labels else ""
        if plain.endswith("ID"):
            plain = plain[:-2] + "Id"  # as Windows spells it in the names of values
        name = _LABELS.get(plain.lower(), plain) if plain else key.removeprefix("ad.")
        found.setdefault(name, value)
    return found


def _event_number(line: SiemLine, fields: dict[str, str]) -> tuple[str, str]:
    """The provider, where it is told, and the number of an event of Windows; empty for another line."""
    arcsight = _ARCSIGHT.fullmatch(line.number)
    if arcsight is not None and (
        arcsight[1].startswith(_PROVIDERS) or _WINDOWS.search(line.product)
    ):
        return arcsight[1], arcsight[2]
    source = _first(fields, _SOURCES)
    stated = source.startswith(_PROVIDERS) and "EventID" in fields
    if not stated and not _WINDOWS.search(line.product):
        return "", ""
    numbers = (line.number, *(fields.get(each, "") for each in _IDS))
    ordered = reversed(numbers) if stated else iter(numbers)
    number = next((each for each in ordered if _NUMBER.fullmatch(each) and int(each)), "")
    return source, number


def _windows(line: SiemLine, fields: dict[str, str], source: str, number: str) -> dict[str, Any]:
    channel = _first(fields, _LOGS)
    provider, channel = _origin(source, channel, number)
    keys = _SYSMONS.get(number, _BY) if provider == SYSMON else _AUDITS.get(number, {})
    record: dict[str, Any] = {
        "EventID": number,
        "ProviderName": provider,
        "Channel": channel,
        "Computer": _first(fields, _HOSTS).rpartition("\\")[2] or line.host,
        "TimeCreated": _time(line, fields),
    }
    for key, value in fields.items():
        if key not in (*_IDS, *_TIMES):
            record.setdefault(key, value)
    for key, name in keys.items():
        if (value := told(fields.get(key))) and (name != "ObjectName" or "\\" in value):
            record.setdefault(name, value)
    for name in _PROGRAMS.keys() & record.keys():
        record[name] = program_path(record[name], record.get(_PROGRAMS[name], ""))
    if provider == SYSMON:
        _put_user(record, fields)
    else:
        _put_accounts(record, fields, number)
    for name in ("msg", "message"):
        if name in fields:
            record.setdefault("Message", fields[name])
    return {name: value for name, value in record.items() if value != ""}


def _put_user(record: dict[str, Any], fields: dict[str, str]) -> None:
    user = _first(fields, ("suser", "duser", "usrName"))
    domain = _first(fields, ("sntdom", "dntdom"))
    if user:
        record.setdefault("User", f"{domain}\\{user}" if domain and "\\" not in user else user)


def _put_accounts(record: dict[str, Any], fields: dict[str, str], number: str) -> None:
    for key, name in _ACCOUNTS.items():
        # Of a start ArcSight tells the account that started it as the destination's.
        alone = number == "4688" and key.startswith("d") and "suser" not in fields
        if value := fields.get(key, ""):
            record.setdefault(name.replace("Target", "Subject") if alone else name, value)
    if user := told(fields.get("usrName")):
        record.setdefault("TargetUserName" if number in _LOGONS else "SubjectUserName", user)


def _origin(source: str, channel: str, number: str) -> tuple[str, str]:
    """Provider and log, each told by the other where it is missing."""
    if not source:
        if "sysmon" in channel.lower():
            source = SYSMON
        elif channel == "Security" or (not channel and 4600 <= int(number) <= 6500):
            source = AUDIT
        elif number in ("7045", "7036", "7040"):
            source = "Service Control Manager"
    # A category of the sender (`Process Creation`) is no log of Windows.
    known = log_of(source, number)
    if known and channel.lower() != known.lower():
        channel = known
    if source == SYSMON:
        channel = f"{SYSMON}/Operational"
    elif source == AUDIT:
        channel = "Security"
    elif source == "Service Control Manager":
        channel = "System"
    return source, channel or source


def _start(line: SiemLine, fields: dict[str, str]) -> dict[str, Any] | None:
    """The start of a process that a product tells with its command, program and computer."""
    named: dict[str, Any] = {}
    for key, value in fields.items():
        named.setdefault(_EDR.get(key, key), value)
    # What syslog's head says, a relay may have written: it counts where nothing else is told.
    named.setdefault("agentname", line.host)
    named.setdefault("logtime", line.stamp)
    named.setdefault("type", line.number)
    found = start_of(named)
    if found is None or not found.keys() >= {"Image", "Computer"}:
        return None
    message = fields.get("msg", "")
    name = found["Image"].rpartition("\\")[2].lower()
    if "CommandLine" not in found and name and name in message[:300].lower():
        found["CommandLine"] = message
    return found if "CommandLine" in found else None


def _first(fields: dict[str, str], names: tuple[str, ...]) -> str:
    return next((text for each in names if (text := told(fields.get(each)))), "")


def _time(line: SiemLine, fields: dict[str, str]) -> str:
    read = (iso_of(fields[each]) for each in _TIMES if each in fields)
    return next((each for each in read if each), "") or iso_of(line.stamp)
