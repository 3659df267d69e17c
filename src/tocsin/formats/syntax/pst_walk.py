"""Walks an Outlook data file in a process of its own: what `tocsin.formats.pst` starts.

libpff is a C library and a hostile file may crash it, hang it or make it eat all memory. So this
runs apart, under limits, with the file at its standard input, and writes frames to its standard
output: one byte kind, folder length and text length as big-endian 32-bit integers, then both. It
imports nothing of Tocsin, so that it starts fast.

Kinds: `M` a message and its transport headers; `N` a message without; `L` something lost, with
the library's words; `E` the end, which tells a finished walk from a dead one.
"""

from __future__ import annotations

import io
import struct
import sys
from typing import Any, BinaryIO

FRAME = struct.Struct(">cII")
HEADER_LIMIT = 8 * 1024 * 1024
FOLDER_LIMIT = 500
DEPTH_LIMIT = 64
ITEMS_LIMIT = 20_000_000
_FAULTS = (OSError, ValueError, TypeError, AttributeError, IndexError, OverflowError, MemoryError)


def main() -> int:
    """Walk standard input; the exit status is 0 unless this process is killed."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    _limit(memory, seconds)
    out = sys.stdout.buffer
    import pypff  # noqa: PLC0415 - behind the limits

    try:
        file = pypff.file()
        file.open_file_object(io.FileIO(0, closefd=False))
        root = file.get_root_folder()
    except _FAULTS as fault:
        _write(out, b"L", "", str(fault))
        _write(out, b"E", "", "")
        return 0
    _walk(out, root)
    _write(out, b"E", "", "")
    return 0


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _walk(out: BinaryIO, root: Any) -> None:
    """Every folder, without recursion; damaged ones cost only themselves."""
    pending: list[tuple[Any, str, int]] = [(root, "", 0)]
    items = 0
    while pending:
        folder, path, depth = pending.pop()
        items += _messages(out, folder, path)
        if items > ITEMS_LIMIT or depth >= DEPTH_LIMIT:
            _write(out, b"L", path, "too many folders or messages")
            continue
        below: list[tuple[Any, str, int]] = []
        for index in range(_count(out, folder, "number_of_sub_folders", path)):
            items += 1
            try:
                child = folder.get_sub_folder(index)
                name = child.get_name() or f"folder {index + 1}"
            except _FAULTS as fault:
                _write(out, b"L", path, str(fault))
                continue
            below.append((child, f"{path}/{name}"[:FOLDER_LIMIT], depth + 1))
        pending.extend(reversed(below))


def _messages(out: BinaryIO, folder: Any, path: str) -> int:
    count = _count(out, folder, "number_of_sub_messages", path)
    for index in range(min(count, ITEMS_LIMIT)):
        try:
            message = folder.get_sub_message(index)
            # Search folders list items that are no messages.
            read = getattr(message, "get_transport_headers", None)
            headers = read() if read is not None else None
        except _FAULTS as fault:
            _write(out, b"L", f"{path}, message {index + 1}", str(fault))
            continue
        _write(out, b"M" if headers else b"N", f"{path}, message {index + 1}", headers or "")
    return count


def _count(out: BinaryIO, folder: Any, name: str, path: str) -> int:
    try:
        return int(getattr(folder, name, 0) or 0)
    except _FAULTS as fault:
        _write(out, b"L", path, str(fault))
        return 0


def _write(out: BinaryIO, kind: bytes, place: str, text: str) -> None:
    where = place.encode("utf-8", errors="replace")
    what = text[: HEADER_LIMIT + 1].encode("utf-8", errors="replace")[: HEADER_LIMIT + 1]
    out.write(FRAME.pack(kind, len(where), len(what)) + where + what)
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
