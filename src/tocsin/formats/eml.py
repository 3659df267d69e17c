"""One mail in a file (RFC 5322): `.eml`, Apple's `.emlx`, a file of a Maildir.

Where only servers are asked for, the header block is read and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.mail_headers import looks_like_mail, read_block
from tocsin.formats.syntax.mail_hosts import hosts
from tocsin.formats.syntax.mail_record import MAIL_LIMIT, message
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

_ONE = Look(seen_by="mail", records=1)


def recognise(head: bytes) -> int:
    """By the names of the first header fields."""
    return looks_like_mail(head)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The servers that the header block names, the mail's record if asked for, one `Look`."""
    if reading.messages:
        yield from message(stream.read(MAIL_LIMIT + 1), at, "", reading)
    else:
        yield from hosts(read_block(stream), at, "", reading)
    yield Evidence(at=at, body=_ONE)


FORMAT = Format(name="eml", title="Mail", recognise=recognise, read=read, order=10)
