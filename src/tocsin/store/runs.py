"""Runs as files: written once, never over an older one unasked, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tocsin.model.run import Run


class RunError(ValueError):
    """A file is not a run document that this version reads."""


def read_run(path: str) -> Run:
    """Read `run.json`. Raises OSError, or `RunError` naming the file and the fault's path in it."""
    data = Path(path).read_bytes()
    try:
        found = msgspec.json.decode(data, type=Run)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        msg = f"{path}: not a run document of this version: {fault}"
        raise RunError(msg) from fault
    if _EDGE.search(data) and (when := _beyond(found)):
        raise RunError(f"{path}: not a run document of this version: no time in UTC: {when}")
    return found


_EDGE = re.compile(rb'"(?:0001-01-01|9999-12-31)T')
"""How a time begins that can fall out of the years 1 to 9999 in another zone."""


def _beyond(value: object) -> str:
    """A time that has no name in UTC, in which all of them are compared; empty when there is none."""
    if isinstance(value, datetime):
        try:
            (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            return value.isoformat()
    elif isinstance(value, msgspec.Struct):
        return next(filter(None, (_beyond(getattr(value, n)) for n in value.__struct_fields__)), "")
    elif isinstance(value, Mapping):
        return next(filter(None, map(_beyond, value.values())), "")
    elif isinstance(value, tuple | list):
        return next(filter(None, map(_beyond, value)), "")
    return ""


def free_folder(name: str) -> str:
    """`name`, or `name-2`, `name-3`, … : the first that does not exist."""
    path, number = name, 1
    while Path(path).exists():
        number += 1
        path = f"{name}-{number}"
    return path


def refuse_to_overwrite(folder: str, names: tuple[str, ...]) -> list[str]:
    """Which of the files exist already."""
    return [str(Path(folder) / name) for name in names if (Path(folder) / name).exists()]


def write(folder: str, files: Mapping[str, str | Iterable[bytes]]) -> list[str]:
    """Write the files, whole or in pieces, making the folder; the paths written."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in files.items():
        path = target / name
        partial = path.with_name(path.name + ".partial")
        # Renamed when complete: a run that was interrupted leaves no half document. What lies there
        # from such a run, or a link that somebody laid to a place of his choice, is not written to.
        partial.unlink(missing_ok=True)
        with partial.open("xb") as stream:
            if isinstance(content, str):
                stream.write(content.encode("utf-8", errors="backslashreplace"))
            else:
                stream.writelines(content)
        partial.replace(path)
        written.append(str(path))
    return written
