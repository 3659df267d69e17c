"""The history's port as plain dictionaries, and steps to try both with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from tocsin.analyse.conversation.memory import COLUMNS, Lesson, Row
from tocsin.store import history as history_module
from tocsin.store import history_layers
from tocsin.store.history import History

LARGEST = (1 << 63) - 1
NUMBERS = st.integers(min_value=-LARGEST - 1, max_value=LARGEST)
# Few keys, so that rows meet; their low and high bits alike, so that sieves are put to the test.
KEYS = st.integers(0, 40) | st.integers(0, 5).map(lambda n: n << 40) | NUMBERS
ROWS = st.dictionaries(KEYS, st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), max_size=8)
TABLES = st.sampled_from(sorted(COLUMNS))
LESSON = st.builds(
    Lesson, message=st.integers(0, 9), at=st.integers(0, 30), body=st.binary(max_size=20)
)


def shrink(patch: pytest.MonkeyPatch) -> None:
    """Every limit so low that a few rows are written, merged and let go of."""
    patch.setattr(history_module, "UNWRITTEN_LIMIT", 2)
    patch.setattr(history_module, "UNWRITTEN_MOST", 5)
    patch.setattr(history_module, "READ_LIMIT", 2)
    patch.setattr(history_layers, "SMALL_LAYER", 4)
    patch.setattr(history_layers, "FAN", 2)
    patch.setattr(history_layers, "GATE_SAVED", 5)
    patch.setattr(history_layers, "MANY", 4)
    patch.setattr(history_layers, "FEW", 2)


STEPS = st.lists(
    st.tuples(st.just("put"), TABLES, ROWS)
    | st.tuples(st.just("get"), TABLES, st.lists(KEYS, max_size=12))
    | st.tuples(st.just("wait"), st.lists(LESSON, max_size=4))
    | st.tuples(st.just("due"), st.integers(0, 30))
    | st.tuples(st.just("drop"), st.lists(st.integers(0, 9), max_size=3))
    | st.tuples(st.just("forget"), NUMBERS)
    | st.tuples(st.just("again")),
    max_size=30,
)


class Plain:
    """The port as plain dictionaries: what every history must answer."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[int, Row]] = {table: {} for table in COLUMNS}
        self.lessons: dict[int, Lesson] = {}

    def due(self, before: int) -> list[Lesson]:
        taken = [lesson for lesson in self.lessons.values() if lesson.at < before]
        for lesson in taken:
            del self.lessons[lesson.message]
        return sorted(taken, key=lambda lesson: lesson.at)

    def forget(self, before: int) -> int:
        removed = 0
        for table, rows in self.tables.items():
            time = COLUMNS[table].index("last" if "last" in COLUMNS[table] else "at")
            old = [key for key, row in rows.items() if row[time] < before]
            removed += len(old)
            for key in old:
                del rows[key]
        return removed

    def put(self, table: str, rows: dict[int, Row]) -> None:
        self.tables[table].update(rows)

    def get(self, table: str, keys: list[int]) -> dict[int, Row]:
        rows = self.tables[table]
        return {key: rows[key] for key in keys if key in rows}

    def wait(self, lessons: list[Lesson]) -> None:
        for lesson in lessons:
            self.drop([lesson.message])
            self.lessons[lesson.message] = lesson

    def drop(self, messages: list[int]) -> None:
        for message in messages:
            self.lessons.pop(message, None)


def alike(history: History, reopen: Callable[[History], History], steps) -> None:
    """The same steps done to both, the same answers from both."""
    plain = Plain()
    for name, *values in steps:
        if name == "again":
            history = reopen(history)
            continue
        answer, expected = (getattr(each, name)(*values) for each in (history, plain))
        if name == "due":  # those of one moment may come in any order
            assert [lesson.at for lesson in answer] == [lesson.at for lesson in expected]
            answer, expected = sorted(answer), sorted(expected)
        assert answer == expected, name
    for table, rows in plain.tables.items():
        assert history.get(table, list(rows)) == rows
    history.close()
