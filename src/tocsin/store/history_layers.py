"""Rows in layers: written one behind the other, merged when there are many.

Keys are random, so a row written in its place costs a page read and two pages written, whatever
the cache. A layer is written once, in the order of its keys; eight of a size become one. Sieves in
memory say which keys are nowhere, and which layers need not be asked for the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

from sqlalchemy import ColumnElement, Connection, Table, func, insert, literal, select, union_all
from sqlalchemy import delete as remove
from sqlalchemy import update as change
from sqlalchemy.schema import CreateTable, DropTable

from tocsin.analyse.conversation.memory import COLUMNS, Row
from tocsin.analyse.conversation.memory import Table as Kind
from tocsin.store.history_schema import (
    GATES,
    LAYERS,
    TIME_COLUMN,
    addition,
    all_keys,
    layer_table,
    lookup,
)
from tocsin.store.history_sieve import Sieve

FAN = 8
"""So many layers of a size are merged into one."""

SMALL_LAYER = 20_000
"""Layers of less than FAN times as many rows count as the smallest size."""

MANY, FEW = 500, 10
"""Keys in one question. More are not faster (measured)."""

GATE_SAVED = 50_000
"""Rows not yet in the saved gate, from which on it is saved again: they are read at opening."""

SLACK = 16
"""Where rows are bounded, one in so many more is removed than must be."""

_READ_AT_ONCE = 10_000
_WRITTEN_AT_ONCE = 1_000


class Layer:
    """One table of rows and what is known of it without asking."""

    def __init__(
        self, table: Table, number: int, rows: int, oldest: int, sieve: Sieve | None
    ) -> None:
        self.table = table
        self.number = number
        self.rows = rows
        self.oldest = oldest
        self.sieve = sieve
        self.lookups: dict[int, str] = {}

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
        self._saved_upto = 0
        self._kind = kind
        self._time = COLUMNS[kind].index(TIME_COLUMN[kind])
        self.layers = [
            Layer(
                layer_table(kind, number), number, rows, oldest, sieve and Sieve(bytearray(sieve))
            )
            for number, rows, oldest, sieve in connection.execute(
                select(LAYERS.c.number, LAYERS.c.rows, LAYERS.c.oldest, LAYERS.c.sieve)
                .where(LAYERS.c.kind == kind)
                .order_by(LAYERS.c.number)
            )
        ]
        self._gate = self._open_gate()

    def get(self, keys: Iterable[int]) -> dict[int, Row]:
        """The newest row of each key that is there."""
        found: dict[int, Row] = {}
        if not self.layers:
            return found
        wanted = self._gate.passing(keys)
        for layer in reversed(self.layers):
            if not wanted:
                break
            # What passed the gate and is in no newer layer is nearly always in the oldest.
            rows = self._ask(layer, layer.sieve.passing(wanted) if layer.sieve else wanted)
            if rows:
                found.update(rows)
                wanted = [key for key in wanted if key not in rows]
        return found

    def _ask(self, layer: Layer, keys: Sequence[int]) -> dict[int, Row]:
        found: dict[int, Row] = {}
        keys = sorted(keys)
        cursor = self._connection.connection.cursor()
        for start in range(0, len(keys), MANY):
            asked = keys[start : start + MANY]
            many = MANY if len(asked) > FEW else FEW
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
        layer = self._new_layer()
        cursor = self._connection.connection.cursor()
        text = addition(layer.table, self._dialect)
        for start in range(0, len(keys), _WRITTEN_AT_ONCE):
            some = keys[start : start + _WRITTEN_AT_ONCE]
            cursor.executemany(text, [(key, *rows[key]) for key in some])
        cursor.close()
        layer.rows, layer.oldest = len(keys), min(map(itemgetter(self._time), rows.values()))
        if self.layers:
            layer.sieve = Sieve.for_keys(len(keys))
            layer.sieve.add(keys)
        self._gate.add(keys)
        self._keep(layer)
        while merged := self._too_many():
            self._merge(merged)
        if not self._gate.fits(self.rows):
            self._gate = self._new_gate()

    @property
    def rows(self) -> int:
        """How many rows there are; one that is hidden by a newer one counts too."""
        return sum(layer.rows for layer in self.layers)

    def _new_layer(self) -> Layer:
        last = self._connection.scalar(select(func.max(LAYERS.c.number))) or 0
        table = layer_table(self._kind, last + 1)
        self._connection.execute(CreateTable(table))
        return Layer(table, last + 1, 0, 0, None)

    def _keep(self, layer: Layer) -> None:
        self._connection.execute(
            insert(LAYERS).values(
                number=layer.number,
                kind=self._kind,
                rows=layer.rows,
                oldest=layer.oldest,
                sieve=bytes(layer.sieve.bits) if layer.sieve else None,
            )
        )
        self.layers.append(layer)

    def _discard(self, layer: Layer) -> None:
        self._connection.execute(DropTable(layer.table))
        self._connection.execute(remove(LAYERS).where(LAYERS.c.number == layer.number))
        self.layers.remove(layer)

    def _too_many(self) -> Sequence[Layer]:
        """FAN layers of one size and all newer ones; nothing when no size has so many."""
        sizes = [layer.size for layer in self.layers]
        for size in sorted(set(sizes)):
            start = next((n for n in range(len(sizes), 0, -1) if sizes[n - 1] > size), 0)
            if sizes[start:].count(size) >= FAN:
                return self.layers[start:]
        return ()

    def _merge(self, layers: Sequence[Layer]) -> None:
        """Make one layer of the newest ones; of two rows of a key the newer stays."""
        merged = self._new_layer()
        parts = [select(layer.table, literal(layer.number).label("age")) for layer in layers]
        every = union_all(*parts).subquery()
        # SQLite walks the layers side by side and lets the last of a key stay; elsewhere rank them.
        rank = func.row_number().over(partition_by=every.c.key, order_by=every.c.age.desc())
        columns = [every.c[column.name] for column in merged.table.c]
        if self._dialect.name == "sqlite":
            rows = select(*columns).order_by(every.c.key, every.c.age)
        else:
            ranked = select(*columns, rank.label("rank")).subquery()
            rows = select(*(ranked.c[column.name] for column in columns)).where(ranked.c.rank == 1)
        self._connection.execute(
            insert(merged.table)
            .prefix_with("OR REPLACE", dialect="sqlite")
            .from_select(list(merged.table.c), rows)
        )
        merged.oldest = min(layer.oldest for layer in layers)
        for layer in list(layers):
            self._discard(layer)
        self._count(merged)
        self._keep(merged)

    def _count(self, layer: Layer) -> None:
        """How many rows a merged layer has; its sieve, if it is to have one."""
        count = select(func.count()).select_from(layer.table)
        layer.rows = self._connection.scalar(count) or 0
        if self.layers:
            layer.sieve = Sieve.for_keys(layer.rows)
            for keys in self._keys(layer):
                layer.sieve.add(keys)

    def _keys(self, layer: Layer) -> Iterator[list[int]]:
        cursor = self._connection.connection.cursor()
        cursor.execute(all_keys(layer.table, self._dialect))
        while part := cursor.fetchmany(_READ_AT_ONCE):
            yield [key for (key,) in part]
        cursor.close()

    def _open_gate(self) -> Sieve:
        """The gate as it was saved, and what was written since."""
        saved = self._connection.execute(
            select(GATES.c.upto, GATES.c.sieve).where(GATES.c.kind == self._kind)
        ).one_or_none()
        if saved is None or not Sieve(saved[1]).fits(self.rows):
            return self._new_gate()
        self._saved_upto = saved[0]
        gate = Sieve(bytearray(saved[1]))
        for layer in self._unsaved():
            for keys in self._keys(layer):
                gate.add(keys)
        return gate

    def _new_gate(self) -> Sieve:
        """A gate with room for twice as many keys as there are."""
        gate = Sieve.for_keys(2 * self.rows)
        for layer in self.layers:
            for keys in self._keys(layer):
                gate.add(keys)
        self._saved_upto = 0
        return gate

    def _unsaved(self) -> list[Layer]:
        return [layer for layer in self.layers if layer.number > self._saved_upto]

    def save_gate(self) -> None:
        """Keep the gate in the file, if reading it there saves the next run more than it costs."""
        if sum(layer.rows for layer in self._unsaved()) < GATE_SAVED:
            return
        self._saved_upto = self.layers[-1].number
        self._connection.execute(remove(GATES).where(GATES.c.kind == self._kind))
        self._connection.execute(
            insert(GATES).values(
                kind=self._kind, upto=self._saved_upto, sieve=bytes(self._gate.bits)
            )
        )

    def forget(self, before: int) -> int:
        """Remove the keys whose newest row is older; how many."""
        removed = 0
        for layer in reversed(self.layers[:]):
            if layer.oldest >= before:
                continue
            place = self.layers.index(layer)
            older, newer = self.layers[:place], self.layers[place + 1 :]
            old = layer.table.c[TIME_COLUMN[self._kind]] < before
            for other in newer:
                hidden = select(other.table.c.key).where(other.table.c.key == layer.table.c.key)
                self._remove(layer, old & hidden.exists())
            for other in older:  # else an older row of the same key would show again
                self._remove(other, other.table.c.key.in_(select(layer.table.c.key).where(old)))
            removed += self._remove(layer, old)
            layer.oldest = before
        self._tidy()
        return removed

    def bound(self, most: int) -> int:
        """Remove the oldest rows when there are more than so many; how many."""
        if self.rows > most and len(self.layers) > 1:
            self._merge(self.layers[:])  # now no row hides another, and the count is true
        surplus = self.rows - most
        if surplus <= 0:
            return 0
        # A little more than must be, so that the next run does not begin with the same again.
        surplus += most // SLACK
        (layer,) = self.layers
        table = layer.table
        time = table.c[TIME_COLUMN[self._kind]]
        cut: int = self._connection.scalars(
            select(time).order_by(time).offset(surplus - 1).limit(1)
        ).one()
        removed = self._remove(layer, time < cut)
        same = select(table.c.key).where(time == cut).order_by(table.c.key)
        removed += self._remove(layer, table.c.key.in_(same.limit(surplus - removed)))
        layer.oldest = cut
        self._tidy()
        return removed

    def _remove(self, layer: Layer, which: ColumnElement[bool]) -> int:
        count = self._connection.execute(remove(layer.table).where(which)).rowcount
        layer.rows -= count
        return count

    def _tidy(self) -> None:
        """Write down what changed in the layers; one without rows goes."""
        for layer in self.layers[:]:
            if not layer.rows:
                self._discard(layer)
                continue
            self._connection.execute(
                change(LAYERS)
                .where(LAYERS.c.number == layer.number)
                .values(rows=layer.rows, oldest=layer.oldest)
            )
