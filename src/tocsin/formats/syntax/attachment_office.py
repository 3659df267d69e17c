"""What an Office document carries: macros, templates and links from elsewhere, objects, DDE.

OLE files are searched for the names of their streams, which stand whole in directory entries
(MS-CFB 2.6.1), so that a file cut short or damaged on purpose still shows them; no allocation table
is followed. OOXML is read as the zip it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from tocsin.formats.syntax import attachment_zip
from tocsin.formats.syntax.attachment_limits import Budget
from tocsin.formats.syntax.attachment_places import outside
from tocsin.formats.syntax.link_parts import parts_of

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


SHEETS_LIMIT = 8
"""Sheets of a workbook, or slides, that are searched."""

LINKS_LIMIT = 300
"""Links of one part that are looked at."""

_RELATION = re.compile(r"<(?:\w{1,20}:)?Relationship\s[^<>]{0,4000}+>", re.IGNORECASE)
_TYPE = re.compile(r"(?i)\btype\s{0,5}=\s{0,5}[\"'][^\"']{0,300}/(\w{1,60})[\"']")
_TARGET = re.compile(r"(?i)\btarget\s{0,5}=\s{0,5}[\"']([^\"']{1,3000})[\"']")
_CLICKED = frozenset(("hyperlink",))
_SHOWN = frozenset(("image", "video", "audio", "media"))
"""External relations that ordinary documents have: a picture, a film."""

_LOADED = frozenset(
    ("attachedtemplate", "oleobject", "frame", "subdocument", "package", "control", "customui",
     "afchunk", "webextension", "mailmergesource")
)  # fmt: skip
"""External relations that are loaded without a click."""

_HANDLERS = (
    "mhtml:",
    "ms-msdt:",
    "search-ms:",
    "ms-officecmd:",
    "script:",
    "ms-word:",
    "ms-excel:",
)
"""Schemes that hand an address to a program."""

_FIELDS = re.compile(
    r"<(?:\w{1,10}:)?instrText[^<>]{0,200}>([^<]{0,2000})<|\b(?:\w{1,10}:)?instr=\"([^\"<]{1,2000})\"|(<(?:\w{1,10}:)?fldChar\b)"
)
_DDE_FIELD = re.compile(r"(?i)\bDDE(?:AUTO)?\b")
_DDE_LINK = re.compile(r"(?i)<(?:x:)?ddeLink\b")
_LINK_FIELD = re.compile(r"(?i)\bHYPERLINK[\s\"“”]{1,10}((?:https?|ftp|file):[^\s\"”]{3,2000})")
_LOADING_FIELD = re.compile(r"(?i)\bINCLUDE(?:PICTURE|TEXT)[\s\"“”]{1,10}(?:https?:|\\\\)")
_FORMULA = re.compile(
    r"(?i)<f\b[^<>]{0,200}>[^<]{0,4000}?(HYPERLINK|WEBSERVICE|IMAGE)\(\s{0,5}\"((?:https?|ftp|file):[^\"<]{3,2000})\""
)


_CONNECTION = re.compile(r"\burl=\"((?:https?|ftp|file):[^\"<]{3,2000})\"")
"""Where a workbook fetches its data (ECMA-376-1, 18.13.10)."""


def ooxml_traits(data: bytes, budget: Budget) -> Iterator[tuple[str, str]]:
    """(trait, the part that shows it, or for `uri` the address) of an OOXML document."""
    read = sheets = 0
    for entry in attachment_zip.entries(data):
        if not budget.member():
            return
        name = entry.name.lower().replace("\\", "/").lstrip("/")
        trait = _part(name)
        if trait:
            yield trait, entry.name
        if entry.encrypted:
            yield "encrypted", ""
        sheet = name.startswith(_SHEETS) and name.endswith(".xml")
        sheets += sheet
        if read < PARTS_LIMIT and (_wanted(name) or (sheet and sheets <= SHEETS_LIMIT)):
            read += 1
            text = part_text(data, entry, budget)
            if text:
                yield from _looked_into(text, name)


_SHEETS = ("xl/worksheets/", "ppt/slides/")


def _part(name: str) -> str:
    if name.endswith(("vbaproject.bin", "/macrosheets/binaryindex1.bin")):
        return "macro"
    if "/macrosheets/" in name or "/intlmacrosheets/" in name:
        return "macro"
    if "/embeddings/" in name or "/activex/" in name:
        return "embedded-object"
    return ""


def _wanted(name: str) -> bool:
    return (
        name.endswith(".rels")
        or name.startswith(_WORDS)
        or "/externallinks/" in name
        or name == "xl/connections.xml"
    )


_WORDS = (
    "word/document",
    "word/header",
    "word/footer",
    "word/footnotes.xml",
    "word/comments.xml",
)


def part_text(data: bytes, entry: attachment_zip.Entry, budget: Budget) -> str:
    """One part of a document as text, as far as the limits go."""
    most = min(PART_BYTES, budget.room)
    raw = attachment_zip.packed_bytes(data, entry, most + 4096)
    body = attachment_zip.inflate(raw, entry.method, most) if most and not entry.encrypted else None
    budget.spend(max(len(raw), len(body or b"")))
    if not body:
        return ""
    wide = body[:2] in (b"\xff\xfe", b"\xfe\xff")
    return body.decode("utf-16" if wide else "utf-8", "replace")


def _looked_into(text: str, name: str) -> Iterator[tuple[str, str]]:
    if name.endswith(".rels"):
        yield from relations(text)
        return
    if name.startswith("xl/worksheets/"):
        yield from _formulas(text)
        return
    if name.startswith("ppt/slides/"):
        if "ppaction://program" in text:
            yield "launch", ""
        return
    if name == "xl/connections.xml":
        for count, found in enumerate(_CONNECTION.finditer(text)):
            if count >= LINKS_LIMIT:
                break
            yield "external-link", ""
            yield "uri", html.unescape(found[1])
        return
    if "instr" in text:
        yield from _instructions(text)
    if "ddeLink" in text and _DDE_LINK.search(text):
        yield "dde", ""


def relations(text: str) -> Iterator[tuple[str, str]]:
    """What the external relations of a part lead to (ECMA-376-2, 9.3)."""
    for found in _RELATION.finditer(text):
        relation = found[0]
        lower = relation.lower()
        if "targetmode" not in lower or "external" not in lower:
            continue
        kind, target = _TYPE.search(relation), _TARGET.search(relation)
        if target is not None:
            yield from _external(kind[1].lower() if kind else "", html.unescape(target[1]))


def _external(kind: str, target: str) -> Iterator[tuple[str, str]]:
    lower = target.lower().strip()
    if any(each in lower for each in _HANDLERS):
        yield "external-template", ""
    parts = parts_of(_share(target.strip()))
    if parts is not None and not outside(parts):
        parts = None  # a share of the organisation's own network
    if kind in _LOADED and parts is not None:
        yield "external-template", ""
    ordinary = kind in _CLICKED or kind in _SHOWN
    if not ordinary or (parts is not None and parts.scheme == "file"):
        yield "external-link", ""
    if parts is not None and kind not in _SHOWN:
        yield "uri", target


def _share(target: str) -> str:
    """The path of a share behind `file:`, as a share is written."""
    if target[:5].lower() == "file:" and "\\\\" in target[5:12]:
        return target[target.index("\\\\") :]
    if target[:8].lower() == "file:///" and target[8:10] == "//":
        return "file:" + target[8:]
    return target


def _formulas(text: str) -> Iterator[tuple[str, str]]:
    """Addresses that formulas of a sheet open, or ask by themselves."""
    if "://" not in text:
        return
    for count, found in enumerate(_FORMULA.finditer(text.replace("&quot;", '"'))):
        if count >= LINKS_LIMIT:
            return
        if found[1].upper() != "HYPERLINK":
            yield "external-link", ""
        yield "uri", html.unescape(found[2])


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """What the fields of a Word text do; each is read whole, in however many pieces it stands."""
    pieces: list[str] = []
    for found in _FIELDS.finditer(text):
        if found[3]:
            pieces.append("\n\n")
        else:
            pieces.append(found[1] if found[1] is not None else found[2] + "\n\n")
    fields = html.unescape("".join(pieces))
    if _DDE_FIELD.search(fields):
        yield "dde", ""
    if _LOADING_FIELD.search(fields):
        yield "external-link", ""
    for count, found in enumerate(_LINK_FIELD.finditer(fields)):
        if count >= LINKS_LIMIT:
            return
        yield "uri", found[1]
