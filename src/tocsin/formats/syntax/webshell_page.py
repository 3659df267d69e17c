"""A page of a web site as one row: its name, what belongs in its folder, what our YARA rules say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO

from tocsin.formats.syntax.file_rows import file_row, row_text
from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.text_stream import head_text
from tocsin.formats.syntax.webshell_scan import (
    SCAN_LIMIT,
    TIME_LIMIT,
    Scan,
    plain_texts,
    scan,
    strong,
)
from tocsin.knowledge.shipped import is_code
from tocsin.model.text import N_, say

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of one page that are read for its digest."""

CONTENTS_LIMIT = 4000
"""Characters of a page that are shown where a rule matched."""

MAILBOX_RULE = "mailbox_export_with_code"
"""The rule by which a mailbox file is a page, whatever its name."""

_CHUNK = 1 << 20
_LANGUAGE = re.compile(r"language\s*=\s*\\?[\"']?\s*([A-Za-z#]{1,12})", re.IGNORECASE)
_COMPILED = re.compile(
    r"<preserve\b[^>]{0,500}\bvirtualPath=\"([^\"]{1,500})\"[^>]{0,1000}", re.IGNORECASE
)
_ASSEMBLY = re.compile(r"\bassembly=\"([^\"]{1,200})\"", re.IGNORECASE)
_MARKS = re.compile(
    r"<%|<script|<\?php|\brunat\b|\beval\b|\bRequest\b|<configuration", re.IGNORECASE
)


def page_records(stream: BinaryIO, source: str = "") -> Iterator[LogRecord | LogFault]:
    """The page as one record. source: its path, if it is known."""
    data, size, digest = _read(stream)
    text = head_text(data[:8192])
    compiled = _COMPILED.search(text)
    if compiled is not None:
        yield LogRecord("page", _compiled(compiled, text, source))
        return
    if size > SCAN_LIMIT:
        yield LogFault(
            "page", say(N_("only the first {limit} bytes were scanned"), limit=SCAN_LIMIT)
        )
    found = scan(data)
    if not found.complete:
        yield LogFault(
            "page",
            say(N_("not all rules for pages could be tried in {limit} seconds"), limit=TIME_LIMIT),
        )
    if size <= SCAN_LIMIT and data.rfind(b"<%") > data.rfind(b"%>"):
        yield LogFault("page", say(N_("its code has no end: the page is cut or damaged")))
    told = {"kind": "page", "size": str(size), "hash": digest}
    yield LogRecord("page", _page(data, found, source or "page", told))


def mailbox_records(stream: BinaryIO, source: str = "") -> Iterator[LogRecord | LogFault]:
    """A mailbox file as one record, but only if it is a page: by its name, or by code inside.

    Mailbox exports were used to write pages; a mailbox that is one yields nothing.
    """
    data = _exactly(stream, SCAN_LIMIT)
    found = scan(data)
    if is_code(source) or MAILBOX_RULE in found.names:
        yield LogRecord("page", _page(data, found, source or "mailbox.pst", {"kind": "mailbox"}))


def _page(data: bytes, found: Scan, path: str, told: dict[str, str]) -> bytes:
    names = found.names
    severity = ("strong" if strong(names) else "weak") if names else ""
    language = _LANGUAGE.search(head_text(data[:8192]))
    return row_text(
        file_row(
            path,
            yara="\n".join(names),
            severity=severity,
            language=language[1] if language is not None else "",
            Contents=_contents(data) if names else "",
            **told,
        )
    )


def _contents(data: bytes) -> str:
    """What is shown of a page: from a little before its first code on."""
    texts = plain_texts(data)
    text = data.decode("utf-8", "replace") if not texts or data.isascii() else texts[0]
    mark = _MARKS.search(text)
    start = max(0, mark.start() - 200) if mark is not None else 0
    shown = text[start : start + CONTENTS_LIMIT]
    return "".join(each if each.isprintable() or each in "\r\n\t" else "\ufffd" for each in shown)


def _compiled(compiled: re.Match[str], text: str, source: str) -> bytes:
    """ASP.NET's note that it compiled a page: the page was asked for at least once."""
    virtual = compiled[1]
    assembly = _ASSEMBLY.search(text)
    row = file_row(
        virtual.strip("/"),
        kind="compiled",
        virtualPath=virtual,
        assembly=assembly[1] if assembly is not None else "",
        raw=text[:CONTENTS_LIMIT],
    )
    if source:
        row["folder"] = source
    return row_text(row)


def _read(stream: BinaryIO) -> tuple[bytes, int, str]:
    """The bytes to be scanned, the size, and SHA-256 of at most `SIZE_LIMIT` bytes."""
    digest = hashlib.sha256()
    kept: list[bytes] = []
    size = 0
    while size < SIZE_LIMIT and (part := stream.read(_CHUNK)):
        digest.update(part)
        if size < SCAN_LIMIT:
            kept.append(part)
        size += len(part)
    return b"".join(kept), size, digest.hexdigest()


def _exactly(stream: BinaryIO, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(min(size, _CHUNK))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
