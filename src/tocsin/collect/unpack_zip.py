"""Zip, by its directory; and, where that is damaged or missing, by looking for the members.

Not the standard library's `zipfile`: that loads the whole directory before the first member, gives
the whole archive up at one damaged entry or a missing end (an interrupted copy), reads bytes that
several members share once for each, and knows no Deflate64. Layout: PKWARE's APPNOTE.TXT 6.3.
"""

from __future__ import annotations

import stat
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO

from tocsin.collect import unpack_codecs
from tocsin.collect.unpack_codecs import Codec, Decompressed
from tocsin.collect.unpack_limits import (
    Budget,
    Entry,
    Forward,
    Limits,
    Loss,
    Lost,
    Passed,
    Region,
    Unpacked,
)
from tocsin.collect.unpack_zip_directory import (
    LISTED_MARK,
    LOCAL_MARK,
    Directory,
    Header,
    find_directory,
    listed,
    local,
)
from tocsin.model.text import N_, say

_METHODS: dict[int, Callable[[Limits], Codec]] = {
    0: unpack_codecs.stored,
    8: unpack_codecs.deflate,
    9: unpack_codecs.deflate64,
    12: unpack_codecs.bzip2,
    14: unpack_codecs.zip_lzma,
    20: unpack_codecs.zstandard,
    93: unpack_codecs.zstandard,
    95: unpack_codecs.xz,
}
_SEARCH = 1 << 20


def unpack_zip(stream: BinaryIO, budget: Budget) -> Iterator[Unpacked]:
    """Every member, in the directory's order. `stream` must seek."""
    length = stream.seek(0, 2)
    directory = find_directory(stream, length)
    if directory is None:
        yield Lost(
            why=say(
                N_("has no directory at its end (truncated): members are looked for without it")
            )
        )
        yield from _salvage(stream, 0, length, budget)
    elif directory.split:
        yield Lost(why=say(N_("one part of a split archive: only what is whole in it is read")))
        yield from _salvage(stream, 0, directory.start, budget)
    else:
        yield from _by_directory(stream, directory, budget)


def _by_directory(stream: BinaryIO, directory: Directory, budget: Budget) -> Iterator[Unpacked]:
    places = array("Q")
    loss: Loss | None = None
    try:
        for header in listed(stream, directory):
            if header.place < directory.start:
                places.append(header.place)
            if len(places) > budget.limits.members:
                break
    except Loss as fault:
        loss = fault
    # Where each member must end: at the next one's beginning, or the directory.
    places = array("Q", sorted(places))
    last = 0
    first = places[0] if places else directory.start
    if first > 0 and loss is None:
        yield from _before_the_first(stream, first, budget)
    try:
        for header in listed(stream, directory):
            end = _end(places, header.place, directory.start)
            last = max(last, min(header.place + header.packed, end))
            yield from _member(stream, header, end, budget)
    except Loss as fault:
        if loss is None:
            raise
        yield Lost(why=fault.why, kind=fault.kind)
        yield from _salvage(stream, last, directory.start, budget)


def _before_the_first(stream: BinaryIO, first: int, budget: Budget) -> Iterator[Unpacked]:
    stream.seek(0)
    if stream.read(4) == LOCAL_MARK:
        yield Lost(why=say(N_("holds members that its directory does not list")))
        yield from _salvage(stream, 0, first, budget)


def _end(places: array[int], place: int, directory: int) -> int:
    """0 when the place is listed twice."""
    after = bisect_right(places, place)
    if after >= 2 and places[after - 2] == place:
        return 0
    return places[after] if after < len(places) else directory


def _member(stream: BinaryIO, header: Header, end: int, budget: Budget) -> Iterator[Unpacked]:
    if header.name.endswith("/") and not header.size:
        return
    kind = stat.S_IFMT(header.mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        link = stat.S_ISLNK(kind)
        yield Passed(
            why=say(N_("a link: not followed")) if link else say(N_("a device, not a file"))
        )
        return
    before = local(stream, header.place) if header.place < end else None
    if end == 0:
        why = say(N_("shares its bytes with another member (a zip bomb's form): left out"))
        yield Lost(name=header.name, why=why, kind="limit")
    elif before is None:
        yield Lost(name=header.name, why=say(N_("is not where the archive's directory says")))
    elif before.data + header.packed > end:
        why = say(N_("reaches into another member (a zip bomb's form): left out"))
        yield Lost(name=header.name, why=why, kind="limit")
    else:
        packed = Region(stream, before.data, before.data + header.packed)
        yield _opened(header, packed, budget)


def _opened(header: Header, packed: Region, budget: Budget) -> Entry | Lost:
    if header.encrypted:
        return Lost(name=header.name, why=say(N_("encrypted: unpack it with its password first")))
    codec = _METHODS.get(header.method)
    if codec is None:
        why = say(N_("packed with method {method}, which is not read"), method=header.method)
        return Lost(name=header.name, why=why)
    return Entry(name=header.name, stream=_Checked(Decompressed(packed, codec, budget), header))


class _Checked:
    """A member's bytes; at their end, the size and checksum that the archive promised.

    The bytes have gone out by then: what was read stays, and the loss says that it may be altered.
    """

    def __init__(self, stream: Forward, header: Header) -> None:
        self._stream = stream
        self._header = header
        self._crc = 0
        self._size = 0

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        if data:
            return data
        header = self._header
        if self._size != header.size:
            why = N_(
                "holds {size} bytes where the archive says {said}: read, but it may be altered"
            )
            raise Loss(say(why, size=self._size, said=header.size))
        if self._crc != header.crc:
            raise Loss(say(N_("its checksum is wrong: read, but it may be altered")))
        return data


def _salvage(stream: BinaryIO, start: int, end: int, budget: Budget) -> Iterator[Unpacked]:
    """Members by the header before each: first to last, from one mark to the next."""
    place = _mark(stream, start, end)
    while place < end:
        header = local(stream, place)
        if header is None:
            place = _mark(stream, place + 4, end)
            continue
        if header.described_later and not header.packed:
            packed = Region(stream, header.data, end)
            place = yield from _unsized(header, packed, budget)
        else:
            place = header.data + header.packed
            if not header.name.endswith("/"):
                region = Region(stream, header.data, place)
                yield _opened(header, region, budget)
            if place > end:
                # A length that cannot be must not hide the members behind it.
                place = header.data
        place = _mark(stream, place, end)


def _unsized(header: Header, packed: Region, budget: Budget) -> Generator[Unpacked, None, int]:
    """A member whose length stands behind it: the compressed data itself knows where it ends."""
    codec = _METHODS.get(header.method)
    if header.encrypted or codec is None or header.method == 0:
        if not header.name.endswith("/"):
            yield Lost(name=header.name, why=say(N_("of unknown length: left out")))
        return header.data
    stream = Decompressed(packed, codec, budget)
    yield Entry(name=header.name, stream=stream)
    return header.data + stream.consumed


def _mark(stream: BinaryIO, start: int, end: int) -> int:
    """Where the next member's header begins; `end` when there is none, or the directory does."""
    region = Region(stream, start, end)
    window, base = b"", start
    while data := region.read(_SEARCH):
        window += data
        found = window.find(LOCAL_MARK)
        directory = window.find(LISTED_MARK)
        if directory >= 0 and not 0 <= found < directory:
            return end
        if found >= 0:
            return base + found
        base += len(window) - 3
        window = window[-3:]
    return end
