"""Windows event logs (.evtx), Exchange's own among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax import event_evtx
from tocsin.formats.syntax.event_hosts import read_events
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import UNTOLD, event_of, with_message
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator


def recognise(head: bytes) -> int:
    """By the magic number of the file, or of a chunk carved out of one."""
    return 100 if head.startswith((event_evtx.FILE_MAGIC, event_evtx.CHUNK_MAGIC)) else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every record as one line of JSON."""
    return event_evtx.records(stream, UNTOLD, with_message)


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The Exchange servers that the first records name, then one `Look`."""
    del reading
    return read_events(stream, at, LOG)


FORMAT = Format(
    name="evtx",
    title="Windows event log (.evtx)",
    recognise=recognise,
    read=read,
    order=8,
    log=LOG,
)
