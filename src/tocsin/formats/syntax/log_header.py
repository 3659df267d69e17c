"""What kind of Exchange log a file is, and its columns: by its header, or by the shape of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec

from tocsin.formats.syntax.log_columns import (
    LOG_TYPES,
    TIMES,
    VERSIONS,
    Version,
    names_of,
    plain,
    surfaces_known,
)
from tocsin.formats.syntax.log_csv import cells
from tocsin.formats.syntax.log_rows import Layout
from tocsin.formats.syntax.log_synonyms import SYNONYMS, TRACKING_SYNONYMS
from tocsin.formats.syntax.log_values import moment

_SUFFIX = re.compile(r"_[sgdbt]$")
"""What Log Analytics puts behind a column's name, by its type."""

_TIMED = re.compile("date|time", re.IGNORECASE)

DELIMITERS = (",", ";", "\t", "|")

ROWS_TRIED = 50
"""Rows from whose shape the columns are inferred."""

_TELLING = {
    "httpproxy": ("urlstem", "anchormailbox", "backendcookie", "routinghint", "backendstatus"),
    "rps-http": ("clientinfo", "urlquery", "frontendserver", "commandname"),
    "rps-cmdlet": ("cmdlet",),
    "rps-authz": ("authorizeuser", "isauthorized", "authorizeoperation"),
    "ews": ("soapaction", "impersonateduser"),
    "mapihttp": ("mapirequestid", "clientsoftware", "requesttype"),
    "autodiscover": ("redirecttype", "requesteduseradlatency"),
    "httpfilter": ("scanresult", "headernames"),
    "messagetracking": ("sourcecontext", "eventid", "messageid", "recipientaddress"),
    "smtp": ("sessionid", "remoteendpoint", "connectorid"),
    "agent": ("enteredorgfromip", "p1fromaddress"),
    "audit-queue": ("recordtype", "data", "operation"),
    "ecp-server": ("eventdata",),
    "ecp-activity": (),
    "oabgen": ("oabguid", "addresslistguid"),
}
"""Columns of which at least one must be there: the others stand in many files."""


class Known(msgspec.Struct, frozen=True):
    """A line of column names that was recognised. sure: how many of the names are known."""

    surface: str
    columns: tuple[str, ...]
    delimiter: str
    sure: int


def header(line: str, surface: str = "") -> Known | None:
    """The kind of log whose columns a line names; surface: what `#Log-type` told, if anything."""
    best: Known | None = None
    if not _TIMED.search(line):
        return None
    for delimiter in DELIMITERS:
        if delimiter in line:
            found = _named([name.strip() for name in cells(line, delimiter)], delimiter, surface)
            if found is not None and (best is None or found.sure > best.sure):
                best = found
    return best


def _named(names: list[str], delimiter: str, surface: str) -> Known | None:
    keys = [plain(_SUFFIX.sub("", name)) for name in names]
    if len(names) < 2 or not any(
        key in {plain(t) for t in TIMES} | {"time", "date"} for key in keys
    ):
        return None
    best: Known | None = None
    for each in (surface,) if surface in surfaces_known() else surfaces_known():
        known = names_of(each)
        if each == "messagetracking":
            known = known | TRACKING_SYNONYMS
        hits = [key for key in keys if key in known]
        telling = _TELLING.get(each, ())
        if surface != each and (
            len(hits) < 3 or len(hits) * 10 < len(keys) * 6 or not set(telling) & set(hits)
        ):
            continue
        if hits and (best is None or len(hits) > best.sure):
            columns = tuple(known.get(key, name) for key, name in zip(keys, names, strict=True))
            best = Known(each, columns, delimiter, len(hits))
    return best or _by_synonyms(names, keys, delimiter)


def _by_synonyms(names: list[str], keys: list[str], delimiter: str) -> Known | None:
    known = names_of("httpproxy")
    columns = tuple(
        known.get(key) or SYNONYMS.get(key, name) for key, name in zip(keys, names, strict=True)
    )
    asked = {"UrlStem", "UserAgent", "ClientIpAddress", "HttpStatus", "Method"}
    found = asked.intersection(columns)
    if "DateTime" in columns and "UrlStem" in columns and len(found) >= 3:
        return Known("httpproxy", columns, delimiter, len(found))
    return None


def turned(line: str, layout: Layout) -> Layout:
    """The layout behind a line that begins with `#`, or with a header's first column."""
    text = line.lstrip("\ufeff")
    lower = text[:12].lower()
    if lower.startswith("#fields"):
        found = header(text.partition(":")[2].strip(), layout.surface)
        return _with(layout, found) if found is not None else layout
    if lower.startswith("#log-type"):
        surface = _typed(text.partition(":")[2])
        return (
            layout
            if surface in ("", layout.surface)
            else Layout(surface=surface, columns=(), version=layout.version, stated=False)
        )
    if lower.startswith("#version"):
        version = text.partition(":")[2].strip().strip(",;\t")[:40]
        return (
            layout
            if version == layout.version
            else msgspec.structs.replace(layout, version=version)
        )
    if not lower.startswith(("#", "sep=")) and (found := header(text, _family(layout))):
        return _with(layout, found)
    return layout


@cache
def _types() -> dict[str, str]:
    return {_type(name): surface for name, surface in LOG_TYPES.items()}


def _typed(text: str) -> str:
    """The kind of log of a `#Log-type`; versions differ in blanks and in the plural."""
    return _types().get(_type(text), "")


def _type(text: str) -> str:
    return re.sub(r"logs?$", "", plain(text))


def _family(layout: Layout) -> str:
    """ECP's two logs have the same columns: the one that is known stays."""
    return layout.surface if layout.surface.startswith("ecp-") else ""


def _with(layout: Layout, found: Known) -> Layout:
    surface = found.surface
    if surface.startswith("ecp-") and layout.surface.startswith("ecp-"):
        surface = layout.surface
    new = Layout(
        surface=surface,
        columns=found.columns,
        host=layout.host,
        version=layout.version,
        delimiter=found.delimiter,
    )
    return layout if new == layout else new


NEAR = 7
"""Columns of a certain shape that rows must have where their number is not that of a known log."""

_GUID = re.compile(r"\{?[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?|xxx*|")
_NUMBER = re.compile(r"\d{1,5}")
_SHAPES = {
    "RequestId": _GUID,
    "MajorVersion": re.compile(r"1[45]"),
    "MinorVersion": _NUMBER,
    "BuildVersion": _NUMBER,
    "RevisionVersion": _NUMBER,
    "HttpStatus": re.compile(r"\d{3}|"),
    "HttpStatusCode": re.compile(r"\d{1,3}|"),
    "IsAuthenticated": re.compile(r"true|false|", re.IGNORECASE),
    "Method": re.compile(r"[A-Z_-]{3,16}|"),
    "HttpMethod": re.compile(r"[A-Z_-]{3,16}|"),
    "UrlStem": re.compile(r"(?:/.*)?", re.DOTALL),
    "sequence-number": re.compile(r"\d{1,9}"),
    "session-id": re.compile(r"[0-9A-Fa-f]{8,32}"),
    "event": re.compile(r"[-+*<>]"),
    "event-id": re.compile(r"[A-Z]{2,32}"),
    "source": re.compile(r"[A-Z]{2,24}"),
    "SessionId": re.compile(r"[0-9A-Fa-f]{8,36}|[0-9a-fA-F-]{36}|"),
    "NumRecipients": re.compile(r"\d{1,6}|"),
    "Data": re.compile(r"\{.*", re.DOTALL),
    "Server": re.compile(r"[\w.-]{1,255}"),
    "ExecutingUserSid": re.compile(r"(?:S-1-[\d-]+)?"),
    "EventData": re.compile(r"'?(?:[A-Za-z]{1,4}\d{0,2}:)[^=]{1,128}=.*", re.DOTALL),
}
"""Columns whose values have a shape, empty ones included where they may be empty."""


def shaped(rows: Sequence[str]) -> Known | None:
    """The kind of log that rows without a header are of; the newest version that fits."""
    tried = rows[:ROWS_TRIED]
    if sum(row.lstrip('"')[:1].isdigit() for row in tried) * 2 < len(tried):
        return None
    for delimiter in DELIMITERS:
        split = [cells(row, delimiter) for row in tried]
        split = [row for row in split if len(row) > 2 and moment(row[0].strip()) is not None]
        if not split or len(split) * 2 < len(tried):
            continue
        for version in VERSIONS:
            if _agree(version.columns, split):
                surface = _ecp(split) if version.surface.startswith("ecp-") else version.surface
                return Known(surface, version.columns, delimiter, len(version.columns))
        if sum(_has_event_data(row) for row in split) * 2 > len(split):
            return Known(_ecp(split), (), delimiter, 2)
        if near := _near(split):
            return Known(near.surface, near.columns, delimiter, 2)
    return None


def _near(rows: Sequence[Sequence[str]]) -> Version | None:
    """A version whose first columns fit: the rows are cut, or a later one has more columns."""
    for version in VERSIONS:
        tested = [
            (i, shape) for i, name in enumerate(version.columns) if (shape := _SHAPES.get(name))
        ]
        good = 0
        for row in rows:
            told = [shape.fullmatch(row[i]) is not None for i, shape in tested if i < len(row)]
            filled = [row[i] for i, _ in tested if i < len(row) and row[i]]
            good += all(told) and len(filled) >= NEAR
        if good * 10 >= len(rows) * 7:
            return version
    return None


def _agree(columns: tuple[str, ...], rows: Sequence[Sequence[str]]) -> bool:
    """Whether most rows have as many cells and each of them the shape of its column."""
    good = 0
    tested = [(i, shape) for i, name in enumerate(columns) if (shape := _SHAPES.get(name))]
    for row in rows:
        good += len(row) == len(columns) and all(shape.fullmatch(row[i]) for i, shape in tested)
    return good * 10 >= len(rows) * 7


def _has_event_data(row: Sequence[str]) -> bool:
    return any(_SHAPES["EventData"].fullmatch(cell[:400].strip()) for cell in row[1:5])


def _ecp(rows: Sequence[Sequence[str]]) -> str:
    """The server log names its events `ECP.Request`; the activity log prints the build `S:Bld=`."""
    activity = sum(any("S:Bld=" in cell or "S:PSA=" in cell for cell in row) for row in rows)
    return "ecp-activity" if activity * 2 > len(rows) else "ecp-server"
