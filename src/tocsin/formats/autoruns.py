"""What starts by itself on a machine, as Sysinternals Autoruns lists it (CSV, tab-separated, UTF-16 too).

https://learn.microsoft.com/en-us/sysinternals/downloads/autoruns
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.csv_records import Broken, header_of, rows
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of
from tocsin.formats.syntax.event_values import SYSMON
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.task_event import action_of, task_made
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_KNOWN = frozenset({"Entry Location", "Entry", "Image Path"})
_MORE = frozenset({"Category", "Profile", "Signer", "Publisher", "Launch String", "Enabled"})

_REGISTRY = re.compile(r"(?:HKLM|HKCU|HKU|HKCR)\\", re.IGNORECASE)
_FOLDER = re.compile(r"[A-Za-z]:\\|%")

_TIME = re.compile(r"^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$")
"""As the command line tool writes it."""

_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """By the columns of the list."""
    names = set(header_of(head_text(head).lstrip("\ufeff \t\r\n")))
    return 92 if names >= _KNOWN and len(names & _MORE) >= 2 else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every enabled entry as the event by which Windows or Sysmon would have told of its making.

    The time is the list's own: of the file, or of the key, not of the making.
    """
    for row in rows(stream):
        if isinstance(row, Broken):
            yield LogFault(f"line {row.line}", row.why)
            continue
        told = row.fields()
        # Each location has a line of its own, without an entry, before its entries.
        if told.get("Entry", "").strip() and told.get("Enabled", "").lower() != "disabled":
            record = _record(told)
            yield LogRecord(
                f"line {row.line}", _encode({name: each for name, each in record.items() if each})
            )


def _record(told: dict[str, str]) -> dict[str, Any]:
    place, entry = told.get("Entry Location", "").strip(), told["Entry"].strip()
    runs = told.get("Launch String", "").strip() or told.get("Image Path", "").strip()
    category = told.get("Category", "").lower()
    record: dict[str, Any] = {
        "TimeCreated": _TIME.sub(r"\1-\2-\3T\4:\5:\6", told.get("Time", "").strip())
    }
    if category in ("services", "drivers") or place.lower().endswith(
        "\\currentcontrolset\\services"
    ):
        kernel = category == "drivers" or runs.lower().endswith(".sys")
        return record | {
            "EventID": 7045,
            "Channel": "System",
            "ProviderName": "Service Control Manager",
            "ServiceName": entry,
            "ImagePath": runs,
            "ServiceType": "kernel mode driver" if kernel else "user mode service",
        }
    if category == "tasks" or "task scheduler" in place.lower():
        return record | task_made(entry, action_of(runs))
    record |= {"Channel": f"{SYSMON}/Operational", "ProviderName": SYSMON}
    if category == "wmi":
        return record | {"EventID": 20, "Name": entry, "Destination": runs}
    if _REGISTRY.match(place) is None and _FOLDER.match(place):
        return record | {"EventID": 11, "TargetFilename": f"{place}\\{entry}", "Image": ""}
    # A program that another one is started in the place of stands in a value of its own.
    value = "\\Debugger" if category == "image hijacks" else ""
    return record | {
        "EventID": 13,
        "EventType": "SetValue",
        "TargetObject": f"{place}\\{entry}{value}",
        "Details": runs,
    }


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="autoruns",
    title="Autoruns",
    recognise=recognise,
    read=read,
    order=94,
    log=LOG,
)
