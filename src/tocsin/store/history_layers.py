"""Rows in layers: written one behind the other, merged when there are many.

Keys are random, so a row written in its place costs a page read and two pages written, whatever
the cache: measured, seven times what the same row costs here. A layer is written once, in the order
of its keys; eight of a size become one. A sieve in memory says which layers need not be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from sqlalchemy import Connection, Table, delete, func, insert, literal, select, union_all
from sqlalchemy.schema import CreateTable, DropTable

from tocsin.analyse.conversation.memory import COLUMNS, Row
from tocsin.analyse.conversation.memory import Table as Kind
from tocsin.store.history_schema import LAYERS, TIME_COLUMN, addition, layer_table, lookup
from tocsin.store.history_sieve import Sieve

FAN = 8
"""So many layers of a size are merged into one."""

SMALL_LAYER = 20_000
"""Layers of up to FAN times as many rows count as the smallest size."""

MANY, FEW = 500, 10
"""Keys in one question. Larger ones are not faster (measured)."""

_READ_AT_ONCE = 10_000


class Layer:
    """One table of rows and what is known of it without asking."""

    def __init__(self, table: Table, number: int, rows: int, oldest: int, sieve: Sieve) -> None:
        self.table = table
        self.number = number
        self.rows = rows
        self.oldest = oldest
        self.sieve = sieve

    @cached_property
    def lookups(self) -> dict[int, str]:
        """Filled by whoever has a connection; the texts of the questions."""
        return {}

    @property
    def size(self) -> int:
        """0 for the smallest layers, one more for each FAN times as many rows."""
        size, rows = 0, self.rows // SMALL_LAYER
        while rows >= FAN:
            size, rows = size + 1, rows // FAN
        return size


class Shelf:
    """The layers of one kind, oldest first. Whoever calls decides about transactions."""

    def __init__(self, connection: Connection, kind: Kind) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        self._kind = kind
        self._time = COLUMNS[kind].index(TIME_COLUMN[kind])
        self._layers = [
            Layer(layer_table(kind, number), number, rows, oldest, Sieve(bytearray(sieve)))
            for number, rows, oldest, sieve in connection.execute(
                select(LAYERS.c.number, LAYERS.c.rows, LAYERS.c.oldest, LAYERS.c.sieve)
                .where(LAYERS.c.kind == kind)
                .order_by(LAYERS.c.number)
            )
        ]

    def get(self, keys: Iterable[int]) -> dict[int, Row]:
        """The newest row of each key that is there."""
        found: dict[int, Row] = {}
        wanted = list(keys)
        for layer in reversed(self._layers):
            if not wanted:
                break
            rows = self._ask(layer, layer.sieve.passing(wanted))
            if rows:
                found.update(rows)
                wanted = [key for key in wanted if key not in rows]
        return found

    def _ask(self, layer: Layer, keys: list[int]) -> dict[int, Row]:
        found: dict[int, Row] = {}
        keys.sort()
        cursor = self._connection.connection.cursor()
        for start in range(0, len(keys), MANY):
            asked = keys[start : start + MANY]
            many = MANY if len(asked) > FEW else FEW
            if len(asked) < many:
                # One text for all: what is missing is filled up with a key already asked for.
                asked += asked[-1:] * (many - len(asked))
            if many not in layer.lookups:
                layer.lookups[many] = lookup(layer.table, self._dialect, many)
            cursor.execute(layer.lookups[many], asked)
            for row in cursor.fetchall():
                found[row[0]] = row[1:]
        cursor.close()
        return found

    def add(self, rows: Mapping[int, Row]) -> None:
        """Write one new layer, and merge what has become too many."""
        if not rows:
            return
        keys = sorted(rows)
        layer = self._open_layer(len(keys))
        cursor = self._connection.connection.cursor()
        cursor.executemany(
            addition(layer.table, self._dialect), [(key, *rows[key]) for key in keys]
        )
        cursor.close()
        layer.sieve.add(keys)
        time = self._time
        self._keep(layer, len(keys), min(row[time] for row in rows.values()))
        while merged := self._too_many():
            self._merge(merged)

    def _open_layer(self, expected: int) -> Layer:
        last = self._connection.scalar(select(func.max(LAYERS.c.number))) or 0
        table = layer_table(self._kind, last + 1)
        self._connection.execute(CreateTable(table))
        return Layer(table, last + 1, 0, 0, Sieve.for_keys(expected))

    def _keep(self, layer: Layer, rows: int, oldest: int) -> None:
        layer.rows, layer.oldest = rows, oldest
        self._connection.execute(
            insert(LAYERS).values(
                number=layer.number,
                kind=self._kind,
                rows=rows,
                oldest=oldest,
                sieve=bytes(layer.sieve.bits),
            )
        )
        self._layers.append(layer)

    def _too_many(self) -> Sequence[Layer]:
        """The newest layers, when FAN or more of them are no larger than one size."""
        for size in sorted({layer.size for layer in self._layers}):
            tail: list[Layer] = []
            for layer in reversed(self._layers):
                if layer.size > size:
                    break
                tail.append(layer)
            if len(tail) >= FAN:
                return tail[::-1]
        return ()

    def _merge(self, layers: Sequence[Layer]) -> None:
        """Make one layer of the newest ones; of two rows of a key the newer stays."""
        merged = self._open_layer(sum(layer.rows for layer in layers))
        parts = [select(layer.table, literal(layer.number).label("age")) for layer in layers]
        every = union_all(*parts).subquery()
        columns = [every.c[column.name] for column in merged.table.c]
        in_order = select(*columns).order_by(every.c.key, every.c.age)
        self._connection.execute(
            insert(merged.table)
            .prefix_with("OR REPLACE", dialect="sqlite")
            .from_select(list(merged.table.c), in_order)
        )
        for layer in layers:
            self._discard(layer)
        rows = 0
        for keys in self._keys(merged):
            merged.sieve.add(keys)
            rows += len(keys)
        self._keep(merged, rows, min(layer.oldest for layer in layers))

    def _keys(self, layer: Layer) -> Iterable[list[int]]:
        cursor = self._connection.connection.cursor()
        cursor.execute(str(select(layer.table.c.key).compile(dialect=self._dialect)))
        while part := cursor.fetchmany(_READ_AT_ONCE):
            yield [key for (key,) in part]
        cursor.close()

    def _discard(self, layer: Layer) -> None:
        self._connection.execute(DropTable(layer.table))
        self._connection.execute(delete(LAYERS).where(LAYERS.c.number == layer.number))
        self._layers.remove(layer)
