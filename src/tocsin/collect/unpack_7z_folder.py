"""One compressed part ("folder") of a 7z archive, piece by piece.

py7zr's decompressors that keep to a length are used as they are; for the others the same bounded
ones as for zip; the rest is told as not read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import BinaryIO

from py7zr.archiveinfo import Folder
from py7zr.exceptions import ArchiveError, PasswordRequired

from tocsin.collect import unpack_codecs
from tocsin.collect.unpack_codecs import FAULTS, OUTPUT, Codec, Decompressed
from tocsin.collect.unpack_limits import Budget, Limits, Loss, Region, too_much_memory, truncated
from tocsin.model.text import N_, say

_READ = frozenset(
    bytes.fromhex(code)
    for code in (
        "00",  # copy
        "21",  # LZMA2
        "030101",  # LZMA
        "03",  # delta
        "04",  # BCJ x86 and its kin, by their old and new codes
        "05",
        "06",
        "07",
        "08",
        "09",
        "03030103",
        "03030205",
        "03030401",
        "03030501",
        "03030701",
        "03030805",
        "040202",  # bzip2
    )
)
"""Methods whose py7zr decompressors keep to the length asked for, or never grow.

PPMd is not among them: its library crashes the process on damaged data.
"""
_OWN: dict[bytes, Callable[[Limits], Codec]] = {
    bytes.fromhex("040108"): unpack_codecs.deflate,
    bytes.fromhex("040109"): unpack_codecs.deflate64,
    bytes.fromhex("04f71101"): unpack_codecs.zstandard,
}
"""Methods whose py7zr decompressors put out all they can at once: unpacked here, where they stand
alone in their folder."""
_NAMES = {bytes.fromhex("030401"): "PPMd", bytes.fromhex("0303011b"): "BCJ2"}
_ENCRYPTION = bytes.fromhex("06f10701")
SEVENZIP_FAULTS = (
    *FAULTS,
    ArchiveError,
    PasswordRequired,
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
)
"""How py7zr says that a header or a stream is damaged: besides its own errors, by stumbling."""


def damaged(fault: BaseException) -> Loss:
    """The loss that a fault of py7zr or a decompressor stands for."""
    if isinstance(fault, PasswordRequired):
        return Loss(say(N_("encrypted: unpack it with its password first")))
    return Loss(say(N_("damaged: {fault}"), fault=(str(fault) or type(fault).__name__)[:200]))


class FolderReader:
    """What comes out of one folder, in pieces; `why` says that nothing more can."""

    def __init__(
        self, stream: BinaryIO, folder: Folder, place: int, packed: int, budget: Budget
    ) -> None:
        self._stream = stream
        self._place = place
        self._budget = budget
        self._produced = 0
        self._own: Decompressed | None = None
        self.why: Loss | None = None
        try:
            own = _OWN.get(folder.coders[0]["method"]) if len(folder.coders) == 1 else None
            if own is not None:
                self._own = Decompressed(Region(stream, place, place + packed), own, budget)
                return
            _check_methods(folder, budget.limits)
            self._decompressor = folder.get_decompressor(packed, reset=True)
            # The folder would keep it, dictionary and all, as long as the member list is kept.
            folder.decompressor = None
        except Loss as loss:
            self.why = loss
        except SEVENZIP_FAULTS as fault:
            self.why = damaged(fault)

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, never none. Raises Loss, from then on always."""
        if self.why is not None:
            raise self.why
        try:
            data = self._own.read(size) if self._own is not None else self._unpacked(size)
            if not data:
                raise truncated()
        except Loss as loss:
            self.why = loss
            raise
        except SEVENZIP_FAULTS as fault:
            self.why = damaged(fault)
            raise self.why from None
        return data

    def _unpacked(self, size: int) -> bytes:
        """By py7zr, which reads from the stream's own place. Nothing when nothing moves on."""
        self._stream.seek(self._place)
        data, before = b"", -1
        while not data and self._decompressor.consumed != before:
            before = self._decompressor.consumed
            data = bytes(self._decompressor.decompress(self._stream, size))
        self._place = self._stream.tell()
        self._produced += len(data)
        self._budget.unpacked(len(data))
        self._budget.check_ratio(self._decompressor.consumed, self._produced)
        return data


def _check_methods(folder: Folder, limits: Limits) -> None:
    for coder in folder.coders:
        method, properties = coder["method"], coder["properties"] or b""
        if method == _ENCRYPTION:
            raise Loss(say(N_("encrypted: unpack it with its password first")))
        if method not in _READ or coder["numinstreams"] != 1 or coder["numoutstreams"] != 1:
            name = _NAMES.get(method, method.hex())
            raise Loss(say(N_("packed with method {method}, which is not read"), method=name))
        needed = 0
        if method == b"\x03\x01\x01":  # LZMA: one byte, then the dictionary
            needed = int.from_bytes(properties[1:5], "little")
        elif method == b"\x21" and properties:  # LZMA2: 2 or 3 times a power of two
            needed = (2 | properties[0] & 1) << (properties[0] // 2 + 11)
        if needed > limits.dictionary:
            raise too_much_memory(needed, limits)


class Part:
    """One member's share of a folder. What is not read of it is passed over by `finish`."""

    def __init__(self, folder: FolderReader, size: int, crc: int | None) -> None:
        self._folder = folder
        self._left = size
        self._crc = crc
        self._own_crc = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, empty at the end. Raises Loss."""
        if self._left <= 0:
            if self._crc is not None and self._own_crc != self._crc:
                raise Loss(say(N_("its checksum is wrong: read, but it may be altered")))
            return b""
        data = self._folder.read(min(size, self._left, OUTPUT))
        self._left -= len(data)
        self._own_crc = zlib.crc32(data, self._own_crc)
        return data

    def finish(self) -> None:
        """The next member begins where this one ends."""
        try:
            while self._left > 0:
                self.read(OUTPUT)
        except Loss:
            # It stands in `FolderReader.why`, and the next member tells it.
            return
