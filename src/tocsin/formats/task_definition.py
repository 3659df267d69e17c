r"""Scheduled tasks as Windows keeps them: the XML below `C:\\Windows\\System32\\Tasks`, and what exports write.

A file of Windows holds one; `schtasks /query /xml` writes all behind each other, each below a comment
with its path, and with `ONE` inside `<Tasks>`.

https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-tsch/96446df7-7683-40e0-a713-b01933b93b18
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import chain
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.task_event import task_made
from tocsin.formats.syntax.text_stream import decoded, head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

SIZE_LIMIT = 256 * 1024
"""Characters of a definition that are read; real ones have some thousands."""

PATH_LIMIT = 2000
"""Characters before a definition in which the comment with its path is looked for."""

_ROOT = re.compile(
    r"\A\ufeff?(?>\s++|<\?xml[^>]{0,200}\?>|<!--(?:(?!-->).){0,1000}-->|<Tasks(?:\s[^>]{0,500})?>){0,40}+"
    r"<Task\s[^>]{0,500}schemas\.microsoft\.com/windows/2004/02/mit/task",
    re.DOTALL,
)
_BEGIN = re.compile(r"(?=<Task[\s>])")
_END = re.compile(r"</Task\s*+>")
_TAG = len("<Task ")
_VALUE = r"<{0}\s*+>([^<]{{1,2000}}+)</{0}"
_VALUES = {name: re.compile(_VALUE.format(name)) for name in ("URI", "Author", "Date")}

_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """By the root element and its namespace."""
    return 96 if _ROOT.match(head_text(head)) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Each task as the event of its making (4698), at the time that its author wrote into it, if any."""
    path = ""
    for number, (first, last, cut) in enumerate(_stretches(decoded(stream))):
        if number:
            place = f"task {number}"
            if cut:
                why = say(N_("only the first {limit} characters were read"), limit=SIZE_LIMIT)
                yield LogFault(place, why)
            elif _END.search(first) is None:
                yield LogFault(
                    place, say(N_("the task's definition has no end; read as far as it goes"))
                )
            yield LogRecord(place, _made(first if cut else _to_end(first), path))
        path = _path_in(last)


def _to_end(text: str) -> str:
    """A stretch to its last end of a task; all of it where it has none."""
    end = max((each.end() for each in _END.finditer(text)), default=len(text))
    return text[:end]


def _stretches(pieces: Iterable[str]) -> Iterator[tuple[str, str, bool]]:
    """What stands before the first task, and from each task to the next one.

    Of each stretch the first characters, the last ones, and whether the first are not all. It goes to
    the next task's beginning, for an end may stand in a comment before what the task does.
    """
    first = last = rest = ""
    cut = False
    for piece in chain(pieces, ("",)):
        text = rest + piece
        # A beginning that the next piece completes.
        edge = text.rfind("<", max(0, len(text) - _TAG)) if piece else -1
        rest = text[edge:] if edge >= 0 else ""
        for number, each in enumerate(_BEGIN.split(text[:edge] if edge >= 0 else text)):
            if number:
                yield first, last, cut
                first, last, cut = "", "", False
            room = SIZE_LIMIT - len(first)
            cut = cut or len(each) > room
            first += each[:room]
            last = (last + each)[-PATH_LIMIT:]
    yield first, last, cut


def _path_in(text: str) -> str:
    r"""The path in the last comment (`<!-- \Microsoft\Windows\Defrag -->`); empty where there is none."""
    text = text.rpartition("</Task")[2]
    begin = text.rfind("<!--")
    end = text.find("-->", begin)
    path = text[begin + 4 : end].strip() if 0 <= begin < end else ""
    return path if path.startswith("\\") and "\n" not in path and "<" not in path else ""


def _made(text: str, path: str) -> bytes:
    """The event. path: what the task is called where it does not say so itself."""
    begin = text.find("<RegistrationInfo")
    end = text.find("</RegistrationInfo", begin)
    told = text[begin:end] if 0 <= begin < end else ""
    found = {
        name: unescape(value[1]).strip()
        for name, pattern in _VALUES.items()
        if (value := pattern.search(told)) is not None
    }
    record = task_made(found.get("URI") or path, text, found.get("Author", ""))
    record["TimeCreated"] = found.get("Date", "")
    return _encode({name: each for name, each in record.items() if each})


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
