"""Names inside 7z, rar and cab files, and whether they are encrypted. Nothing is unpacked but a 7z
header, which is itself compressed.

Sources: 7zFormat.txt of the LZMA SDK; RAR 5.0 archive format (rarlab.com/technote.htm) and the
technote of RAR 4; MS-CAB.
"""

from __future__ import annotations

import lzma
import struct
from collections.abc import Iterator

from tocsin.formats.syntax.attachment_limits import NAME_LIMIT, Budget, Member

HEADER_LIMIT = 1024 * 1024
"""Bytes of a 7z header, packed or not, that are read."""

NAMES_TRIED = 200
"""Places of a 7z header where its names might begin."""

_AES_CODER = b"\x06\xf1\x07\x01"
_LZMA_CODER = b"\x03\x01\x01"
_LZMA2_CODER = b"\x21"
_NAMES = 0x11


def seven_zip(data: bytes, budget: Budget) -> Iterator[Member]:
    """The names in the header at the end; one nameless member where that is encrypted."""
    if len(data) < 32:
        return
    offset, size = struct.unpack_from("<QQ", data, 12)
    begin = 32 + offset
    if size > HEADER_LIMIT or begin + size > len(data):
        return
    header = data[begin : begin + size]
    if header[:1] == b"\x17":
        if _AES_CODER in header:
            yield Member("", encrypted=True)
            return
        header = _unpacked_header(data, header)
    encrypted = _AES_CODER in header
    for name in _seven_names(header):
        if not budget.member():
            return
        yield Member(name, encrypted=encrypted)


def _unpacked_header(data: bytes, header: bytes) -> bytes:
    """A header packed by a single LZMA or LZMA2 coder, as every 7-Zip writes it; else nothing."""
    try:
        reader = _Numbers(header, 1)
        reader.expect(0x06)
        place = reader.number()
        reader.expect_number(1)
        reader.expect(0x09)
        packed = reader.number()
        reader.skip_to(0x07)
        reader.expect(0x0B)
        reader.expect_number(1)
        reader.expect(0x00)
        reader.expect_number(1)
        flags = reader.byte()
        coder = reader.take(flags & 15)
        properties = reader.take(reader.number()) if flags & 0x20 else b""
        reader.expect(0x0C)
        size = reader.number()
    except ValueError:
        return b""
    if max(size, packed) > HEADER_LIMIT:
        return b""
    chain = _chain(coder, properties)
    raw = data[32 + place : 32 + place + packed]
    try:
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain]) if chain else None
        return unpacker.decompress(raw, size) if unpacker else b""
    except (lzma.LZMAError, ValueError, EOFError, MemoryError):
        return b""


def _chain(coder: bytes, properties: bytes) -> dict[str, int] | None:
    if coder == _LZMA_CODER and len(properties) == 5 and properties[0] < 225:
        mixed, dictionary = struct.unpack("<BI", properties)
        if dictionary > 64 << 20:
            return None
        return {
            "id": lzma.FILTER_LZMA1, "dict_size": max(4096, dictionary),
            "lc": mixed % 9, "lp": mixed // 9 % 5, "pb": mixed // 45,
        }  # fmt: skip
    if coder == _LZMA2_CODER and len(properties) == 1 and properties[0] <= 28:
        return {
            "id": lzma.FILTER_LZMA2,
            "dict_size": (2 | properties[0] & 1) << (properties[0] // 2 + 11),
        }
    return None


class _Numbers:
    """The numbers of a 7z header in turn; ValueError where it is not as expected."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at

    def byte(self) -> int:
        if self.at >= len(self._data):
            raise ValueError
        self.at += 1
        return self._data[self.at - 1]

    def take(self, count: int) -> bytes:
        if self.at + count > len(self._data):
            raise ValueError
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self) -> int:
        """7z's own form: leading ones of the first byte tell how many follow."""
        first, mask, value = self.byte(), 0x80, 0
        for more in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << (8 * more)
            value |= self.byte() << (8 * more)
            mask >>= 1
        return value

    def expect(self, wanted: int) -> None:
        if self.byte() != wanted:
            raise ValueError

    def expect_number(self, wanted: int) -> None:
        if self.number() != wanted:
            raise ValueError

    def skip_to(self, wanted: int) -> None:
        """Past digests and the end mark of the pack info, to the given property."""
        at = self._data.find(bytes((0, wanted)), self.at)
        if at < 0:
            raise ValueError
        self.at = at + 2


def _seven_names(header: bytes) -> Iterator[str]:
    """The names property: its length, a zero, UTF-16 names that end in zero."""
    at = header.find(_NAMES)
    for _ in range(NAMES_TRIED):
        if at < 0:
            return
        try:
            length, begin = _seven_number(header, at + 1)
        except ValueError:
            return
        end = begin + length
        if length > 3 and length % 2 and header[begin : begin + 1] == b"\0" and end <= len(header):
            names = header[begin + 1 : end].decode("utf-16-le", "replace").split("\0")
            if names[-1] == "" and all(name and name.isprintable() for name in names[:-1][:50]):
                yield from (name[:NAME_LIMIT] for name in names[:-1])
                return
        at = header.find(_NAMES, at + 1)


def _seven_number(data: bytes, at: int) -> tuple[int, int]:
    reader = _Numbers(data, at)
    value = reader.number()
    return value, reader.at


def rar(data: bytes, budget: Budget) -> Iterator[Member]:
    """The file headers of RAR 4 or 5 in turn."""
    yield from _rar5(data, budget) if data[6:8] == b"\x01\x00" else _rar4(data, budget)


def _rar4(data: bytes, budget: Budget) -> Iterator[Member]:
    at = 7
    while at + 7 <= len(data) and budget.member():
        kind, flags, size = struct.unpack_from("<BHH", data, at + 2)
        if size < 7:
            return
        if kind == 0x73 and flags & 0x80:
            yield Member("", encrypted=True)
            return
        packed = 0
        if (kind in (0x74, 0x7A) or flags & 0x8000) and at + 11 <= len(data):
            (packed,) = struct.unpack_from("<I", data, at + 7)
        if kind == 0x74 and at + 32 <= len(data):
            (length,) = struct.unpack_from("<H", data, at + 26)
            (unpacked,) = struct.unpack_from("<I", data, at + 11)
            begin = at + 32 + (8 if flags & 0x100 else 0)
            raw = data[begin : begin + length].partition(b"\0")[0]
            if flags & 0xE0 != 0xE0:  # no folder
                name = raw.decode("utf-8", "replace")[:NAME_LIMIT]
                yield Member(name, unpacked, packed, encrypted=bool(flags & 4))
        at += size + packed


def _rar5(data: bytes, budget: Budget) -> Iterator[Member]:
    at = 8
    while at + 6 < len(data) and budget.member():
        try:
            size, begin = _vint(data, at + 4)
            end = begin + size
            kind, here = _vint(data, begin)
            flags, here = _vint(data, here)
            extra, here = _vint(data, here) if flags & 1 else (0, here)
            body, here = _vint(data, here) if flags & 2 else (0, here)
            if kind == 4:
                yield Member("", encrypted=True)
                return
            if kind == 2:
                yield _rar5_file(data[here:end], data[max(here, end - extra) : end], body)
        except ValueError:
            return
        at = end + body


def _rar5_file(header: bytes, extra: bytes, packed: int) -> Member:
    flags, at = _vint(header, 0)
    size, at = _vint(header, at)
    _, at = _vint(header, at)
    at += (4 if flags & 2 else 0) + (4 if flags & 4 else 0)
    _, at = _vint(header, at)
    _, at = _vint(header, at)
    length, at = _vint(header, at)
    name = header[at : at + min(length, 4 * NAME_LIMIT)].decode("utf-8", "replace")[:NAME_LIMIT]
    locked = False
    if extra:
        _, here = _vint(extra, 0)
        locked = _vint(extra, here)[0] == 1
    return Member(name, size, packed, encrypted=locked)


def _vint(data: bytes, at: int) -> tuple[int, int]:
    """RAR 5's number of seven bits a byte; (value, where it ends)."""
    value = 0
    for count in range(10):
        if at + count >= len(data):
            break
        byte = data[at + count]
        value |= (byte & 0x7F) << (7 * count)
        if not byte & 0x80:
            return value, at + count + 1
    raise ValueError


def cab(data: bytes, budget: Budget) -> Iterator[Member]:
    """CFFILE entries (MS-CAB 2.4)."""
    if len(data) < 36 or data[:4] != b"MSCF":
        return
    (at,) = struct.unpack_from("<I", data, 16)
    (count,) = struct.unpack_from("<H", data, 28)
    for _ in range(count):
        if at + 17 > len(data) or not budget.member():
            return
        (size,) = struct.unpack_from("<I", data, at)
        end = data.find(b"\0", at + 16, at + 16 + 300)
        if end < 0:
            return
        yield Member(data[at + 16 : end].decode("utf-8", "replace")[:NAME_LIMIT], size)
        at = end + 1
