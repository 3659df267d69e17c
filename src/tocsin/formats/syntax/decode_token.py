"""Exchange's serialised access tokens: who a request says it acts as.

`X-Rps-CAT` in the query of remote PowerShell is a common access token: `V` version, `T` type, `C`
whether gzip follows, then for Windows `A` authentication, `L` logon name, `U` SID, `G` groups, `P`
restricted groups, `E` further pairs; strings with their length before them, 7 bits a byte.
`SerializedSecurityContext` is gzip of `SSAT`, a version, a SID and its groups. ProxyShell forges
the first, so that its SID is the account that is to be taken over
(https://blog.orange.tw, August 2021).
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from urllib.parse import unquote

TOKEN_LIMIT = 64 * 1024
"""Characters of a token that are read."""

UNPACKED_LIMIT = 256 * 1024
"""Bytes that a packed token may hold."""

GROUPS_LIMIT = 3000
"""Groups that are read; Exchange itself writes no more."""

GROUPS_KEPT = 64
_SID = re.compile(r"S-1-\d{1,14}(?:-\d{1,14}){1,16}")
_FIELDS = {"A": "authentication", "L": "user", "U": "sid"}


class _Bytes:
    """Reads on; raises IndexError where nothing is left."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, size: int) -> bytes:
        found = self.data[self.place : self.place + size]
        if len(found) < size:
            raise IndexError
        self.place += size
        return found

    def number(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def string(self) -> str:
        size, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift > 28:
                raise IndexError
        return self.take(size).decode(errors="replace")


def access_token(text: str) -> dict[str, str]:
    """What a common access token says: `user`, `sid`, `groups`, `type`, `authentication`.

    Empty for what is none; of a cut one what is there. Pairs of other token types by their own name
    (`MemberName`, `UserSid`).
    """
    data = _base64(text)
    if data[:1] != b"V":
        return {}
    reader = _Bytes(data)
    found: dict[str, str] = {}
    try:
        reader.take(3)
        _expect(reader, b"T")
        found["type"] = reader.string()[:64]
        _expect(reader, b"C")
        if reader.take(1) != b"\0":
            reader = _Bytes(unpacked(reader.data[reader.place :]))
        _sections(reader, found)
    except IndexError:
        pass
    return found if "type" in found and len(found) > 1 else {}


def _expect(reader: _Bytes, mark: bytes) -> None:
    if reader.take(1) != mark:
        raise IndexError


def _sections(reader: _Bytes, found: dict[str, str]) -> None:
    while True:
        mark = chr(reader.take(1)[0])
        if mark in _FIELDS:
            found[_FIELDS[mark]] = reader.string()[:512]
        elif mark in "GP":
            groups = _groups(reader)
            if groups and mark == "G":
                found["groups"] = " ".join(groups[:GROUPS_KEPT])
        elif mark == "E":
            _pairs(reader, found)
        else:
            raise IndexError


def _groups(reader: _Bytes) -> list[str]:
    groups = []
    for _ in range(min(reader.number(), GROUPS_LIMIT)):
        reader.take(4)
        groups.append(reader.string()[:184])
    return groups


def _pairs(reader: _Bytes, found: dict[str, str]) -> None:
    for _ in range(min(reader.number(), 64)):
        key, value = reader.string()[:64], reader.string()[:1024]
        if value:
            found.setdefault(key, value)
            if key.lower() in ("usersid", "sid"):
                found.setdefault("sid", value)
            elif key.lower() in ("membername", "username", "accountname", "loggedonuser"):
                found.setdefault("user", value)


def security_context(text: str) -> dict[str, str]:
    """What a serialised security context says: `sid` and `groups`; empty for what is none."""
    data = _base64(text)
    if data[:2] == b"\x1f\x8b":
        data = unpacked(data)
    if data[:4] != b"SSAT":
        return {}
    reader = _Bytes(data)
    found: dict[str, str] = {}
    try:
        reader.take(5)
        found["sid"] = reader.take(min(reader.number(), 184)).decode(errors="replace")
        groups = []
        for _ in range(min(reader.number(), GROUPS_LIMIT)):
            groups.append(reader.take(min(reader.number(), 184)).decode(errors="replace"))
            reader.take(4)
        if groups:
            found["groups"] = " ".join(groups[:GROUPS_KEPT])
    except IndexError:
        pass
    return found if _SID.fullmatch(found.get("sid", "")) else {}


def unpacked(data: bytes) -> bytes:
    """Gzip or deflate taken off, at most `UNPACKED_LIMIT` bytes; what is there of a cut one."""
    for kind in (31, -15):
        try:
            found = zlib.decompressobj(kind).decompress(data, UNPACKED_LIMIT)
        except zlib.error:
            continue
        if found:
            return found
    return b""


def _base64(text: str) -> bytes:
    plain = unquote(text[:TOKEN_LIMIT]) if "%" in text else text[:TOKEN_LIMIT]
    return unbased(plain)


def unbased(text: str) -> bytes:
    """Base64, also its form for addresses and without its end; empty for what is none."""
    plain = text.strip().replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    if len(plain) % 4 == 1:
        plain = plain[:-1]
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
