"""The mail in an Outlook message file (MS-OXMSG): its properties out of the OLE storages."""

from __future__ import annotations

import struct

import olefile

from tocsin.formats.syntax.mapi_mail import (
    FILE_DATA,
    FIXED,
    RECIPIENTS_LIMIT,
    UNICODE,
    WANTED,
    MapiFile,
    MapiMail,
    Value,
    value_of,
)
from tocsin.model.text import N_, say

TEXT_LIMIT = 8 * 1024 * 1024
"""Bytes of one text property that are read."""

DATA_LIMIT = 64 * 1024 * 1024
"""Bytes of attached data of one file that are read."""

FILES_LIMIT = 1000
"""Attachments of one mail that are read."""

DEPTH_LIMIT = 5
"""Mails within mails that are gone into."""

ENTRIES_LIMIT = 20_000
"""Fixed properties of one storage that are read."""

_PROPERTIES = "__properties_version1.0"
_STREAM = "__substg1.0_"
_EMBEDDED = f"{_STREAM}{FILE_DATA:04X}000D"
_DATA = f"{_STREAM}{FILE_DATA:04X}0102"


class _Room:
    """How many bytes of attached data may still be read."""

    def __init__(self) -> None:
        self.left = DATA_LIMIT


def mail_of(ole: olefile.OleFileIO) -> MapiMail:
    """The mail of the file. What the OLE library raises over damage is the caller's to catch."""
    below: dict[tuple[str, ...], list[str]] = {}
    for path in ole.listdir(streams=True, storages=True):
        below.setdefault(tuple(path[:-1]), []).append(path[-1])
    return _mail(ole, (), below, 0, _Room())


def _mail(
    ole: olefile.OleFileIO, path: tuple[str, ...], below: dict[tuple[str, ...], list[str]],
    depth: int, room: _Room,
) -> MapiMail:  # fmt: skip
    mail = MapiMail(_properties(ole, path, below, 24 if depth else 32), [], [], [])
    names = below.get(path, ())
    for name in [each for each in names if each.startswith("__recip_")][:RECIPIENTS_LIMIT]:
        mail.recipients.append(_properties(ole, (*path, name), below, 8))
    attached = [each for each in names if each.startswith("__attach_")]
    if len(attached) > FILES_LIMIT:
        mail.faults.append(
            say(N_("more than {limit} attachments in one mail: the rest is left out"),
                limit=FILES_LIMIT)
        )  # fmt: skip
    for name in attached[:FILES_LIMIT]:
        inner = (*path, name)
        file = MapiFile(_properties(ole, inner, below, 8))
        streams = below.get(inner, ())
        if _EMBEDDED in streams and depth < DEPTH_LIMIT:
            file.mail = _mail(ole, (*inner, _EMBEDDED), below, depth + 1, room)
        elif _DATA in streams:
            file.data = _read(ole, (*inner, _DATA), room.left)
            room.left -= len(file.data)
            if room.left <= 0:
                mail.faults.append(
                    say(N_("only the first {limit} bytes of the attachments were read"),
                        limit=DATA_LIMIT)
                )  # fmt: skip
                break
        mail.files.append(file)
    return mail


def _read(ole: olefile.OleFileIO, path: tuple[str, ...], limit: int) -> bytes:
    found: bytes = ole.openstream(list(path)).read(limit)
    return found


def _properties(
    ole: olefile.OleFileIO, path: tuple[str, ...], below: dict[tuple[str, ...], list[str]],
    head: int,
) -> dict[int, Value]:  # fmt: skip
    """The wanted properties of one storage. head: bytes before the fixed ones."""
    found: dict[int, Value] = {}
    for name in below.get(path, ()):
        if name == _PROPERTIES:
            fixed = _fixed(_read(ole, (*path, name), ENTRIES_LIMIT * 16)[head:])
            found = dict(fixed) | found
        elif name.startswith(_STREAM):
            try:
                tag = int(name[len(_STREAM) :], 16)
            except ValueError:
                continue
            number, kind = tag >> 16, tag & 0xFFFF
            if number not in WANTED or kind in FIXED:
                continue
            data = _read(ole, (*path, name), TEXT_LIMIT)
            value = value_of(kind, data)
            if value is not None and (kind == UNICODE or number not in found):
                found[number] = value
    return found


def _fixed(data: bytes) -> list[tuple[int, Value]]:
    found: list[tuple[int, Value]] = []
    for offset in range(0, len(data) - 15, 16):
        kind, number = struct.unpack_from("<HH", data, offset)
        if number in WANTED and kind in FIXED:
            value = value_of(kind, data[offset + 8 : offset + 16])
            if value is not None:
                found.append((number, value))
    return found
