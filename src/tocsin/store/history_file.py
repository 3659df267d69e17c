"""Opening the file of a history: whose it is, who else has it, how SQLite is to keep it."""

from __future__ import annotations

import errno
import os
import re
import secrets
import sqlite3
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from tocsin.model.text import N_, say
from tocsin.store.history_fault import HistoryError
from tocsin.store.history_schema import FORMAT, HISTORY, METADATA, NOTES

KEY_BYTES = 32

CACHE_KIB = 32 * 1024
"""Pages SQLite may keep in memory."""

PRAGMAS = (
    "locking_mode = EXCLUSIVE",  # one process at a time: a second is told so
    f"cache_size = -{CACHE_KIB}",
    "secure_delete = OFF",  # nothing readable is kept, so nothing readable is left behind
    "temp_store = FILE",
)
ON_FILE = (
    "journal_mode = WAL",  # survives a kill at any moment
    "synchronous = NORMAL",  # a power cut may lose the last batch, never the file
    "wal_autocheckpoint = 4000",
    "journal_size_limit = 67108864",
)
ON_NOTHING = ("journal_mode = OFF", "synchronous = OFF")


def connect(path: str | None) -> tuple[Connection, bytes, str]:
    """An open history: its connection inside a transaction, its key, its name for messages."""
    if path is None:
        engine = _sqlite("", ON_NOTHING)
        return *start(engine, ""), "-"
    _make(path)
    try:
        return *start(_sqlite(path, ON_FILE), path), path
    except (DBAPIError, sqlite3.Error) as fault:
        raise _unusable(path, fault) from fault


def start(engine: Engine, name: str) -> tuple[Connection, bytes]:
    """The first look into a database: ours, or empty and now ours, or refused."""
    connection = engine.connect()
    try:
        key = _key(connection, name)
    except BaseException:
        connection.close()
        engine.dispose()
        raise
    return connection, key


def _key(connection: Connection, name: str) -> bytes:
    """The history's secret, once it is clear that this is a history, or has become one."""
    names = inspect(connection).get_table_names()
    if not names:
        METADATA.create_all(connection)
        connection.execute(
            insert(HISTORY).values(format=FORMAT, key=secrets.token_bytes(KEY_BYTES))
        )
        connection.commit()
    elif HISTORY.name not in names:
        raise HistoryError(say(N_("{name}: a database, but not a history"), name=name))
    version, key = connection.execute(select(HISTORY.c.format, HISTORY.c.key)).one()
    if version != FORMAT:
        raise HistoryError(
            say(
                N_("{name}: a history of version {version}; this Tocsin reads {known}"),
                name=name,
                version=int(version),
                known=FORMAT,
            )
        )
    if not isinstance(key, bytes) or not _is_ours(connection):
        raise HistoryError(say(N_("{name}: a database, but not a history"), name=name))
    return key


_NUMBER = re.compile(r"-?\d{1,18}")
_NUMBERS = ("messages", "addresses", "forgotten")
_MOMENTS = ("first", "last")


def _is_ours(connection: Connection) -> bool:
    """Whether there is nothing in it that acts by itself, and its notes are of our making.

    A view in the place of a table can go on for ever, and a trigger does what its maker wants.
    """
    if connection.dialect.name == "sqlite":
        acting = "SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')"
        if connection.exec_driver_sql(acting).scalar():
            return False
    rows = connection.execute(select(NOTES.c.name, NOTES.c.value))
    notes = {name: value for name, value in rows}  # noqa: C416 - rows are no pairs to a type checker
    try:
        for moment in filter(None, map(notes.get, _MOMENTS)):
            if datetime.fromisoformat(moment).tzinfo is None:
                return False
    except (TypeError, ValueError):
        return False
    told = [notes[name] for name in _NUMBERS if name in notes]
    return all(isinstance(each, str) and _NUMBER.fullmatch(each) for each in told)


def refusals(connection: Connection) -> type[Exception]:
    """What the driver underneath raises."""
    fault: type[Exception] = connection.dialect.loaded_dbapi.Error
    return fault


def _make(path: str) -> None:
    """An empty file only we can read, before a key is written into it."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    # Asked, not opened: closing a file a second time would undo the lock an open history has on it.
    if Path(path).is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not os.access(path, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def _sqlite(path: str, pragmas: tuple[str, ...]) -> Engine:
    """An engine over one file; the empty path is a temporary file without a name."""

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            for pragma in PRAGMAS + pragmas:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite://", creator=opened, poolclass=StaticPool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """The driver would leave CREATE and DROP out of the transaction."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _unusable(path: str, fault: DBAPIError | sqlite3.Error) -> HistoryError:
    cause = fault.orig if isinstance(fault, DBAPIError) else fault
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return HistoryError(say(N_("{name}: the history is in use by another run"), name=path))
    if code is not None and code & 0xFF == sqlite3.SQLITE_NOTADB:
        return HistoryError(say(N_("{name}: not a history"), name=path))
    return HistoryError(
        say(N_("{name}: the history cannot be opened: {fault}"), name=path, fault=str(cause))
    )
