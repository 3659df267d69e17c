"""A folder of knowledge tables that somebody wrote himself."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from tocsin.app.faults import WordsError
from tocsin.store.text_files import TextFileError, text_of

TABLE_LIMIT = 64 << 20
"""Bytes of one table that is read; the largest of ours has less than one in a hundred of it."""


def tables_in(folder: str, names: Container[str] | None = None) -> dict[str, str]:
    """The tables (`*.csv`) in it by name, in order; names: these alone are opened. Raises OSError, or `WordsError` naming what cannot be
    read as text."""
    try:
        return {
            path.name: text_of(str(path), TABLE_LIMIT)
            for path in sorted(Path(folder).glob("*.csv"))
            if names is None or path.name in names
        }
    except TextFileError as fault:
        raise WordsError(fault.why) from fault
