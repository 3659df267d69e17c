"""Names inside archives of old forms: LHA, ARJ, ACE, uuencoded files. Nothing is unpacked of them.

Sources: the LHA header specification (levels 0 to 2), ARJ's TECHNOTE, ACE's TECHINFO, POSIX uuencode.
"""

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Iterator

from tocsin.formats.syntax.attachment_limits import NAME_LIMIT, Budget, Member

LINES_LIMIT = 100_000
"""Lines of an uuencoded file that are decoded."""

_UU = re.compile(rb"begin(-base64)? [0-7]{3,4} ([^\r\n]{1,300})\r?\n")


def lha(data: bytes, budget: Budget) -> Iterator[Member]:
    """Members of `-lh?-`, one header behind the other."""
    at = 0
    while at + 22 <= len(data) and data[at + 2 : at + 4] == b"-l" and budget.member():
        level = data[at + 20]
        packed, size = struct.unpack_from("<II", data, at + 7)
        if level == 2:
            total = int.from_bytes(data[at : at + 2], "little")
            name = _extended(data[at + 24 : at + max(26, total)])
            step = total + packed
        else:
            length = data[at + 21]
            name = data[at + 22 : at + 22 + length]
            step = data[at] + 2 + packed
            if level == 1:
                name = name or _extended(data[at + data[at] : at + data[at] + 300])
        yield Member(_letters(name) or "data", size, packed)
        if step < 22:
            return
        at += step


def _extended(block: bytes) -> bytes:
    """The name in the extended headers of an LHA member (type 1)."""
    at = 0
    for _ in range(20):
        size = int.from_bytes(block[at : at + 2], "little")
        if size < 3 or at + size > len(block):
            return b""
        if block[at + 2] == 1:
            return block[at + 3 : at + size]
        at += size
    return b""


def arj(data: bytes, budget: Budget) -> Iterator[Member]:
    """Members behind the archive's own header; each is encrypted by the first flag."""
    at, first = 0, True
    while data[at : at + 2] == b"\x60\xea" and at + 34 < len(data):
        size = int.from_bytes(data[at + 2 : at + 4], "little")
        if size < 30:
            return
        head = data[at + 4 : at + 4 + size]
        if len(head) < 31:
            return
        packed, whole = struct.unpack_from("<II", head, 12)
        name = head[head[0] :].partition(b"\0")[0]
        at += 4 + size + 4
        extra = int.from_bytes(data[at : at + 2], "little")
        at += 2 + (extra + 4 if extra else 0)
        if not first:
            if not budget.member():
                return
            yield Member(_letters(name) or "data", whole, packed, encrypted=bool(head[4] & 1))
            at += packed
        first = False


def ace(data: bytes, budget: Budget) -> Iterator[Member]:
    """Members of ACE 1 and 2: blocks of checksum, size, type, flags."""
    at = 0
    while at + 7 <= len(data):
        _, size, kind, flags = struct.unpack_from("<HHBH", data, at)
        packed = struct.unpack_from("<I", data, at + 7)[0] if flags & 1 and at + 11 <= len(data) else 0  # fmt: skip
        head = data[at + 4 : at + 4 + size]
        if kind == 1 and len(head) > 31:
            if not budget.member():
                return
            length = int.from_bytes(head[29:31], "little")
            name = _letters(head[31 : 31 + length])
            whole = struct.unpack_from("<I", head, 7)[0]
            yield Member(name or "data", whole, packed, encrypted=bool(flags & 0x4000))
        if size < 3:
            return
        at += 4 + size + (packed if kind == 1 else 0)


def uuencoded(data: bytes, budget: Budget) -> Iterator[Member]:
    """The file that an uuencoded text holds."""
    found = _UU.search(data[:4096])
    if found is None or not budget.member():
        return
    body = bytearray()
    for line in data[found.end() : found.end() + 2 * budget.room].split(b"\n", LINES_LIMIT):
        if line[:3] in (b"end", b"===") or len(body) >= budget.room:
            break
        try:
            body += binascii.a2b_base64(line) if found[1] else binascii.a2b_uu(line)
        except binascii.Error:
            continue
    budget.spend(len(body))
    yield Member(_letters(found[2].strip()), len(body), len(data), bytes(body))


def _letters(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")[:NAME_LIMIT]
    except UnicodeDecodeError:
        return raw.decode("cp437")[:NAME_LIMIT]
