"""What an organisation's history can be asked, and taught: a port. The store behind it is not known.

Nothing readable is kept. Every address, name, domain, Message-ID and piece of text is a keyed 64-bit
hash; a row is a few integers. Times are whole seconds since 1970 (UTC).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

Table = Literal["facts", "messages", "threads", "marks"]
"""facts: anything that was seen (an address, a name with an address, a sender's link domain, a pair).
messages: by Message-ID. threads: by thread id. marks: by shingle of known text."""

Row = tuple[int, ...]

COLUMNS: Mapping[Table, tuple[str, ...]] = {
    "facts": ("first", "last", "count", "spread"),
    "messages": ("thread", "author", "at", "state"),
    "threads": ("first", "last", "count", "topic"),
    "marks": ("message", "thread", "at", "count"),
}
"""Columns of each table behind its key, all signed 64-bit integers; the time by which a row is
forgotten is `last` or `at`."""


class Lesson(NamedTuple):
    """What one message will teach. message: its key; at: when; body: packed by whoever teaches."""

    message: int
    at: int
    body: bytes


class Memory(Protocol):
    """The history of one organisation."""

    @property
    def key(self) -> bytes:
        """The secret with which everything is hashed; 32 bytes, made with the history."""
        ...

    def get(self, table: Table, keys: Sequence[int]) -> dict[int, Row]:
        """The rows of those keys that are there; any number of keys."""
        ...

    def put(self, table: Table, rows: Mapping[int, Row]) -> None:
        """Write rows, each in place of an older one of the same key."""
        ...

    def wait(self, lessons: Sequence[Lesson]) -> None:
        """Keep what is still too young to be learnt from; in place of older ones of the same id."""
        ...

    def due(self, before: int) -> Sequence[Lesson]:
        """Take out the lessons from before that moment, oldest first; what is given is not kept."""
        ...

    def drop(self, messages: Sequence[int]) -> None:
        """Forget the lessons of those messages: they were flagged after all."""
        ...
