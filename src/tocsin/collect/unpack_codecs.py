"""Decompressors behind one face, each in bounded memory, and the stream that runs one.

The libraries do the decompression; what is added is that output is asked for in pieces, counted
while it comes, and that every way they fail is one `Loss`.
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import Protocol

from tocsin.collect.unpack_limits import Budget, Forward, Limits, Loss, too_much_memory, truncated
from tocsin.model.text import N_, say

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE = 64 * 1024
"""Packed bytes read at once."""
OUTPUT = 256 * 1024
"""Unpacked bytes asked for at once."""

FAULTS = (
    zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
    OSError,
    EOFError,
    ValueError,
    MemoryError,
    OverflowError,
)
"""How the decompressors say that their input is damaged (or the disk below them is)."""

_DEFLATE64_PIECE = 4096
_LZMA_PROPERTIES = 5
_MAGIC_SIZE = 10


class Codec(Protocol):
    """One compressed stream. The standard library's bz2 and lzma objects are this already."""

    @property
    def eof(self) -> bool:
        """The stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Nothing more comes without more data."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the end."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most about `max_length` bytes; called with no data while `needs_input` is false."""
        ...


class _Zlib:
    """Raw deflate (zip), or gzip with its header and checks."""

    def __init__(self, wbits: int) -> None:
        self._codec = zlib.decompressobj(wbits)
        self._fault: zlib.error | None = None
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._codec.eof

    @property
    def unused_data(self) -> bytes:
        return self._codec.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._fault is not None:
            raise self._fault
        data = self._codec.unconsumed_tail + data
        before = self._codec.copy()
        try:
            out = self._codec.decompress(data, max_length)
        except zlib.error as fault:
            self._fault, self.needs_input = fault, False
            return _until_fault(before, data)
        self.needs_input = len(out) < max_length and not self._codec.unconsumed_tail
        return out


def _until_fault(codec: zlib._Decompress, data: bytes) -> bytes:
    """What came before the fault: zlib throws away all that a failing call has put out."""
    parts = []
    try:
        for place in range(len(data)):
            parts.append(codec.decompress(data[place : place + 1]))  # noqa: PERF401
    except zlib.error:
        pass
    return b"".join(parts)


class _Deflate64:
    """Deflate64, which Windows' own zip folders use from 2 GiB on."""

    unused_data = b""

    def __init__(self) -> None:
        import inflate64  # noqa: PLC0415 - slow, and most runs meet none

        self._codec = inflate64.Inflater()
        self._waiting = b""
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return bool(self._codec.eof)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        # The library has no limit of output: little input in, so little (at most 4 MiB) out.
        del max_length
        waiting = self._waiting + data
        piece, self._waiting = waiting[:_DEFLATE64_PIECE], waiting[_DEFLATE64_PIECE:]
        self.needs_input = not self._waiting
        return bytes(self._codec.inflate(piece))


class _Stored:
    """Not compressed at all."""

    eof = False
    needs_input = True
    unused_data = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        del max_length
        return data


class _ZipLzma:
    """LZMA as zip holds it (APPNOTE 5.8.8): version, size of the properties, properties, data."""

    unused_data = b""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._head = b""
        self._codec: lzma.LZMADecompressor | None = None
        self.needs_input = True
        self.eof = False

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._codec is None:
            self._head += data
            if len(self._head) < 4 + _LZMA_PROPERTIES:
                return b""
            if self._head[2:4] != b"\x05\x00":
                raise lzma.LZMAError("unknown properties")
            self._codec = raw_lzma(self._head[4 : 4 + _LZMA_PROPERTIES], self._limits)
            data = self._head[4 + _LZMA_PROPERTIES :]
        out = self._codec.decompress(data, max_length)
        self.needs_input, self.eof = self._codec.needs_input, self._codec.eof
        return out


def raw_lzma(properties: bytes, limits: Limits) -> lzma.LZMADecompressor:
    """A bare LZMA stream by its five bytes of properties: lc, lp, pb in one, then the dictionary.

    Raises ValueError for properties that cannot be, Loss for a dictionary above the limit.
    """
    rest, size = properties[0], int.from_bytes(properties[1:5], "little")
    if rest >= 9 * 5 * 5:
        raise ValueError("impossible LZMA properties")
    if size > limits.dictionary:
        raise too_much_memory(size, limits)
    # liblzma wants 4 KiB at least; a larger dictionary than said is always right.
    filters = {
        "id": lzma.FILTER_LZMA1,
        "dict_size": max(size, 4096),
        "lc": rest % 9,
        "lp": rest // 9 % 5,
        "pb": rest // 45,
    }
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[filters])


def stored(limits: Limits) -> Codec:
    """Not compressed."""
    del limits
    return _Stored()


def deflate(limits: Limits) -> Codec:
    """Deflate without a header, as in zip."""
    del limits
    return _Zlib(-zlib.MAX_WBITS)


def deflate64(limits: Limits) -> Codec:
    """Deflate64, as in zip."""
    del limits
    return _Deflate64()


def gzip(limits: Limits) -> Codec:
    """One member of a gzip file (RFC 1952)."""
    del limits
    return _Zlib(16 + zlib.MAX_WBITS)


def bzip2(limits: Limits) -> Codec:
    """One bzip2 stream."""
    del limits
    return bz2.BZ2Decompressor()


def xz(limits: Limits) -> Codec:
    """One xz stream; a dictionary above the limit is refused by liblzma itself."""
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limits.dictionary + (16 << 20))


def zip_lzma(limits: Limits) -> Codec:
    """LZMA, as in zip."""
    return _ZipLzma(limits)


def zstandard(limits: Limits) -> Codec:
    """One Zstandard frame (RFC 8878)."""
    window = limits.dictionary.bit_length() - 1
    options = {int(zstd.DecompressionParameter.window_log_max): window}
    return zstd.ZstdDecompressor(options=options)


class Decompressed:
    """What comes out of a codec, counted against the budget; forward only.

    again: says by its first bytes whether another stream follows, for formats that are simply put
    one behind another (gzip, xz, bzip2, zstd). `trailing`: at the end, something else followed.
    `consumed`: packed bytes that were part of the data.
    """

    def __init__(
        self,
        packed: Forward,
        codec: Callable[[Limits], Codec],
        budget: Budget,
        again: Callable[[bytes], bool] | None = None,
    ) -> None:
        self._packed = packed
        self._new = codec
        self._budget = budget
        self._again = again
        self._codec: Codec | None = None
        self._input = b""
        self._output = b""
        self._place = 0
        self._loss: Loss | None = None
        self._ended = False
        self.trailing = False
        self.consumed = 0
        self.produced = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, empty at the end. Raises Loss, from then on always."""
        if self._place == len(self._output):
            self._output, self._place = self._more(), 0
        start = self._place
        self._place = min(start + size, len(self._output))
        return self._output[start : self._place]

    def _more(self) -> bytes:
        if self._loss is not None:
            raise self._loss
        try:
            while not self._ended:
                if data := self._step():
                    self.produced += len(data)
                    self._budget.unpacked(len(data))
                    self._budget.check_ratio(self.consumed, self.produced)
                    return data
        except Loss as loss:
            self._loss = loss
        except FAULTS as fault:
            words = str(fault) or type(fault).__name__
            self._loss = Loss(say(N_("damaged: {fault}"), fault=words[:200]))
        if self._loss is not None:
            raise self._loss
        return b""

    def _step(self) -> bytes:
        if self._codec is None:
            self._codec = self._new(self._budget.limits)
        codec = self._codec
        data = b""
        if codec.needs_input:
            data, self._input = self._input, b""
            if not data:
                data = self._packed.read(PIECE)
                if not data:
                    self._ended = True
                    # Stored data has no end of its own: its slice knows where it ends.
                    if isinstance(codec, _Stored):
                        return b""
                    raise truncated()
            self.consumed += len(data)
        out = codec.decompress(data, OUTPUT)
        if codec.eof:
            self._next_stream(codec.unused_data)
        return out

    def _next_stream(self, rest: bytes) -> None:
        self._codec = None
        self.consumed -= len(rest)
        if self._again is None:
            self._ended = True
            return
        # Padding with zeros is allowed behind xz and gzip streams.
        rest = rest.lstrip(b"\0")
        while len(rest) < _MAGIC_SIZE and (more := self._packed.read(PIECE)):
            rest = (rest + more).lstrip(b"\0")
        self._input = rest
        if not self._again(rest):
            self._ended = True
            self.trailing = bool(rest)
