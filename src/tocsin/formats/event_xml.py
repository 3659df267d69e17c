"""Windows events as XML: `wevtutil`, Event Viewer's "Save all events as", forwarded events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.event_hosts import read_events
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of, rendered
from tocsin.formats.syntax.event_xml import elements
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.text_stream import head_text
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_BEGIN = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,1000}?-->\s*)?<Events?[\s>/]", re.DOTALL
)
_SYSTEM = re.compile(r"<Event[\s>][^<]{0,300}<System[\s>]")


def recognise(head: bytes) -> int:
    """`Event` elements, with or without `Events` around them, that begin with `System`."""
    text = head_text(head).lstrip("\ufeff")
    if not text.lstrip().startswith("<") or not _BEGIN.match(text):
        return 0
    return 97 if _SYSTEM.search(text) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every event as one line of JSON."""
    return rendered(elements(stream))


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The Exchange servers that the first records name, then one `Look`."""
    del reading
    return read_events(stream, at, LOG)


FORMAT = Format(
    name="event-xml",
    title="Windows events as XML",
    recognise=recognise,
    read=read,
    order=22,
    log=LOG,
)
