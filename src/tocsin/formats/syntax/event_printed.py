"""Windows events as they are printed: `wevtutil qe /f:text`, `Get-WinEvent | Format-List`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.text_stream import Line
from tocsin.model.text import N_, say

LINES_LIMIT = 4000
"""Lines of one event that are kept."""

_LONG = N_("a line longer than is read; its rest was left out")
_UNNUMBERED = N_("an event without its number: the text is cut or damaged")

_NUMBERS = ("EventID", "Id")

_EVENT = re.compile(r"Event\[\d+\]:?\s*$")
_PAIR = re.compile(r"\s{0,4}([A-Z][A-Za-z]{0,20}(?: [A-Z][A-Za-z]{0,10})?)\s{0,30}:(?: (.*)|)$")
_LISTED = re.compile(r"([A-Z][A-Za-z]{1,30}) {0,30}: ?(.*)$")

NAMES = {
    "Log Name": "Channel",
    "Source": "ProviderName",
    "Date": "TimeCreated",
    "Event ID": "EventID",
    "Computer": "Computer",
    "Description": "Message",
}
"""What wevtutil prints, under the names of a flat record."""

LISTED = frozenset({"ProviderName", "Id", "Message", "TimeCreated"})
"""What Format-List prints of an event, whatever else it was asked for."""

_encode = msgspec.json.Encoder().encode


def printed(head: str) -> bool:
    """Whether a text begins with events printed so."""
    lines = [line for line in head.splitlines()[:400] if line.strip()]
    if lines and _EVENT.match(lines[0]):
        names = {told[1] for line in lines[1:12] if (told := _PAIR.match(line))}
        return names >= {"Log Name", "Event ID"}
    names = set()
    for line in lines:
        if told := _LISTED.match(line):
            names.add(told[1])
    return names >= LISTED


def events(lines: Iterable[Line]) -> Iterator[LogRecord | LogFault]:
    """Every event as one line of JSON, with its text as `Message`; what is lost of them."""
    number, begin = 0, 0
    fields: dict[str, list[str]] = {}
    last, kept, tells = "", 0, False  # tells: wevtutil's text, which runs to the next event
    for line in lines:
        text = line.text.lstrip("\ufeff")
        if line.cut:
            yield LogFault(f"line {line.number}", say(_LONG))
        if _EVENT.match(text):
            if fields:
                yield _record(number, fields)
            fields, last, kept, tells, begin = {}, "", 0, True, line.number
            number = begin
            continue
        told = _pair(text, tells=tells, last=last)
        if told is not None and not tells and told[0] in fields:
            yield _record(number, fields)
            fields, kept = {}, 0
        if told is not None:
            number = number if fields else (begin if tells else line.number)
            last = told[0]
            fields.setdefault(last, []).append(told[1])
        elif last and kept < LINES_LIMIT:
            kept += 1
            fields[last].append(text.strip() if not tells else text)
    if fields:
        yield _record(number, fields)


def _pair(text: str, *, tells: bool, last: str) -> tuple[str, str] | None:
    """A name and its value; within a message of wevtutil there are none, of Format-List none indented."""
    if tells:
        told = _PAIR.match(text) if last != "Message" else None
        return (NAMES.get(told[1], told[1]), told[2] or "") if told is not None else None
    told = _LISTED.match(text)
    return (told[1], told[2]) if told is not None else None


def _record(line: int, fields: dict[str, list[str]]) -> LogRecord | LogFault:
    found = {name: "\n".join(value).strip() for name, value in fields.items()}
    if not any(found.get(name) for name in _NUMBERS):
        return LogFault(f"line {line}", say(_UNNUMBERED))
    return LogRecord(f"line {line}", _encode({name: each for name, each in found.items() if each}))
