"""7z: py7zr reads the header and unpacks; how much of both, and what a fault costs, is decided here.

py7zr's own extraction stops the whole archive at the first bad member or name, and some of its
decompressors put out all they can at once.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from py7zr.archiveinfo import Folder

from tocsin.collect.unpack_7z_folder import SEVENZIP_FAULTS, FolderReader, Part, damaged
from tocsin.collect.unpack_7z_header import placed, read_header
from tocsin.collect.unpack_limits import Budget, Entry, Lost, Passed, Unpacked
from tocsin.model.text import N_, say


def unpack_7z(stream: BinaryIO, budget: Budget) -> Iterator[Unpacked]:
    """Every member in order. `stream` must seek. Raises Loss when the header cannot be read."""
    try:
        header = read_header(stream, budget.limits)
        members = list(placed(header))
    except SEVENZIP_FAULTS as fault:
        raise damaged(fault) from None
    folder: Folder | None = None
    reader = None
    for info, own, place, packed in members:
        name = str(info.get("filename") or "contents")
        size = int(info.get("size", 0))
        passed = _no_file(info)
        if isinstance(passed, Passed):
            yield passed
        if own is None:
            if passed is None:
                yield Entry(name=name, stream=io.BytesIO())
            continue
        if own is not folder:
            folder, reader = own, FolderReader(stream, own, place, packed, budget)
        assert reader is not None
        if reader.why is not None:
            yield Lost(name=name, why=reader.why.why, kind=reader.why.kind)
            continue
        part = Part(reader, size, info.get("digest"))
        if passed is None:
            yield Entry(name=name, stream=part)
        part.finish()


def _no_file(info: dict[str, Any]) -> Passed | bool | None:
    """None for a file; True for a folder or a mark to delete one."""
    attributes = int(info.get("attributes") or 0)
    # Bit 15: the upper half is a Unix mode. 0x10, 0x400: Windows' folder and link.
    kind = (attributes >> 16) & 0xF000 if attributes & 0x8000 else 0
    if kind == 0xA000 or (attributes & 0x400 and not kind):
        return Passed(why=say(N_("a link: not followed")))
    if kind not in (0, 0x4000, 0x8000):
        return Passed(why=say(N_("a device, not a file")))
    folder = attributes & 0x10 or kind == 0x4000 or (info["emptystream"] and not info["emptyfile"])
    return True if folder else None
