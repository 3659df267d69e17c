"""A mail as a file, attached or in an archive: its links and its files."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import olefile

from tocsin.formats.syntax import mapi_mail, msg_mail
from tocsin.formats.syntax.attachment_limits import NAME_LIMIT, Budget, Member
from tocsin.formats.syntax.attachment_pages import page_links
from tocsin.formats.syntax.link_finding import find
from tocsin.formats.syntax.mail_parts import Parts, parts

MAIL_BYTES = 4 * 1024 * 1024
"""Bytes of a mail that are read."""

TEXT_LIMIT = 256 * 1024
"""Characters of each text that are searched for links."""

LINKS_LIMIT = 200
"""Links of one mail that are looked at."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def mail_taken_apart(data: bytes) -> Parts | None:
    """The mail of a file, as text or as Outlook keeps it; None where it cannot be read."""
    if not data.startswith(_OLE):
        return None if data[:4] == b"!BDN" else parts(data[:MAIL_BYTES])
    if len(data) > MAIL_BYTES:
        return None
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return mapi_mail.parts_of(msg_mail.mail_of(ole))
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
            RecursionError, MemoryError, NotImplementedError, struct.error):  # fmt: skip
        # what the OLE library raises over damage
        return None


def mail_links(mail: Parts) -> Iterator[str]:
    """The links of its texts."""
    plain = mail.plain[:TEXT_LIMIT]
    yield from page_links(mail.html[:TEXT_LIMIT])
    for each in find(plain, LINKS_LIMIT):
        if "bare" not in each.marks:
            yield each.url


def mail_files(mail: Parts, budget: Budget) -> Iterator[Member]:
    """Its attached files, those of mails within included."""
    for each in mail.files:
        if not budget.member():
            return
        if each.declared == "message/rfc822":
            continue
        body = each.data[: budget.room]
        budget.spend(len(body))
        yield Member(
            each.name[:NAME_LIMIT], len(each.data), -1, body, whole=len(body) == len(each.data)
        )
