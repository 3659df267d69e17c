"""Windows events and process starts in lines of CEF and LEEF, with or without syslog's head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.event_hosts import read_events
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of, rendered
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.siem_text import begins, siem_line
from tocsin.formats.syntax.siem_windows import record_of
from tocsin.formats.syntax.syslog_lines import LINE_LIMIT, event_records
from tocsin.formats.syntax.text_stream import Line, decoded, head_text, lines
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_SHOWN = 50
"""Lines at the beginning of which one must be an event."""


_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """A line of CEF or LEEF at the beginning that is an event of Windows, or the start of a process."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "", '"') or not ("CEF:" in text or "LEEF:" in text):
        return 0
    found = (_record(each) for each in text.splitlines()[:_SHOWN] if begins(each))
    return 92 if any(each is not None for each in found) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every event as one line of JSON."""
    return rendered(event_records(_joined(lines(decoded(stream), LINE_LIMIT)), _record))


def _joined(source: Iterable[Line]) -> Iterator[Line]:
    """Lines, those that go on with a value of the one above (they begin with a blank) put to it."""
    held: list[Line] = []
    size = 0
    for line in source:
        goes_on = bool(held) and line.text[:1] in (" ", "\t") and begins(line.text) is None
        if held and not goes_on:
            yield _whole(held)
            held, size = [], 0
        # What goes on behind the limit is no longer kept, only told.
        if size <= LINE_LIMIT or not goes_on:
            size += len(line.text) + 1
            held.append(line)
        if len(held) == 1 and begins(line.text) is None:
            yield _whole(held)  # nothing is put to a line of another kind
            held, size = [], 0
    if held:
        yield _whole(held)


def _whole(held: list[Line]) -> Line:
    text = "\n".join(each.text for each in held)
    cut = any(each.cut for each in held) or len(text) > LINE_LIMIT
    return Line(held[0].number, text[:LINE_LIMIT], cut)


def _record(text: str) -> dict[str, Any] | None:
    line = siem_line(text)
    return None if line is None else record_of(line)


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The Exchange servers that the first events name, then one `Look`."""
    del reading
    return read_events(stream, at, LOG)


FORMAT = Format(
    name="siem-lines",
    title="Windows events as CEF or LEEF",
    recognise=recognise,
    read=read,
    order=57,
    log=LOG,
)
