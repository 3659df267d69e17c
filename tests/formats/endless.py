"""A stream that goes on without being held anywhere."""

import io
from collections.abc import Iterator


class Endless(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._held) < size and (piece := next(self._pieces, None)) is not None:
            self._held += piece
        given, self._held = self._held[:size], self._held[size:]
        return given
