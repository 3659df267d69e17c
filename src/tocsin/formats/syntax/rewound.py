"""A stream of which the first bytes were looked at and are to be read again; it need not seek."""

from __future__ import annotations

from typing import BinaryIO


class Rewound:
    """A stream with what was read of it before put back in front; `read` and `readline` alone."""

    def __init__(self, begin: bytes, rest: BinaryIO) -> None:
        self._begin = begin
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """The next bytes; fewer than `size` where the two meet."""
        if not self._begin:
            return self._rest.read(size)
        part = self._begin if size < 0 else self._begin[:size]
        self._begin = self._begin[len(part) :]
        return part + self._rest.read() if size < 0 else part

    def readline(self, limit: int = -1) -> bytes:
        """The next line with its end, or its first `limit` bytes."""
        if not self._begin:
            return self._rest.readline(limit)
        end = self._begin.find(b"\n") + 1
        if end:
            return self.read(min(end, limit) if limit >= 0 else end)
        part = self.read(len(self._begin) if limit < 0 else limit)
        if 0 <= limit <= len(part):
            return part
        return part + self._rest.readline(limit - len(part) if limit >= 0 else -1)
