"""Values out of JSON and XML as the text that rules look at, and the times events state."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from tocsin.model.event import VALUE_LIMIT

SYSMON = "Microsoft-Windows-Sysmon"
AUDIT = "Microsoft-Windows-Security-Auditing"
"""Names of the two providers that most rules ask for."""

VALUES_LIMIT = 500
"""Values of one list that are looked at."""

WRAPPED_LIMIT = 4
"""How deep a value may be wrapped: PowerShell writes a SID as `{"Value": {"Value": "S-1-5-18"}}`."""

NESTED_LIMIT = 8
"""How deep lists are looked into; what lies deeper says nothing."""

_SECONDS = re.compile(r"1\d{8,12}(?:\.\d{1,9})?")
_MILLISECONDS = re.compile(r"/Date\((-?\d{1,15})")
_DATE = re.compile(
    r"\s*+(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})[ T,]++(\d{1,2}):(\d\d)(?::(\d\d))?+"
)
_NAMED = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) +(\d{4})")
"""As `ls` and `find -ls` write it; within half a year they leave the year out, which says nothing."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MARK = re.compile(r"\b(AM|PM)\b", re.IGNORECASE)


def text_of(value: Any, depth: int = 0) -> str:
    """A value as text; several of a list joined by line feeds; empty for what is absent."""
    if isinstance(value, str):
        return value if len(value) <= VALUE_LIMIT else value[:VALUE_LIMIT]
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        inside = value[:VALUES_LIMIT] if depth < NESTED_LIMIT else ()
        return "\n".join(text_of(each, depth + 1) for each in inside)[:VALUE_LIMIT]
    return _inner(value, depth)[:VALUE_LIMIT]


def _inner(value: Any, depth: int) -> str:
    """The text of a wrapped value (`{"#text": …}`, `{"Value": …}`), or the object as JSON."""
    for _ in range(WRAPPED_LIMIT):
        if not isinstance(value, dict):
            return text_of(value, depth)
        name = next((each for each in ("#text", "Value", "value") if each in value), None)
        if name is None:
            break
        value = value[name]
    try:
        return msgspec.json.encode(value).decode("utf-8", "replace")
    except (TypeError, ValueError, RecursionError):
        return ""


def time_of(value: Any) -> datetime | None:
    """A time in UTC: ISO 8601, `/Date(ms)/`, seconds of 1970, or a Windows date with a clear order.

    A time without a zone is taken for UTC, as event logs keep it.
    """
    if isinstance(value, dict):
        value = next((value[n] for n in ("value", "DateTime", "#text") if n in value), None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_seconds(value)
    if not isinstance(value, str) or not value:
        return None
    return _from_text(value[:64])


def _from_seconds(value: float) -> datetime | None:
    try:
        # Milliseconds of 1970 have three digits more than seconds.
        return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _from_text(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return _from_odd_text(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else _in_utc(found)


def _in_utc(found: datetime) -> datetime | None:
    try:
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from_odd_text(text: str) -> datetime | None:
    if _SECONDS.fullmatch(text):
        return _from_seconds(float(text))
    milliseconds = _MILLISECONDS.match(text)
    if milliseconds is not None:
        return _from_seconds(int(milliseconds[1]) / 1000)
    named = _NAMED.fullmatch(text)
    if named is not None and named[1] in _MONTHS:
        return _from_text(f"{named[3]}-{_MONTHS.index(named[1]) + 1:02}-{int(named[2]):02}")
    written = _DATE.match(text)
    if written is None:
        return None
    first, second, third, hour, minute, rest = (int(each or 0) for each in written.groups())
    mark = _MARK.search(text)
    if mark is not None:
        hour = hour % 12 + (12 if mark[1].upper() == "PM" else 0)
    if first > 31:
        year, month, day = first, second, third
    else:
        # `3/14/2021`: the United States write the month first, and with AM or PM; others do not.
        american = second > 12 or (first <= 12 and mark is not None)
        month, day = (first, second) if american else (second, first)
        year = third
    try:
        return datetime(year, month, day, hour, minute, rest, tzinfo=UTC)
    except ValueError:
        return None
