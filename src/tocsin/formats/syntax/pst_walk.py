"""Walks an Outlook data file in a process of its own: what `tocsin.formats.pst` starts.

libpff is a C library and a hostile file may crash it, hang it or make it eat all memory. So this
runs apart (`confined`), under limits, with the file at its standard input, and writes frames to its
standard output: one byte kind, folder length and text length as big-endian 32-bit integers, then both. It
imports nothing of Tocsin, so that it starts fast.

Kinds: `M` a message and its transport headers; `N` a message without; `L` something lost, with
the library's words; `E` the end, which tells a finished walk from a dead one. Where the numbers of
wanted properties are given, a message is preceded by what it holds: `P` a property (its number
and kind as the folder's name, its bytes), `R` a recipient begins, `A` an attachment begins, `D` its
data, `B` and `C` around a mail that is attached, `T` what a limit cut.
"""

from __future__ import annotations

import io
import struct
import sys
from typing import Any, BinaryIO

FRAME = struct.Struct(">cII")
HEADER_LIMIT = 8 * 1024 * 1024
VALUE_LIMIT = 8 * 1024 * 1024
"""Bytes of one property."""
DATA_LIMIT = 64 * 1024 * 1024
"""Bytes of the attachments of one message."""
FILES_LIMIT = 1000
RECIPIENTS_LIMIT = 5000
EMBEDDED_LIMIT = 3
"""Mails within mails."""
FOLDER_LIMIT = 500
DEPTH_LIMIT = 64
ITEMS_LIMIT = 20_000_000
_FAULTS = (OSError, ValueError, TypeError, AttributeError, IndexError, OverflowError, MemoryError)


def main() -> int:
    """Walk standard input; the exit status is 0 unless this process is killed."""
    wanted = frozenset(int(each, 16) for each in sys.argv[1].split(",") if each)
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
    _walk(out, root, wanted)
    _write(out, b"E", "", "")
    return 0


def _walk(out: BinaryIO, root: Any, wanted: frozenset[int]) -> None:
    """Every folder, without recursion; damaged ones cost only themselves."""
    pending: list[tuple[Any, str, int]] = [(root, "", 0)]
    items = 0
    while pending:
        folder, path, depth = pending.pop()
        items += _messages(out, folder, path, wanted)
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


def _messages(out: BinaryIO, folder: Any, path: str, wanted: frozenset[int]) -> int:
    count = _count(out, folder, "number_of_sub_messages", path)
    for index in range(min(count, ITEMS_LIMIT)):
        try:
            message = folder.get_sub_message(index)
            # Search folders list items that are no messages.
            read = getattr(message, "get_transport_headers", None)
            headers = read() if read is not None else None
            if wanted and read is not None:
                _Holder(out, wanted).message(message, 0)
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


class _Holder:
    """Writes what one message holds. A damaged part costs only itself."""

    def __init__(self, out: BinaryIO, wanted: frozenset[int]) -> None:
        self.out = out
        self.wanted = wanted
        self.room = DATA_LIMIT

    def message(self, message: Any, depth: int) -> None:
        self.properties(message)
        try:
            recipients = message.recipients
            count = min(int(recipients.number_of_record_sets), RECIPIENTS_LIMIT)
        except _FAULTS:
            count = 0
        for index in range(count):
            _frame(self.out, b"R", "", b"")
            self.entries(recipients, index)
        count = _count(self.out, message, "number_of_attachments", "")
        for index in range(min(count, FILES_LIMIT)):
            _frame(self.out, b"A", "", b"")
            try:
                self.attachment(message.get_attachment(index), depth)
            except _FAULTS as fault:
                _write(self.out, b"T", "", str(fault))
        if count > FILES_LIMIT:
            _write(self.out, b"T", "", "")

    def properties(self, item: Any) -> None:
        try:
            count = min(int(item.number_of_record_sets), 16)
        except _FAULTS:
            count = 0
        for index in range(count):
            self.entries(item, index)

    def entries(self, item: Any, index: int) -> None:
        try:
            record = item.get_record_set(index)
            for number in range(int(record.number_of_entries)):
                entry = record.get_entry(number)
                if entry.entry_type in self.wanted:
                    data = entry.get_data() or b""
                    name = f"{entry.entry_type:04X}{entry.value_type or 0:04X}"
                    _frame(self.out, b"P", name, data[:VALUE_LIMIT])
        except _FAULTS as fault:
            _write(self.out, b"T", "", str(fault))

    def attachment(self, attachment: Any, depth: int) -> None:
        self.properties(attachment)
        below = _count(self.out, attachment, "number_of_sub_items", "")
        for index in range(min(below, 1)):
            inner = attachment.get_sub_item(index)
            if depth >= EMBEDDED_LIMIT or not hasattr(inner, "get_transport_headers"):
                _write(self.out, b"T", "", "")
                return
            _frame(self.out, b"B", "", b"")
            try:
                self.message(inner, depth + 1)
            finally:
                _frame(self.out, b"C", "", b"")
            return
        size = int(attachment.get_size() or 0)
        data = attachment.read_buffer(min(size, self.room)) if size and self.room else b""
        self.room -= len(data)
        _frame(self.out, b"D", "", data)
        if len(data) < size:
            _write(self.out, b"T", "", "")


def _frame(out: BinaryIO, kind: bytes, place: str, data: bytes) -> None:
    where = place.encode("utf-8", errors="replace")
    out.write(FRAME.pack(kind, len(where), len(data)) + where + data)


def _write(out: BinaryIO, kind: bytes, place: str, text: str) -> None:
    where = place.encode("utf-8", errors="replace")
    what = text[: HEADER_LIMIT + 1].encode("utf-8", errors="replace")[: HEADER_LIMIT + 1]
    out.write(FRAME.pack(kind, len(where), len(what)) + where + what)
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
