"""Outlook's message file (.msg, MS-OXMSG): an OLE compound file that keeps a mail's properties.

For servers one property is read, the transport headers (PidTagTransportMessageHeaders, 0x007D):
the header block as it arrived. A mail that never was transported, a draft or a contact, has none.
For the mail's record its texts, recipients and attachments are read too.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

import olefile

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.mail_headers import HEADER_LIMIT, block_of
from tocsin.formats.syntax.mail_hosts import hosts
from tocsin.formats.syntax.mail_parts import parts
from tocsin.formats.syntax.mail_record import records_of
from tocsin.formats.syntax.mapi_mail import MapiMail, is_mail, parts_of
from tocsin.formats.syntax.msg_mail import mail_of
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How every OLE compound file begins, Office documents among them."""

MESSAGE_CLASS = bytes.fromhex("0b0d020000000000c000000000000046")
"""CLSID of a message at the root entry: {00020D0B-0000-0000-C000-000000000046}."""

_CLASS_IN_ROOT = "00020D0B-0000-0000-C000-000000000046"
"""The same as the OLE library spells it."""

_UNICODE = "__substg1.0_007D001F"
_EIGHT_BIT = "__substg1.0_007D001E"
_PROPERTIES = "__properties_version1.0"
_STREAM = "__substg1.0_"
_NAME_IN_HEAD = "__substg1.0_".encode("utf-16-le")
_ENTRY_CLASS = 80
"""Offset of the CLSID in a directory entry (MS-CFB, 2.6.1)."""

_FAULTS = (
    OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error,
    OverflowError, RecursionError, MemoryError, NotImplementedError,
)  # fmt: skip
"""What the OLE library is known to raise over damaged files: each is that file's fault."""


def recognise(head: bytes) -> int:
    """By the magic number, and the message class where the directory lies within the head.

    Where it does not, it may be any OLE file: a weak claim, that the reader settles.
    """
    if not head.startswith(MAGIC) or len(head) < 52:
        return 0
    (shift,) = struct.unpack_from("<H", head, 30)
    (sector,) = struct.unpack_from("<I", head, 48)
    if shift in (9, 12):
        entry = (sector + 1) << shift
        if entry + _ENTRY_CLASS + 16 <= len(head):
            found = head[entry + _ENTRY_CLASS : entry + _ENTRY_CLASS + 16]
            return 100 if found == MESSAGE_CLASS else 0
    return 100 if _NAME_IN_HEAD in head else 20


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The servers that the transport headers name, the mail's record if asked for, one `Look`.

    An OLE file that holds no message gives a `Look` of no records; what calls itself a message and
    has lost the list of its properties is read as far as its other streams go.
    """
    headers: bytes | None = None
    mail: MapiMail | None = None
    records = 0
    try:
        with olefile.OleFileIO(stream) as ole:
            whole = ole.exists(_PROPERTIES)
            if not whole and _calls_itself_message(ole):
                yield Gap(
                    at=at, why=say(N_("this Outlook message has lost its list of properties"))
                )
            if whole or _holds_streams(ole):
                records = 1
                headers = _headers(ole)
                if reading.messages:
                    mail = mail_of(ole)
    except _FAULTS as fault:
        why = say(
            N_("this Outlook message is damaged: {fault}"),
            fault=f"{type(fault).__name__}: {fault}"[:200],
        )
        yield Gap(at=at, why=why)
    if headers is not None and len(headers) > HEADER_LIMIT:
        why = say(N_("the header block is longer than {limit} bytes"), limit=HEADER_LIMIT)
        yield Gap(at=at, kind="limit", why=why)
        headers = headers[:HEADER_LIMIT]
    if headers is not None:
        yield from hosts(block_of(headers), at, "", reading)
    if reading.messages and (mail is not None or headers):
        taken = parts_of(mail) if mail is not None else parts(headers or b"")
        if mail is None or is_mail(mail):
            yield from records_of(taken, stream.seek(0, io.SEEK_END), at, reading)
    yield Evidence(at=at, body=Look(seen_by="mail", records=records))


def _calls_itself_message(ole: olefile.OleFileIO) -> bool:
    return str(ole.root.clsid).upper() == _CLASS_IN_ROOT or _holds_streams(ole)


def _holds_streams(ole: olefile.OleFileIO) -> bool:
    """Whether properties of a message stand at the top, whatever else is lost."""
    return any(len(path) == 1 and path[0].startswith(_STREAM) for path in ole.listdir())


def _headers(ole: olefile.OleFileIO) -> bytes | None:
    """The transport headers in UTF-8 or as they are; None when the message has none."""
    if ole.exists(_UNICODE):
        raw: bytes = ole.openstream(_UNICODE).read(2 * HEADER_LIMIT + 2)
        return raw.decode("utf-16-le", errors="replace").encode("utf-8", errors="replace")
    if ole.exists(_EIGHT_BIT):
        plain: bytes = ole.openstream(_EIGHT_BIT).read(HEADER_LIMIT + 1)
        return plain
    return None


FORMAT = Format(
    name="msg", title="Outlook message (.msg)", recognise=recognise, read=read, seekable=True
)
