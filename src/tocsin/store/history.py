"""What an organisation's mail has taught: kept in one file, or for one run only.

Rows learnt are held in memory and written together, in one transaction with the lessons taken out
for them: whatever happens, the file is as it was before some call of `due`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self, get_args

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from tocsin.analyse.conversation.memory import Lesson, Row
from tocsin.analyse.conversation.memory import Table as Kind
from tocsin.model.text import N_, say
from tocsin.store.history_fault import HistoryError
from tocsin.store.history_file import connect, refusals
from tocsin.store.history_layers import Shelf
from tocsin.store.history_schema import LESSONS, NOTES, addition

__all__ = ["History", "HistoryError", "open_history"]

UNWRITTEN_LIMIT = 100_000
"""Rows held before they are written; about 250 bytes each."""

UNWRITTEN_MOST = 250_000
"""Rows at which they are written even in the middle of a batch, so that memory stays bounded."""

READ_LIMIT = 30_000
"""Rows read lately that are kept at hand, per kind; as many again from the time before."""

AT_ONCE = 500

KINDS: tuple[Kind, ...] = get_args(Kind)


class History:
    """A `Memory` in a database. Not for several threads at once."""

    def __init__(self, connection: Connection, key: bytes, name: str, *, kept: bool = True) -> None:
        """kept: there is a file that is wanted afterwards."""
        self._connection = connection
        self._kept = kept
        self._key = key
        self._name = name
        self._failed = False
        self._lesson_text = addition(LESSONS, connection.dialect, Lesson._fields)
        with self._told():
            self._shelves = {kind: Shelf(connection, kind) for kind in KINDS}
        self._unwritten: dict[Kind, dict[int, Row]] = {kind: {} for kind in KINDS}
        self._recent: dict[Kind, dict[int, Row]] = {kind: {} for kind in KINDS}
        self._older: dict[Kind, dict[int, Row]] = {kind: {} for kind in KINDS}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(write=fault is None)

    @property
    def key(self) -> bytes:
        """The secret with which everything is hashed."""
        return self._key

    def get(self, table: Kind, keys: Sequence[int]) -> dict[int, Row]:
        """The rows of those keys that are there."""
        found: dict[int, Row] = {}
        wanted = set(keys)
        recent = self._recent[table]
        for held in (self._unwritten[table], recent, self._older[table]):
            here = held.keys() & wanted
            if here:
                rows = dict(zip(here, map(held.__getitem__, here), strict=True))
                found.update(rows)
                wanted -= here
                if held is self._older[table]:
                    recent.update(rows)
        if wanted:
            with self._told():
                read = self._shelves[table].get(wanted)
            found.update(read)
            recent.update(read)
        self._age(table)
        return found

    def put(self, table: Kind, rows: Mapping[int, Row]) -> None:
        """Write rows, each in place of an older one of the same key."""
        self._unwritten[table].update(rows)
        self._flush_beyond(UNWRITTEN_MOST)

    def _flush_beyond(self, limit: int) -> None:
        if sum(map(len, self._unwritten.values())) > limit:
            self.flush()

    def _age(self, kind: Kind) -> None:
        """Let go of what was not asked for lately."""
        if len(self._recent[kind]) > READ_LIMIT:
            self._older[kind] = self._recent[kind]
            self._recent[kind] = {}

    def wait(self, lessons: Sequence[Lesson]) -> None:
        """Keep what is still too young to be learnt from."""
        newest = {lesson.message: lesson for lesson in lessons}
        if not newest:
            return
        self.drop(list(newest))
        with self._told():
            cursor = self._connection.connection.cursor()
            cursor.executemany(self._lesson_text, list(newest.values()))
            cursor.close()

    def due(self, before: int, most: int | None = None) -> Sequence[Lesson]:
        """Take out the lessons from before that moment, oldest first; at most so many.

        A batch begins here: what was learnt from the one before is whole, and may be written.
        """
        self._flush_beyond(UNWRITTEN_LIMIT)
        with self._told():
            rows = self._connection.execute(
                select(LESSONS.c.number, LESSONS.c.message, LESSONS.c.at, LESSONS.c.body)
                .where(LESSONS.c.at < before)
                .order_by(LESSONS.c.at, LESSONS.c.number)
                .limit(most)
            ).all()
            numbers = [row[0] for row in rows]
            for part in _parts(numbers):
                self._connection.execute(delete(LESSONS).where(LESSONS.c.number.in_(part)))
        return [Lesson(message, at, body) for _, message, at, body in rows]

    def drop(self, messages: Sequence[int]) -> None:
        """Forget the lessons of those messages."""
        with self._told():
            for part in _parts(messages):
                self._connection.execute(delete(LESSONS).where(LESSONS.c.message.in_(part)))

    @property
    def waiting(self) -> int:
        """How many lessons wait."""
        with self._told():
            return self._connection.scalar(select(func.count()).select_from(LESSONS)) or 0

    def get_meta(self, name: str) -> str | None:
        """A note that was kept with the history."""
        with self._told():
            return self._connection.scalar(select(NOTES.c.value).where(NOTES.c.name == name))

    def put_meta(self, name: str, value: str) -> None:
        """Keep a note with the history: own domains, counts, times."""
        with self._told():
            there = self._connection.execute(
                update(NOTES).where(NOTES.c.name == name).values(value=value)
            )
            if not there.rowcount:
                self._connection.execute(insert(NOTES).values(name=name, value=value))

    def flush(self) -> None:
        """Write all that was learnt, and the lessons that came and went, as one."""
        with self._told():
            for kind, rows in self._unwritten.items():
                self._shelves[kind].add(rows)
            self._connection.commit()
        for kind, rows in self._unwritten.items():
            # What was written is what is asked for next; but a text is rarely quoted twice.
            self._older[kind] = {} if kind == "marks" else rows
            self._recent[kind] = {}
            self._unwritten[kind] = {}

    def forget(self, before: int) -> int:
        """Remove the rows last seen before that moment; how many. Reads every old layer whole."""
        return self._removed({kind: lambda shelf: shelf.forget(before) for kind in KINDS})

    def bound(self, table: Kind, most: int) -> int:
        """Remove the oldest rows of a table that has more than so many; how many."""
        return self._removed({table: lambda shelf: shelf.bound(most)})

    def _removed(self, tasks: Mapping[Kind, Callable[[Shelf], int]]) -> int:
        self.flush()
        with self._told():
            removed = sum(task(self._shelves[kind]) for kind, task in tasks.items())
            self._connection.commit()
        for kind in tasks:
            self._older[kind], self._recent[kind] = {}, {}
        return removed

    def close(self, *, write: bool = True) -> None:
        """Write and let go of the file. write: False leaves it as it was after the last flush.

        After a fault of the database nothing more is written either.
        """
        if self._connection.closed:
            return
        try:
            if write and self._kept and not self._failed:
                self._save()
        finally:
            engine = self._connection.engine
            self._connection.close()
            engine.dispose()

    def _save(self) -> None:
        self.flush()
        with self._told():
            for shelf in self._shelves.values():
                shelf.save_gate()
            self._connection.commit()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The database's complaint, with the history's name."""
        try:
            yield
        except DBAPIError as fault:
            raise self._refused(fault.orig) from fault
        except refusals(self._connection) as fault:
            raise self._refused(fault) from fault

    def _refused(self, fault: BaseException | None) -> HistoryError:
        self._failed = True
        return HistoryError(
            say(
                N_("{name}: the history cannot be read or written: {fault}"),
                name=self._name,
                fault=str(fault),
            )
        )


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]


def open_history(path: str | None = None) -> History:
    """The history in that file, made if it is not there; without a file, one that vanishes.

    Raises OSError, or `HistoryError` when the file is something else, another version's, or in use.
    """
    return History(*connect(path), kept=path is not None)
