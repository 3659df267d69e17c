"""The files of an ISO 9660 image, by its Joliet names where it has them.

A small walker of our own: the tree of a hostile image may loop, and only names and first bytes are
wanted (ECMA-119; Joliet specification 1.0).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator

from tocsin.formats.syntax.attachment_limits import NAME_LIMIT, Budget, Member

_SECTOR = 2048
_FIRST_DESCRIPTOR = 16
_DESCRIPTORS = 16
"""Volume descriptors looked at."""

_DIRECTORY_LIMIT = 1024 * 1024
"""Bytes of one directory that are read."""

_DIRECTORIES_LIMIT = 200
"""Directories that are read."""

_JOLIET = (b"%/@", b"%/C", b"%/E")
_HIDDEN, _FOLDER = 1, 2


def iso_members(data: bytes, budget: Budget) -> Iterator[Member]:
    """Every file; its data are read as far as the budget goes."""
    root, wide = _root(data)
    if root is None:
        return
    waiting = deque([(root, "")])
    visited: set[int] = set()
    while waiting and len(visited) < _DIRECTORIES_LIMIT:
        (extent, size), path = waiting.popleft()
        if extent in visited:
            continue
        visited.add(extent)
        for name, flags, place, length in _records(data, extent, size, wide=wide):
            if not budget.member():
                return
            if flags & _FOLDER:
                waiting.append(((place, length), f"{path}{name}/"[:NAME_LIMIT]))
                continue
            begin = place * _SECTOR
            body = data[begin : begin + min(length, budget.room)]
            budget.spend(len(body))
            full = (path + name)[:NAME_LIMIT]
            yield Member(full, length, length, body, whole=len(body) == length)


def _root(data: bytes) -> tuple[tuple[int, int] | None, bool]:
    """(extent and size of the root directory, whether its names are Joliet's)."""
    found: tuple[tuple[int, int] | None, bool] = (None, False)
    for number in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + _DESCRIPTORS):
        block = data[number * _SECTOR : (number + 1) * _SECTOR]
        if len(block) < _SECTOR or block[1:6] != b"CD001" or block[0] == 255:
            break
        joliet = block[0] == 2 and block[88:91] in _JOLIET
        if joliet or (block[0] == 1 and found[0] is None):
            extent, size = struct.unpack_from("<I4xI", block, 156 + 2)
            found = ((extent, size), joliet)
    return found


def _records(
    data: bytes, extent: int, size: int, *, wide: bool
) -> Iterator[tuple[str, int, int, int]]:
    """(name, flags, extent, size) of a directory's records; those of itself and above left out."""
    begin = extent * _SECTOR
    block = data[begin : begin + min(size, _DIRECTORY_LIMIT)]
    at = 0
    while at + 34 <= len(block):
        length = block[at]
        if length < 34:  # the rest of the sector is empty
            at = (at // _SECTOR + 1) * _SECTOR
            continue
        place, count = struct.unpack_from("<I4xI", block, at + 2)
        flags, named = block[at + 25], block[at + 32]
        raw = block[at + 33 : at + 33 + named]
        at += length
        if raw in (b"\0", b"\1"):
            continue
        name = raw.decode("utf-16-be" if wide else "latin-1", "replace")
        yield name.partition(";")[0].rstrip("."), flags, place, count
