"""The rows of the history that a batch works with: asked once, changed in place, written once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from tocsin.analyse.conversation.memory import Memory, Row, Table
from tocsin.analyse.conversation.traits import wider

TABLES: tuple[Table, ...] = ("facts", "messages", "marks", "threads")


class Rows:
    """Rows by table and key. What was asked for and is not there, is not in the history."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._rows: dict[Table, dict[int, Row]] = {table: {} for table in TABLES}
        self._changed: dict[Table, set[int]] = {table: set() for table in TABLES}

    def of(self, table: Table) -> dict[int, Row]:
        """The rows of a table that are at hand."""
        return self._rows[table]

    def ask(self, table: Table, keys: Iterable[int]) -> None:
        """Bring those keys' rows to hand; what was changed since stays as it is."""
        rows = self._rows[table]
        wanted = [key for key in keys if key not in rows]
        if wanted:
            rows.update(self._memory.get(table, wanted))

    def set(self, table: Table, key: int, row: Row) -> None:
        """Put a row in place."""
        self._rows[table][key] = row
        self._changed[table].add(key)

    def count(self, table: Table, key: int, at: int) -> bool:
        """One more of it, seen at that time; whether it was new."""
        row = self._rows[table].get(key)
        self._changed[table].add(key)
        if row is None:
            self._rows[table][key] = (at, at, 1, 0)
            return True
        first, last, count, spread = row
        # As `min` and `max` would, which take longer; this is done more often than anything else.
        if at > last:
            last = at
        elif at < first:
            first = at
        self._rows[table][key] = (first, last, count + 1, spread)
        return False

    def teach(self, numbers: array[int], at: int) -> None:
        """Take in a lesson: (owner, place, fact) one after the other."""
        rows = self._rows["facts"]
        for index in range(0, len(numbers), 3):
            owner, place, fact = numbers[index : index + 3]
            if self.count("facts", fact, at) and owner:
                row = rows.get(owner)
                if row is not None:
                    self.set("facts", owner, (*row[:3], wider(row[3], place)))

    def write(self) -> None:
        """Hand what was changed to the history, and let go of everything."""
        for table in TABLES:
            rows, changed = self._rows[table], self._changed[table]
            if changed:
                self._memory.put(table, {key: rows[key] for key in changed})
            changed.clear()
            rows.clear()
