"""Shortcuts, queries and tables: where they lead and what a table program would run of them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from tocsin.formats.syntax.attachment_kinds import decoded, extension_of

TABLE_LIMIT = 1024 * 1024
"""Characters of a table that are searched."""

START_LIMIT = 64 * 1024
"""Bytes of a shortcut that are read."""

FOUND_LIMIT = 200
"""Formulas and links that are looked at."""

_TABLES = frozenset(("csv", "tsv", "tab", "txt", "slk", "iqy", "dif", "prn", "xls"))
"""Extensions of texts that a table program opens."""

_PIPE = re.compile(r"\|[ ]{0,3}(?:['\"][^\r\n|]{0,1000}?['\"]|[\w./\\:\-]{1,300}+)!")
"""`|'what'!` of a formula that asks another program: `=program|'what'!place`."""

_PROGRAM = re.compile(r"(?<![\w.])[A-Za-z][\w.]{1,30}\Z")
_BEGINS = re.compile(r"(?:^|[,;\t\"'\r\n])[ \"']{0,5}([=+@\-])[^\r\n|]*\Z")
_PIPES_LIMIT = 5000
"""Such places that are looked at."""

_PROSE = frozenset(("txt", "prn"))
"""Extensions under which lines begin with `+` or `-` for other reasons."""

_REACH = 300
"""Characters in front of it in which a formula may begin."""

_FUNCTIONS = (
    "hyperlink", "webservice", "importxml", "importdata", "importhtml", "importfeed", "image",
)  # fmt: skip
_OPENS = re.compile(
    rf"(?i)\b({'|'.join(_FUNCTIONS)})\([ \"']{{0,6}}"
    r"((?:https?|ftp|file):[^\s\"'<>]{3,2000}+)"
)
_BEGUN = re.compile(r"(?:^|[,;\t\"\r\n])[ \"']{0,5}[=+@\-][^\r\n]*\Z|;E[^\r\n;]*\Z")
_CALLS = re.compile(r"(?i);E(?:[^\r\n]{0,200}?\b)?(?:EXEC|CALL|REGISTER|RUN|FOPEN|FWRITE(?:LN)?)\(")
_ADDRESS = re.compile(
    r"(?i)(?:https?|ftp|file):/{2}[^\s\"'<>|]{3,1000}|\\\\[\w.\-]{3,200}(?:@[\w]{1,5}){0,2}\\[^\s\"'<>|]{1,300}"
)
_REMOTE = re.compile(r"(?m)^(?:full address|alternate full address|gatewayhostname):s:([\w.\-]{3,253})", re.IGNORECASE)  # fmt: skip
_NAMESPACES = ("schemas.", "www.w3.org", "java.sun.com/", "www.apple.com/dtds")


def table_traits(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """(trait, or `uri` and the address) of a text that a table program would open."""
    if extension_of(name) not in _TABLES:
        return
    text = decoded(data[:TABLE_LIMIT])
    if text is None:
        return
    if "|" in text and "!" in text and _asks_program(text, prose=extension_of(name) in _PROSE):
        yield "dde", ""
    if text[:4].upper() == "ID;P" and _CALLS.search(text):
        yield "macro", ""
    lower = text.lower() if "(" in text and "://" in text else ""
    if lower and any(f"{each}(" in lower for each in _FUNCTIONS):
        for count, found in enumerate(_OPENS.finditer(text)):
            if count >= FOUND_LIMIT:
                return
            if not _BEGUN.search(text[max(0, found.start() - _REACH) : found.start()]):
                continue
            if found[1].upper() != "HYPERLINK":
                yield "external-link", ""
            yield "uri", found[2]


def _asks_program(text: str, *, prose: bool) -> bool:
    for count, found in enumerate(_PIPE.finditer(text)):
        if count >= _PIPES_LIMIT:
            break
        before = text[max(0, found.start() - _REACH) : found.start()]
        if _PROGRAM.search(before[-32:]):
            cell = _BEGINS.search(before)
            if cell is not None and (not prose or cell[1] in "=@"):
                return True
    return False


def started_links(data: bytes) -> Iterator[str]:
    """The addresses in a shortcut or a query, those of its schemas left out."""
    text = decoded(data[:START_LIMIT])
    if text is None:
        return
    text = html.unescape(text) if "<" in text[:200] else text
    for count, found in enumerate(_ADDRESS.finditer(text)):
        if count >= FOUND_LIMIT:
            break
        if not found[0].partition("://")[2].lower().startswith(_NAMESPACES):
            yield found[0]
    for found in _REMOTE.finditer(text):
        yield f"rdp://{found[1]}/"
