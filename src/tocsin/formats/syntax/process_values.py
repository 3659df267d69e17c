"""Values of process starts as Sysmon would write them: paths, and times of any spelling."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.formats.syntax.event_values import NESTED_LIMIT, VALUES_LIMIT, text_of, time_of

TIME_LIMIT = 64
"""Characters of a time that are looked at."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,12})?")
_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,:](\d{1,9}))?)?")
_MONTH = re.compile(r"\b([A-Za-z]{3})[a-z]{0,6}\b")
_YEAR = re.compile(r"(?<![\d+:.-])(\d{4})(?![\d:])")
_DAY = re.compile(r"(?<![\d:.])(\d{1,2})(?:st|nd|rd|th)?(?![\d:.])")
_HALF = re.compile(r"\b([AP])\.?M\b", re.IGNORECASE)
_ZONE = re.compile(r"(?:(?<=\d)|GMT|UTC| )([+-])(\d\d):?(\d\d)\b")

_FILETIME = datetime(1601, 1, 1, tzinfo=UTC)
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))
"""From which size a number of 1970 counts nano-, micro-, milliseconds, seconds."""

_VOLUME = re.compile(r"\\Device\\HarddiskVolume\d{1,4}(?=\\)", re.IGNORECASE)
_ROOT = re.compile(r"\\?(?:SystemRoot|%SystemRoot%|%windir%)(?=\\)", re.IGNORECASE)
_MUP = re.compile(r"\\Device\\(?:Mup|LanmanRedirector)(?=\\)", re.IGNORECASE)
_NOTHING = frozenset({"-", "null", "none", "n/a", "nan", "undefined", "unknown", "(null)"})
_NAME = re.compile(r"[^\\/:*?\"<>|\r\n]{1,200}\.[A-Za-z0-9_]{1,10}")
_FOLDER = re.compile(r'"?([A-Za-z]:\\[^"*?<>|:\r\n]{0,500})')


def told(value: Any, depth: int = 0) -> str:
    """A value as text; of a list the first that says something; empty for what says nothing."""
    if isinstance(value, list):
        inside = value[:VALUES_LIMIT] if depth < NESTED_LIMIT else ()
        return next((text for each in inside if (text := told(each, depth + 1))), "")
    if value is None or isinstance(value, bool):
        return ""
    text = text_of(value)
    return "" if text.strip().lower() in _NOTHING else text


def path_of(text: str) -> str:
    r"""A path of Windows as users know it: `\Device\HarddiskVolume3\Windows` is `C:\Windows`.

    Which letter a volume has is not told; the first one is taken for it.
    """
    text = text.strip().strip('"')
    for prefix in ("\\??\\", "\\\\?\\"):
        text = text.removeprefix(prefix)
    if (found := _VOLUME.match(text)) is not None:
        return "C:" + text[found.end() :]
    if (found := _ROOT.match(text)) is not None:
        return "C:\\Windows" + text[found.end() :]
    if (found := _MUP.match(text)) is not None:
        return "\\" + text[found.end() :]
    return text


def whole_path(candidates: list[str], command: str) -> str:
    """The program's path out of paths and bare names, and out of its command where only a name is told.

    A name that no path is known of stands behind a backslash: rules ask for the end of a path.
    """
    paths = [path_of(each) for each in candidates if each]
    name = next((each for each in paths if _NAME.fullmatch(each)), "")
    path = next((each for each in paths if "\\" in each or "/" in each), "")
    if path:
        last = re.split(r"[\\/]", path.rstrip("\\/"))[-1]
        # Some tell the folder and the file apart.
        folder = name and "." not in last and name.lower() != last.lower()
        return path.rstrip("\\") + "\\" + name if folder else path
    if not name:
        return ""
    folder_of = _FOLDER.match(command[:600])
    end = folder_of[1].lower().find("\\" + name.lower()) if folder_of is not None else -1
    if folder_of is not None and end > 0:
        return folder_of[1][: end + 1 + len(name)]
    return "\\" + name


def program_path(text: str, command: str = "") -> str:
    """A bare program's name as a path (`whole_path`); every other text as it is."""
    return whole_path([text], command) if _NAME.fullmatch(text) else text


def iso_of(value: Any, depth: int = 0) -> str:
    """A time as ISO 8601 in UTC; empty for what is none. Without a zone it is taken for UTC.

    Read are ISO 8601, numbers since 1970 (s, ms, us, ns) and since 1601 (100 ns), and dates with the
    month's English name in any order (`Dec 18 2025 13:54:06`, `Sun Jul 21 18:05:05 2024 UTC`).
    """
    if isinstance(value, list):
        inside = value[:10] if depth < NESTED_LIMIT else ()
        return next((found for each in inside if (found := iso_of(each, depth + 1))), "")
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return _from_number(value)
    if isinstance(value, str):
        text = value.strip()[:TIME_LIMIT]
        if _NUMBER.fullmatch(text):
            return _from_number(float(text))
        stated = time_of(text)
        return stated.isoformat() if stated is not None else _from_words(text)
    stated = time_of(value)
    return stated.isoformat() if stated is not None else ""


def _from_number(value: float) -> str:
    try:
        if 1.1e17 < value < 1.6e17:
            return (_FILETIME + timedelta(microseconds=value / 10)).isoformat()
        unit = next(unit for size, unit in _UNITS if abs(value) >= size)
        found = datetime.fromtimestamp(value / unit, UTC)
    except (ValueError, OverflowError, OSError, StopIteration):
        return ""
    # Small numbers are counters, not times.
    return found.isoformat() if found.year >= 1990 else ""


def _from_words(text: str) -> str:
    clock = _CLOCK.search(text)
    rest = text if clock is None else text[: clock.start()] + " | " + text[clock.end() :]
    month = next((m[1].lower() for m in _MONTH.finditer(rest) if m[1].lower() in _MONTHS), "")
    zone = _ZONE.search(rest)
    rest = rest if zone is None else rest[: zone.start(1)]
    year, day = _YEAR.search(rest), _DAY.search(rest)
    if clock is None or not month or year is None or day is None:
        return ""
    hour, half = int(clock[1]), _HALF.search(text)
    if half is not None:
        hour = hour % 12 + (12 if half[1].upper() == "P" else 0)
    micro = int((clock[4] or "0")[:6].ljust(6, "0"))
    try:
        found = datetime(
            int(year[1]), _MONTHS.index(month) + 1, int(day[1]), hour, int(clock[2]),
            int(clock[3] or 0), micro, tzinfo=UTC,
        )  # fmt: skip
        if zone is not None:
            away = timedelta(hours=int(zone[2]), minutes=int(zone[3]))
            found = found - away if zone[1] == "+" else found + away
    except (ValueError, OverflowError):
        return ""
    return found.isoformat()
