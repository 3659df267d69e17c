"""W3C extended log rows of IIS: columns by `#Fields`, words parted by blanks, `-` for nothing.

https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from tocsin.formats.syntax.log_other_web import begin as other_begin
from tocsin.formats.syntax.log_other_web import fields_of, table
from tocsin.formats.syntax.log_prefix import DAY, bare, whole_lines
from tocsin.formats.syntax.log_query import taken
from tocsin.formats.syntax.log_rows import Layout
from tocsin.formats.syntax.log_surface import event_of, join
from tocsin.formats.syntax.log_values import first_public, text_of
from tocsin.formats.syntax.log_w3c_shape import fit, fits, guess
from tocsin.model.event import Event

SURFACE = "iis"

LINE_LIMIT = 1 << 20
"""Bytes of one row that are read."""

COLUMNS_LIMIT = 256
"""Columns of one `#Fields` line."""

LINES_TRIED = 400
"""Lines of a file's beginning among which the header or rows are looked for."""

ROWS_TRIED = 50
"""Rows from whose shape the columns are inferred."""

FORWARDED = ("X-Forwarded-For", "OriginalIP", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP")
"""Columns, as administrators add them, in which a load balancer tells the client it speaks for."""

GOOD = 4
"""Fields that a row must have, its time among them."""

_FIELDS = re.compile(r"#fields:?[ \t]*", re.IGNORECASE)
_KNOWN = {
    name.lower(): name
    for name in [
        "date",
        "time",
        "date-local",
        "time-local",
        "c-ip",
        "c-port",
        "cs-username",
        "s-sitename",
        "s-computername",
        "s-ip",
        "s-port",
        "cs-method",
        "cs-uri-stem",
        "cs-uri-query",
        "cs-uri",
        "sc-status",
        "sc-substatus",
        "sc-win32-status",
        "sc-bytes",
        "cs-bytes",
        "time-taken",
        "cs-version",
        "cs-host",
        "cs(User-Agent)",
        "cs(Cookie)",
        "cs(Referer)",
        "X-Forwarded-For",
    ]
}
_TELLING = frozenset({"cs-method", "cs-uri-stem", "cs-uri-query", "cs-uri", "sc-status"})
_NAMES = {"cs(User-Agent)": "cs-user-agent", "cs(Referer)": "cs-referer", "cs(Cookie)": "cs-cookie"}
_ROW = re.compile(
    r"(?:\d{4}-\d\d-\d\d[ \t])?\d\d?:\d\d:\d\d(?:\.\d{1,9})?[ \t](?:\S{1,255}[ \t]){0,4}[A-Z_-]{3,16}[ \t][/*]"
)


def columns_of(line: str) -> tuple[str, ...]:
    """The columns of a `#Fields` line, canonical where they are W3C's; empty if it is none."""
    match = _FIELDS.match(line)
    if match is None or "," in line:
        return ()
    names = line[match.end() :].split()[:COLUMNS_LIMIT]
    return tuple(_KNOWN.get(name.lower(), name) for name in names)


def is_web(columns: Sequence[str]) -> bool:
    """Whether these are columns of a web server's log."""
    return len(_TELLING.intersection(columns)) >= 2 or (
        "cs-uri" in columns and "cs-method" in columns
    )


def is_row(line: str) -> bool:
    """Whether a line looks like a row, whatever its columns."""
    return _ROW.match(line) is not None


def begin(head: bytes) -> Layout | None:
    """The layout of a file that begins so; inferred from its rows where no header comes first."""
    layout = Layout(surface=SURFACE, columns=(), stated=False, delimiter=" ")
    rows: list[list[str]] = []
    text = whole_lines(head)
    for line in text[:LINES_TRIED]:
        if line.startswith("#"):
            layout = turned(line, layout)
            if layout.columns:
                return layout
        elif len(rows) < ROWS_TRIED and (row := bare(line, DAY)) and is_row(row):
            rows.append(row.split())
    if rows and (columns := guess(rows)):
        return msgspec.structs.replace(layout, columns=columns)
    if rows or layout.version:
        return layout
    return other_begin(text)


def turned(line: str, layout: Layout) -> Layout:
    """The layout behind a line that begins with `#`, or with the names of a table's columns."""
    lower = line[:12].lower()
    if not lower.startswith("#"):
        return table(line) or layout
    if lower.startswith("#fields"):
        columns = columns_of(line)
        if not columns:
            return layout
        return msgspec.structs.replace(
            layout, surface=SURFACE, columns=columns, stated=True, delimiter=" "
        )
    if lower.startswith("#date"):
        match = re.search(r"\d{4}-\d\d-\d\d", line[:64])
        if match and match[0] != layout.date:
            return msgspec.structs.replace(layout, date=match[0])
    elif lower.startswith("#software"):
        match = re.search(r"(\d{1,3}\.\d{1,3})\s*$", line[:200])
        version = match[1] if match else line[10:80].strip()
        if version != layout.version:
            return msgspec.structs.replace(layout, version=version)
    return layout


def turns(line: bytes, layout: Layout) -> Layout:
    """See `LineLog.turns`."""
    return turned(text_of(line[:65536]).lstrip("\ufeff").strip("\r\n"), layout)


def event(line: bytes, layout: Layout) -> Event | None:
    """What one row says; None if it has not at least a time and three good columns."""
    text = text_of(line[:LINE_LIMIT]).strip("\r\n\ufeff")
    if layout.delimiter != " ":
        told = fields_of(text, layout)
        return _finish(*told, text, layout) if told and len(told[0]) >= GOOD else None
    words = text.split(" ")
    columns = layout.columns
    if len(words) == len(columns):
        fields = _fields(columns, words)
        when = _when(fields, layout)
        if when is not None:
            return _finish(fields, when, text, layout) if len(fields) >= GOOD else None
    found = _mend(text, words, columns)
    if found is None:
        row = bare(text, DAY)
        return None if row == text else event(row.encode(errors="replace"), layout)
    words, columns = found
    fields = _fields(columns, words)
    when = _when(fields, layout)
    if when is None or len(fields) < GOOD:
        return None
    return _finish(fields, when, text, layout)


def _fields(columns: Sequence[str], words: Sequence[str]) -> dict[str, str]:
    return {name: word for name, word in zip(columns, words, strict=False) if word and word != "-"}


def _mend(
    text: str, words: list[str], columns: tuple[str, ...]
) -> tuple[list[str], tuple[str, ...]] | None:
    """Words and columns of a row that does not have one word for each column."""
    if not columns:
        columns = guess([text.split()]) if is_row(text) else ()
        return (text.split(), columns) if columns else None
    if "\t" in text or text[:1] == " " or text[-1:] == " ":
        words = text.replace("\t", " ").strip(" ").split(" ")
    if '"' in text and len(words) > len(columns):
        quoted = re.findall(r'"[^"]*"|\S+', text)
        if len(quoted) == len(columns):
            return [word.strip('"') for word in quoted], columns
    if len(words) > len(columns):
        fitted = fit(columns, words)
        if fitted is None and "" in words:
            packed = [word for word in words if word]
            fitted = packed if len(packed) == len(columns) else fit(columns, packed)
        if fitted is not None:
            return fitted, columns
        # Other columns than stated: the row's own shape says more.
        own = guess([text.split()]) if is_row(text) else ()
        return (text.split(), own) if own else None
    if words and fits(columns[0], words[0]) and len(words) > 1 and fits(columns[1], words[1]):
        # Cut short: what is there, but for a last word that is no value of its column.
        short = words if fits(columns[len(words) - 1], words[-1]) else words[:-1]
        return short, columns
    return None


def _when(fields: dict[str, str], layout: Layout) -> datetime | None:
    """The row's time in UTC; `time` alone counts from the day that `#Date` told."""
    clock = fields.get("time") or fields.get("time-local")
    day = fields.get("date") or fields.get("date-local") or layout.date
    if clock is None or len(day) != 10:
        return None
    try:
        return datetime.fromisoformat(f"{day}T{clock}+00:00")
    except ValueError:
        clock = clock.replace(",", ".").rjust(8, "0")
    try:
        return datetime.strptime(f"{day} {clock[:8]}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _finish(fields: dict[str, str], when: datetime, text: str, layout: Layout) -> Event:
    for name, plain in _NAMES.items():
        if value := fields.get(name):
            fields[plain] = value.replace("+", " ") if plain == "cs-user-agent" else value
    stem, query = fields.get("cs-uri-stem", ""), fields.get("cs-uri-query", "")
    if not stem and "cs-uri" in fields:
        stem, _, query = fields["cs-uri"].partition("?")
        fields["cs-uri-stem"] = stem
    if query:
        fields["query"] = query
        if "=" in query:
            for key, value in taken(query).items():
                fields.setdefault(key, value)
    if stem or query:
        fields["cs-uri-query"] = join(stem, query)
    for name in FORWARDED:
        if told := fields.get(name):
            fields["client-address"] = first_public(told)
            break
    return event_of(SURFACE, fields, when, text, layout.host)
