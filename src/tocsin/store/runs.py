"""Runs as files: written once, never over an older one unasked, read strictly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from tocsin.model.run import Run


class RunError(ValueError):
    """A file is not a run document that this version reads."""


def read_run(path: str) -> Run:
    """Read `run.json`. Raises OSError, or `RunError` naming the file and the fault's path in it."""
    data = Path(path).read_bytes()
    try:
        return msgspec.json.decode(data, type=Run)
    except msgspec.DecodeError as fault:
        msg = f"{path}: not a run document of this version: {fault}"
        raise RunError(msg) from fault


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
        # Renamed when complete: a run that was interrupted leaves no half document.
        with partial.open("wb") as stream:
            if isinstance(content, str):
                stream.write(content.encode("utf-8", errors="backslashreplace"))
            else:
                stream.writelines(content)
        partial.replace(path)
        written.append(str(path))
    return written
