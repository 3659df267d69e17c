"""What an HTML, SVG or MHTML file does when it is opened: smuggles a file, asks for a password.

Searched as text, never parsed as a page and never run. A long page is searched at both ends.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from tocsin.formats.syntax.attachment_kinds import decoded, kind_of

PAGE_LIMIT = 1024 * 1024
"""Characters of a page that are searched, three quarters of them from its front."""

BLOBS_LIMIT = 20
"""Runs of base64 whose first bytes are looked at."""

BLOB_HEAD = 1400
"""Letters of base64 that are decoded."""

_MAKES = re.compile(
    r"\batob\s*\(|\bunescape\s*\(|fromcharcode|new\s+blob\b|uint8array|decodeuricomponent\s*\(|"
    r"\bbtoa\s*\(|parseint\s*\(|charcodeat"
)
_GIVES = re.compile(
    r"createobjecturl|mssaveoropenblob|mssaveblob|\.download\s*=|setattribute\s*\(\s*['\"]download|"
    r"href\s*=\s*['\"]?data:application/|\bdownload\s*=\s*['\"]|navigator\.mssave"
)
_WRITES = re.compile(
    r"document\.write|\beval\s*\(|innerhtml\s*=|new\s+function\s*\(|document\.open"
)
_SCRIPT = re.compile(
    r"<\s*script\b|\bon(?:load|error|click|mouseover)\s*=|href\s*=\s*['\"]?\s*javascript:"
)
_PASSWORD = re.compile(r"<input\b[^>]{0,500}\btype\s*=\s*['\"]?password")
_ELSEWHERE = re.compile(r"<form\b[^>]{0,1000}\baction\s*=\s*['\"]?\s*https?://")
_SENDS = re.compile(
    r"api\.telegram\.org/bot|\$\.(?:post|ajax)\s*\(|xmlhttprequest|\bfetch\s*\(\s*['\"]https?:"
)
_MOVES = re.compile(
    r"http-equiv\s*=\s*['\"]?refresh|(?:window|document|top|self)\.location(?:\.href)?\s*=|"
    r"location\.(?:replace|assign)\s*\("
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{1000,}+")
_NUMBERS = re.compile(r"(?:(?:0x[0-9a-f]{1,2}|\d{1,3})\s{0,2},\s{0,2}){400}")
_SHARE = re.compile(
    r"file:/{2,5}[\w.-]{3,}|\bsrc\s*=\s*['\"]?\\\\\\\\[\w.-]{3,}|search-ms:|ms-msdt:|ms-officecmd:"
)
_CARRIED = frozenset(
    (
        "zip",
        "7z",
        "rar",
        "iso",
        "executable",
        "ole",
        "ooxml",
        "cab",
        "vhd",
        "lnk",
        "onenote",
        "gz",
        "udf",
    )
)


def page_text(data: bytes) -> str:
    """A page as text: its front and, where it is long, its end."""
    front = PAGE_LIMIT * 3 // 4
    if len(data) > PAGE_LIMIT:
        data = data[:front] + data[front - PAGE_LIMIT :]
    return decoded(data) or data.decode("latin-1")


def page_traits(text: str, *, svg: bool = False) -> Iterator[str]:
    """What a page shows that an honest one hardly needs, as an attachment."""
    lower = text.lower()
    script = _SCRIPT.search(lower) is not None
    if script:
        yield "script"
    heavy = _BASE64.search(text) is not None or _NUMBERS.search(lower) is not None
    makes = _MAKES.search(lower) is not None
    gives = _GIVES.search(lower) is not None
    writes = _WRITES.search(lower) is not None
    if (script and ((makes and gives) or (heavy and (makes or gives or writes)))) or (
        svg and script and (makes or gives or _MOVES.search(lower))
    ):
        yield "smuggling"
    if (
        _PASSWORD.search(lower)
        or (_ELSEWHERE.search(lower) and "password" in lower)
        or (script and "password" in lower and _SENDS.search(lower))
    ):
        yield "credential-form"
    if _MOVES.search(lower):
        yield "redirect"
    if _SHARE.search(lower):
        yield "smb"
    if "activemime" in lower or "qwn0axzltwltzq" in lower:
        yield "macro"


def carried(text: str) -> Iterator[str]:
    """Kinds of the files that a page carries in base64."""
    for count, found in enumerate(_BASE64.finditer(text)):
        if count >= BLOBS_LIMIT:
            return
        raw = found[0][:BLOB_HEAD]
        try:
            head = base64.b64decode(raw[: len(raw) & ~3])
        except (binascii.Error, ValueError):
            continue
        kind = kind_of(head)
        if kind in _CARRIED or (kind == "html" and b"<" in head[:200]):
            yield kind
