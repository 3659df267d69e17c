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
from tocsin.formats.syntax.event_defender import ACTIONS, from_defender
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.knowledge.event_names import log_of

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
    action = record.get("ActionType")
    if isinstance(action, str) and action in ACTIONS and "DeviceName" in record:
        return from_defender(record)
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
