"""What an Office document carries: macros, templates and links from elsewhere, objects, DDE.

OLE files are searched for the names of their streams, which stand whole in directory entries
(MS-CFB 2.6.1), so that a file cut short or damaged on purpose still shows them; no allocation table
is followed. OOXML is read as the zip it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.formats.syntax import attachment_zip
from tocsin.formats.syntax.attachment_limits import Budget

PARTS_LIMIT = 40
"""Parts of an OOXML document that are unpacked: relations, the text itself, external links."""

PART_BYTES = 512 * 1024
"""Bytes unpacked of one part."""

OLE_LIMIT = 32 * 1024 * 1024
"""Bytes of an OLE file that are searched."""


def _wide(name: str) -> bytes:
    return name.encode("utf-16-le")


_MSI = bytes.fromhex("84100c0000000000c000000000000046")
_MSI_OTHER = bytes.fromhex("86100c0000000000c000000000000046")
_MESSAGE = bytes.fromhex("0b0d020000000000c000000000000046")
_STREAMS: tuple[tuple[bytes, str], ...] = (
    (_wide("_VBA_PROJECT"), "macro"),
    (_wide("PROJECTwm"), "macro"),
    (_wide("EncryptedPackage"), "encrypted"),
    (_wide("ObjectPool"), "embedded-object"),
    (_wide("\x01Ole10Native"), "embedded-object"),
)
_EXCEL = (_wide("Workbook\0"), _wide("Book\0"))
_WORD = _wide("WordDocument")
_SHEET = re.compile(rb"\x85\x00[\x08-\x60]\x00....[\x00-\x02](\x01)[\x01-\x1f]", re.DOTALL)
"""BOUNDSHEET8 of a macro sheet: dt = 1 (MS-XLS 2.4.28)."""
_LOCKED_BOOK = re.compile(
    rb"\x09\x08[\x08-\x10]\x00\x00[\x05\x06]\x05\x00.{4,12}?\x2f\x00[\x04-\xff][\x00\x01]",
    re.DOTALL,
)
"""FILEPASS behind the workbook's BOF (MS-XLS 2.4.117)."""
_DDE = re.compile(rb"(?i)\x13[^\x13-\x15]{0,20}DDE(?:AUTO)?\s")
_TEMPLATE = re.compile(_wide("http") + rb"(?:s\x00)?" + _wide("://") + rb"(?:[^\x00]\x00){3,200}")


def ole_kind(data: bytes) -> str:
    """What an OLE file is: `executable` for an installer, `mail` for a message, else `ole`."""
    head = data[: 1 << 20]
    if _MSI in head or _MSI_OTHER in head:
        return "executable"
    return "mail" if _MESSAGE in head else "ole"


def ole_traits(data: bytes) -> Iterator[str]:
    """What an OLE document carries."""
    data = data[:OLE_LIMIT]
    for name, trait in _STREAMS:
        if name in data:
            yield trait
    if any(name in data for name in _EXCEL):
        if _SHEET.search(data):
            yield "macro"
        if _LOCKED_BOOK.search(data[: 1 << 20]):
            yield "encrypted"
    elif _WORD in data:
        yield from _word(data)


def _word(data: bytes) -> Iterator[str]:
    """The file information block begins a sector: flag 0x0100 is encryption (MS-DOC 2.5.1)."""
    at = data.find(b"\xec\xa5\xc1\x00")
    if at >= 0 and at % 512 == 0 and data[at + 11 : at + 12] and data[at + 11] & 1:
        yield "encrypted"
    if b"DDE" in data and _DDE.search(data):
        yield "dde"
    if _wide(".dot") in data and any(b".\0d\0o\0t" in each[0] for each in _TEMPLATE.finditer(data)):
        yield "external-template"


_RELATION = re.compile(r"<Relationship\s[^<>]{0,4000}+>", re.IGNORECASE)
_OPEN_LINKS = ("/hyperlink", "/image", "/video", "/audio")
"""External relations that ordinary documents have: nothing is loaded before a click, or a picture."""
_DDE_FIELD = re.compile(
    r"(?i)(?:<w:instrText[^>]{0,200}>|w:instr=\")[^<]{0,200}\bDDE(?:AUTO)?\b|<(?:x:)?ddeLink\b"
)


def ooxml_traits(data: bytes, budget: Budget) -> Iterator[tuple[str, str]]:
    """(trait, the part that shows it) of an OOXML document."""
    read = 0
    for entry in attachment_zip.entries(data):
        if not budget.member():
            return
        name = entry.name.lower().replace("\\", "/")
        trait = _part(name)
        if trait:
            yield trait, entry.name
        if entry.encrypted:
            yield "encrypted", ""
        if read < PARTS_LIMIT and _wanted(name):
            read += 1
            for found in _looked_into(data, entry, name, budget):
                yield found, ""


def _part(name: str) -> str:
    if name.endswith(("vbaproject.bin", "/macrosheets/binaryindex1.bin")):
        return "macro"
    if "/macrosheets/" in name or "/intlmacrosheets/" in name:
        return "macro"
    if "/embeddings/" in name or "/activex/" in name:
        return "embedded-object"
    return ""


def _wanted(name: str) -> bool:
    return name.endswith(".rels") or name == "word/document.xml" or "/externallinks/" in name


def _looked_into(
    data: bytes, entry: attachment_zip.Entry, name: str, budget: Budget
) -> Iterator[str]:
    most = min(PART_BYTES, budget.room)
    raw = attachment_zip.packed_bytes(data, entry, most + 4096)
    body = attachment_zip.inflate(raw, entry.method, most) if most and not entry.encrypted else None
    budget.spend(max(len(raw), len(body or b"")))
    if not body:
        return
    text = body.decode("utf-8", "replace")
    if name.endswith(".rels"):
        for found in _RELATION.finditer(text):
            relation = found[0].lower()
            if "targetmode=" in relation and "external" in relation:
                yield from _external(relation)
    elif ("DDE" in text or "dde" in text) and _DDE_FIELD.search(text):
        yield "dde"


def _external(relation: str) -> Iterator[str]:
    if "/attachedtemplate" in relation:
        yield "external-template"
    elif any(f'{each}"' in relation or f"{each}'" in relation for each in _OPEN_LINKS):
        if "file:" in relation or "\\\\" in relation:
            yield "external-link"
        if "mhtml:" in relation or "ms-msdt:" in relation:
            yield "external-template"
    else:
        yield "external-link"
