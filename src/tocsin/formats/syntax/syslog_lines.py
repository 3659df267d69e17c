"""Lines that were sent by syslog, of which some are events of Windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.text_stream import Line
from tocsin.model.text import N_, say

LINE_LIMIT = 1 << 20
"""Characters of a line that are read."""

_LONG = N_("a line longer than is read; its rest was left out")
_FOREIGN = N_("lines of syslog that are no events of Windows")

_encode = msgspec.json.Encoder().encode


def event_records(
    source: Iterable[Line], read: Callable[[str], dict[str, Any] | None]
) -> Iterator[LogRecord | LogFault]:
    """Each event as one line of JSON; other lines are counted and told once.

    read: what a line says, None if it is no event of Windows.
    """
    foreign, first = 0, 0
    for line in source:
        if line.cut:
            yield LogFault(f"line {line.number}", say(_LONG))
        text = line.text.strip("\ufeff\r\n")
        if not text.strip():
            continue
        record = read(text)
        if record is None:
            foreign += 1
            first = first or line.number
        else:
            yield LogRecord(f"line {line.number}", _encode(record))
    if foreign:
        yield LogFault(f"line {first}", say(_FOREIGN), foreign)
