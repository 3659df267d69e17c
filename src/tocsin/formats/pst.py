"""Outlook's data files (.pst, .ost; MS-PST): all messages of all folders.

The file is walked by libpff in a process of its own, under limits of memory and time, because a
hostile file can bring a C library down. Of each message the transport headers are read, for its
record its texts, recipients and attachments too.
"""

from __future__ import annotations

import io
import os
import selectors
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax import confined, pst_walk
from tocsin.formats.syntax.file_rows import file_event
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.log_rows import RecordLog
from tocsin.formats.syntax.mail_headers import HEADER_LIMIT, block_of
from tocsin.formats.syntax.mail_hosts import hosts
from tocsin.formats.syntax.mail_record import records_of
from tocsin.formats.syntax.mapi_builder import HOLDING, MapiBuilder
from tocsin.formats.syntax.mapi_mail import WANTED, MapiMail, is_mail, parts_of
from tocsin.formats.syntax.webshell_page import mailbox_records
from tocsin.model.evidence import Evidence, Look
from tocsin.model.finding import Gap, GapKind
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

MEMORY_LIMIT = 1024 * 1024 * 1024
"""Address space of the walking process, in bytes."""

CPU_LIMIT = 3600
"""CPU time of the walking process, in seconds."""

SILENCE_LIMIT = 120.0
"""Longest wait for the next message, in seconds."""

_UNICODE_VERSION = 23
"""From this version on offsets have 64 bits."""

_MAGIC = b"!BDN"
_CLIENTS = (b"SM", b"SO")
"""Of a personal folder file (.pst) and an offline one (.ost); at offset 8 (MS-PST, 2.2.2.6)."""


def recognise(head: bytes) -> int:
    """By the magic number and the kind of file behind it."""
    return 100 if head.startswith(_MAGIC) and head[8:10] in _CLIENTS else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """The servers that the messages' headers name, then one `Look`."""
    records = lost = 0
    if missing := _torn(stream):
        lost += 1
        yield Gap(at=at, why=missing)

    def messages() -> Iterator[Evidence | Gap]:
        nonlocal records, lost
        for place, found in _walked(stream, whole=reading.messages):
            if isinstance(found, _Lost):
                lost += 1
                yield Gap(at=_at(at, place), kind=found.kind, why=found.why)
                continue
            records += 1
            headers = found.headers
            if headers:
                block = block_of(headers, cut=len(headers) > HEADER_LIMIT)
                yield from hosts(block, at, f"{place}, ", reading)
            if found.mail is not None and is_mail(found.mail):
                yield from records_of(parts_of(found.mail), found.size, _at(at, place), reading)

    yield from limited(messages(), at)
    if not records and not lost:
        # The library passes over folders that it cannot make out, and says nothing.
        yield Gap(at=at, why=say(N_("no message was found in this data file")))
    yield Evidence(at=at, body=Look(seen_by="mail", records=records))


def _torn(stream: BinaryIO) -> Sentence | None:
    """Whether the file ends before it should: its header states its size (MS-PST, 2.2.2.6)."""
    stream.seek(0)
    head = stream.read(192)
    size = stream.seek(0, io.SEEK_END)
    if len(head) < 192:
        return None
    unicode_file = head[10] >= _UNICODE_VERSION
    (stated,) = (
        struct.unpack_from("<Q", head, 184) if unicode_file else struct.unpack_from("<I", head, 168)
    )
    if size >= stated:
        return None
    return say(
        N_("this data file was {stated} bytes long, but only {size} are here"),
        stated=stated,
        size=size,
    )


class _Lost(msgspec.Struct, frozen=True):
    """What the walk could not give."""

    why: Sentence
    kind: GapKind = "unreadable"


class _Found(msgspec.Struct, frozen=True):
    """One item: its headers, empty without any; the mail, where it is asked for; its size."""

    headers: bytes
    mail: MapiMail | None = None
    size: int = 0


def _walked(stream: BinaryIO, *, whole: bool) -> Iterator[tuple[str, _Found | _Lost]]:
    """Place and content of each message, as the process finds them."""
    with tempfile.TemporaryFile() as copy:
        try:
            stream.seek(0)
            handle = stream.fileno()
        except (OSError, AttributeError, io.UnsupportedOperation):
            # An archive's member, in memory: libpff must be given a file of its own.
            shutil.copyfileobj(stream, copy)
            copy.seek(0)
            handle = copy.fileno()
        os.lseek(handle, 0, os.SEEK_SET)
        wanted = ",".join(f"{each:04x}" for each in sorted(WANTED)) if whole else ""
        command = confined.command(pst_walk.__file__, MEMORY_LIMIT, CPU_LIMIT, wanted)
        with subprocess.Popen(  # noqa: S603 - our own module, no shell
            command, stdin=handle, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            try:
                yield from _frames(process)
            finally:
                process.kill()


def _frames(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, _Found | _Lost]]:
    assert process.stdout is not None
    pipe = _Pipe(process.stdout.fileno())
    ended = False
    held = MapiBuilder()
    while head := pipe.take(pst_walk.FRAME.size):
        kind, place_size, size = pst_walk.FRAME.unpack(head)
        place = pipe.take(place_size).decode("utf-8", errors="replace").lstrip("/")
        body = pipe.take(size)
        if len(body) < size:
            break
        if kind == b"E":
            ended = True
            break
        if kind in HOLDING:
            held.take(kind, place, body)
        elif kind == b"L":
            fault = body[:200].decode("utf-8", errors="replace").split("\n")[0]
            yield place, _Lost(say(N_("part of this data file is damaged: {fault}"), fault=fault))
        else:
            mail, bytes_held = held.finished()
            yield place, _Found(body, mail, bytes_held + len(body))
    if ended:
        return
    if pipe.silent:
        why = say(N_("reading this data file was given up after {seconds} seconds without a sign"),
                  seconds=int(SILENCE_LIMIT))  # fmt: skip
        yield "", _Lost(why, "limit")
        return
    process.wait(timeout=10)
    why = say(
        N_("the rest of this data file is not read: its reader died ({status})"),
        status=process.returncode,
    )
    yield "", _Lost(why)


class _Pipe:
    """Reads exact sizes from a pipe and does not wait for ever."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.data = b""
        self.silent = False
        self.selector = selectors.DefaultSelector()
        self.selector.register(handle, selectors.EVENT_READ)

    def take(self, size: int) -> bytes:
        """`size` bytes; fewer when the other side ended or fell silent."""
        pieces = [self.data]
        have = len(self.data)
        while have < size:
            if not self.selector.select(SILENCE_LIMIT):
                self.silent = True
                break
            chunk = os.read(self.handle, 1 << 16)
            if not chunk:
                break
            pieces.append(chunk)
            have += len(chunk)
        whole = b"".join(pieces)
        self.data = whole[size:]
        return whole[:size]


def _at(at: Locator, place: str) -> Locator:
    return msgspec.structs.replace(at, position=place) if place else at


LOG = RecordLog(
    records=mailbox_records, event=file_event, surface="files", named=mailbox_records, aside=True
)
"""Mailbox exports were used to write pages of a web site: whether this file is one."""

FORMAT = Format(
    name="pst", title="Outlook data file (.pst, .ost)", recognise=recognise, read=read,
    seekable=True, log=LOG,
)  # fmt: skip
