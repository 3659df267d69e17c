"""Listings of files: `dir /s`, `Get-ChildItem`, `Get-FileHash`, `find -ls`, body files, MFTECmd, forfiles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.csv_records import Broken, header_of, rows
from tocsin.formats.syntax.event_lines import json_lines
from tocsin.formats.syntax.file_rows import file_event, row_text
from tocsin.formats.syntax.listing_rows import LINE_LIMIT, is_table, rows_of, table_row, text_score
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LISTS = frozenset({"value"})
_SNIFFED = 8192
_LEAST_LINES = 3
_NAME = re.compile(r'"([A-Za-z_][\w ]{0,40})"\s*:')
_SURE = 0.8
"""Share of the first lines that must be those of a listing."""


def recognise(head: bytes) -> int:
    """A table of paths with times or sizes, or lines nearly all of which name a file."""
    text = head_text(head).lstrip("\ufeff")
    first = text.lstrip()[:1]
    if first in ("{", "["):
        return 86 if is_table(_NAME.findall(text)) else 0
    if is_table(header_of(text)):
        return 86
    # The last line of the head may be cut.
    found = text.splitlines()[:60] if len(head) < _SNIFFED else text.splitlines()[:60][:-1]
    if len([each for each in found if each.strip()]) < _LEAST_LINES or first == "<":
        return 0
    return 60 if text_score(found) >= _SURE else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every file as one line of JSON."""
    head = stream.read(_SNIFFED)
    again: Any = Rewound(head, stream)
    text = head_text(head).lstrip("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        return _of_json(again)
    return _of_table(again) if is_table(header_of(text)) else _of_text(again)


def _of_json(stream: Any) -> Iterator[LogRecord | LogFault]:
    for each in json_lines(stream, LISTS):
        if isinstance(each, LogFault):
            yield each
            continue
        value = msgspec.json.decode(each.text)
        row = table_row(value) if isinstance(value, dict) else None
        if row is not None:
            yield LogRecord(each.position, row_text(row))


def _of_table(stream: Any) -> Iterator[LogRecord | LogFault]:
    for each in rows(stream):
        place = f"line {each.line}"
        if isinstance(each, Broken):
            yield LogFault(place, each.why)
        elif (row := table_row(dict(each.fields()))) is not None:
            yield LogRecord(place, row_text(row))


def _of_text(stream: Any) -> Iterator[LogRecord | LogFault]:
    cut: list[int] = []

    def plain() -> Iterator[str]:
        for line in lines(decoded(stream), LINE_LIMIT):
            if line.cut:
                cut.append(line.number)
            yield line.text

    for number, row in rows_of(plain()):
        yield LogRecord(f"line {number}", row_text(row))
    for number in cut[:1000]:
        why = say(N_("line longer than {limit} characters, cut"), limit=LINE_LIMIT)
        yield LogFault(f"line {number}", why)


LOG = RecordLog(records=records, event=file_event, surface="files")


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`: a listing names no server."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="file-listing",
    title="Listing of files",
    recognise=recognise,
    read=read,
    order=85,
    log=LOG,
)
