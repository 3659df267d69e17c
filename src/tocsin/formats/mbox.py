"""Many mails in one file, each behind a `From ` line (mbox in all its dialects).

Bodies are searched for the next `From ` line and kept only for a mail's record, one at a time and
up to a limit, so memory does not grow with the file. Where a mail begins is decided by the bytes around that line alone: a file gives the same
mails, at the same offsets, read whole or in pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.mail_headers import (
    HEADER_LIMIT,
    Block,
    block_of,
    looks_like_mail,
)
from tocsin.formats.syntax.mail_hosts import hosts
from tocsin.formats.syntax.mail_record import MAIL_LIMIT, message
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

CHUNK = 1024 * 1024
"""Bytes read at a time."""

LOOKAHEAD = 4 * 1024
"""Bytes behind the start of a `From ` line that decide whether a mail begins there."""

_BEFORE = 4
"""Bytes before a `From ` line that decide: the blank line."""

_LINE = rb"From [^\n]{0,1000}\n"
_BEGINS = re.compile(_LINE + rb"(?:>?From [^\n]{0,1000}\n)*[!-9;-~]{1,80}[ \t]*:")
"""A `From ` line (some tools write a second, quoted one) with a header field below it."""

_BARE = re.compile(_LINE + rb"\r?\n")
"""The same over a mail without any header field."""

_DATED = re.compile(
    rb"From [^\n]{0,300}?\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +"
    rb"(?:[A-Z][a-z]{2} +\d|\d{1,2} [A-Z])[^\n]{0,40}\d\d:\d\d"
)
"""What stands in the line when a program wrote it: an address and a date."""

_TIMED = re.compile(rb"From [^\n]{0,300}?\d\d:\d\d")
"""What a program of other habits writes: a time at least."""

_QUOTED = re.compile(rb"\n>(>*+From )")
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,1000}(?=From )")


def recognise(head: bytes) -> int:
    """A `From ` line with a date, or with a mail's fields below it."""
    leading = _LEADING.match(head)
    if leading is None:
        return 0
    start = leading.end()
    dated = _DATED.match(head, start)
    if _BEGINS.match(head, start):
        return 90 if dated or looks_like_mail(head[start:]) else 0
    return 60 if dated and _BARE.match(head, start) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """Every mail of the file in order, then one `Look`."""
    yield from _read(_Window(stream, 0), at, reading, 0, None)


def read_range(
    stream: BinaryIO, at: Locator, reading: Reading, start: int, end: int
) -> Iterator[Evidence | Gap]:
    """The mails that begin in [start, end), then one `Look` that counts them."""
    base = max(0, start - _BEFORE)
    stream.seek(base)
    yield from _read(_Window(stream, base), at, reading, start, end)


def _read(
    window: _Window, at: Locator, reading: Reading, start: int, end: int | None
) -> Iterator[Evidence | Gap]:
    records = 0
    begins = window.first(start)
    if begins < 0 and start == 0 and window.base + len(window.data) > 0:
        yield Gap(at=at, why=say(N_("no mail begins in this file")))

    def mails() -> Iterator[Evidence | Gap]:
        nonlocal begins, records
        while begins >= 0 and (end is None or begins < end):
            records += 1
            if reading.messages:
                raw, following = window.mail(begins)
                yield from message(raw, at, f"offset {begins}, ", reading)
                begins = following
                continue
            yield from hosts(window.header(begins), at, f"offset {begins}, ", reading)
            begins = window.next()

    yield from limited(mails(), at)
    yield Evidence(at=at, body=Look(seen_by="mail", records=records))


def _unquoted(raw: bytes) -> bytes:
    """Lines that were quoted because they begin with `From ` (mboxo, mboxrd) as they were."""
    return _QUOTED.sub(rb"\n\1", raw) if b"\n>" in raw else raw


class _Window:
    """The part of the stream that is looked at; offsets given out are those of the stream."""

    def __init__(self, stream: BinaryIO, base: int) -> None:
        self.stream = stream
        self.base = base
        self.data = b""
        self.ended = False
        self.position = 0  # in `data`: from here on the next mail is searched

    def first(self, start: int) -> int:
        """Offset of the first mail at or behind `start`; -1 when there is none."""
        self._fill()
        if start == 0:
            leading = _LEADING.match(self.data)
            if leading is not None:
                self._more(leading.end() + LOOKAHEAD)
                if recognise(self.data[: leading.end() + LOOKAHEAD]):
                    return leading.end()
        self.position = max(0, start - self.base - 1)
        return self.next()

    def next(self) -> int:
        """Offset of the next mail; -1 at the end."""
        while True:
            found = self.data.find(b"\nFrom ", self.position)
            if found >= 0:
                self._more(found + 1 + LOOKAHEAD)
                if self._is_start(found + 1):
                    return self.base + found + 1
                self.position = found + 1
                continue
            if self.ended:
                return -1
            keep = max(self.position, len(self.data) - _BEFORE - len(b"\nFrom "))
            self._forget(max(0, keep - _BEFORE))
            self.position = max(self.position, _BEFORE if self.base else 0)
            self._fill()

    def header(self, begins: int) -> Block:
        """The header block of the mail at that offset; the next search goes on behind it."""
        if begins - self.base > CHUNK:
            self._forget(begins - self.base - _BEFORE)
        start = begins - self.base
        line = self.data.find(b"\n", start)
        after = start if line < 0 else line
        stop, searched = -1, after
        while True:
            stop = self._header_stop(after, searched)
            if stop >= 0 or self.ended or len(self.data) - after > HEADER_LIMIT:
                break
            searched = max(after, len(self.data) - LOOKAHEAD)
            self._fill()
        cut = stop < 0 and len(self.data) - after > HEADER_LIMIT
        if stop < 0:
            stop = min(len(self.data), after + HEADER_LIMIT)
        self.position = stop
        return block_of(self.data[after + 1 : stop + 1], cut=cut)

    def mail(self, begins: int) -> tuple[bytes, int]:
        """The whole mail at that offset, unquoted, up to one byte more than `MAIL_LIMIT`; and the
        offset of the next one, -1 at the end."""
        self.header(begins)
        start = begins - self.base
        line = self.data.find(b"\n", start)
        start = len(self.data) if line < 0 else line + 1
        while True:
            found = self.data.find(b"\nFrom ", self.position)
            if found >= 0:
                self._more(found + 1 + LOOKAHEAD)
                if self._is_start(found + 1):
                    return _unquoted(self.data[start : found + 1]), self.base + found + 1
                self.position = found + 1
                continue
            if self.ended:
                return _unquoted(self.data[start:]), -1
            if len(self.data) - start > MAIL_LIMIT:
                raw = _unquoted(self.data[start : start + MAIL_LIMIT + 1])
                return raw, self.next()
            self.position = max(self.position, len(self.data) - _BEFORE - len(b"\nFrom "))
            self._fill()

    def _header_stop(self, after: int, searched: int) -> int:
        """Where the block ends: at its blank line or, without one, at the next mail; -1: unseen."""
        unix = self.data.find(b"\n\n", searched)
        dos = self.data.find(b"\n\r\n", searched, unix if unix >= 0 else len(self.data))
        stop = dos if dos >= 0 else unix
        found = self.data.find(b"\nFrom ", searched + 1, stop if stop >= 0 else len(self.data))
        while found >= 0:
            if found > after and self._is_start(found + 1):
                return found
            found = self.data.find(b"\nFrom ", found + 1, stop if stop >= 0 else len(self.data))
        return stop

    def _is_start(self, index: int) -> bool:
        if _DATED.match(self.data, index):
            return bool(_BEGINS.match(self.data, index) or _BARE.match(self.data, index))
        before = self.data[max(0, index - 3) : index]
        return bool(
            before.endswith((b"\n\n", b"\n\r\n"))
            and _TIMED.match(self.data, index)
            and _BEGINS.match(self.data, index)
        )

    def _more(self, size: int) -> None:
        while len(self.data) < size and not self.ended:
            self._fill()

    def _fill(self) -> None:
        chunk = self.stream.read(CHUNK)
        self.ended = not chunk
        self.data += chunk

    def _forget(self, size: int) -> None:
        self.data = self.data[size:]
        self.base += size
        self.position = max(0, self.position - size)


FORMAT = Format(
    name="mbox",
    title="Mailbox file (mbox)",
    recognise=recognise,
    read=read,
    read_range=read_range,
    order=5,
)
