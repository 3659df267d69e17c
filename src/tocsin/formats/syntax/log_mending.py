"""Rows whose cells are not as many as the log has columns: cut, badly quoted, or without a header."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.formats.syntax.log_rows import Layout
from tocsin.formats.syntax.log_values import address

_STATUS = re.compile(r"[1-5]\d\d")
_METHOD = re.compile(r"[A-Z_-]{3,16}")
_EVENT_DATA = re.compile(r"'?[A-Za-z]{1,4}\d{0,2}:[^=,]{1,128}=")
_SHAPED = {"HttpStatus": _STATUS, "Method": _METHOD}

_LOOKS = (("UrlQuery", "?"), ("GenericInfo", "BeginRequest="), ("GenericErrors", "WebException"))

FRONT = 31
"""Columns of HttpProxy that all versions since 2013's updates have at the same place."""

Mended = tuple[tuple[str, ...], list[str]]


def mend(found: list[str], layout: Layout, text: str) -> Mended:
    """Columns and cells that belong together, as far as they can be told."""
    columns = layout.columns
    if layout.surface.startswith("ecp-"):
        return _event_data(found, layout, text)
    if not layout.stated and layout.surface == "httpproxy" and len(found) > FRONT:
        return _by_look(columns, found)
    if len(found) > len(columns) > 0 and _has_shaped(columns):
        return _with_extra(columns, found)
    return columns, found


def _by_look(columns: tuple[str, ...], found: list[str]) -> Mended:
    """A version with other columns behind the first ones: query and notes are told by their look."""
    names, values = list(columns[:FRONT]), found[:FRONT]
    for cell in found[FRONT:]:
        for name, begins in _LOOKS:
            if name not in names and cell.startswith(begins):
                names.append(name)
                values.append(cell)
                break
    return tuple(names), values


def _event_data(found: list[str], layout: Layout, text: str) -> Mended:
    """The pairs of ECP's logs begin somewhere behind the time and go on to the row's end."""
    del text
    first = next((i for i, cell in enumerate(found[:8]) if _EVENT_DATA.match(cell.strip())), 0)
    if not first:
        return layout.columns, found
    names: tuple[str, ...] = ("TimeStamp", "ServerName", "EventId")
    front = found[:first]
    if len(front) == 2:
        names = ("TimeStamp", "EventId" if front[1].startswith("ECP.") else "ServerName")
    return (*names[: len(front)], "EventData"), [
        *front[: len(names)],
        layout.delimiter.join(found[first:]),
    ]


def _has_shaped(columns: Sequence[str]) -> bool:
    return any(name in _SHAPED for name in columns)


def _with_extra(columns: tuple[str, ...], found: list[str]) -> Mended:
    """More cells than columns: a cell that cannot be its column's value is taken for one more.

    Publishers put the client's address into rows whose header does not name it.
    """
    names: list[str] = []
    values: list[str] = []
    extra = len(found) - len(columns)
    at = 0
    for name in columns:
        shape = _SHAPED.get(name)
        while extra and shape is not None and found[at] and not shape.fullmatch(found[at]):
            if address(found[at]) is not None and "ClientIpAddress" not in (*names, *columns):
                names.append("ClientIpAddress")
                values.append(found[at])
            at += 1
            extra -= 1
        names.append(name)
        values.append(found[at])
        at += 1
    return tuple(names), values
