"""The members of an archive or a disk image of any kind, with hard limits; nothing is extracted.

Formats whose unpacking needs a library in C on hostile bytes (rar, cab) give names only; so does 7z.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator

from tocsin.formats.syntax import attachment_listing, attachment_old_archives, attachment_zip
from tocsin.formats.syntax.attachment_iso import iso_members
from tocsin.formats.syntax.attachment_limits import NAME_LIMIT, Budget, Member
from tocsin.knowledge.mail_tables import file_kinds

ARCHIVES = frozenset(
    ("zip", "7z", "rar", "gz", "bz2", "xz", "tar", "cab", "iso", "udf", "vhd", "disk", "zstd",
     "lzip", "lzh", "ace", "arj", "wim", "uue", "z", "lzma")
)  # fmt: skip
"""Kinds that hold further files."""

IMAGES = frozenset(("iso", "udf", "vhd", "disk", "wim"))
"""Kinds that Windows mounts: what lies within loses the mark of the web."""

CARVED_LIMIT = 4 * 1024 * 1024
"""Bytes of a disk image of unknown file system in which names are looked for."""

NAMES_CARVED = 200
"""Places looked at for a name there."""


_OCTAL = b"01234567"


def members(kind: str, name: str, data: bytes, budget: Budget) -> Iterator[Member]:
    """What an archive holds, as far as it can be told."""
    walk = _WALKS.get(kind)
    if walk is not None:
        yield from walk(data, budget)
    elif kind in ("gz", "bz2", "xz", "lzma", "z", "zstd", "lzip"):
        yield from _stream(kind, name, data, budget)
    elif kind in IMAGES:
        yield from _carved(data, budget)


def _stream(kind: str, name: str, data: bytes, budget: Budget) -> Iterator[Member]:
    """A single compressed file; the name inside is the outer one without its extension."""
    if not budget.member():
        return
    room = budget.room
    raw = data[: room + 65_536]
    body: bytes | None = None
    try:
        if kind == "gz":
            body = zlib.decompressobj(31).decompress(raw, room)
        elif kind == "bz2":
            body = bz2.BZ2Decompressor().decompress(raw, room)
        elif kind in ("xz", "lzma"):
            body = lzma.LZMADecompressor(memlimit=64 << 20).decompress(raw, room)
    except (zlib.error, OSError, ValueError, EOFError, lzma.LZMAError, MemoryError):
        body = None
    budget.spend(max(len(raw), len(body or b"")))
    stem, _, extension = name.rpartition(".")
    stem = _kept_name(data) if kind == "gz" and _kept_name(data) else stem
    inner = f"{stem}.tar" if extension.lower() in ("tgz", "tbz", "tbz2", "txz") else stem
    whole = body is not None and len(body) < room
    yield Member(inner or "data", -1, len(data), body, encrypted=False, whole=whole)


def _kept_name(data: bytes) -> str:
    """The name that gzip keeps of its file (RFC 1952, 2.3.1), where it stands first."""
    if data[3:4] != b"\x08":
        return ""
    return data[10 : 10 + NAME_LIMIT].partition(b"\0")[0].decode("latin-1")


def _tar(data: bytes, budget: Budget) -> Iterator[Member]:
    """Plain tar (POSIX ustar), GNU's long names and those of pax; nothing is followed."""
    at, long = 0, ""
    while at + 512 <= len(data) and data[at] and budget.member():
        header = data[at : at + 512]
        size = _octal(header[124:136])
        begin, kind = at + 512, header[156:157]
        at = begin + (size + 511) // 512 * 512
        if kind in (b"L", b"x"):
            block = data[begin : begin + min(size, 4096)]
            long = _long_name(block) if kind == b"x" else _tar_name(block)
            continue
        prefix = _tar_name(header[345:500]) if header[257:263] == b"ustar\0" else ""
        name = long or f"{prefix}/{_tar_name(header[:100])}".lstrip("/")
        long = ""
        if kind in (b"0", b"\0", b"7"):
            body = data[begin : begin + min(size, budget.room)]
            budget.spend(len(body))
            whole = len(body) == size
            yield Member(name[:NAME_LIMIT], size, size, body, encrypted=False, whole=whole)


def _octal(field: bytes) -> int:
    text = field.strip(b" \0")
    if field[:1] == b"\x80":
        return int.from_bytes(field[4:], "big")
    return int(text, 8) if text and not text.translate(None, _OCTAL) else 0


def _tar_name(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _long_name(block: bytes) -> str:
    found = re.search(rb"(?:^|\n)\d{1,5} path=([^\n]{1,1000})\n", block)
    return found[1].decode("utf-8", "replace") if found else ""


def _carved(data: bytes, budget: Budget) -> Iterator[Member]:
    """Names of dangerous files in a disk image whose file system is not walked (UDF, FAT, NTFS)."""
    head = data[:CARVED_LIMIT]
    seen: set[str] = set()
    for wide, pattern in ((False, _NARROW), (True, _WIDE)):
        for count, found in enumerate(pattern.finditer(head)):
            if count >= NAMES_CARVED:
                break
            name = _backwards(head, found.start(), wide=wide)
            name += found[0][:: 2 if wide else 1].decode("ascii")
            if len(name) > 5 and name not in seen:
                seen.add(name)
                if not budget.member():
                    return
                yield Member(name)


def _backwards(data: bytes, end: int, *, wide: bool) -> str:
    step = 2 if wide else 1
    at = end
    while at - step >= 0 and end - at < 80 * step:
        if data[at - step] not in _NAME_BYTES or (wide and data[at - 1]):
            break
        at -= step
    return data[at:end:step].decode("ascii").strip()


_NAME_BYTES = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-()[]&+,."
)
_LOOKED_FOR = sorted(
    name
    for name, group in file_kinds().classes.items()
    if group
    in ("script", "shortcut", "executable", "office-macro", "onenote", "html", "office-legacy")
    and 2 < len(name) <= 5
)
_NARROW = re.compile(
    rb"\.(?i:" + "|".join(_LOOKED_FOR).encode() + rb")(?![A-Za-z0-9])",
)
_WIDE = re.compile(
    rb"\.\0(?i:"
    + b"|".join(b"".join(bytes((c, 0)) for c in name.encode()) for name in _LOOKED_FOR)
    + rb")(?![A-Za-z0-9]\0)",
    re.DOTALL,
)

_WALKS: dict[str, Callable[[bytes, Budget], Iterator[Member]]] = {
    "zip": attachment_zip.members,
    "tar": _tar,
    "iso": iso_members,
    "7z": attachment_listing.seven_zip,
    "rar": attachment_listing.rar,
    "cab": attachment_listing.cab,
    "lzh": attachment_old_archives.lha,
    "arj": attachment_old_archives.arj,
    "ace": attachment_old_archives.ace,
    "uue": attachment_old_archives.uuencoded,
}
