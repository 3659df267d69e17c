"""Archives of all kinds, nested ones too: their members as streams, nothing ever extracted.

Recognised by content alone. A member is held in memory, or, when large, in a nameless temporary
file; its name is only ever a name. Hostile archives cost what `Limits` says and no more, and what
is good beside the bad is still read.
"""

from __future__ import annotations

import io
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, Self, cast

import msgspec

from tocsin.collect.files import printable
from tocsin.collect.unpack_limits import (
    NAME_LIMIT,
    Ahead,
    Budget,
    Entry,
    Forward,
    Limits,
    Loss,
    Lost,
    Passed,
    Unpacked,
)
from tocsin.collect.unpack_stream import compression, unpack_stream
from tocsin.collect.unpack_tar import is_header, unpack_tar
from tocsin.collect.unpack_zip import unpack_zip
from tocsin.formats import HEAD_SIZE
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.run import Skipped
from tocsin.model.text import N_, say

__all__ = ["Budget", "Limits", "Member", "archive_kind", "members"]

_COMPRESSED = ("gzip", "xz", "bzip2", "zstd")
_SUFFIXES = {"gz": "", "xz": "", "bz2": "", "zst": "", "tgz": ".tar", "txz": ".tar"}
_UNREAD = {
    b"Rar!\x1a\x07": "rar",
    b"MSCF\0\0\0\0": "cab",
    b"LZIP\x01": "lzip",
    b"\x04\x22\x4d\x18": "lz4",
    b"070701": "cpio",
    b"070707": "cpio",
}
"""Archives that are known but not read: told as a gap, for something may be in them."""
_DOCUMENT_NAMES = (
    b"[Content_Types].xml",
    b"_rels/",
    b"docProps/",
    b"mimetypeapplication/",
    b"META-INF/",
)
"""What the first member of an office document, an e-book or a Java archive is called."""
_PIECE = 256 * 1024


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A file out of an archive. source: `archive.zip!folder/name`, nested ones further on.

    stream: seekable, at its beginning; good until the next member is asked for. size: bytes.
    """

    source: str
    stream: BinaryIO
    size: int


def archive_kind(head: bytes) -> str | None:
    """What kind of archive begins with `head` (512 bytes at least for tar), None for none.

    `document` is a zip that is an office document or the like; other kinds than zip, tar, 7z, gzip,
    xz, bzip2 and zstd are known so that they can be told of, not read.
    """
    if head.startswith((b"PK\x03\x04", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")):
        return "document" if head[30:].startswith(_DOCUMENT_NAMES) else "zip"
    if head.startswith(b"PK\x05\x06") and len(head) >= 22:
        return "zip"
    if head.startswith(b"7z\xbc\xaf\x27\x1c"):
        return "7z"
    for mark, kind in _UNREAD.items():
        if head.startswith(mark):
            return kind
    return compression(head) or ("tar" if is_header(head[:512]) else None)


def members(
    stream: BinaryIO, source: str, limits: Limits, budget: Budget
) -> Iterator[Member | Gap | Skipped]:
    """Every file in an archive and in the archives inside it, in order.

    stream: seekable, wherever it stands. source: its name. A member that broke off is still given
    as far as it came, after the Gap that says so. Nothing is raised whatever the archive holds.
    """
    try:
        stream.seek(0)
        kind = archive_kind(stream.read(HEAD_SIZE))
        stream.seek(0)
    except OSError as fault:
        yield _gap(source, _disk(fault))
        return
    yield from _archive(stream, kind or "", source, 1, limits, budget)


def _archive(
    stream: BinaryIO | Forward, kind: str, source: str, depth: int, limits: Limits, budget: Budget
) -> Iterator[Member | Gap | Skipped]:
    if kind == "document":
        yield Skipped(source=source, why=say(N_("an office document or program, not an archive")))
    elif kind in _UNREAD.values():
        yield _gap(
            source, Loss(say(N_("{kind} archives are not read: unpack it first"), kind=kind))
        )
    elif depth > limits.depth:
        yield _gap(source, budget.too_deep())
    else:
        yield from _all(_Within(source, kind, depth, limits, budget), stream)


class _Within(msgspec.Struct, frozen=True):
    """The archive that is being read, and what may still be spent on it."""

    source: str
    kind: str
    depth: int
    limits: Limits
    budget: Budget


def _all(within: _Within, stream: BinaryIO | Forward) -> Iterator[Member | Gap | Skipped]:
    source, budget = within.source, within.budget
    passed: Counter[str] = Counter()
    try:
        for each in _unpack(stream, within.kind, source, budget):
            budget.member()
            if isinstance(each, Passed):
                passed[each.why.template] += 1
            elif isinstance(each, Lost):
                at = _inside(source, each.name) if each.name else source
                yield _gap(at, Loss(each.why, each.kind))
            else:
                yield from _entry(each, within, passed)
            if budget.spent:
                break
    except Loss as loss:
        yield _gap(source, loss)
    except OSError as fault:
        yield _gap(source, _disk(fault))
    for template, count in passed.items():
        yield Skipped(source=source, why=say(template), files=count)


def _unpack(
    stream: BinaryIO | Forward, kind: str, source: str, budget: Budget
) -> Iterator[Unpacked]:
    if kind in _COMPRESSED:
        return unpack_stream(stream, kind, _uncompressed_name(source), budget)
    if kind == "tar":
        return unpack_tar(stream)
    # Only spooled members and the user's own files come here: both can seek.
    seekable = cast("BinaryIO", stream)
    if kind == "zip":
        return unpack_zip(seekable, budget)
    # Here, because the library behind it takes longer to load than most runs need for their work.
    from tocsin.collect.unpack_7z import unpack_7z  # noqa: PLC0415

    return unpack_7z(seekable, budget)


def _uncompressed_name(source: str) -> str:
    name = source.replace("\\", "/").rsplit("/", 1)[-1].rsplit("!", 1)[-1]
    stem, dot, suffix = name.rpartition(".")
    return stem + _SUFFIXES[suffix.lower()] if dot and suffix.lower() in _SUFFIXES else name


def _inside(source: str, name: str) -> str:
    name = name.removeprefix("./")  # as `tar c .` writes it
    shown = name if len(name) <= NAME_LIMIT else name[:NAME_LIMIT] + "…"
    return f"{source}!{printable(shown)}"


def _entry(entry: Entry, within: _Within, passed: Counter[str]) -> Iterator[Member | Gap | Skipped]:
    source = _inside(within.source, entry.name)
    head, loss = _head(entry.stream)
    if not head:
        if loss is None:
            passed[N_("empty")] += 1
        else:
            yield _gap(source, loss)
        return
    stream: Forward = Ahead(head, entry.stream)
    kind = archive_kind(head)
    if kind is not None and kind not in ("zip", "7z"):
        # A tar that was only compressed is one archive to its owner: one name for both.
        wrapped = kind == "tar" and within.kind in _COMPRESSED
        below = within.source if wrapped else source
        yield from _archive(stream, kind, below, within.depth + 1, within.limits, within.budget)
        return
    with _Spool(within.limits) as spool:
        if (loss := spool.fill(stream)) is not None:
            yield _gap(source, loss)
        if kind is None:
            yield Member(source=source, stream=spool.stream, size=spool.size)
        else:
            depth = within.depth + 1
            yield from _archive(spool.stream, kind, source, depth, within.limits, within.budget)


def _head(stream: Forward) -> tuple[bytes, Loss | None]:
    """The first `HEAD_SIZE` bytes, or those that came before what ended them."""
    head = b""
    try:
        while len(head) < HEAD_SIZE and (data := stream.read(HEAD_SIZE - len(head))):
            head += data
    except Loss as loss:
        return head, loss
    return head, None


class _Spool:
    """A member's bytes, in memory up to a limit, then in a temporary file that has no name."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.stream: BinaryIO = io.BytesIO()
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.stream.close()

    def fill(self, stream: Forward) -> Loss | None:
        """Take all that comes; what ended it early, if anything did."""
        loss: Loss | None = None
        try:
            while data := stream.read(_PIECE):
                room = self._limits.member - self.size
                self._write(data[:room])
                if len(data) > room:
                    why = N_("longer than {limit} bytes: cut there")
                    raise Loss(say(why, limit=self._limits.member), "limit")  # noqa: TRY301
        except Loss as fault:
            loss = fault
        except OSError as fault:
            loss = _disk(fault)
        self.stream.seek(0)
        return loss

    def _write(self, data: bytes) -> None:
        if isinstance(self.stream, io.BytesIO) and self.size + len(data) > self._limits.memory:
            held = self.stream
            self.stream = _temporary()
            self.stream.write(held.getbuffer())
        self.stream.write(data)
        self.size += len(data)


def _temporary() -> BinaryIO:
    return tempfile.TemporaryFile(prefix="tocsin-")


def _disk(fault: OSError) -> Loss:
    return Loss(say(N_("cannot be read: {fault}"), fault=fault.strerror or str(fault)))


def _gap(source: str, loss: Loss) -> Gap:
    return Gap(at=Locator(source=source), why=loss.why, kind=loss.kind)
