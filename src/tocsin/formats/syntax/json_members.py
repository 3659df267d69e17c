"""One big JSON object, member by member: the file is never held, only one value at a time.

`json_records` cuts lists of records out of answers; here the members' names matter, as in the
collections that assessment tools write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from tocsin.formats.syntax.json_records import mended
from tocsin.formats.syntax.text_stream import decoded
from tocsin.model.finding import GapKind
from tocsin.model.text import N_, Sentence, say

VALUE_LIMIT = 16 * 1024 * 1024
"""Characters of one value that are kept: of a member, or of one element of a list that is opened."""

NAME_LIMIT = 1000
"""Longest name of a member, in characters."""

_STRUCTURE = re.compile(r'["{}\[\]]')
_IN_STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\[\]{}:\"]*+")
_BLANK = re.compile(r"[\s\ufeff]*+")


class Member(msgspec.Struct, frozen=True):
    """A member's value. path: its name behind those of the objects around it. number: of an element
    of an opened list, from 1; 0 for the whole value, and `count` elements for a list's end."""

    path: tuple[str, ...]
    value: Any = None
    number: int = 0
    count: int | None = None

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]

    @property
    def position(self) -> str:
        """Where it stands."""
        name = ".".join(self.path)
        return f"{name}, record {self.number}" if self.number else name


class Broken(msgspec.Struct, frozen=True):
    """What could not be read."""

    position: str
    why: Sentence
    kind: GapKind = "unreadable"


def members(
    stream: BinaryIO, lists: frozenset[str], into: frozenset[str] = frozenset()
) -> Iterator[Member | Broken]:
    """Every member of the object that the file is, in order.

    lists: members whose elements are told one by one, then their number. into: members of the
    object itself whose own members are told like its.
    """
    source = _Source(decoded(stream))
    if source.peek() != "{":
        yield Broken("", say(N_("not a JSON object")))
        return
    reader = _Reader(source, lists, into)
    try:
        yield from reader.object(())
    except _EndError:
        where = ".".join(reader.path)
        yield Broken(where, say(N_("the file ends in the middle: what was complete is kept")))
    except _SyntaxError:
        where = ".".join(reader.path)
        yield Broken(where, say(N_("not valid JSON from here on: what was complete is kept")))


class _EndError(Exception):
    """The text ends inside a value."""


class _SyntaxError(Exception):
    """What stands here is no JSON."""


class _Reader:
    def __init__(self, source: _Source, lists: frozenset[str], into: frozenset[str]) -> None:
        self._source = source
        self._lists = lists
        self._into = into
        self.path: tuple[str, ...] = ()

    def object(self, path: tuple[str, ...]) -> Iterator[Member | Broken]:
        self._source.take("{")
        if self._source.peek() == "}":
            self._source.take("}")
            return
        while True:
            name = _decode(self._source.value(NAME_LIMIT))
            if not isinstance(name, str):
                raise _SyntaxError
            self._source.take(":")
            self.path = (*path, name)
            yield from self._member(self.path)
            if self._source.peek() != ",":
                break
            self._source.take(",")
        self._source.take("}")

    def _member(self, path: tuple[str, ...]) -> Iterator[Member | Broken]:
        begins = self._source.peek()
        if begins == "[" and path[-1] in self._lists:
            yield from self._elements(path)
        elif begins == "{" and len(path) == 1 and path[-1] in self._into:
            yield from self.object(path)
        else:
            yield self._whole(Member(path))

    def _elements(self, path: tuple[str, ...]) -> Iterator[Member | Broken]:
        self._source.take("[")
        number = 0
        while self._source.peek() != "]":
            number += 1
            yield self._whole(Member(path, number=number))
            if self._source.peek() == ",":
                self._source.take(",")
            elif self._source.peek() != "]":
                raise _SyntaxError
        self._source.take("]")
        yield Member(path, count=number)

    def _whole(self, member: Member) -> Member | Broken:
        text = self._source.value(VALUE_LIMIT)
        if text is None:
            why = say(N_("longer than {limit} characters, left out"), limit=VALUE_LIMIT)
            return Broken(member.position, why, "limit")
        try:
            return msgspec.structs.replace(member, value=_decode(text))
        except _SyntaxError:
            return Broken(member.position, say(N_("not valid JSON")))


def _decode(text: str | None) -> Any:
    if text is None:
        raise _SyntaxError
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    try:
        return msgspec.json.decode(mended(text))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _SyntaxError from error


class _Source:
    """Text as it arrives, of which values are taken one by one."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            found = _BLANK.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, mark: str) -> None:
        """Pass over a character that must stand here."""
        found = self.peek()
        if not found:
            raise _EndError
        if found != mark:
            raise _SyntaxError
        self._at += 1

    def value(self, limit: int) -> str | None:
        """The text of the value that begins here; None when it is longer than the limit."""
        begins = self.peek()
        if not begins:
            raise _EndError
        kept = _Kept(limit)
        if begins == '"':
            self._at += 1
            kept.add('"')
            self._string(kept)
        elif begins in "{[":
            self._nested(kept)
        else:
            self._scalar(kept)
        return kept.text()

    def _scalar(self, kept: _Kept) -> None:
        while True:
            found = _SCALAR.match(self._text, self._at)
            end = found.end() if found else self._at
            kept.add(self._text[self._at : end])
            self._at = end
            if end < len(self._text) or not self._more():
                break
        if kept.empty:
            raise _SyntaxError

    def _nested(self, kept: _Kept) -> None:
        depth = 0
        while True:
            found = _STRUCTURE.search(self._text, self._at)
            if found is None:
                kept.add(self._text[self._at :])
                self._at = len(self._text)
                if not self._more():
                    raise _EndError
                continue
            kept.add(self._text[self._at : found.end()])
            self._at = found.end()
            if found[0] == '"':
                self._string(kept)
                continue
            depth += 1 if found[0] in "{[" else -1
            if depth == 0:
                return

    def _string(self, kept: _Kept) -> None:
        """The rest of a string, whose first quote is passed."""
        while True:
            found = _IN_STRING.match(self._text, self._at)
            end = found.end() if found else self._at
            if end < len(self._text) and self._text[end] == '"':
                kept.add(self._text[self._at : end + 1])
                self._at = end + 1
                return
            # A backslash that ends the piece belongs to what follows.
            kept.add(self._text[self._at : end])
            self._at = end
            if not self._more():
                raise _EndError

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        self._text = self._text[self._at :] + (piece or "")
        self._at = 0
        return piece is not None


class _Kept:
    """The text of a value, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._parts: list[str] = []

    @property
    def empty(self) -> bool:
        return self._size == 0

    def add(self, text: str) -> None:
        self._size += len(text)
        if self._size <= self._limit:
            self._parts.append(text)
        else:
            self._parts.clear()

    def text(self) -> str | None:
        return "".join(self._parts) if self._size <= self._limit else None
