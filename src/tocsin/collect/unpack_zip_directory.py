"""The records of a zip file: its end, its directory, the header before each member.

Layout: PKWARE's APPNOTE.TXT 6.3, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14-16 (end).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.collect.unpack_limits import Loss, Region
from tocsin.model.text import N_, say

LOCAL_MARK = b"PK\x03\x04"
LISTED_MARK = b"PK\x01\x02"
END_MARK = b"PK\x05\x06"
DESCRIPTOR_MARK = b"PK\x07\x08"

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_LISTED = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_COMMENT = 0xFFFF
_WINDOW = 256 * 1024
_UTF8 = 0x800
_NONE32 = 0xFFFFFFFF
_ZIP64 = 0x0001
_UNICODE_PATH = 0x7075


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """Where the directory is. shift: bytes put before the whole archive. split: a part of a set."""

    start: int
    end: int
    shift: int
    split: bool


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """One member as the directory lists it, or as the header before its data says.

    place: where its local header begins. data: where its bytes begin (0: look at the local header).
    packed, size: bytes; zero in a local header where a descriptor follows the data.
    """

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    place: int
    data: int = 0
    mode: int = 0

    @property
    def encrypted(self) -> bool:
        """Ordinary or strong encryption, or a masked header."""
        return bool(self.flags & 0x2041)

    @property
    def described_later(self) -> bool:
        """Sizes and checksum follow the data."""
        return bool(self.flags & 0x8)


def find_directory(stream: BinaryIO, length: int) -> Directory | None:
    """The directory by the record at the end; None when there is none that can be right."""
    start = max(0, length - _END.size - _COMMENT)
    stream.seek(start)
    tail = stream.read(length - start)
    found = tail.rfind(END_MARK)
    while found >= 0:
        directory = _directory(stream, start + found, tail[found:])
        if directory is not None:
            return directory
        found = tail.rfind(END_MARK, 0, found)
    return None


def _directory(stream: BinaryIO, place: int, tail: bytes) -> Directory | None:
    if len(tail) < _END.size:
        return None
    _, disk, first, _, _, size, offset, _ = _END.unpack_from(tail)
    end = place
    stream.seek(max(0, place - _LOCATOR.size))
    locator = stream.read(_LOCATOR.size)
    if place >= _LOCATOR.size and locator.startswith(b"PK\x06\x07"):
        _, _, place64, _ = _LOCATOR.unpack(locator)
        # Its stated place is wrong when something was put before the archive.
        for at in (place64, place - _LOCATOR.size - _END64.size):
            if 0 <= at <= place - _LOCATOR.size - _END64.size:
                stream.seek(at)
                record = stream.read(_END64.size)
                if len(record) == _END64.size and record.startswith(b"PK\x06\x06"):
                    _, _, _, _, disk, first, _, _, size, offset = _END64.unpack(record)
                    end = at
                    break
    if size > end:
        return None
    stream.seek(end - size)
    if size and stream.read(4) != LISTED_MARK:
        return None
    split = disk != 0 or first != 0
    # A place behind the directory's own is none (some writers leave it open): nothing was put before.
    shift = 0 if split else max(0, end - size - offset)
    return Directory(start=end - size, end=end, shift=shift, split=split)


def listed(stream: BinaryIO, directory: Directory) -> Iterator[Header]:
    """Every entry of the directory. Raises Loss at the first that is damaged."""
    region = Region(stream, directory.start, directory.end)
    window = b""
    while True:
        if len(window) < _LISTED.size:
            window += region.read(_WINDOW)
        if not window:
            return
        if len(window) < _LISTED.size or not window.startswith(LISTED_MARK):
            # A digital signature (4.3.13) may stand behind the last entry.
            if window.startswith(b"PK\x05\x05"):
                return
            raise _damaged()
        fields = _LISTED.unpack_from(window)
        whole = _LISTED.size + fields[10] + fields[11] + fields[12]
        if len(window) < whole:
            window += region.read(max(_WINDOW, whole))
            if len(window) < whole:
                raise _damaged()
        yield _listed(fields, window[_LISTED.size : whole], directory.shift)
        window = window[whole:]


def _damaged() -> Loss:
    return Loss(
        say(N_("the archive's directory is damaged: looking for further members without it"))
    )


def _listed(fields: tuple[int, ...], rest: bytes, shift: int) -> Header:
    _, made_by, _, flags, method, _, _, crc, packed, size, long_name, long_extra, *tail = fields
    attributes, offset = tail[-2], tail[-1]
    name, extra = rest[:long_name], rest[long_name : long_name + long_extra]
    size, packed, offset = _sizes(extra, size, packed, offset)
    return Header(
        name=_name(name, flags, extra),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        place=offset + shift,
        # 3: the entry was made on Unix, whose mode is in the upper half.
        mode=attributes >> 16 if made_by >> 8 == 3 else 0,
    )


def local(stream: BinaryIO, place: int) -> Header | None:
    """The header before a member's data; None where there is none."""
    stream.seek(place)
    fixed = stream.read(_LOCAL.size)
    if len(fixed) < _LOCAL.size or not fixed.startswith(LOCAL_MARK):
        return None
    _, _, flags, method, _, _, crc, packed, size, long_name, long_extra = _LOCAL.unpack(fixed)
    rest = stream.read(long_name + long_extra)
    if len(rest) < long_name + long_extra:
        return None
    extra = rest[long_name:]
    size, packed, _ = _sizes(extra, size, packed, 0)
    return Header(
        name=_name(rest[:long_name], flags, extra),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        place=place,
        data=place + _LOCAL.size + long_name + long_extra,
    )


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, place)
        yield kind, extra[place + 4 : place + 4 + size]
        place += 4 + size


def _sizes(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Zip64 keeps those fields, in this order, that are all ones in the record (4.5.3)."""
    values = [size, packed, offset]
    for kind, data in _extras(extra):
        if kind == _ZIP64:
            place = 0
            for number, value in enumerate(values):
                if value == _NONE32 and place + 8 <= len(data):
                    values[number] = int.from_bytes(data[place : place + 8], "little")
                    place += 8
            break
    return values[0], values[1], values[2]


def _name(raw: bytes, flags: int, extra: bytes) -> str:
    """UTF-8 where it says so or simply is (many tools forget the flag), else code page 437."""
    for kind, data in _extras(extra):
        # Info-ZIP's Unicode path: version 1, checksum of the other name, UTF-8.
        if kind == _UNICODE_PATH and data[:1] == b"\x01" and len(data) > 5:
            return data[5:].decode("utf-8", "surrogateescape")
    if flags & _UTF8:
        return raw.decode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")
