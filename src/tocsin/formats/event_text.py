"""Windows events as text: `wevtutil qe /f:text`, `Get-WinEvent | Format-List`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.event_hosts import read_events
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_printed import events, printed
from tocsin.formats.syntax.event_products import renamed
from tocsin.formats.syntax.event_record import event_of, rendered
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

LINE_LIMIT = 1 << 20
"""Characters of one line that are read."""


def recognise(head: bytes) -> int:
    """`Event[0]:` with `Log Name:` below it, or the properties of an event printed as a list."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    return 90 if text[:1] not in ("{", "[", "<", "#") and printed(text) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every event as one line of JSON."""
    return rendered(renamed(events(lines(decoded(stream), LINE_LIMIT))))


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The Exchange servers that the first events name, then one `Look`."""
    del reading
    return read_events(stream, at, LOG)


FORMAT = Format(
    name="event-text",
    title="Windows events as text",
    recognise=recognise,
    read=read,
    order=60,
    log=LOG,
)
