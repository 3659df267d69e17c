r"""JSON records of any file, each as one line of JSON: one a line, in an array, or in an answer.

What is searched for in a record must stand in it as it is meant: `\u003cscript` (as Windows
PowerShell writes `<script`) and JSON inside a string are written out first. A plain line, the
common case, is handed on as it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tocsin.formats.syntax.csv_records import Broken, rows
from tocsin.formats.syntax.event_xml import tree_of
from tocsin.formats.syntax.json_records import Lost, mended, records
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.rewound import Rewound
from tocsin.formats.syntax.text_stream import decoded, encoding_of, head_text
from tocsin.model.text import N_, say

LINE_LIMIT = 4 * 1024 * 1024
"""Longest line read as one record, in bytes."""

DEPTH_LIMIT = 3
"""How deep JSON is unpacked that stands in strings."""

_ANSWER_HEAD = 4096
_SNIFFED = 64
_INNER_LIMIT = 1024 * 1024
_SUSPECT = (b"\\u", b"\\/")
_WRAPPED = re.compile(rb':\s?"(?:\{(?![0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-)|[\[<])')
"""Where JSON or XML may stand in a string: not in a GUID, of which nearly every event has some."""
_XML = ("<Event", "<UserData", "<DataItem")

_encode = msgspec.json.Encoder().encode
_skip = msgspec.json.Decoder(msgspec.Raw).decode


Opening = Callable[[Any], Any]
"""What writes out JSON that stands in the strings of a record."""


def table_lines(
    stream: Any, read: Callable[[dict[str, Any]], dict[str, Any]]
) -> Iterator[LogRecord | LogFault]:
    """The rows of a CSV table as records, by their columns' names; empty cells are left out.

    read: what is made of one row.
    """
    for row in rows(stream):
        if isinstance(row, Broken):
            yield LogFault(f"line {row.line}", row.why)
        else:
            named = {name: value for name, value in row.fields().items() if value}
            yield LogRecord(f"line {row.line}", _encode(read(named)))


def lines_of(stream: Any, lists: frozenset[str]) -> Iterator[LogRecord | LogFault]:
    """The records of a file of JSON or of a table, whichever its beginning shows it to be."""
    head = stream.read(_SNIFFED)
    again = Rewound(head, stream)
    if head_text(head).lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return json_lines(again, lists, opened)
    return table_lines(again, opened)


def json_lines(
    stream: Any, lists: frozenset[str], opening: Opening | None = None
) -> Iterator[LogRecord | LogFault]:
    """Every object of the file, in order. lists: members in which an answer holds its records."""
    opening = opening or unpacked
    begin = stream.readline(LINE_LIMIT)
    if not _is_plain(begin) or _holds_list(begin, lists):
        yield from _any_json(Rewound(begin, stream), lists, opening)
        return
    number = 0
    line = begin.removeprefix(b"\xef\xbb\xbf")
    while line:
        number += 1
        if len(line) >= LINE_LIMIT and not line.endswith(b"\n"):
            yield LogFault(
                f"line {number}",
                say(N_("line longer than {limit} bytes, left out"), limit=LINE_LIMIT),
            )
            _pass_line(stream)
        else:
            text = line.strip()
            if text:
                yield _line(f"line {number}", text, opening)
        line = stream.readline(LINE_LIMIT)


def _is_plain(line: bytes) -> bool:
    """Whether the first line is a whole object in UTF-8, so that every line will be one."""
    text = line.removeprefix(b"\xef\xbb\xbf").strip()
    if encoding_of(line)[0] != "utf-8" or not (text.startswith(b"{") and text.endswith(b"}")):
        return False
    try:
        _skip(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return True


def _as_utf8(text: bytes) -> bytes:
    """The line in UTF-8; what is none is taken for Windows-1252, as in all text files."""
    if text.isascii():
        return text
    try:
        text.decode()
    except UnicodeDecodeError:
        return "".join(decoded(io.BytesIO(text))).encode("utf-8", "replace")
    return text


def _holds_list(line: bytes, lists: frozenset[str]) -> bool:
    """Whether the first object is an answer that holds records, not a record."""
    head = line[:_ANSWER_HEAD]
    return any(
        re.search(rb'"%b"\s*:\s*\[\s*[\]{]' % re.escape(name.encode()), head) for name in lists
    )


def _pass_line(stream: Any) -> None:
    while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
        pass


def _line(place: str, text: bytes, opening: Opening) -> LogRecord | LogFault:
    text = _as_utf8(text)
    found = _read(text, opening)
    if found is None:
        found = _read(mended(text.decode()).encode(), opening)
    return LogFault(place, say(N_("not valid JSON"))) if found is None else LogRecord(place, found)


def _read(text: bytes, opening: Opening) -> bytes | None:
    """The line as the hunt searches it; None for what is no JSON."""
    try:
        if any(mark in text for mark in _SUSPECT) or _WRAPPED.search(text) is not None:
            return _encode(opening(msgspec.json.decode(text)))
        _skip(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return text


def _any_json(
    stream: Any, lists: frozenset[str], opening: Opening
) -> Iterator[LogRecord | LogFault]:
    for each in records(stream, lists):
        if isinstance(each, Lost):
            yield LogFault(each.position, each.why)
        elif not each.around:
            try:
                yield LogRecord(each.position, _encode(opening(each.value)))
            except (TypeError, ValueError, RecursionError):
                yield LogFault(each.position, say(N_("not valid JSON")))


def unpacked(value: Any, depth: int = 0) -> Any:
    """The value with JSON that stands in its strings written out."""
    if isinstance(value, dict):
        return {name: unpacked(each, depth) for name, each in value.items()}
    if isinstance(value, list):
        return [unpacked(each, depth) for each in value]
    if isinstance(value, str) and depth < DEPTH_LIMIT:
        return _inner(value, depth)
    return value


def opened(record: Any) -> Any:
    """The record with JSON written out that stands in its own members, not further inside."""
    if not isinstance(record, dict):
        return record
    return {
        name: _inner(value, DEPTH_LIMIT) if isinstance(value, str) else value
        for name, value in record.items()
    }


def _inner(text: str, depth: int) -> Any:
    if len(text) <= _INNER_LIMIT and text[:1] + text[-1:] in ("{}", "[]"):
        try:
            inner = msgspec.json.decode(text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return text
        return unpacked(inner, depth + 1) if isinstance(inner, dict | list) else text
    if text.startswith(_XML) and len(text) <= _INNER_LIMIT:
        return tree_of(text) or text
    return text
