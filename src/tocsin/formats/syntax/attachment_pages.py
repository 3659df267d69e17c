"""What an HTML, SVG or MHTML file does when it is opened: smuggles a file, asks for a password.

Searched as text, never parsed as a page and never run. A long page is searched at both ends.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator, Sequence

from tocsin.formats.syntax.attachment_kinds import decoded, kind_of

PAGE_LIMIT = 1024 * 1024
"""Characters of a page that are searched, three quarters of them from its front."""

BLOBS_LIMIT = 20
"""Runs of base64 whose first bytes are looked at."""

BLOB_HEAD = 1400
"""Letters of base64 that are decoded."""

_SCRIPTED = (
    "<script",
    ":script",
    "javascript:",
    "onload",
    "onerror",
    "onclick",
    "onmouseover",
    "onbegin",
)
_MAKES = (
    "atob", "unescape", "fromcharcode", "new blob", "uint8array", "decodeuricomponent", "charcodeat",
    "parseint",
)  # fmt: skip
"""Words by which a script turns text into a file's bytes."""

_GIVES = (
    "createobjecturl", "mssaveoropenblob", "mssaveblob", ".download", '"download"', "'download'",
    "data:application/", " download=",
)  # fmt: skip
"""Words by which it hands that file to the reader."""

_WRITES = ("document.write", "eval(", "innerhtml", "new function", "document.open", "document[")
_PASSWORD = re.compile(r"<input\b[^<>]{0,500}\btype\s*=\s*['\"]?password")
_ELSEWHERE = re.compile(r"<form\b[^<>]{0,1000}\baction\s*=\s*+(?:['\"]\s*+)?+https?://")
_SENDS = ("api.telegram.org/bot", "$.post", "$.ajax", "xmlhttprequest", "fetch(")
_MOVES = re.compile(
    r"http-equiv\s*=\s*['\"]?refresh|(?:window|document|top|self)\.location(?:\.href)?\s*=|"
    r"location\.(?:replace|assign)\s*\("
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{1000,}+")
_NUMBERS = re.compile(r"(?:(?:0x[0-9a-f]{1,2}|\d{1,3})\s{0,2},\s{0,2}){400}")
_FILLED = re.compile(
    r"<(?:textarea|select)\b|<input\b[^<>]{0,300}?\b(?:type\s{0,3}=\s{0,3}['\"]?(?:text|email|tel|number)|"
    r"name\s{0,3}=\s{0,3}['\"]?(?:user|login|e?mail|pass|pin|otp))"
)
"""Fields that a reader fills in."""

_SPELT: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"(?:%[0-9a-f]{2}){20,}+"), 300),
    (re.compile(r"(?:\\x[0-9a-f]{2}){20,}+"), 400),
    (re.compile(r"(?:[%\\]u00[0-9a-f]{2}){20,}+"), 600),
    (re.compile(r"['\"`>][0-9a-f]{64,}+"), 2000),
)
"""A page spelt letter by letter, and from how many characters on."""

_DATA_PAGE = re.compile(
    r"(?:href|src|data|action|url|location|content)\s{0,3}[=(]\s{0,3}['\"]?(?:\d{1,3};\s{0,3}url=)?data:(?:text/html|application/(?!font|x-font|vnd\.ms-font|json|pdf)|image/svg\+xml;base64,phn)"
)
_TAGS = re.compile(
    r"<(?:svg:)?(?:a|area|form|iframe|frame|script|embed|object|button|input|meta|base)\b([^<>]{1,4000}+)",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r"(?i)(?:\b(?:href|action|formaction|src|data)\s{0,3}=\s{0,3}|;\s{0,3}url\s{0,3}=\s{0,3})['\"]?\s{0,3}"
    r"((?:(?:https?|ftp|file):)?[\\/]{2}[^\s\"'<>]{3,2000})"
)
_QUOTED = re.compile(r"['\"`]((?:[hH][tT]{2}[pP][sS]?:)?//[^\s\"'`<>]{3,2000}+)")
_SENDER = re.compile(
    r"(?i)(?:location(?:\.href)?\s{0,3}=|(?:location\.(?:replace|assign)|\bopen|\bfetch|\$\.(?:post|get))\s{0,3}\(|"
    r"\.open\s{0,3}\(\s{0,3}['\"](?:post|get)['\"]\s{0,3},|\burl\s{0,3}:|\.(?:action|src|href)\s{0,3}=)\s{0,3}\Z"
)
"""What stands before an address that a script goes or sends to."""

_SENDER_REACH = 60
"""Characters in which that stands."""

_QUOTED_LIMIT = 2000
"""Quoted addresses that are looked at."""

_HIDDEN = re.compile(r"(?<![A-Za-z0-9+/=_-])aHR0c[A-Za-z0-9+/]{9,400}+={0,2}")
"""`http` as base64 spells it."""

_HIDDEN_TEXT = re.compile(r"['\"`]aHR0c[A-Za-z0-9+/]{9,400}+={0,2}['\"`]")

_PAGE_PACKED = re.compile(
    r"['\"`](?:PGh0bW|PCFET0|PCFkb2|PHNjcmlw|PGZvcm|PGlmcmFt|PG1ldG|PGJvZH|PEhUTU|PHN2Zy)[A-Za-z0-9+/]{20}"
)
"""How a page begins in base64."""

LINKS_LIMIT = 300
"""Links of a page that are looked at."""

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
    script = _any(_SCRIPTED, lower)
    moves = ("refresh" in lower or "location" in lower) and _MOVES.search(lower) is not None
    if script:
        yield "script"
        if _smuggles(text, lower) or (svg and (moves or _any((*_MAKES, *_GIVES), lower))):
            yield "smuggling"
    elif "data:" in lower and _DATA_PAGE.search(lower):
        yield "smuggling"
    if _asks(lower, script=script):
        yield "credential-form"
    if script and "aHR0c" in text and _HIDDEN_TEXT.search(text):
        yield "hidden-link"
    if moves:
        yield "redirect"
    if _any(("file:/", "\\\\", "search-ms:", "ms-msdt:", "ms-officecmd:"), lower) and _SHARE.search(
        lower
    ):
        yield "smb"
    if "activemime" in lower or "qwn0axzltwltzq" in lower:
        yield "macro"


def _asks(lower: str, *, script: bool) -> bool:
    """Whether it asks for a password, or for anything that is sent elsewhere."""
    if "password" in lower and (
        _PASSWORD.search(lower) or _ELSEWHERE.search(lower) or (script and _any(_SENDS, lower))
    ):
        return True
    return "<form" in lower and bool(_ELSEWHERE.search(lower) and _FILLED.search(lower))


def page_links(text: str) -> Iterator[str]:
    """Where a page leads: links, forms, frames, scripts, moves; also where base64 hides it.

    Pictures and styles lead no reader anywhere.
    """
    for count, tag in enumerate(_TAGS.finditer(text)):
        if count >= LINKS_LIMIT:
            break
        for found in _LEADS.finditer(tag[1]):
            yield _address(found[1])
    for count, found in enumerate(_QUOTED.finditer(text)):
        if count >= _QUOTED_LIMIT:
            break
        at = found.start()
        if _SENDER.search(text[max(0, at - _SENDER_REACH) : at]):
            yield _address(found[1])
    for count, found in enumerate(_HIDDEN.finditer(text) if "aHR0c" in text else ()):
        if count >= LINKS_LIMIT:
            break
        raw = found[0].rstrip("=")
        yield base64.b64decode(raw[: len(raw) & ~3]).decode("latin-1")


def _address(written: str) -> str:
    address = html.unescape(written).replace("\\/", "/")
    return "http:" + address if address.startswith("//") else address


def _smuggles(text: str, lower: str) -> bool:
    """Whether a script makes a file and hands it over; or carries much and does either."""
    makes, gives = _any(_MAKES, lower), _any(_GIVES, lower)
    if makes and gives:
        return True
    if not (makes or gives or _any(_WRITES, lower)):
        return False
    if makes and _PAGE_PACKED.search(text):
        return True
    many = lower.count(",") > 400 and _NUMBERS.search(lower) is not None
    if makes and any(
        len(run[0]) >= most for spelt, most in _SPELT for run in spelt.finditer(lower)
    ):
        return True
    return many or _BASE64.search(text) is not None


def _any(words: Sequence[str], text: str) -> bool:
    return any(word in text for word in words)


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
