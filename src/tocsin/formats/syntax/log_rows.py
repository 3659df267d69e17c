"""What the hunt must know of a log: how its rows are cut, and what one row says.

A log of many gigabytes is never read as evidence row by row. Its format hands the hunt a `LineLog`
(a row is a line of the file) or a `RecordLog` (records that a library takes out of a binary or
nested file, each turned into one line of text). The hunt searches the text of all rows at once and
asks `event` only for the few that may match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from tocsin.model.event import Event
from tocsin.model.text import Sentence


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of a log are to be read from here on.

    surface: kind of log. columns: their names in order, the producer's spelling. host: server that
    wrote it, where the head tells. version: of the writing software, as printed. stated: whether
    the file states its columns; else they were inferred from the rows themselves. delimiter: what
    stands between two columns. date: the day of the rows (`2021-03-03`) where they tell the time
    only.
    """

    surface: str
    columns: tuple[str, ...]
    host: str = ""
    version: str = ""
    stated: bool = True
    delimiter: str = ","
    date: str = ""


class LineLog(msgspec.Struct, frozen=True, kw_only=True):
    r"""A log whose rows are lines (ending in LF, CR LF or CR LF CR LF), UTF-8 or close to it.

    begin: the layout from the first bytes of the file (at most `HEAD_SIZE`), also where the header
    is missing; None if it cannot be told. turns: whether this line (without its end) changes the
    layout or is a comment, so no row: given all lines that begin with one of `marks`. The answer is
    the layout that holds from the next line on; the same one for a comment. marks: what such lines
    begin with (`#`, the first column's name). event: what one line says under a layout; None if it
    is half-written or no row of this log. Pure, linear, raises nothing whatever the bytes.
    """

    begin: Callable[[bytes], Layout | None]
    turns: Callable[[bytes, Layout], Layout]
    marks: tuple[bytes, ...]
    event: Callable[[bytes, Layout], Event | None]


class LogRecord(msgspec.Struct, frozen=True, gc=False):
    """One record as one line of text without line feeds (JSON), and its place (`record 17`)."""

    position: str
    text: bytes


class LogFault(msgspec.Struct, frozen=True, gc=False):
    """A stretch of a log that could not be read; count: how many records, where it is known."""

    position: str
    why: Sentence
    count: int = 1


class RecordLog(msgspec.Struct, frozen=True, kw_only=True):
    r"""A log of records. records: in the file's order, as text, faults among them; raises nothing.

    event: what one record's text says, None if it is none. json: whether the text is JSON, so that
    what is searched for in it is escaped as JSON escapes (`\\` for a backslash). surface: kind of log
    of its events. named: where the path of the file says more than its bytes (a page of a web site),
    the same as `records`, given the path as a `Locator` has it; asked instead of `records`. aside: the
    file is first of all something else (a mailbox) and no log unless it holds such records. number:
    the `EventID` that the event of a text has, told without reading all of it; None where it cannot be.
    """

    records: Callable[[BinaryIO], Iterator[LogRecord | LogFault]]
    event: Callable[[bytes], Event | None]
    json: bool = True
    surface: str = "windows"
    named: Callable[[BinaryIO, str], Iterator[LogRecord | LogFault]] | None = None
    aside: bool = False
    number: Callable[[bytes], str | None] | None = None


Log = LineLog | RecordLog
