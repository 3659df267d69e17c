"""Chainsaw's tables (`hunt --csv`): the log's file, the event's number, and its values as text.

`sigma.csv` holds all values in one cell, one `Name: value` on a line as YAML writes it; the tables of its
own rules have a column for each, with blanks in the names.
"""

from __future__ import annotations

import re
from typing import Any

from tocsin.formats.syntax.event_data import FIELDS_LIMIT

COLUMNS = frozenset({"detections", "path", "Event ID", "Computer"})
"""What all of its tables have."""

_DATA = "Event Data"
_PROVIDER = "Event.System.Provider"
_OWN = {
    "IP Address": "IpAddress",
    "User": "TargetUserName",
    "Service File Name": "ImagePath",
    "Scheduled Task Name": "TaskName",
    "Task Name": "TaskName",
    "Threat Path": "Path",
    "SID": "TargetUserSid",
}
"""Columns that are named otherwise than the value they show; of the others the blanks go."""

_NAMED = re.compile(r"([A-Za-z][\w .]{0,60}?):(?: (.*))?")
_FOLDED = {"|", "|-", "|+", ">", ">-", ">+"}


def as_event(record: dict[str, Any]) -> dict[str, Any] | None:
    """The row as an event of Windows; None where it is none of these tables'."""
    if not record.keys() >= COLUMNS:
        return None
    values = dict(_values(str(record.get(_DATA) or "")))
    for name, value in record.items():
        if " " in name and name not in (_DATA, "Event ID", "Record ID"):
            values.setdefault(name, value)
            values.setdefault(_OWN.get(name, name.replace(" ", "")), value)
    if _DATA not in record and "User" in record:
        values.setdefault(_OWN["User"], record["User"])
    told = {
        "EventID": record["Event ID"],
        "Channel": _channel(str(record["path"])),
        "ProviderName": record.get(_PROVIDER),
        "Computer": record["Computer"],
        "TimeCreated": record.get("timestamp"),
        "EventRecordID": record.get("Record ID"),
        "EventData": values,
    }
    return {name: value for name, value in told.items() if value}


def _channel(path: str) -> str:
    r"""`…\\Microsoft-Windows-Sysmon%4Operational.evtx` is the file of that log."""
    name = re.split(r"[\\/]", path)[-1]
    return name.removesuffix(".evtx").replace("%4", "/")


def _values(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        named = None if line.startswith((" ", "\t")) else _NAMED.fullmatch(line)
        if named is not None and len(found) < FIELDS_LIMIT:
            found.append((named[1], named[2] or ""))
        elif found:
            name, before = found[-1]
            before = "" if before in _FOLDED else before + "\n"
            found[-1] = name, before + line.removeprefix("  ")
    return [(name, _plain(value)) for name, value in found]


def _plain(value: str) -> str:
    """Without the quotes YAML puts around what could be read otherwise."""
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    if len(value) > 1 and value[0] == value[-1] == '"' and '\\"' in value:
        return value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return value
