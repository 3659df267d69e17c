"""The mail in a TNEF stream (`application/ms-tnef`, `winmail.dat`; MS-OXTNEF): its MAPI properties.

A stream is a row of attributes, each with a length and a sum of its bytes. Some of them hold lists
of properties, those of an attachment may hold an attached message, which is a stream again. Every
byte is passed once for each message it lies in; damage ends a list or the stream, what was read stays.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import msgspec

from tocsin.formats.syntax.mail_words import text_of
from tocsin.formats.syntax.mapi_mail import (
    BODY,
    CODEPAGE,
    EIGHT_BIT,
    EMBEDDED,
    FILE_DATA,
    FILE_METHOD,
    FILE_NAMES,
    HEADERS,
    HTML_BODY,
    RECIPIENTS_LIMIT,
    RICH_BODY,
    SENDER,
    SUBJECT,
    UNICODE,
    WANTED,
    MapiFile,
    MapiMail,
    Value,
    value_of,
)
from tocsin.formats.syntax.tnef_limits import (
    ATTRIBUTES_LIMIT,
    CHECKSUM,
    DEEP,
    DEPTH_LIMIT,
    LONG_TEXT,
    MANY_ATTRIBUTES,
    MANY_VALUES,
    TEXT_LIMIT,
    VALUES_LIMIT,
    Room,
)

MAGIC = b"\x78\x9f\x3e\x22"
"""How every stream begins; a key of two bytes follows (MS-OXTNEF, 2.1.3.1)."""

_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
"""What is in front of an attached message: IID_IMessage, {00020307-0000-0000-C000-000000000046}."""

_ID_SIZE = len(_MESSAGE)
_OF_MESSAGE, _OF_FILE = 1, 2
_FROM, _SUBJECT, _BODY = 0x8000, 0x8004, 0x800C
_FILE_DATA, _FILE_TITLE, _FILE_BEGINS = 0x800F, 0x8010, 0x9002
_PROPERTIES, _RECIPIENTS, _FILE_PROPERTIES = 0x9003, 0x9004, 0x9005
_FILE_TRANSPORT_NAME, _CODEPAGE = 0x9001, 0x9007
"""Attributes by number (MS-OXTNEF, 2.1.3.2); the half that states their type says nothing more."""

_PLACES = {0x0001: 0, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4,
           0x000B: 4, 0x0014: 8, 0x0040: 8, 0x0048: 16}  # fmt: skip
"""Bytes that a value of fixed size takes, its padding included."""
_SHORT = frozenset((0x0002, 0x000B))
"""Those of which two bytes count, the others are padding."""
_OBJECT = 0x000D
_LONG = frozenset((0x0000, _OBJECT, EIGHT_BIT, UNICODE, 0x0102))
"""Kinds that state the size of each value."""
_MANY = 0x1000
_SUMMED = 256
_NAMED = 0x8000


class _Torn(Exception):  # noqa: N818
    """No more can be read of a list of properties."""


class _Attribute(msgspec.Struct, frozen=True, gc=False):
    level: int
    number: int
    data: memoryview


def mail_of(data: bytes, room: Room) -> MapiMail | None:
    """The mail of a stream; None for what is none. Faults are the room's."""
    return _mail(memoryview(data), room, 1) if data.startswith(MAGIC) else None


def _mail(stream: memoryview, room: Room, depth: int) -> MapiMail:
    attributes = list(_attributes(stream, room))
    pages = [each.data for each in attributes if each.number == _CODEPAGE and len(each.data) >= 4]
    page = int.from_bytes(pages[0][:4], "little") if pages else 0
    reader = _Reader(room, page, depth)
    for each in attributes:
        if each.level == _OF_FILE:
            reader.of_file(each.number, each.data)
        else:
            reader.of_message(each.number, each.data)
    return reader.finished()


def _attributes(stream: memoryview, room: Room) -> Iterator[_Attribute]:
    """Level, number, length, data, sum of its bytes; to the first that makes no sense."""
    position = len(MAGIC) + 2
    while position + 9 <= len(stream):
        level, number, size = struct.unpack_from("<BII", stream, position)
        start, end = position + 9, position + 9 + size
        room.attributes -= 1
        if room.attributes < 0:
            room.fault(MANY_ATTRIBUTES, limit=ATTRIBUTES_LIMIT)
            return
        if level not in (_OF_MESSAGE, _OF_FILE):
            room.damaged()
            return
        data = stream[start:end]
        if len(data) < size:
            room.damaged()
        elif _checksum(data) != int.from_bytes(stream[end : end + 2], "little"):
            room.fault(CHECKSUM)
        yield _Attribute(level, number & 0xFFFF, data)
        position = end + 2


def _checksum(data: memoryview) -> int:
    """The sum of all bytes, of which 16 bits count.

    Adler-32 begins with it, exact for so few bytes at once: tens of times as fast as a loop.
    """
    blocks = range(0, len(data), _SUMMED)
    return sum([(zlib.adler32(data[at : at + _SUMMED]) & 0xFFFF) - 1 for at in blocks]) & 0xFFFF


class _Reader:
    """Puts the mail of one stream together."""

    def __init__(self, room: Room, page: int, depth: int) -> None:
        self.room = room
        self.charset = f"cp{page}" if page and page != 65001 else "utf-8"
        self.page = page
        self.depth = depth
        self.mail = MapiMail({}, [], [], [])
        self.file: MapiFile | None = None
        self.stated: dict[int, Value] = {}
        """What stands in attributes of its own, not among the properties, which are better."""

    def finished(self) -> MapiMail:
        """The mail, its code page among its properties."""
        properties = self.mail.properties
        for number, value in self.stated.items():
            properties.setdefault(number, value)
        if self.page:
            properties.setdefault(CODEPAGE, self.page)
        return self.mail

    def of_message(self, number: int, data: memoryview) -> None:
        """An attribute of the message."""
        if number == _PROPERTIES:
            self._list(data, self.mail.properties)
        elif number == _RECIPIENTS:
            self._recipients(data)
        elif number == _SUBJECT:
            self.stated[SUBJECT] = self._text(data)
        elif number == _BODY:
            self.stated[BODY] = self._text(data)
        elif number == _FROM and len(data) >= 8:
            name, address = struct.unpack_from("<HH", data, 4)
            self.stated[SENDER[0]] = self._text(data[8 : 8 + name])
            found = self._text(data[8 + name : 8 + name + address])
            self.stated[SENDER[2]] = found.partition(":")[2] or found

    def of_file(self, number: int, data: memoryview) -> None:
        """An attribute of an attachment; the one that begins each may have been left out."""
        if number == _FILE_BEGINS or self.file is None:
            self.file = self._another({})
        if self.room.files < 0:
            return
        if number == _FILE_TITLE:
            self.file.properties.setdefault(FILE_NAMES[1], self._text(data))
        elif number == _FILE_TRANSPORT_NAME:
            self.file.properties.setdefault(FILE_NAMES[2], self._text(data))
        elif number == _FILE_DATA:
            self._hold(self.file, data)
        elif number == _FILE_PROPERTIES:
            for kind, value in self._list(data, self.file.properties):
                self._data(self.file, kind, value)

    def _another(self, properties: dict[int, Value]) -> MapiFile:
        file = MapiFile(properties)
        if self.room.another_file():
            self.mail.files.append(file)
        return file

    def _hold(self, file: MapiFile, data: memoryview) -> None:
        """Data of an attachment; of two that differ both, because programs choose differently."""
        if file.mail is not None:
            return
        found = self.room.taken(data)
        if file.data and found and found != file.data:
            file = self._another(dict(file.properties))
        file.data = found or file.data

    def _data(self, file: MapiFile, kind: int, value: memoryview) -> None:
        """A property of an attachment that is its data: bytes, an OLE object, or a message."""
        if kind != _OBJECT:
            file.properties.pop(FILE_METHOD, None)
            self._hold(file, value)
            return
        interface, inner = bytes(value[:_ID_SIZE]), value[_ID_SIZE:]
        if file.mail is not None:
            file = self._another(dict(file.properties))
        file.data = b""  # what stood in its place is for programs that cannot open objects
        if interface != _MESSAGE:
            file.properties.pop(FILE_METHOD, None)
            self._hold(file, inner)
            return
        file.properties[FILE_METHOD] = EMBEDDED
        if self.depth >= DEPTH_LIMIT:
            self.room.fault(DEEP, limit=DEPTH_LIMIT)
        elif inner[: len(MAGIC)] != MAGIC:
            self.room.damaged()
        else:
            file.mail = _mail(inner, self.room, self.depth + 1)

    def _list(self, data: memoryview, found: dict[int, Value]) -> list[tuple[int, memoryview]]:
        """One list of properties into `found`; what is the data of an attachment, with its kind."""
        cursor = _Cursor(data, self)
        try:
            cursor.properties(found)
        except _Torn:
            self._torn()
        return cursor.objects

    def _recipients(self, data: memoryview) -> None:
        cursor = _Cursor(data, self)
        try:
            for _ in range(min(cursor.number(), RECIPIENTS_LIMIT)):
                cursor.count()
                found: dict[int, Value] = {}
                self.mail.recipients.append(found)
                cursor.properties(found)
        except _Torn:
            self._torn()

    def _torn(self) -> None:
        if self.room.values < 0:
            self.room.fault(MANY_VALUES, limit=VALUES_LIMIT)
        else:
            self.room.damaged()

    def _text(self, data: memoryview) -> str:
        return text_of(bytes(data[:TEXT_LIMIT]).rstrip(b"\0"), self.charset)

    def value(self, number: int, kind: int, data: memoryview) -> Value | None:
        """One value; 8-bit text as text, where no other code page than the stream's can be meant."""
        if len(data) > TEXT_LIMIT:
            self.room.fault(LONG_TEXT, limit=TEXT_LIMIT)
        if kind == EIGHT_BIT and number not in (HTML_BODY, HEADERS):
            return self._text(data)
        found = bytes(data[:TEXT_LIMIT])
        if number == RICH_BODY and not self.room.another_rich_text(found):
            return None
        return value_of(kind, found)


class _Cursor:
    """Goes through lists of properties (MS-OXTNEF, 2.1.3.4)."""

    def __init__(self, data: memoryview, reader: _Reader) -> None:
        self.data = data
        self.at = 0
        self.reader = reader
        self.objects: list[tuple[int, memoryview]] = []

    def number(self) -> int:
        """Four bytes as a number."""
        return int.from_bytes(self.take(4), "little")

    def take(self, size: int) -> memoryview:
        """So many bytes; `_Torn` where there are not so many."""
        end = self.at + size
        if end > len(self.data):
            raise _Torn
        found = self.data[self.at : end]
        self.at = end
        return found

    def properties(self, found: dict[int, Value]) -> None:
        """One list: how many, then kind, number, for named ones the name, the value or values."""
        for _ in range(self.number()):
            self.count()
            head = self.number()
            kind, number = head & 0xFFFF, head >> 16
            if number >= _NAMED:
                self.take(16)
                spelt = self.number()
                self._pass(self.number() if spelt else 4)
            many, kind = kind & _MANY, kind & ~_MANY
            if kind in _LONG:
                self._long(number, kind, found)
            elif kind in _PLACES:
                place = _PLACES[kind]
                values = self.take(place * (self.number() if many else 1))
                if number in WANTED and place and values:
                    self._keep(number, kind, values[: 2 if kind in _SHORT else place], found)
            else:
                raise _Torn

    def _long(self, number: int, kind: int, found: dict[int, Value]) -> None:
        for at in range(self.number()):
            if at:
                self.count()
            size = self.number()
            rest = self.data[self.at : self.at + size]
            if not at and number == FILE_DATA:
                self.objects.append((kind, rest))
            elif not at and number in WANTED:
                self._keep(number, kind, rest, found)
            self._pass(size)

    def _keep(self, number: int, kind: int, data: memoryview, found: dict[int, Value]) -> None:
        """The first of a number, and Unicode before other text."""
        if number in found and kind != UNICODE:
            return
        value = self.reader.value(number, kind, data)
        if value is not None:
            found[number] = value

    def _pass(self, size: int) -> None:
        """Over a value and its padding; the last of a list may lack that."""
        if self.at + size > len(self.data):
            raise _Torn
        self.at = min(self.at + size + -size % 4, len(self.data))

    def count(self) -> None:
        """Count one value, or one row; `_Torn` when there were too many."""
        room = self.reader.room
        room.values -= 1
        if room.values < 0:
            raise _Torn
