r"""Lines of CEF and LEEF taken apart: what stands before them, their header, their extension.

CEF: https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/pdfdoc/cef-implementation-standard/cef-implementation-standard.pdf;
LEEF: https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components. In CEF `\|`, `\=`, `\\` and
`\n` stand for themselves without the backslash; senders that escape nothing are common.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

FIELDS_LIMIT = 500
"""Fields of one line that are read."""

_BEGIN = re.compile(r"\b(?:CEF: ?[01](?:\.\d)?|LEEF: ?(?P<leef>[12])(?:\.\d)?)\|")
_BEFORE_LIMIT = 600
"""Characters before CEF or LEEF that syslog's head may have."""

_SYSLOG = re.compile(
    r"(?:.*?<\d{1,3}>)?(?:1 )?\s*(?P<stamp>\d{4}-\d\d-\d\d[T ][\d:.,]{8,18}(?:Z|[+-]\d\d:?\d\d)?|"
    r"[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?[\d:]{8}(?: \d{4})?)\s(?P<host>[\w.:-]{1,255})(?:\s|$)"
)
_PART = re.compile(r"((?:[^\\|]++|\\.)*+)\|", re.DOTALL)
_DELIMITER = re.compile(r"(?:0?x([0-9A-Fa-f]{2,4})|([^\w|]|\^))?\|")
_KEY = re.compile(r"(?:(?<=\s)|^)([A-Za-z_][\w.\[\]-]{0,99})=")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = frozenset('\\=nr|"')
_DRIVE = re.compile(r"(?:^|[\s\"'=,;(])[A-Za-z]:\\(?!\\)")
_SIGNS = {"n": "\n", "r": "\r"}


class SiemLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. leef: which of the two it is. number: what the sender calls this kind of event (a
    signature, an event's number). fields: of the extension, in order. host, stamp: of syslog's head,
    empty without one."""

    leef: bool
    vendor: str
    product: str
    number: str
    name: str
    fields: dict[str, str]
    host: str
    stamp: str


def begins(text: str) -> re.Match[str] | None:
    """Where CEF or LEEF begins in a line."""
    return _BEGIN.search(text[: _BEFORE_LIMIT + 20])


def siem_line(text: str) -> SiemLine | None:
    """What a line says; None if it is none of CEF or LEEF, or its header is not whole."""
    begin = begins(text)
    if begin is None:
        return None
    head = _SYSLOG.match(text[: begin.start()])
    parts: list[str] = []
    at = begin.end()
    wanted = 4 if begin["leef"] else 6
    while len(parts) < wanted:
        part = _PART.match(text, at)
        # LEEF without an extension, or its last bar.
        if part is None:
            return None
        parts.append(unescaped(part[1]).strip())
        at = part.end()
    if begin["leef"]:
        fields = _leef_fields(text[at:], second=begin["leef"] == "2")
    else:
        fields = _cef_fields(text[at:])
    return SiemLine(
        leef=bool(begin["leef"]),
        vendor=parts[0],
        product=parts[1],
        number=parts[3],
        name="" if begin["leef"] else parts[4],
        fields=fields,
        host=head["host"] if head is not None else "",
        stamp=head["stamp"] if head is not None else "",
    )


def _leef_fields(text: str, *, second: bool) -> dict[str, str]:
    delimiter = "\t"
    if second and (told := _DELIMITER.match(text)) is not None:
        delimiter = chr(int(told[1], 16)) if told[1] else told[2] or "\t"
        text = text[told.end() :]
    if delimiter == "\t" and "\t" not in text:
        text = text.replace("#011", "\t")
        if "\t" not in text:  # what relays make of tabs
            return _pairs(text, str)
    found: dict[str, str] = {}
    last = ""
    for each in text.split(delimiter)[: FIELDS_LIMIT * 4]:
        key, sign, value = each.partition("=")
        if sign and re.fullmatch(r"[\w.@:()\[\] -]{1,100}", key.strip()) and key.strip():
            last = key.strip()
            if len(found) < FIELDS_LIMIT:
                found.setdefault(last, value.strip("\r\n "))
        elif each.strip() and last in found:
            # A value that holds the delimiter itself, as lists of privileges do.
            found[last] += "\n" + each.strip()
    return found


def _cef_fields(text: str) -> dict[str, str]:
    return _pairs(text, unescaped)


def _pairs(text: str, read: Callable[[str], str]) -> dict[str, str]:
    """Keys and values parted by blanks; a value goes on to the next key."""
    keys = [each for each in _KEY.finditer(text) if _is_key(each[1])][:FIELDS_LIMIT]
    found: dict[str, str] = {}
    for number, key in enumerate(keys):
        end = keys[number + 1].start() if number + 1 < len(keys) else len(text)
        value = text[key.end() : end].strip()
        found.setdefault(key[1], read(value))
    return found


def _is_key(name: str) -> bool:
    """Not `ADDLOCAL=` of a command whose sign was not escaped."""
    return not (name.isupper() and name.isalpha())


def unescaped(text: str) -> str:
    """A value of CEF as it was before it was escaped; one that never was stays as it is."""
    if "\\" not in text:
        return text
    if _DRIVE.search(text) or any(each not in _ESCAPED for each in _ESCAPE.findall(text)):
        return text.replace("\\=", "=").replace("\\|", "|")
    return _ESCAPE.sub(lambda found: _SIGNS.get(found[1], found[1]), text)
