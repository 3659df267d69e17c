"""Pages of a web site: ASP.NET, classic ASP, PHP, JSP, and what is only dressed as one.

Known by what a web server would run in them. Each is held against our YARA rules and against the list
of what Exchange ships; nothing of it is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.file_rows import file_event
from tocsin.formats.syntax.log_rows import RecordLog
from tocsin.formats.syntax.record_reading import looked
from tocsin.formats.syntax.text_stream import encoding_of
from tocsin.formats.syntax.webshell_page import page_records
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

BEGINNING = 1024
"""Bytes within which a text that does not begin as a page must show code."""

_CODE = re.compile(
    rb"<%\s*@|<script[^>]{0,200}\brunat\s*=\s*\\?[\"']?\s*server|<\?php\b|<\?=|<jsp:"
    rb"|<script[^>]{0,200}language\s*=\s*\\?[\"']?\s*(?:jscript|c#|vb)\b|<%\s*(?:=|eval|execute|dim|set|if|"
    rb"response|server|session|var|on\s+error|using|int|string|byte|try|for|//|'|/\*)",
    re.IGNORECASE,
)
_PAGES = (".aspx", ".ashx", ".asmx", ".asax", ".ascx", ".asp", ".cshtml")
"""Names by which IIS takes a file for a page that it runs."""

_ANYWHERE = re.compile(rb"<%|<\?php|runat\s*=", re.IGNORECASE)
_BEGINS = re.compile(
    rb"(?:<%|<\?(?:php|=|\s)|<!--|<!doctype|<html|<script|<asp:|<head|<jsp:|@(?:using|page|inherits|\{))",
    re.IGNORECASE,
)
_PLAIN = re.compile(rb"[^\r\n\"'`{}#\[\]]{0,300}")
_PICTURES = (b"GIF8", b"\xff\xd8", b"\x89PNG")
_RAZOR = re.compile(rb"@(?:using\s+System|functions\s*\{)", re.IGNORECASE)
_PRESERVE = re.compile(rb"\s*(?:<\?xml[^>]{0,200}>\s*)?<preserve\b[^>]{0,500}virtualPath=")
_SETTINGS = re.compile(rb"\b(?:External|Internal)Url\s*:[^\r\n]{0,500}<script", re.IGNORECASE)
_SIGN_IN = re.compile(rb"\bfunction\s+clkLgn\b|\bwindow\.clkLgn\s*=", re.IGNORECASE)
"""The script of Exchange's sign-in page, flogon.js: a page's code that runs at its reader's."""

_CERTIFICATE = re.compile(rb"\x30[\x81-\x84].{0,8000}(?:<%\s*@|<script[^>]{0,200}runat)", re.DOTALL)


def recognise(head: bytes) -> int:
    """Code that a web server runs, at the beginning of a text, or anywhere in what begins as a page."""
    encoding, skip = encoding_of(head)
    plain = head[skip:]
    if encoding != "utf-8":
        plain = plain.decode(encoding, "ignore").encode("ascii", "ignore")
    if _PRESERVE.match(plain) or _CERTIFICATE.match(plain):
        return 92
    if _SETTINGS.search(plain):
        return 90
    if _SIGN_IN.search(plain) and b"<" not in plain[:1]:
        return 82
    code = _CODE.search(plain)
    if _BEGINS.match(plain.lstrip()):
        return 84 if code is not None or _RAZOR.search(plain) else 0
    return 82 if code is not None and code.start() < BEGINNING and _is_page(plain, code) else 0


def claims(name: str, head: bytes, known: bool) -> bool:  # noqa: FBT001 - as `Format.claims` has it
    """Whether a web server would run it by its name, though it begins as a mailbox, a log or an answer
    of ours: what stands before the code does not matter there."""
    return name.lower().endswith(_PAGES) and (known or _ANYWHERE.search(head) is not None)


def _is_page(plain: bytes, code: re.Match[bytes]) -> bool:
    """Whether what stands before the code is no text that quotes it: blanks, one plain line, no text."""
    before = plain[: code.start()].strip()
    return b"\0" in before or before.startswith(_PICTURES) or _PLAIN.fullmatch(before) is not None


LOG = RecordLog(records=page_records, event=file_event, surface="files", named=page_records)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One `Look`: a page says nothing of servers."""
    del reading
    return looked(page_records(stream, at.source), at)


FORMAT = Format(
    name="web-page",
    title="Page of a web site",
    recognise=recognise,
    read=read,
    order=48,
    log=LOG,
    claims=claims,
)
