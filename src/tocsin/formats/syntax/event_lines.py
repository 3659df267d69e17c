r"""JSON records of any file, each as one line of JSON: one a line, in an array, or in an answer.

What is searched for in a record must stand in it as it is meant: `\u003cscript` (as Windows
PowerShell writes `<script`) and JSON inside a string are written out first. A plain line, the
common case, is handed on as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats.syntax.event_xml import tree_of
from tocsin.formats.syntax.json_records import Lost, records
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.text_stream import encoding_of
from tocsin.model.text import N_, say

LINE_LIMIT = 4 * 1024 * 1024
"""Longest line read as one record, in bytes."""

DEPTH_LIMIT = 3
"""How deep JSON is unpacked that stands in strings."""

_INNER_LIMIT = 1024 * 1024
_SUSPECT = (b"\\u", b':"{', b':"[', b': "{', b': "[', b"\\/", b':"<', b': "<')
_XML = ("<Event", "<UserData", "<DataItem")

_encode = msgspec.json.Encoder().encode
_skip = msgspec.json.Decoder(msgspec.Raw).decode


def json_lines(stream: BinaryIO, lists: frozenset[str]) -> Iterator[LogRecord | LogFault]:
    """Every object of the file, in order. lists: members in which an answer holds its records."""
    begin = stream.readline(LINE_LIMIT)
    if not _is_plain(begin):
        yield from _any_json(_Joined(begin, stream), lists)
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
                yield _line(f"line {number}", text)
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


def _pass_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
        pass


def _line(place: str, text: bytes) -> LogRecord | LogFault:
    try:
        if any(mark in text for mark in _SUSPECT):
            return LogRecord(place, _encode(unpacked(msgspec.json.decode(text))))
        _skip(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return LogFault(place, say(N_("not valid JSON")))
    return LogRecord(place, text)


class _Joined:
    """A stream with what was read of it before put back."""

    def __init__(self, begin: bytes, rest: BinaryIO) -> None:
        self._begin = begin
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        if self._begin:
            part = self._begin if size < 0 else self._begin[:size]
            self._begin = self._begin[len(part) :]
            return part
        return self._rest.read(size)


def _any_json(stream: Any, lists: frozenset[str]) -> Iterator[LogRecord | LogFault]:
    for each in records(stream, lists):
        if isinstance(each, Lost):
            yield LogFault(each.position, each.why)
        elif not each.around:
            try:
                yield LogRecord(each.position, _encode(unpacked(each.value)))
            except (TypeError, ValueError, RecursionError):
                yield LogFault(each.position, say(N_("not valid JSON")))


def unpacked(value: Any, depth: int = 0) -> Any:
    """The value with JSON that stands in its strings written out."""
    if isinstance(value, dict):
        return {name: unpacked(each, depth) for name, each in value.items()}
    if isinstance(value, list):
        return [unpacked(each, depth) for each in value]
    if isinstance(value, str) and depth < DEPTH_LIMIT and len(value) <= _INNER_LIMIT:
        return _inner(value, depth)
    return value


def _inner(text: str, depth: int) -> Any:
    if text[:1] + text[-1:] in ("{}", "[]"):
        try:
            inner = msgspec.json.decode(text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return text
        return unpacked(inner, depth + 1) if isinstance(inner, dict | list) else text
    if text.startswith(_XML):
        return tree_of(text) or text
    return text
