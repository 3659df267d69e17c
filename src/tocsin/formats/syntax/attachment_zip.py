"""The members of a zip file, read from its directory with hard limits; passwords tried.

Own code beside the standard library's: that one reads a directory of any length before it gives out
the first name, and refuses a whole file for one damaged field (APPNOTE.TXT 6.3.10).
"""

from __future__ import annotations

import bz2
import hashlib
import hmac
import lzma
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tocsin.formats.syntax.attachment_limits import MEMBERS_LIMIT, NAME_LIMIT, Budget, Member

_END = b"PK\x05\x06"
_ENTRY = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_DIRECTORY = struct.Struct("<4s4xHHHHIIIHHHHHII")
_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
_AES = 99
_AES_FIELD = 0x9901
_AES_ROUNDS = 1000
"""Rounds of PBKDF2, fixed by the format (WinZip AE-2)."""

_AES_CHECKED = 4 * 1024 * 1024
"""Bytes of an AES member whose authentication code is verified; of a longer one, two bytes are."""

_EXTRA_INPUT = 65_536
"""Packed bytes beyond the room for unpacked ones that are read: what cannot be packed grows."""

_CRYPTO_CHECKED = 8 * 1024
"""Bytes decrypted to see whether a password is right: the cipher is slow in Python."""

_CRC_TABLE = tuple(zlib.crc32(bytes((n ^ 0xFF,))) ^ 0xFF000000 for n in range(256))
"""The table of CRC-32, which the standard library keeps to itself."""


class Entry(NamedTuple):
    """A member as the directory has it. start: of its local header."""

    name: str
    flags: int
    method: int
    time: int
    crc: int
    packed: int
    size: int
    start: int
    extra: bytes

    @property
    def encrypted(self) -> bool:
        """By its flag (APPNOTE 4.4.4, bit 0)."""
        return bool(self.flags & 1)


def entries(data: bytes) -> list[Entry]:
    """The directory's entries, at most one more than `MEMBERS_LIMIT`; found one by one where the
    file was cut off before its directory."""
    end = data.rfind(_END, max(0, len(data) - 65_557))
    found: list[Entry] = []
    if end >= 0 and end + 22 <= len(data):
        size, offset = struct.unpack_from("<II", data, end + 12)
        at = end - size if data[end - size : end - size + 4] == _ENTRY and size <= end else offset
        found = list(_directory(data, at, at - offset))
    return found or list(_one_by_one(data))


def _directory(data: bytes, at: int, moved: int) -> Iterator[Entry]:
    for _ in range(MEMBERS_LIMIT + 1):
        if data[at : at + 4] != _ENTRY or at + 46 > len(data):
            return
        (_, flags, method, time, _, crc, packed, size, name, extra, comment, _, _, _, start) = (
            _DIRECTORY.unpack_from(data, at)
        )
        behind = at + 46 + name
        yield Entry(
            _name(data[at + 46 : behind], flags), flags, method, time, crc, packed, size,
            start + moved, data[behind : behind + extra],
        )  # fmt: skip
        at = behind + extra + comment


def _one_by_one(data: bytes) -> Iterator[Entry]:
    at = data.find(_LOCAL)
    for _ in range(MEMBERS_LIMIT + 1):
        if at < 0 or at + 30 > len(data):
            return
        _, _, flags, method, time, _, crc, packed, size, name, extra = _LOCAL_HEADER.unpack_from(
            data, at
        )
        behind = at + 30 + name
        yield Entry(
            _name(data[at + 30 : behind], flags), flags, method, time, crc,
            packed or max(0, len(data) - behind - extra), size, at, data[behind : behind + extra],
        )  # fmt: skip
        at = data.find(_LOCAL, behind + extra + packed)


def _name(raw: bytes, flags: int) -> str:
    raw = raw[: 4 * NAME_LIMIT]
    if flags & 0x800 or raw.isascii():
        return raw.decode("utf-8", "replace")[:NAME_LIMIT]
    try:
        return raw.decode("utf-8")[:NAME_LIMIT]
    except UnicodeDecodeError:
        return raw.decode("cp437")[:NAME_LIMIT]


def packed_bytes(data: bytes, entry: Entry, most: int) -> bytes:
    """The first `most` of a member's bytes as they are stored; empty where its local header is not
    there."""
    at = entry.start
    if at < 0 or data[at : at + 4] != _LOCAL or at + 30 > len(data):
        return b""
    name, extra = struct.unpack_from("<HH", data, at + 26)
    begin = at + 30 + name + extra
    return data[begin : begin + min(entry.packed, most)]


def inflate(raw: bytes, method: int, most: int) -> bytes | None:
    """Undo one of the methods of APPNOTE 4.4.5, as far as it goes."""
    if not raw:
        return None
    try:
        if method == 0:
            return raw[:most]
        if method == 8:
            return zlib.decompressobj(-15).decompress(raw, most)
        if method == 12:
            return bz2.BZ2Decompressor().decompress(raw, most)
        if method == 14 and len(raw) > 9:
            return _lzma(raw, most)
    except (zlib.error, OSError, ValueError, EOFError, lzma.LZMAError, struct.error, MemoryError):
        return None
    return None


def _lzma(raw: bytes, most: int) -> bytes | None:
    """LZMA with its properties in front (APPNOTE 5.8.8); a dictionary beyond reason is refused."""
    mixed, dictionary = struct.unpack_from("<BI", raw, 4)
    if mixed >= 225 or dictionary > 64 << 20:
        return None
    chain = {
        "id": lzma.FILTER_LZMA1, "dict_size": max(4096, dictionary),
        "lc": mixed % 9, "lp": mixed // 9 % 5, "pb": mixed // 45,
    }  # fmt: skip
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain]).decompress(raw[9:], most)


def members(data: bytes, budget: Budget) -> Iterator[Member]:
    """Every member with its bytes, as long as the budget lasts."""
    for entry in entries(data):
        if not budget.member():
            return
        if entry.name.endswith("/") and not entry.size:
            continue
        body = None
        if budget.room and not entry.encrypted:
            raw = packed_bytes(data, entry, budget.room + _EXTRA_INPUT)
            body = inflate(raw, entry.method, budget.room)
            # What goes in counts too: members may overlap, and empty blocks unpack to nothing.
            budget.spend(max(len(raw), len(body or b"")))
        whole = body is not None and len(body) >= entry.size
        yield Member(entry.name, entry.size, entry.packed, body, entry.encrypted, whole)


def opens(data: bytes, passwords: Sequence[str]) -> bool:
    """Whether one of the passwords opens the smallest encrypted member."""
    locked = [each for each in entries(data) if each.encrypted and each.packed > 12]
    if not locked:
        return False
    entry = min(locked, key=lambda each: each.packed)
    raw = packed_bytes(data, entry, _AES_CHECKED)
    check = _opens_aes if entry.method == _AES else _opens_classic
    for password in passwords:
        for secret in dict.fromkeys(
            (password.encode("utf-8"), password.encode("cp437", "replace"))
        ):
            if check(raw, entry, secret):
                return True
    return False


def _opens_aes(raw: bytes, entry: Entry, secret: bytes) -> bool:
    """WinZip AES: two bytes of verification, then the authentication code. Nothing is decrypted."""
    at = entry.extra.find(struct.pack("<HH", _AES_FIELD, 7))
    strength = entry.extra[at + 8] if at >= 0 and at + 9 <= len(entry.extra) else 0
    if strength not in (1, 2, 3):
        return False
    salt, key = 4 + 4 * strength, 8 + 8 * strength
    if len(raw) < salt + 12:
        return False
    made = hashlib.pbkdf2_hmac("sha1", secret, raw[:salt], _AES_ROUNDS, 2 * key + 2)
    if made[-2:] != raw[salt : salt + 2]:
        return False
    if len(raw) != entry.packed:
        return True
    code = hmac.new(made[key : 2 * key], raw[salt + 2 : -10], hashlib.sha1).digest()[:10]
    return hmac.compare_digest(code, raw[-10:])


def _opens_classic(raw: bytes, entry: Entry, secret: bytes) -> bool:
    """The classic cipher (APPNOTE 6.1): one byte of its header is known, then the data must
    unpack and, where they are short, have the right sum."""
    keys = _Keys(secret)
    head = keys.decrypt(raw[:12])
    expected = entry.time >> 8 if entry.flags & 8 else entry.crc >> 24
    if not head or head[-1] != expected & 0xFF:
        return False
    whole = len(raw) <= _CRYPTO_CHECKED and len(raw) == entry.packed
    plain = inflate(keys.decrypt(raw[12:_CRYPTO_CHECKED]), entry.method, 1 << 20)
    if plain is None:
        return False
    return not whole or len(plain) != entry.size or zlib.crc32(plain) == entry.crc


class _Keys:
    """The three keys of the classic cipher."""

    def __init__(self, secret: bytes) -> None:
        self._keys = (0x12345678, 0x23456789, 0x34567890)
        for byte in secret[:80]:
            self._turn(byte)

    def _turn(self, byte: int) -> None:
        first, second, third = self._keys
        first = (first >> 8) ^ _CRC_TABLE[(first ^ byte) & 0xFF]
        second = ((second + (first & 0xFF)) * 134_775_813 + 1) & 0xFFFFFFFF
        third = (third >> 8) ^ _CRC_TABLE[(third ^ second >> 24) & 0xFF]
        self._keys = (first, second, third)

    def decrypt(self, data: bytes) -> bytes:
        """The plain bytes; the keys move on."""
        plain = bytearray()
        for byte in data:
            key = self._keys[2] | 2
            byte ^= (key * (key ^ 1) >> 8) & 0xFF  # noqa: PLW2901
            self._turn(byte)
            plain.append(byte)
        return bytes(plain)
