"""Scheduled tasks as `schtasks /query /v` lists them (CSV or list): each as the event of its making would have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.csv_records import Broken, header_of, rows
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of
from tocsin.formats.syntax.log_rows import LogFault, LogRecord, RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.task_event import action_of, task_made
from tocsin.formats.syntax.text_stream import decoded, head_text, lines
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LINE_LIMIT = 1 << 16
"""Characters of one line of a list."""

_SNIFFED = 4096
_NAMES = {
    "TaskName": "name",
    "Task To Run": "runs",
    "HostName": "host",
    "Author": "author",
    "Run As User": "account",
    "Aufgabenname": "name",
    "Auszuführende Aufgabe": "runs",
    "Hostname": "host",
    "Autor": "author",
    "Als Benutzer ausführen": "account",
    "Nom de la tâche": "name",
    "Tâche à exécuter": "runs",
    "Nom de l'hôte": "host",
    "Auteur": "author",
    "Exécuter en tant qu'utilisateur": "account",
}
"""Columns, in the languages in which they are printed."""

_LINE = re.compile(r"([A-Za-zÀ-ÿ' ]{4,40}): {0,40}(.*)$")
_LONG = N_("a line longer than is read; its rest was left out")

_encode = msgspec.json.Encoder().encode


def recognise(head: bytes) -> int:
    """A table or a list that names tasks and what each one runs."""
    text = head_text(head).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "[", "<"):
        return 0
    told = {_NAMES.get(name) for name in header_of(text)}
    if not told >= {"name", "runs"}:
        found = (_LINE.match(line) for line in text.splitlines()[:60])
        told = {_NAMES.get(each[1].strip()) for each in found if each is not None}
    return 88 if told >= {"name", "runs"} else 0


def records(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every task as an event 4698 without a time: a list says what is there, not since when."""
    head = stream.read(_SNIFFED)
    again: Any = Rewound(head, stream)
    told = {_NAMES.get(name) for name in header_of(head_text(head).lstrip("\ufeff \t\r\n"))}
    return _of_table(again) if told >= {"name", "runs"} else _of_list(again)


def _of_table(stream: Any) -> Iterator[LogRecord | LogFault]:
    for row in rows(stream):
        if isinstance(row, Broken):
            yield LogFault(f"line {row.line}", row.why)
            continue
        yield from _record(row.line, row.fields())


def _of_list(stream: Any) -> Iterator[LogRecord | LogFault]:
    found: dict[str, str] = {}
    first = 0
    for line in lines(decoded(stream), LINE_LIMIT):
        if line.cut:
            yield LogFault(f"line {line.number}", say(_LONG))
        told = _LINE.match(line.text)
        if told is None or told[1].strip() in found:
            yield from _record(first, found)
            found = {}
        if told is not None:
            first = line.number if not found else first
            found[told[1].strip()] = told[2].strip()
    yield from _record(first, found)


def _record(line: int, row: dict[str, str]) -> Iterator[LogRecord]:
    told = {_NAMES[name]: value for name, value in row.items() if name in _NAMES}
    name, runs = told.get("name", ""), told.get("runs", "")
    # The header is printed again before each folder.
    if not name or not runs or runs in _NAMES:
        return
    record = task_made(name, action_of(runs), told.get("author", ""))
    record["Computer"] = told.get("host", "")
    yield LogRecord(f"line {line}", _encode({key: each for key, each in record.items() if each}))


LOG = RecordLog(records=records, event=event_of, number=number_of)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`."""
    del reading
    return looked(records(stream), at)


FORMAT = Format(
    name="task-list",
    title="List of scheduled tasks",
    recognise=recognise,
    read=read,
    order=95,
    log=LOG,
)
