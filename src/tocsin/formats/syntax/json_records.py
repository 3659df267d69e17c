"""JSON objects out of files of any size: one a line, in an array, or in an API's answer.

The file is never held: objects are cut out of the text as it arrives and decoded one by one, so
that a broken one costs only itself. Decoded values have any type; `text_at` and its kin read what
fits and see nothing in the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any, BinaryIO

import msgspec

from tocsin.formats.syntax.text_stream import decoded
from tocsin.model.finding import GapKind
from tocsin.model.text import N_, Sentence, say

RECORD_LIMIT = 4 * 1024 * 1024
"""Characters of one object; longer ones are left out."""

VALUES_LIMIT = 500
"""Values of one list that are looked at."""

VALUE_LIMIT = 4096
"""Characters kept of one value of a list."""

_IN_STRING = re.compile(r'[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+')
_BRACKET = re.compile(r'["{}\[\]]')
_NAMES = re.compile(r'"([^"\\]{1,64})"\s*:\s*\Z')


class Record(msgspec.Struct, frozen=True):
    """One object. listed: it stood in an answer's list. around: it is such an answer itself,
    without its records, told when the last of them has passed.
    """

    position: str
    value: dict[str, Any]
    listed: bool = False
    around: bool = False


class Lost(msgspec.Struct, frozen=True):
    """An object that could not be read, and why."""

    position: str
    why: Sentence
    kind: GapKind = "unreadable"


def records(stream: BinaryIO, lists: frozenset[str]) -> Iterator[Record | Lost]:
    """Every object of the file, in order.

    lists: names of the members in which an answer holds its records (`matches`); an object without
    such a list is itself a record.
    """
    source = _Source(decoded(stream))
    while (start := source.peek()) is not None and not start.strip("\ufeff \t\r\n"):
        source.line()
    if start is None:
        return
    # One object a line, unless the first line says otherwise.
    if start.lstrip("\ufeff \t")[:1] == "[" or _is_spread(start):
        cutter = _Cutter(lists)
        for piece in source.rest():
            for item in cutter.feed(piece):
                yield _decode(item, f"record {item.number}")
        yield from cutter.end()
        return
    yield from _lines(source, lists)


def _is_spread(line: str) -> bool:
    """Whether an object goes on behind this line, as pretty printers write it."""
    return line.endswith("\n") and line.rstrip()[-1:] in ("{", "[", ",")


def _lines(source: _Source, lists: frozenset[str]) -> Iterator[Record | Lost]:
    while (line := source.line()) is not None:
        place = f"line {source.number}"
        if not (text := line.strip("\ufeff \t\r\n")):
            continue
        value = _value(text) if len(text) <= RECORD_LIMIT else None
        if isinstance(value, dict) and not any(isinstance(value.get(k), list) for k in lists):
            yield Record(place, value)
        else:
            yield from _cut_line(
                (text,) if source.whole else chain((line,), source.rest_of_line()), place, lists
            )


def _cut_line(pieces: Iterable[str], place: str, lists: frozenset[str]) -> Iterator[Record | Lost]:
    """The objects of a line that holds an answer, several objects, or something broken."""
    cutter = _Cutter(lists)
    found = False
    for piece in pieces:
        for item in cutter.feed(piece):
            found = True
            # A place within the line is told only where the line holds several.
            inside = item.number > 1 or item.listed
            yield _decode(item, f"{place}, record {item.number}" if inside else place)
    if list(cutter.end()):
        yield Lost(place, say(N_("the line ends in the middle of an object")))
    elif not found:
        yield Lost(place, say(N_("not a JSON object")))


def _decode(item: _Item, place: str) -> Record | Lost:
    if item.text is None:
        why = say(N_("object longer than {limit} characters, left out"), limit=RECORD_LIMIT)
        return Lost(place, why, "limit")
    value = _value(item.text)
    if value is None:
        return Lost(place, say(N_("not valid JSON")))
    return Record(place, value, listed=item.listed, around=item.around)


def _value(text: str) -> dict[str, Any] | None:
    for each in (text, None):
        try:
            value = msgspec.json.decode(each if each is not None else mended(text))
        except (msgspec.DecodeError, ValueError, RecursionError):
            continue
        return value if isinstance(value, dict) else None
    return None


def mended(text: str) -> str:
    """JSON of writers who leave to readers what no JSON may hold: control characters as they are, which
    become blanks, and half of a surrogate pair, as where a banner was cut. An intruder can put either
    into a command or a name; the record must not be lost for it."""
    return _HALF_PAIR.sub(r"\\ufffd", _CONTROL.sub(" ", text))


_CONTROL = re.compile(r"[\x00-\x1f]")
_HALF_PAIR = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


class _Item(msgspec.Struct):
    """One object as it was cut out; text is None when it was longer than the limit."""

    number: int
    text: str | None
    around: bool = False
    listed: bool = False


class _Cutter:
    """Cuts objects out of text as it arrives, by brackets and quotes alone."""

    def __init__(self, lists: frozenset[str]) -> None:
        self._lists = lists
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._array = 0
        self._in_record = False
        self._held: list[str] = []
        self._size = 0
        self._answer: list[str] = []
        self._listed = False
        self.number = 0

    def feed(self, piece: str) -> Iterator[_Item]:
        """The objects that end in this piece."""
        at = start = 0
        while (at := self._past_string(piece, at)) >= 0:
            found = _BRACKET.search(piece, at)
            if found is None:
                break
            mark, at = found[0], found.end()
            if mark == '"':
                self._in_string = True
            elif mark in "{[":
                self._open(mark, piece[start : found.start()])
                start = found.start() if self._keeping else at
            elif self._depth:
                item = self._close(piece[start:at])
                start = at
                if item is not None:
                    yield item
        if self._keeping:
            self._keep(piece[start:])

    def _past_string(self, piece: str, at: int) -> int:
        """Where the string ends that `at` stands in; -1 when it goes on behind the piece."""
        if self._escaped and piece:
            self._escaped, at = False, 1
        if not self._in_string:
            return at
        found = _IN_STRING.match(piece, at)
        end = found.end() if found else at
        if end >= len(piece):
            return -1
        if piece[end] == "\\" and end + 1 == len(piece):
            self._escaped = True
            return -1
        # JSON has no line end inside a string: the quote before it was one too many.
        self._in_string = False
        return end + 1

    @property
    def _keeping(self) -> bool:
        return self._depth > 0 and (self._in_record or not self._array)

    def _open(self, mark: str, before: str) -> None:
        if self._keeping:
            self._keep(before)
        elif self._array and self._depth == self._array and mark == "{":
            self._begin()
        if not self._depth:
            self._listed = False
            if mark == "[":
                self._array = 1
            else:
                self._begin()
        elif mark == "[" and not self._array and self._depth == 1 and self._names_list():
            # The answer's own members wait until its list has passed.
            self._answer = [*self._held, "[]"] if self._size <= RECORD_LIMIT else []
            self._held, self._size = [], 0
            self._in_record, self._array, self._listed = False, 2, True
        self._depth += 1

    def _begin(self) -> None:
        self._in_record, self._held, self._size = True, [], 0

    def _names_list(self) -> bool:
        last = "".join(self._held[-2:])[-200:]
        named = _NAMES.search(last)
        return named is not None and named[1] in self._lists

    def _close(self, text: str) -> _Item | None:
        if self._keeping:
            self._keep(text)
        self._depth -= 1
        if self._in_record and self._depth == (self._array or 0):
            self._in_record = False
            around = self._listed and not self._array
            self.number += not around
            whole = "".join(self._held) if self._size <= RECORD_LIMIT else None
            self._held = []
            return _Item(self.number, whole, around, listed=self._array == 2)
        if self._array and self._depth == self._array - 1:
            self._array = 0
            if self._depth:
                self._in_record, self._held = True, self._answer
                self._size = sum(map(len, self._answer))
        return None

    def _keep(self, text: str) -> None:
        self._size += len(text)
        if self._size <= RECORD_LIMIT:
            self._held.append(text)
        else:
            self._held = self._held[-1:]

    def end(self) -> Iterator[Lost]:
        """What the end of the text cut off."""
        if self._depth:
            why = say(N_("the file ends in the middle of record {number}"), number=self.number + 1)
            yield Lost(f"record {self.number + 1}", why)


class _Source:
    """Pieces of text, read by the line or to the end."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._held = ""
        self._at = 0
        self.number = 0
        self.whole = True

    def peek(self) -> str | None:
        """The next line, or as much of it as `RECORD_LIMIT` allows, without passing it."""
        end = self._held.find("\n", self._at) + 1
        if not end:
            parts = [self._held[self._at :]]
            size = len(parts[0])
            while size <= RECORD_LIMIT and (piece := next(self._pieces, None)) is not None:
                parts.append(piece)
                size += len(piece)
                if "\n" in piece:
                    break
            self._held, self._at = "".join(parts), 0
            end = self._held.find("\n") + 1
        return self._held[self._at : end or len(self._held)] or None

    def line(self) -> str | None:
        """The next line; `whole` is false when `rest_of_line` has more of it."""
        line = self.peek()
        if line is None:
            return None
        self.number += 1
        self._at += len(line)
        self.whole = len(line) <= RECORD_LIMIT or line.endswith("\n")
        return line

    def rest_of_line(self) -> Iterator[str]:
        """What `line` left of a long one."""
        while self._at < len(self._held) or self._more():
            end = self._held.find("\n", self._at) + 1
            part = self._held[self._at : end or len(self._held)]
            self._at += len(part)
            yield part
            if end:
                return

    def rest(self) -> Iterator[str]:
        """Everything that is left."""
        yield self._held[self._at :]
        yield from self._pieces

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        self._held, self._at = piece or "", 0
        return piece is not None


def at(value: Any, *names: str) -> Any:
    """The member at the end of a path; None where it breaks off."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(value: Any, *names: str) -> str:
    """A string or number as text; empty for everything else."""
    found = at(value, *names)
    if isinstance(found, str):
        return found
    if isinstance(found, int | float) and not isinstance(found, bool):
        return str(found)
    return ""


def texts_at(value: Any, *names: str) -> tuple[str, ...]:
    """A list of strings, or the one string; blanks and other types left out."""
    found = at(value, *names)
    if isinstance(found, dict):
        found = list(found)[:VALUES_LIMIT]
    many = found if isinstance(found, list) else [found]
    texts = (each.strip()[:VALUE_LIMIT] for each in many[:VALUES_LIMIT] if isinstance(each, str))
    return tuple(dict.fromkeys(text for text in texts if text))


def time_of(text: str) -> datetime | None:
    """An ISO 8601 time in UTC; one without a zone is taken for UTC, as scanners mean it."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
