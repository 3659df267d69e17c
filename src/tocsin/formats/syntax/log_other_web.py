"""Rows of web servers that are not W3C: NCSA (Apache, nginx, IIS), IIS's own, tables of W3C columns.

Their fields get the names of W3C, so that one rule asks all of them. A layout's first column says
which of them it is.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tocsin.formats.syntax.log_columns import plain
from tocsin.formats.syntax.log_csv import cells
from tocsin.formats.syntax.log_rows import Layout
from tocsin.formats.syntax.log_values import moment, ncsa_moment

NCSA = ("ncsa",)
IIS = ("iis-native",)

ROWS_TRIED = 20

_TEXT = r'"((?:[^"\\]|\\.)*+)"'
_NCSA = re.compile(
    r"(\S{1,255}) (\S{1,255}) (.{1,255}?) \[([^\]]{20,40})\] " + _TEXT + r" (\d{3}|-) (\d{1,20}|-)"
    r"(?: " + _TEXT + " " + _TEXT + r")?(?P<rest>.*)"
)
_NATIVE = re.compile(
    r"(\S{2,45}), ([^,]{1,255}), (\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}), (\d{1,2}:\d\d:\d\d), (\w{1,32}),"
    r" ([^,]{1,255}), (\S{2,45}), (\d{1,12}), (\d{1,20}), (\d{1,20}), (\d{1,5}), (\d{1,12}),"
    r" ([A-Z_-]{1,32}), ([^,]{1,8192}), (.*)"
)
_NATIVE_NAMES = (
    *("c-ip", "cs-username", "date", "time", "s-sitename", "s-computername", "s-ip", "time-taken"),
    *("cs-bytes", "sc-bytes", "sc-status", "sc-win32-status", "cs-method", "cs-uri-stem"),
    "cs-uri-query",
)
_W3C = {
    plain(name): name
    for name in (
        *_NATIVE_NAMES,
        *("s-port", "sc-substatus", "cs-version", "cs-host", "X-Forwarded-For"),
        *("cs(User-Agent)", "cs(Cookie)", "cs(Referer)"),
    )
}
_TIMES = {
    "timegenerated": "time-generated",
    "timegeneratedutc": "time-generated",
    "datetime": "time-generated",
    "timestamp": "time-generated",
}
_TELLING = frozenset({"cs-method", "cs-uri-stem", "cs-uri-query", "sc-status", "c-ip"})


def table(line: str) -> Layout | None:
    """The layout below a line of W3C names with commas, semicolons or tabs between them.

    So LogParser, spreadsheets and Sentinel (`csUriStem`) write them.
    """
    for delimiter in (",", ";", "\t"):
        names = [name.strip() for name in cells(line, delimiter)]
        columns = tuple(_W3C.get(plain(name)) or _TIMES.get(plain(name)) or name for name in names)
        told = {"date", "time"} <= set(columns) or "time-generated" in columns
        if told and len(_TELLING.intersection(columns)) >= 3:
            return Layout(surface="iis", columns=columns, delimiter=delimiter)
    return None


def shaped(lines: list[str]) -> Layout | None:
    """The layout of rows that are NCSA's or IIS's own."""
    tried = [line for line in lines if line.strip()][:ROWS_TRIED]
    for columns, pattern in ((NCSA, _NCSA), (IIS, _NATIVE)):
        good = sum(pattern.fullmatch(line.strip()) is not None for line in tried)
        if good and good * 10 >= len(tried) * 7:
            return Layout(surface="iis", columns=columns, delimiter="", stated=False)
    return None


def fields_of(text: str, layout: Layout) -> tuple[dict[str, str], datetime] | None:
    """The fields of a row by their W3C names, and its time; None if it is no such row."""
    if layout.columns == NCSA:
        return _ncsa(text)
    if layout.columns == IIS:
        return _native(text)
    found = {
        name: cell
        for name, cell in zip(layout.columns, cells(text, layout.delimiter), strict=False)
        if cell and cell != "-"
    }
    when = found.get("time-generated")
    if when is None:
        # LogParser prints a day beside the time, and a time beside the day.
        when = f"{found.get('date', '')[:10]} {found.get('time', '')[-8:]}"
    seen = moment(when)
    return (found, seen) if seen is not None else None


def _ncsa(text: str) -> tuple[dict[str, str], datetime] | None:
    match = _NCSA.fullmatch(text)
    when = ncsa_moment(match[4]) if match else None
    if match is None or when is None:
        return None
    method, _, rest = match[5].partition(" ")
    uri, _, version = (
        rest.rpartition(" ")
        if rest.upper().rpartition(" ")[2][:5] == "HTTP/"
        else (
            rest,
            "",
            "",
        )
    )
    stem, _, query = uri.partition("?")
    found = {
        "c-ip": match[1],
        "cs-username": match[3],
        "cs-method": method,
        "cs-uri-stem": stem,
        "cs-uri-query": query,
        "cs-version": version,
        "sc-status": match[6],
        "sc-bytes": match[7],
        "cs(Referer)": match[8] or "",
        "cs(User-Agent)": match[9] or "",
    }
    return {name: value for name, value in found.items() if value and value != "-"}, when


def _native(text: str) -> tuple[dict[str, str], datetime] | None:
    match = _NATIVE.fullmatch(text.strip())
    if match is None:
        return None
    found = {
        name: value
        for name, value in zip(_NATIVE_NAMES, match.groups(), strict=True)
        if value.rstrip(",") not in ("", "-")
    }
    if query := found.get("cs-uri-query"):
        found["cs-uri-query"] = query.removesuffix(",")
    day = _short_day(found["date"])
    when = moment(f"{day} {found['time'].rjust(8, '0')}") if day else None
    return (found, when) if when is not None else None


def _short_day(text: str) -> str:
    """`03/20/01` as IIS writes it by the server's locale; American where both could be meant."""
    parts = [int(each) for each in re.split(r"[/.-]", text)]
    if parts[0] > 31:
        year, month, day = parts
    elif "/" in text and parts[0] <= 12:
        month, day, year = parts
    else:
        day, month, year = parts
    year += 2000 if year < 70 else 1900 if year < 100 else 0
    try:
        return datetime(year, month, day, tzinfo=UTC).date().isoformat()
    except ValueError:
        return ""


def begin(lines: list[str]) -> Layout | None:
    """The layout of a file that begins with these lines; None if it is none of these."""
    for line in lines[:8]:
        if not line.strip() or line.startswith(("#TYPE", "sep=", '"#TYPE')):
            continue
        if (found := table(line)) is not None:
            return found
        break
    return shaped(lines)
