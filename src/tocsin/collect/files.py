# ruff: noqa: PTH116, PTH118 - plain strings: there may be millions of paths
"""Files and folders: every file below the given paths, in the same order every time.

Nothing is opened here, links are not followed, and one folder's names are the most that is kept
in memory at once.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence

import msgspec

from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.run import Skipped
from tocsin.model.text import N_, Sentence, say

_JUNCTION = 0xA0000003
"""IO_REPARSE_TAG_MOUNT_POINT: Windows' other kind of link, which `S_ISLNK` does not see."""


class FileItem(msgspec.Struct, frozen=True, kw_only=True):
    """A regular file. path: as the system wants it. size: bytes when it was listed."""

    path: str
    size: int

    @property
    def source(self) -> str:
        """The path as it may be shown and written down."""
        return printable(self.path)


def printable(name: str) -> str:
    r"""A file's or member's name with what a terminal or JSON cannot bear as `\x1b`, `\u202e`.

    Bytes that were no text (the system hands them over as lone surrogates) are shown as bytes.
    """
    return name if name.isprintable() else "".join(map(_printable, name))


def _printable(character: str) -> str:
    code = ord(character)
    if character.isprintable():
        return character
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def walk(
    paths: Sequence[str], *, exclude: Sequence[str] = ()
) -> Iterator[FileItem | Skipped | Gap]:
    """Every file of `paths` and below, depth first, by name; what is no file, with the reason.

    A path given twice, or inside another given one, is read once. A link is followed only when it
    was itself given. exclude: real paths below which nothing is listed (the run's own output).
    Raises FileNotFoundError at once, naming every path that does not exist.
    """
    missing = [path for path in paths if not _exists(path)]
    if missing:
        raise FileNotFoundError(2, os.strerror(2), ", ".join(map(printable, missing)))
    return _walk(paths, frozenset(exclude))


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a name with a NUL is a ValueError
        return False
    except OSError:  # it is there but cannot be looked at: told as a gap
        return True
    return True


def _walk(paths: Sequence[str], exclude: frozenset[str]) -> Iterator[FileItem | Skipped | Gap]:
    reals = [os.path.realpath(path) for path in paths]
    for number, path in enumerate(paths):
        covered = (
            _inside(reals[number], other) and (reals[number] != other or place < number)
            for place, other in enumerate(reals)
            if place != number
        )
        if any(covered):
            continue
        try:
            status = os.stat(path)
        except OSError as fault:
            yield _unreadable(path, fault)
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _folder(path, reals[number], status, exclude)
        else:
            yield _one(path, status)


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _folder(
    path: str, real: str, status: os.stat_result, exclude: frozenset[str]
) -> Iterator[FileItem | Skipped | Gap]:
    """Depth first without recursion: a tree may be deeper than the interpreter's stack."""
    # Each level: its names still to do (last first), path, real path, identity.
    names, gap = _names(path)
    levels = [(names, path, real, (status.st_dev, status.st_ino))]
    if gap is not None:
        yield gap
    while levels:
        names, folder, real, _ = levels[-1]
        if not names:
            levels.pop()
            continue
        name = names.pop()
        child, child_real = os.path.join(folder, name), os.path.join(real, name)
        try:
            status = os.lstat(child)
        except OSError as fault:
            yield _unreadable(child, fault)
            continue
        if child_real in exclude:
            yield Skipped(source=printable(child), why=say(N_("written by this run itself")))
        elif not stat.S_ISDIR(status.st_mode) or _is_junction(status):
            yield _one(child, status)
        elif (status.st_dev, status.st_ino) in (level[3] for level in levels if level[3][1]):
            # Only a folder mounted inside itself comes here.
            yield Skipped(source=printable(child), why=say(N_("a folder that holds itself")))
        else:
            below, gap = _names(child)
            if gap is not None:
                yield gap
            levels.append((below, child, child_real, (status.st_dev, status.st_ino)))


def _names(folder: str) -> tuple[list[str], Gap | None]:
    """Names in a folder, last first; those that came before a fault are kept beside its gap."""
    names: list[str] = []
    gap = None
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                names.append(entry.name)  # noqa: PERF401 - a comprehension would lose all at a fault
    except OSError as fault:
        gap = _unreadable(folder, fault)
    names.sort(reverse=True)
    return names, gap


def _one(path: str, status: os.stat_result) -> FileItem | Skipped:
    if stat.S_ISREG(status.st_mode) and not _is_junction(status):
        return FileItem(path=path, size=status.st_size)
    return Skipped(source=printable(path), why=_kind(status))


def _is_junction(status: os.stat_result) -> bool:
    return sys.platform == "win32" and status.st_reparse_tag == _JUNCTION


def _kind(status: os.stat_result) -> Sentence:
    mode = status.st_mode
    if stat.S_ISLNK(mode) or _is_junction(status):
        return say(N_("a link: not followed"))
    if stat.S_ISFIFO(mode):
        return say(N_("a pipe, not a file"))
    if stat.S_ISSOCK(mode):
        return say(N_("a socket, not a file"))
    return say(N_("a device, not a file"))


def _unreadable(path: str, fault: OSError) -> Gap:
    return Gap(
        at=Locator(source=printable(path)),
        why=say(N_("cannot be read: {fault}"), fault=fault.strerror or str(fault)),
    )
