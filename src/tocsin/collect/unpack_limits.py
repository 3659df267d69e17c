"""What unpacking may cost, the account of it, and how a loss is told on the way."""

from __future__ import annotations

from typing import BinaryIO, Protocol

import msgspec

from tocsin.model.finding import GapKind
from tocsin.model.text import N_, Sentence, say

NAME_LIMIT = 1024
"""Characters of a member's name that are kept."""


TOO_DEEP_LIMIT = 100
"""Archives found deeper than `Limits.depth` before all is given up: only bombs have so many."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one archive given by the user, whatever it holds nested.

    depth: archives inside archives; a compressed tar counts two. members: of all levels together.
    unpacked: bytes of all levels together. member: bytes of one member. ratio: unpacked bytes for
    each packed one, looked at once `ratio_from` bytes have come out of one stream. memory: bytes of
    a member held in memory; beyond, it waits in a nameless temporary file. dictionary: bytes of
    memory that an archive may demand for its decompression.
    """

    depth: int = 6
    members: int = 2_000_000
    unpacked: int = 64 << 30
    member: int = 16 << 30
    ratio: int = 500
    ratio_from: int = 64 << 20
    memory: int = 8 << 20
    dictionary: int = 256 << 20


class Loss(Exception):  # noqa: N818 - no error of ours: input that could not be had
    """Raised by the streams below; becomes a `Gap` at the member or the archive it happened in."""

    def __init__(self, why: Sentence, kind: GapKind = "unreadable") -> None:
        super().__init__(str(why))
        self.why = why
        self.kind: GapKind = kind


class Budget:
    """What is left of the limits; one for each archive the user gave. `spent`: unpack no more."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.spent = False
        self._members = limits.members
        self._too_deep = TOO_DEEP_LIMIT
        self._unpacked = limits.unpacked

    def member(self) -> None:
        """Count a member; raises Loss when there were too many."""
        self._members -= 1
        if self._members < 0:
            self.spent = True
            why = say(
                N_("more than {limit} members: the rest is left out"), limit=self.limits.members
            )
            raise Loss(why, "limit")

    def too_deep(self) -> Loss:
        """What to say of an archive that is nested too deep; many of them end the unpacking."""
        self._too_deep -= 1
        limit = self.limits.depth
        if self._too_deep > 0:
            why = say(N_("more than {limit} archives inside one another: left out"), limit=limit)
            return Loss(why, "limit")
        self.spent = True
        why = say(
            N_(
                "more than {limit} archives inside one another, {count} times: the rest is left out"
            ),
            limit=limit,
            count=TOO_DEEP_LIMIT,
        )
        return Loss(why, "limit")

    def unpacked(self, size: int) -> None:
        """Count bytes that came out of a decompressor; raises Loss when there were too many."""
        self._unpacked -= size
        if self._unpacked < 0:
            self.spent = True
            why = say(
                N_("more than {limit} bytes unpacked: the rest is left out"),
                limit=self.limits.unpacked,
            )
            raise Loss(why, "limit")

    def check_ratio(self, packed: int, unpacked: int) -> None:
        """Raises Loss when a stream grows as only a bomb does."""
        if unpacked > self.limits.ratio_from and unpacked > self.limits.ratio * max(packed, 1):
            why = say(
                N_(
                    "grows to more than {ratio} times its size when unpacked: cut after {size} bytes"
                ),
                ratio=self.limits.ratio,
                size=unpacked,
            )
            raise Loss(why, "limit")


class Forward(Protocol):
    """Bytes that are read once, from front to end."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, empty only at the end. Raises Loss, again on every later call."""
        ...


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A member as an archive hands it over; `stream` is good until the next one is asked for."""

    name: str
    stream: Forward


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A member (or, without a name, a part of the archive) that could not be read."""

    why: Sentence
    name: str = ""
    kind: GapKind = "unreadable"


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A member that is no file: a link, a device. Never followed, never made."""

    why: Sentence


Unpacked = Entry | Lost | Passed


class Slice:
    """The next `size` bytes of a forward stream."""

    def __init__(self, stream: Forward, size: int) -> None:
        self._stream = stream
        self.left = size

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; raises Loss when the stream ends before the slice does."""
        if self.left <= 0:
            return b""
        data = self._stream.read(min(size, self.left))
        if not data:
            raise truncated()
        self.left -= len(data)
        return data


class Region:
    """The bytes from `start` to `end` of a file that others read too; forward only."""

    def __init__(self, stream: BinaryIO, start: int, end: int) -> None:
        self._stream = stream
        self.place = start
        self.end = end

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, empty at the end of the region or of the file."""
        if self.place >= self.end:
            return b""
        self._stream.seek(self.place)
        data = self._stream.read(min(size, self.end - self.place))
        self.place += len(data)
        return data


class Ahead:
    """A forward stream with bytes put back in front."""

    def __init__(self, head: bytes, stream: Forward) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """The bytes put back, then the stream's."""
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        return self._stream.read(size)


def truncated() -> Loss:
    """The one word for all that ends too early."""
    return Loss(say(N_("ends before its data does (truncated)")))


def exactly(stream: Forward, size: int) -> bytes:
    """`size` bytes, or what is left at the end."""
    parts = []
    while size > 0 and (data := stream.read(size)):
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def too_much_memory(needed: int, limits: Limits) -> Loss:
    """For a stream whose decompression demands more than `Limits.dictionary`."""
    why = say(
        N_("needs {needed} bytes of memory to unpack, more than the {limit} allowed"),
        needed=needed,
        limit=limits.dictionary,
    )
    return Loss(why, "limit")
