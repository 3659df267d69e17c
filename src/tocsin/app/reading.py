"""One worker's work: open, hash, recognise, read, fold. Runs in a process of its own."""

from __future__ import annotations

import hashlib
import io
import os
import re
from datetime import datetime
from typing import BinaryIO

import msgspec

from tocsin.app.digesting import BUFFER, CHUNK, Digesting, digest_of
from tocsin.app.hunting import HuntJob, hunt_file, hunt_piece, in_hunted_pieces, written
from tocsin.app.parts import Part
from tocsin.collect.archives import Budget, Limits, Member, archive_kind, members
from tocsin.collect.files import printable
from tocsin.formats import HEAD_SIZE, Format, Reading, claimed, recognise
from tocsin.formats.syntax.log_rows import LineLog
from tocsin.model.evidence import Evidence, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.message import Message
from tocsin.model.run import RUN_FORMAT, Skipped, Source
from tocsin.model.text import N_, say

WHOLE_FILE = 4 << 20
"""Files up to this size are read in one go; larger ones are hashed, then streamed."""
RANGE = 64 << 20
"""Size of the pieces in which a big file is read by many workers."""
LOG_RANGE = 384 << 20
"""The same of a log, which is read ten times as fast: a log up to this size (a second's work) is read
and hashed by one hand, in one go."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The time that matters: dated evidence outside is left out, undated evidence stays."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, seen: datetime | None) -> bool:
        """Whether evidence of that time counts."""
        if seen is None:
            return True
        if self.since is not None and seen < self.since:
            return False
        return self.until is None or seen <= self.until


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What every worker must know. hunt: the rules that logs are held against, if any. conversation:
    whether mails are kept to be judged."""

    reading: Reading
    window: Window
    limits: Limits
    hunt: HuntJob | None = None
    conversation: bool = True


def read_files(job: Job, paths: tuple[str, ...]) -> Part:
    """Read a batch of files."""
    part = Part()
    for path in paths:
        try:
            _read_file(job, path, part)
        except OSError as fault:
            part.gap(
                Gap(
                    at=Locator(source=printable(path)),
                    why=say(N_("cannot be read: {fault}"), fault=fault.strerror or str(fault)),
                )
            )
    written(job.hunt)
    return part


def read_range(job: Job, path: str, number: int, start: int, end: int) -> Part:
    """Read the records of a big file that begin in [start, end), its piece of that number."""
    part = Part()
    at = Locator(source=printable(path))
    found = None
    try:
        with open(path, "rb") as stream:
            found = _format_of(path, stream.read(HEAD_SIZE))
            if found is not None and found.log is not None and job.hunt is not None:
                _hunt_range(job, found, stream, at, part, (number, start, end))
            elif found is not None and found.read_range is not None:
                records = 0
                for each in found.read_range(stream, at, job.reading, start, end):
                    records += _keep(job, each, part)
                part.records[found.name] = records
    except Exception as fault:  # noqa: BLE001 - the outer door: one bad piece never costs the others
        part.gap(_failed(at, found, fault))
    part.size = end - start
    return part


def _failed(at: Locator, found: Format | None, fault: Exception) -> Gap:
    return Gap(
        at=at,
        why=say(
            N_("the reader of {format} failed ({fault}): please report this file's form"),
            format=found.name if found is not None else "?",
            fault=f"{type(fault).__name__}: {fault}"[:200],
        ),
    )


def _hunt_range(
    job: Job, found: Format, stream: BinaryIO, at: Locator, part: Part, piece: tuple[int, int, int]
) -> None:
    """Hunt in a piece of a big log; whoever has the first one also looks for its servers."""
    assert job.hunt is not None
    stream.seek(0)
    part.hunt, rows = hunt_piece(job.hunt, found, stream, at, job.window.holds, piece)
    if piece[0] == 0:
        stream.seek(0)
        for each in found.read(stream, at, job.reading):
            _keep(job, each, part)
    written(job.hunt)
    part.records[found.name] = rows


class Pieces(msgspec.Struct, frozen=True, kw_only=True):
    """How a big file is read by many hands at once. format: its name; step: bytes of one piece."""

    format: str
    step: int


def pieces_of(path: str, job: Job, workers: int) -> Pieces | None:
    """The pieces of a big file; None if it is read by one hand from its beginning."""
    try:
        with open(path, "rb") as stream:
            head = stream.read(HEAD_SIZE)
            size = os.fstat(stream.fileno()).st_size
    except OSError:
        return None  # whoever is to read it says why it cannot be read
    found = _format_of(path, head)
    if found is None:
        return None
    if found.log is not None and job.hunt is not None:
        if size <= LOG_RANGE or not in_hunted_pieces(head, found):
            return None
        # Pieces of one size, and as many as keep all hands busy to the end.
        rounds = -(-size // (LOG_RANGE * workers))
        return Pieces(format=found.name, step=-(-size // (rounds * workers)))
    return Pieces(format=found.name, step=RANGE) if found.read_range is not None else None


def _read_file(job: Job, path: str, part: Part) -> None:
    source = printable(path)
    with open(path, "rb", buffering=0) as raw:
        # The size is asked first: reading "up to 4 MB" would set aside 4 MB for every small mail.
        size = os.fstat(raw.fileno()).st_size
        part.files += 1
        if size < WHOLE_FILE:
            data = raw.read(size + 1) or b""
            if len(data) == size:
                part.size += size
                at = Locator(source=source, sha256=hashlib.sha256(data).hexdigest())
                _read(job, io.BytesIO(data), data[:HEAD_SIZE], at, part)
                return
            raw.seek(0)
        _read_big(job, raw, source, part)


def _read_big(job: Job, raw: io.FileIO, source: str, part: Part) -> None:
    """Read what is too large to be held. A log that is hunted in is hashed on the way."""
    head = raw.read(HEAD_SIZE) or b""
    raw.seek(0)
    found = _format_of(source, head)
    if found is not None and isinstance(found.log, LineLog) and job.hunt is not None:
        hashed = Digesting(raw)
        _read_format(job, found, io.BufferedReader(hashed, BUFFER), Locator(source=source), part)
        digest = part.digests[source] = hashed.finished()
        part.sources[-1] = msgspec.structs.replace(part.sources[-1], sha256=digest)
        part.size += part.sources[-1].size
        return
    stream = io.BufferedReader(raw, CHUNK)
    digest = digest_of(stream)
    part.size += stream.tell()
    stream.seek(0)
    _read(job, stream, head, Locator(source=source, sha256=digest), part)


def _read(job: Job, stream: BinaryIO, head: bytes, at: Locator, part: Part) -> None:
    found = _format_of(at.source, head)
    if found is not None:
        _read_format(job, found, stream, at, part)
        return
    if _is_run(head):
        part.skipped.add(Skipped(source=at.source, why=say(_EARLIER_RUN)))
    elif not head:
        part.skipped.add(Skipped(source=at.source, why=say(N_("empty"))))
    elif archive_kind(head) is not None:
        _read_archive(job, stream, at, part, Budget(job.limits))
    else:
        part.skipped.add(Skipped(source=at.source, why=say(N_("not a format that is known"))))


_HOLDING = frozenset({"zip", "tar"})
"""Archives in whose first bytes a member can be seen as it is."""


def _format_of(source: str, head: bytes) -> Format | None:
    """What a file is, by its content, and by its name where that decides."""
    found = None if _is_run(head) else recognise(head)
    named = claimed(source, head, known=found is not None)
    if named is not None:
        return named
    # What is not packed (a tar, a zip's stored member) lies in its archive as it is: a log or a page
    # that is seen there is not all of it.
    return None if found is not None and archive_kind(head) in _HOLDING else found


_EARLIER_RUN = N_("an earlier answer of this tool, which is no evidence")


_RUN_BEGINS = re.compile(
    rb'\s*\{\s*(?:"kind"\s*:\s*"run"\s*,\s*)?"format"\s*:\s*"' + RUN_FORMAT.encode() + rb'"'
)
"""Its very first member, and nothing before: who writes a mail or asks a server must not be able to
put the word near the beginning of a file, and the file out of sight."""


def _is_run(head: bytes) -> bool:
    """Whether it is a run.json, or its lines: what it quotes was evidence where it was found."""
    return _RUN_BEGINS.match(head) is not None


def _read_archive(job: Job, stream: BinaryIO, at: Locator, part: Part, budget: Budget) -> None:
    count = 0
    for each in members(stream, at.source, job.limits, budget):
        if isinstance(each, Member):
            count += 1
            _read_member(job, each, part)
        elif isinstance(each, Gap):
            part.gap(each)
        else:
            part.skipped.add(each)
    size = stream.seek(0, io.SEEK_END) if stream.seekable() else 0
    part.sources.append(
        Source(source=at.source, format="archive", size=size, sha256=at.sha256, records=count)
    )


def _read_member(job: Job, member: Member, part: Part) -> None:
    part.files += 1
    stream = member.stream
    digest = digest_of(stream)
    stream.seek(0)
    head = stream.read(HEAD_SIZE)
    stream.seek(0)
    at = Locator(source=member.source, sha256=digest)
    found = _format_of(at.source, head)
    if found is not None:
        _read_format(job, found, stream, at, part)
    elif _is_run(head):
        part.skipped.add(Skipped(source=member.source, why=say(_EARLIER_RUN)))
    else:
        why = say(N_("not a format that is known")) if head else say(N_("empty"))
        part.skipped.add(Skipped(source=member.source, why=why))


def _read_format(job: Job, found: Format, stream: BinaryIO, at: Locator, part: Part) -> None:
    records = 0
    try:
        for each in found.read(stream, at, job.reading):
            records += _keep(job, each, part)
        if found.log is not None and job.hunt is not None:
            stream.seek(0)
            records = hunt_file(job.hunt, found, stream, at, job.window.holds, part.hunt) or records
    except Exception as fault:  # noqa: BLE001 - the outer door: one bad file never costs the others
        part.gap(_failed(at, found, fault))
    size = stream.seek(0, io.SEEK_END) if stream.seekable() else 0
    part.records[found.name] = part.records.get(found.name, 0) + records
    part.sources.append(
        Source(source=at.source, format=found.name, size=size, sha256=at.sha256, records=records)
    )


def _keep(job: Job, each: Evidence | Gap, part: Part) -> int:
    """Fold one thing that was read; the number of records it stands for."""
    if isinstance(each, Gap):
        part.gap(each)
        return 0
    if isinstance(each.body, Look):
        part.ledger.add(each)
        return each.body.records
    if isinstance(each.body, Setting | Inquiry):
        part.settings.add(each)
        return 0
    if isinstance(each.body, Message):
        # Earlier mails than asked for are learnt from; later ones are not there yet.
        if job.window.until is None or each.seen is None or each.seen <= job.window.until:
            if job.conversation:
                part.mail(each)
            part.flows.add(each)
        return 0
    if job.window.holds(each.seen):
        part.ledger.add(each)
    else:
        part.ledger.left_out.add(each.body.seen_by)
    return 0
