"""Calendar entries and cards (RFC 5545, RFC 6350, vCalendar 1.0): where they lead, what they carry."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator

from tocsin.formats.syntax.attachment_limits import Budget, Member
from tocsin.formats.syntax.attachment_pages import page_links
from tocsin.formats.syntax.link_finding import find

CALENDAR_LIMIT = 512 * 1024
"""Characters of a calendar that are searched for links."""

CARRIED_BYTES = 4 * 1024 * 1024
"""Bytes in which carried files are looked for."""

LINES_LIMIT = 20_000
"""Lines of one that are looked at."""

LINKS_LIMIT = 200
"""Links of one calendar that are looked at."""

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r"(?m)^(?:[\w-]{1,60}\.)?([A-Za-z][\w-]{0,60}+)((?:;[^\s\":;]{1,100}(?:\"[^\"\n]{0,2000}\")?[^\s\":;]{0,100})*+):"
    r"([^\r\n]*)"
)
_NAMED = re.compile(r"(?i)[;-](?:FILENAME|FILE-NAME|NAME|LABEL)=\"?([^\";:\r\n]{1,200})")
_UNSPOKEN = frozenset(("uid", "prodid", "tzurl", "tzid", "organizer", "attendee", "begin", "end", "photo", "logo", "key", "sound", "dtstart", "dtend", "dtstamp"))  # fmt: skip
"""Properties that hold identities, times or pictures: no reader is led by them."""

_ESCAPE = re.compile(r"\\(.)")


def calendar_links(data: bytes) -> Iterator[str]:
    """The addresses that a reader is shown or can follow."""
    if b"://" not in data and b"www." not in data.lower() and b"\n " not in data:
        return
    text = data[:CALENDAR_LIMIT].decode("utf-8", "replace")
    left = LINKS_LIMIT
    for name, said, value in _lines(text):
        if name in _UNSPOKEN or "BASE64" in said.upper():
            continue
        if "QUOTED-PRINTABLE" in said.upper():
            value = quopri.decodestring(value.encode()).decode("utf-8", "replace")  # noqa: PLW2901
        for url in _of_value(said, value):
            yield url
            left -= 1
            if left <= 0:
                return


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """(name, parameters, value), unfolded."""
    if "QUOTED-PRINTABLE" in text or "quoted-printable" in text:
        text = text.replace("=\r\n", "").replace("=\n", "")
    for count, found in enumerate(_LINE.finditer(_FOLD.sub("", text))):
        if count >= LINES_LIMIT:
            return
        yield found[1].lower(), found[2], found[3]


def _of_value(said: str, value: str) -> Iterator[str]:
    value = _ESCAPE.sub(lambda e: "\n" if e[1] in "nN" else e[1], value)
    if "://" in said:
        yield from (each.url for each in find(said, LINKS_LIMIT))
    if "<" in value:
        yield from page_links(value)
    if "text/html" in said.lower():
        return
    if "://" in value or "www." in value.lower():
        for each in find(value, LINKS_LIMIT):
            if "bare" not in each.marks:
                yield each.url


def calendar_files(data: bytes, budget: Budget) -> Iterator[Member]:
    """Files that stand in it in base64 (RFC 5545, 3.8.1.1), as far as the limits go."""
    if b"BASE64" not in data and b"base64" not in data:
        return
    text = data[:CARRIED_BYTES].decode("latin-1")
    for name, said, value in _lines(text):
        if name != "attach" or "BASE64" not in said.upper() or not budget.member():
            continue
        try:
            body = base64.b64decode(value[: len(value) & ~3])[: budget.room]
        except (binascii.Error, ValueError):
            body = b""
        budget.spend(len(body))
        named = _NAMED.search(said)
        yield Member(named[1] if named else "attached", len(body), len(body), body)
