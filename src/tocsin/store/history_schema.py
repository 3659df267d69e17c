"""The history's tables, and the few statements that are asked often enough to be kept ready.

Everything is SQLAlchemy Core and means the same to SQLite and PostgreSQL. Keys and times are signed
64-bit integers.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    select,
)

from tocsin.analyse.conversation.memory import COLUMNS
from tocsin.analyse.conversation.memory import Table as Kind

FORMAT = 1
"""Version of these tables; a history of another version is refused, never guessed at."""

TIME_COLUMN: dict[Kind, str] = {
    "facts": "last",
    "messages": "at",
    "threads": "last",
    "marks": "at",
}
"""By which time a row grows old."""

# In SQLite only a column of the very type INTEGER is the table's own key; elsewhere it is 32 bits.
_KEY = BigInteger().with_variant(Integer(), "sqlite")

METADATA = MetaData()

HISTORY = Table(
    "history",
    METADATA,
    Column("format", Integer, nullable=False),
    Column("key", LargeBinary, nullable=False),
)
"""One row: which version these tables have, and the secret."""

NOTES = Table(
    "notes",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

LESSONS = Table(
    "lessons",
    METADATA,
    # Numbered as they come, so that bodies are written one behind the other.
    Column("number", _KEY, primary_key=True, autoincrement=True),
    Column("message", BigInteger, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("lessons_at", "at"),
)

LAYERS = Table(
    "layers",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("oldest", BigInteger, nullable=False),
    Column("sieve", LargeBinary, nullable=True),
)
"""The tables that hold rows: the higher the number, the newer; a newer row hides an older one."""

GATES = Table(
    "gates",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("upto", Integer, nullable=False),
    Column("sieve", LargeBinary, nullable=False),
)
"""Which keys are in any layer up to that number."""


def layer_table(kind: Kind, number: int) -> Table:
    """The table of one layer."""
    return Table(
        f"{kind}_{number}",
        MetaData(),
        Column("key", _KEY, primary_key=True, autoincrement=False),
        *(Column(name, BigInteger, nullable=False) for name in COLUMNS[kind]),
    )


def lookup(table: Table, dialect: Dialect, many: int) -> str:
    """The text that asks for that many keys at once, in the driver's own form.

    Given to the driver as it is: SQLAlchemy's own way costs several times the look-up itself.
    """
    statement = select(table).where(table.c.key.in_(list(range(many))))
    return str(statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}))


def addition(table: Table, dialect: Dialect, columns: Sequence[str] | None = None) -> str:
    """The text that adds one row, for many at once; its columns, when not all are given."""
    return str(insert(table).compile(dialect=dialect, column_keys=columns))


def all_keys(table: Table, dialect: Dialect) -> str:
    """The text that asks for every key of a table."""
    return str(select(table.c.key).compile(dialect=dialect))
