"""Rows of Exchange's text logs: CSV whose columns `#Fields`, a header or the rows themselves tell."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.formats.syntax.log_columns import TIMES
from tocsin.formats.syntax.log_csv import cells
from tocsin.formats.syntax.log_header import header, shaped, turned
from tocsin.formats.syntax.log_mending import mend
from tocsin.formats.syntax.log_prefix import MOMENT, bare, whole_lines
from tocsin.formats.syntax.log_rows import Layout
from tocsin.formats.syntax.log_surface import event_of
from tocsin.formats.syntax.log_telling import FLATTENED
from tocsin.formats.syntax.log_values import moment, text_of
from tocsin.model.event import Event

LINE_LIMIT = 1 << 20
"""Bytes of one row that are read."""

LINES_TRIED = 200
"""Lines of a file's beginning among which the header or rows are looked for."""

HEADER_LINES = 20
"""Lines that are neither header nor remark behind which no plain header is looked for."""

GOOD = 4
"""Fields that a row must have, its time among them, where its log has that many columns."""

_TIMES = frozenset(TIMES)


def begin(head: bytes) -> Layout | None:
    """The layout of a file that begins so; inferred from its rows where no header comes first."""
    layout = Layout(surface="", columns=(), stated=False)
    rows: list[str] = []
    for line in whole_lines(head)[:LINES_TRIED]:
        if not line.strip():
            continue
        if line.startswith("#") or line.lower().startswith(("sep=", '"#type')):
            layout = turned(line, layout)
        elif (
            not layout.columns
            and len(rows) < HEADER_LINES
            and (found := header(line, layout.surface)) is not None
        ):
            layout = turned(line, layout)
            if found.surface == layout.surface and not layout.columns:
                layout = msgspec.structs.replace(layout, columns=found.columns)
        else:
            rows.append(bare(line, MOMENT))
    if layout.columns:
        return _which_ecp(layout, rows)
    found = shaped(rows) if rows else None
    if found is None:
        return layout if layout.surface else None
    surface = layout.surface or found.surface
    if (
        layout.surface
        and found.surface != layout.surface
        and not (layout.surface.startswith("ecp-") and found.surface.startswith("ecp-"))
    ):
        return layout
    return msgspec.structs.replace(
        layout, surface=surface, columns=found.columns, delimiter=found.delimiter, stated=False
    )


def _which_ecp(layout: Layout, rows: list[str]) -> Layout:
    """A header alone does not tell ECP's activity log from its server log; its rows do."""
    if layout.surface == "ecp-server" and rows and not any("ECP." in row for row in rows):
        told = shaped(rows)
        if told is not None and told.surface == "ecp-activity":
            return msgspec.structs.replace(layout, surface="ecp-activity")
    return layout


def turns(line: bytes, layout: Layout) -> Layout:
    """See `LineLog.turns`."""
    return turned(text_of(line[:65536]).strip("\r\n"), layout)


def event(line: bytes, layout: Layout) -> Event | None:
    """What one row says; None if it has not at least a time and three good columns.

    Of a record whose quoted value holds line feeds, the first line says what is there; the lines
    behind it are no rows.
    """
    text = text_of(line[:LINE_LIMIT]).strip("\r\n\ufeff")
    found = cells(text, layout.delimiter)
    columns = layout.columns
    if len(found) != len(columns):
        columns, found = mend(found, layout, text)
    fields = {name: cell for name, cell in zip(columns, found, strict=False) if cell}
    when = _when(fields)
    if when is None or len(fields) < min(GOOD, len(columns)):
        row = bare(text, MOMENT)
        return None if row == text else event(row.encode(errors="replace"), layout)
    flatten = FLATTENED.get(layout.surface)
    host = layout.host
    if flatten is not None:
        host = flatten(fields, text) or host
    return event_of(layout.surface, fields, when, text, host)


def _when(fields: dict[str, str]) -> datetime | None:
    for name, value in fields.items():
        if name.lower() in _TIMES:
            return moment(value)
    return None
