"""Transcripts of PowerShell (`Start-Transcript`): each command as the script log would have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LINE_LIMIT = 1 << 16
"""Characters of one line that are read."""

_PROMPT = re.compile(r"(?:\[[^\]]{1,200}\]: ?)?PS [^>]{0,300}>+ ?(\S.*)$")
_HEAD = re.compile(r"([A-Za-zÀ-ÿ' ]{3,40}) ?: ?(.*)$")
_STAMP = re.compile(r"\b(\d{14})\b")
_MACHINE = re.compile(r"([\w.-]{1,255}) \(Microsoft Windows")
_BLOCK = re.compile(
    r"\A\*{10,}\s+(?:.{0,80}PowerShell.{0,80}|.{0,80}transcript.{0,80})\n", re.IGNORECASE
)

_STARS = "*" * 10
"""What the last line of a session begins with that was ended."""

_LONG = N_("a line longer than is read; its rest was left out")
_OPEN = N_("the transcript has no end: its session was cut off, or this copy is")

_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """The block of stars and the words of its first line; another reader knows what commands printed."""
    text = head_text(head).lstrip("\ufeff \t\r\n").replace("\r\n", "\n")
    return 50 if _BLOCK.match(text) and _MACHINE.search(text) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every command as an event 4104, at the time at which the session began or the command was given."""
    machine = account = when = last = ""
    number = 0
    for line in lines(decoded(stream), LINE_LIMIT):
        text = line.text.lstrip("\ufeff")
        number, last = (line.number, text) if text.strip() else (number, last)
        if line.cut:
            yield LogFault(f"line {line.number}", say(_LONG))
        if told := _MACHINE.search(text):
            machine = told[1]
        elif stamp := _STAMP.search(text[:200]):
            when = _moment(stamp[1]) or when
        elif (told := _HEAD.match(text)) and "\\" in told[2] and not account:
            account = told[2].strip()
        elif command := _PROMPT.match(text):
            record = {
                "EventID": 4104,
                "Channel": "Microsoft-Windows-PowerShell/Operational",
                "ProviderName": "Microsoft-Windows-PowerShell",
                "Computer": machine,
                "TimeCreated": when,
                "UserID": account,
                "ScriptBlockText": command[1],
            }
            yield LogRecord(f"line {line.number}", _encode({k: v for k, v in record.items() if v}))
    if not last.startswith(_STARS):
        yield LogFault(f"line {number}", say(_OPEN))


def _moment(stamp: str) -> str:
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return ""


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="transcript",
    title="Transcript of PowerShell",
    recognise=recognise,
    read=read,
    order=91,
    log=LOG,
)
