"""What stands in one field of a log: moments, addresses, text in whatever encoding."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv4Address, IPv6Address, ip_address

ADDRESSES_LIMIT = 32
"""Addresses looked at in one list (`X-Forwarded-For`)."""

_WINDOWS_1252 = {
    0xDC00 + byte: bytes((byte,)).decode("cp1252", "replace") for byte in range(128, 256)
}
_WESTERN = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*([AaPp])?\.?[Mm]?\.?\s*(?:Z|UTC|GMT)?"
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_SEPARATORS = re.compile(r"[\s,;+]+")

_BRACKETED = re.compile(r"\[([0-9a-fA-F:.]+(?:%\w{1,32})?)\](?::\d{1,5})?")
_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")


def text_of(line: bytes) -> str:
    """A row as text: UTF-8, and byte by byte Windows-1252 where it is none."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode(errors="surrogateescape").translate(_WINDOWS_1252)


def moment(text: str) -> datetime | None:
    """A time as logs and their exports print it, in UTC; None for anything else.

    ISO 8601 is what Exchange writes; `6/30/2021 10:03:57 AM` and `30.06.2021 10:03:57` are what
    spreadsheets and Export-Csv make of it. Without a zone it is taken for UTC, as these logs are.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _printed(text)
    if len(text) < 16 or not _ISO.match(text):
        return None  # a bare number such as 20210303 is a date to Python, an id here
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None  # in the first or the last hours that a calendar has


def _printed(text: str) -> datetime | None:
    match = _WESTERN.fullmatch(text.strip()) if len(text) < 48 else None
    if match is None:
        return None
    one, sign, two, three = int(match[1]), match[2], int(match[3]), int(match[4])
    half = (match[9] or "").lower()
    if one > 31:
        year, month, day = one, two, three
    elif sign == "/" and (half or (one <= 12 and two > 12)):
        month, day, year = one, two, three
    elif sign == "/" and one <= 12:
        month, day, year = one, two, three  # 3/4/2021: Exchange's own culture is the American one
    else:
        day, month, year = one, two, three
    hour = int(match[5])
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    micro = int((match[8] or "0")[:6].ljust(6, "0"))
    try:
        return datetime(year, month, day, hour, int(match[6]), int(match[7] or 0), micro, UTC)
    except ValueError:
        return None


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NCSA = re.compile(r"(\d\d)/([A-Za-z]{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")


def ncsa_moment(text: str) -> datetime | None:
    """`03/Mar/2021:06:49:42 +0100` in UTC."""
    match = _NCSA.fullmatch(text)
    if match is None or match[2].lower() not in _MONTHS:
        return None
    away = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(away if match[7] == "+" else -away)
        return datetime(
            int(match[3]),
            _MONTHS.index(match[2].lower()) + 1,
            int(match[1]),
            int(match[4]),
            int(match[5]),
            int(match[6]),
            tzinfo=zone,
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def address(text: str) -> IPv4Address | IPv6Address | None:
    """An address without its port, brackets and zone (`fe80::1%9`); None if it is none."""
    if len(text) > 80:
        return None
    text = text.strip().strip('"')
    if match := _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text):
        text = match[1]
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def first_public(text: str) -> str:
    """The first address of a list that the internet routes; else its first address; else `text`.

    Proxies write what they were told before their own: `203.0.113.9, 10.0.0.4:51423`.
    """
    if _DOTTED.fullmatch(text):
        return text
    if "," not in text and ";" not in text and " " not in text and "+" not in text:
        found = address(text)
        return text if found is None or str(found) == text or "%" in text else str(found)
    known = [a for e in _SEPARATORS.split(text)[:ADDRESSES_LIMIT] if (a := address(e)) is not None]
    public = [each for each in known if each.is_global]
    return str((public or known)[0]) if known else text
