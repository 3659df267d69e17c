"""Dates in exports: what states its zone or is meant in UTC becomes ISO 8601 in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tocsin.formats.syntax.setting_syntax import Damage

_JSON = re.compile(r"\\?/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\\?/")
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_LOCAL = re.compile(
    r"(?:\w{1,12},? )?\d{1,4}([./\-\u200e ]+)\d{1,2}\1\d{1,4}[, ]+\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?\D{1,8})?"
)
"""`24.09.2020 14:00:52`, `3/16/2020 4:27:59 PM`: of no zone, and of no certain order."""


def iso_date(text: str) -> str | Damage:
    """The date in UTC, to the second; any other text as it is.

    A date without a zone is taken for UTC, as Exchange and Entra mean it. A date that no calendar
    has is unreadable.
    """
    # Most values are no date.
    if not text or not (text[0].isdecimal() or text[0] in "/\\"):
        return text
    try:
        if found := _JSON.fullmatch(text):
            return _printed(datetime.fromtimestamp(int(found[1]) / 1000, UTC))
        if found := _ISO.fullmatch(text):
            # Ticks have seven digits; they are left out.
            zone = found[3] or "+00:00"
            when = datetime.fromisoformat(f"{found[1]}{found[2] or ':00'}{zone}")
            return _printed(when.astimezone(UTC))
    except (ValueError, OverflowError, OSError):
        return Damage("unreadable")
    return text


def looks_local(text: str) -> bool:
    """Whether the text is a date as a culture prints it."""
    return len(text) < 60 and _LOCAL.fullmatch(text) is not None


def _printed(when: datetime) -> str:
    return when.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
