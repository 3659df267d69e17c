"""SHA-256 of what is read, so that a big log is fetched from the disk and the memory but once."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 1 << 20
"""Bytes that are hashed in one go."""

BUFFER = 1 << 16
"""Bytes that a reader of a `Digesting` keeps: what asks for more is given it without another copy."""


def digest_of(stream: BinaryIO) -> str:
    """SHA-256 of a stream from where it stands, in hexadecimal."""
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def file_digest(path: str) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as stream:
        return digest_of(stream)


class Digesting(io.RawIOBase):
    """A raw file that is hashed as it is read, wherever its reader goes: each byte once, in order."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw
        self._digest = hashlib.sha256()
        self._hashed = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere; the place, from the beginning."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """Where it stands."""
        return self._raw.tell()

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read, and hash what nobody has read before."""
        view = memoryview(buffer).cast("B")
        at = self._raw.tell()
        count = self._raw.readinto(view)
        if count and at <= self._hashed < at + count:
            self._digest.update(view[self._hashed - at : count])
            self._hashed = at + count
        return count

    def finished(self) -> str:
        """SHA-256 of the whole file, in hexadecimal; what was left out is read now."""
        self._raw.seek(self._hashed)
        for chunk in self._rest():
            self._digest.update(chunk)
        return self._digest.hexdigest()

    def _rest(self) -> Iterable[bytes]:
        while chunk := self._raw.read(CHUNK):
            self._hashed += len(chunk)
            yield chunk
