"""One file of a listing or a web folder as the hunt looks at it: where it lies, and what belongs there."""

from __future__ import annotations

from typing import Any

import msgspec

from tocsin.formats.syntax.event_values import text_of, time_of
from tocsin.formats.syntax.json_object import object_of
from tocsin.knowledge import shipped
from tocsin.model.event import RAW_LIMIT, Event

FIELDS = (
    "path",
    "name",
    "folder",
    "extension",
    "size",
    "created",
    "modified",
    "accessed",
    "changed",
    "created_fn",
    "modified_fn",
    "hash",
    "owner",
    "attributes",
    "deleted",
    "kind",
    "shipped",
    "lookalike",
    "yara",
    "severity",
    "language",
    "Contents",
    "virtualPath",
    "assembly",
    "raw",
)
"""What a row of this surface may say. *_fn: the times of the file's name in the MFT, which tools that
set back a file's times leave alone."""

_encode = msgspec.json.Encoder().encode


def file_row(path: str, **told: Any) -> dict[str, str]:
    """The row of a file. path: as written; told: further fields, empty ones are left out."""
    plain = shipped.windows_path(path)
    folder, _, name = plain.rpartition("\\")
    row = {
        "path": plain,
        "name": name,
        "folder": folder,
        "extension": name.rpartition(".")[2].lower() if "." in name else "",
        "shipped": shipped.page(plain),
        "lookalike": shipped.lookalike(plain) if shipped.is_code(name) else "",
    }
    row |= {each: text_of(value) for each, value in told.items()}
    return {each: value for each, value in row.items() if value}


def row_text(row: dict[str, str]) -> bytes:
    """The row as one line of JSON."""
    return _encode(row)


def file_event(text: bytes) -> Event | None:
    """What the row says; None if it is no row of a file."""
    row = object_of(text)
    if row is None or not isinstance(row.get("path"), str):
        return None
    fields = {each: row[each] for each in FIELDS if isinstance(row.get(each), str) and row[each]}
    raw = fields.pop("raw", "") or fields.get("Contents", "")
    return Event(
        surface="files",
        fields=fields,
        when=time_of(fields.get("created")) or time_of(fields.get("modified")),
        raw=(raw or text[: RAW_LIMIT * 4].decode("utf-8", "replace"))[:RAW_LIMIT],
    )
