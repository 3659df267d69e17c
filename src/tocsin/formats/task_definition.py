r"""A scheduled task as Windows keeps it: the XML below `C:\\Windows\\System32\\Tasks`, and what exports write.

https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-tsch/96446df7-7683-40e0-a713-b01933b93b18
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.text_stream import decoded, head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

SIZE_LIMIT = 256 * 1024
"""Characters of a definition that are read; real ones have some thousands."""

_ROOT = re.compile(
    r"\A\ufeff?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*)?<Task\b[^>]{0,500}"
    r"schemas\.microsoft\.com/windows/2004/02/mit/task",
    re.DOTALL,
)
_INFORMATION = re.compile(r"<RegistrationInfo\b.{0,20000}?</RegistrationInfo\s*>", re.DOTALL)
_VALUE = r"<{0}\s*>\s*([^<]{{1,1000}}?)\s*</{0}\s*>"
_VALUES = {name: re.compile(_VALUE.format(name)) for name in ("URI", "Author", "Date")}

_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """By the root element and its namespace."""
    return 96 if _ROOT.match(head_text(head)) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """The task as the event of its making (4698), at the time that its author wrote into it, if any."""
    text = ""
    for piece in decoded(stream):
        text += piece
        if len(text) > SIZE_LIMIT:
            why = say(N_("only the first {limit} characters were read"), limit=SIZE_LIMIT)
            yield LogFault("task", why)
            text = text[:SIZE_LIMIT]
            break
    told = _INFORMATION.search(text)
    found = {
        name: unescape(value[1])
        for name, pattern in _VALUES.items()
        if told is not None and (value := pattern.search(told[0])) is not None
    }
    record = {
        "EventID": 4698,
        "Channel": "Security",
        "ProviderName": "Microsoft-Windows-Security-Auditing",
        "TimeCreated": found.get("Date", ""),
        "SubjectUserName": found.get("Author", "").rpartition("\\")[2],
        "TaskName": found.get("URI", ""),
        "TaskContent": text,
    }
    yield LogRecord("task", _encode({name: each for name, each in record.items() if each}))


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`: a task says nothing of servers."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="task-definition",
    title="Definition of a scheduled task",
    recognise=recognise,
    read=read,
    order=60,
    log=LOG,
)
