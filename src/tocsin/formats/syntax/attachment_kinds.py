"""What a file is by its bytes, and what its name promises.

The bytes decide (`kind_of`); a name only where bytes are plain text, of which a script is one kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.formats.syntax.attachment_text import kind_of_opening
from tocsin.knowledge.mail_tables import file_kinds

HEAD_LIMIT = 4096
"""Bytes at the front by which plain text is told from other things."""

_MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08PK", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"%PDF-", "pdf"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"MSCF\x00\x00\x00\x00", "cab"),
    (b"ISc(", "cab"),
    (b"LZIP\x01", "lzip"),
    (b"\x1f\x9d", "z"),
    (b"\x1f\xa0", "z"),
    (b"]\x00\x00\x80\x00", "lzma"),
    (b"]\x00\x00\x00\x01", "lzma"),
    (b"]\x00\x00\x00\x04", "lzma"),
    (b"MZ", "executable"),
    (b"\x7fELF", "executable"),
    (b"\xcf\xfa\xed\xfe", "executable"),
    (b"\xce\xfa\xed\xfe", "executable"),
    (b"\xca\xfe\xba\xbe", "executable"),
    (b"!<arch>\n", "executable"),
    (b"\xed\xab\xee\xdb", "executable"),
    (b"dex\n", "executable"),
    (b"ITSF\x03\x00\x00\x00", "chm"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "onenote"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "lnk"),
    (b"{\\rt", "rtf"),
    (b"vhdxfile", "vhd"),
    (b"conectix", "vhd"),
    (b"KDMV", "vhd"),
    (b"MSWIM\x00\x00\x00", "wim"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"\x00\x00\x01\x00", "image"),
    (b"\xd7\xcd\xc6\x9a", "image"),
    (b"\x01\x00\x00\x00\x58\x00\x00\x00", "image"),
    (b"ID3", "media"),
    (b"OggS", "media"),
    (b"fLaC", "media"),
    (b"\x1aE\xdf\xa3", "media"),
    (b"FLV\x01", "media"),
    (b"0&\xb2u\x8ef\xcf\x11", "media"),
    (b"#!AMR", "media"),
    (b"x\x9f>\x22", "tnef"),
    (b"\x78\x9f\x3e\x22", "tnef"),
    (b"!BDN", "mail"),
    (b"\x00\x01\x00\x00Standard ", "database"),
    (b"wOFF", "font"),
    (b"\x00\x01\x00\x00\x00", "font"),
    (b"\x60\xea", "arj"),
)
"""How files of a kind begin: their own specifications, and Apache Tika's tika-mimetypes.xml."""

_BY_FIRST: dict[int, list[tuple[bytes, str]]] = {}
for _magic, _kind in _MAGICS:
    _BY_FIRST.setdefault(_magic[0], []).append((_magic, _kind))

_MARKUP = re.compile(
    r"(?:<!--.{0,500}?-->\s*|<\?xml[^>]{0,200}\?>\s*|<!doctype\s+(?!svg)[^>]{0,300}>\s*)*+<(?P<tag>!?[a-z:]{1,40})",
    re.DOTALL,
)
_HTML_TAGS = frozenset((
    "html", "head", "body", "script", "meta", "title", "style", "div", "table", "form", "p", "br",
    "a", "img", "iframe", "center", "font", "span", "h1", "h2", "h3", "link", "base", "!doctype",
    "b", "i", "ul", "ol", "pre", "object", "embed",
))  # fmt: skip
_MAIL_FIELD = re.compile(
    r"(?:(?:received|return-path|delivered-to|mime-version|message-id|x-[\w-]{1,40}|from|date|to|subject|"
    r"dkim-signature|authentication-results|arc-seal|content-type|reply-to|references):[^\n]{0,2000}+\n(?:[ \t][^\n]{0,2000}+\n){0,40}+){2}"
)
_SCRIPT = re.compile(
    r"(?:wscript\.(?:shell|createobject|echo|sleep)|new activexobject|createobject\s*\(|"
    r"powershell(?:\.exe)?\s+-|invoke-expression|\biex\s*\(|downloadstring\(|start-process\s|"
    r"frombase64string|shell\.application|scripting\.filesystemobject|regsvr32|rundll32|mshta|"
    r"certutil\s+-|bitsadmin|msxml2\.xmlhttp)"
)
_PERCENT_TEXT = frozenset(b"\t\n\r\f\x1b") | frozenset(range(32, 256))
_NAMED_TEXT = {"script": "script", "html": "html", "mail": "mail"}
_SIGNATURES = ("application/pgp-signature", "pkcs7-signature", "x-pkcs7-signature")


def extension_of(name: str) -> str:
    """The last extension, lower case, as a file manager would take it."""
    return name.rstrip(". \t\r\n\0").rpartition(".")[2].strip().lower() if "." in name else ""


def class_of(name: str) -> str:
    """What a name's extension promises: `archive`, `script`, …; empty for none that matters."""
    return file_kinds().classes.get(extension_of(name), "")


def kind_of(data: bytes, name: str = "", declared: str = "") -> str:
    """What the bytes are; see `Attachment.kind` for the words."""
    if not data:
        return "unknown"
    for magic, kind in _BY_FIRST.get(data[0], ()):
        if data.startswith(magic):
            if kind == "zip":
                return _zip(data)
            if not (kind == "image" and magic == b"BM" and len(data) < 26):
                return kind
    kind = _further_in(data)
    if kind:
        return kind
    lower = declared.lower()
    if lower.endswith(_SIGNATURES) or name.lower() == "smime.p7s":
        return "signature"
    if "pkcs7-mime" in lower or name.lower() == "smime.p7m" or "pgp-encrypted" in lower:
        return "signature" if "signed" in lower else "encrypted"
    return _text(data, name, lower)


def _zip(data: bytes) -> str:
    head = data[:2048]
    if b"mimetypeapplication/vnd.oasis" in head:
        return "opendocument"
    if data[30:38] == b"mimetype" and b"META-INF/manifest.xml" in data[-65536:]:
        return "opendocument" if b"content.xml" in data[-65536:] else "zip"
    if b"[Content_Types].xml" in head or b"[Content_Types].xml" in data[-65536:]:
        return "ooxml"
    return "zip"


_FURTHER_IN: tuple[tuple[int, bytes, str], ...] = (
    (257, b"ustar", "tar"),
    (2, b"-lh", "lzh"),
    (2, b"-lz", "lzh"),
    (7, b"**ACE**", "ace"),
    (32769, b"CD001", "iso"),
    (32769, b"BEA01", "udf"),
    (32769, b"NSR02", "udf"),
    (32769, b"NSR03", "udf"),
)


def _further_in(data: bytes) -> str:
    """By magic numbers that do not stand at the front."""
    for at, magic, kind in _FURTHER_IN:
        if data.startswith(magic, at):
            return kind
    if data[4:8] == b"ftyp":
        return "image" if data[8:11] in (b"hei", b"avi", b"mif") else "media"
    if data[:4] == b"RIFF":
        return "image" if data[8:12] == b"WEBP" else "media"
    if data[-512:-504] == b"conectix":
        return "vhd"
    if data[-512:-508] == b"koly":
        return "disk"
    boot = len(data) > 1024 and data[510:512] == b"\x55\xaa"
    return "disk" if boot and data[0] in (0xEB, 0xE9, 0x33, 0xFA, 0) else ""


def _text(data: bytes, name: str, declared: str) -> str:
    text = decoded(data[:HEAD_LIMIT])
    if text is None:
        return "unknown"
    lower = text.lstrip("\ufeff \t\r\n").lower()
    kind = kind_of_opening(lower)
    if not kind and "%pdf-1." in lower[:1024]:
        kind = "pdf"
    if not kind and lower.startswith("<"):
        kind = _markup(lower)
        if kind == "html" and extension_of(name) in ("hta", "wsf"):
            kind = "script"
    return kind or _prose(lower, name, declared)


def _prose(lower: str, name: str, declared: str) -> str:
    """Which kind of text without a mark of its own in front."""
    if _MAIL_FIELD.match(lower):
        mixed = "multipart/related" in lower and class_of(name) in ("html", "office-legacy")
        return "mhtml" if mixed or "snapshot-content-location:" in lower else "mail"
    if declared.startswith("message/rfc822"):
        return "mail"
    named = _NAMED_TEXT.get(class_of(name), "")
    if named == "html":
        return "html" if "<" in lower else "text"
    if not named and extension_of(name) in ("", "txt") and _SCRIPT.search(lower):
        return "script"
    return named or "text"


def _markup(lower: str) -> str:
    if "<svg" in lower[:1500] and "<html" not in lower[:1500]:
        return "svg"
    found = _MARKUP.match(lower)
    if lower.startswith("<!doctype html") or (found and found["tag"] in _HTML_TAGS):
        return "html"
    return "xml" if lower.startswith("<?xml") else ""


def decoded(data: bytes) -> str | None:
    """Text for searching: UTF-16 by its mark, else one letter a byte. None where it is no text."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data[: len(data) & ~1].decode("utf-16", "replace")
    if len(data) >= 8 and data[1:8:2] == b"\0\0\0\0" and data[:8:2].isascii():
        return data[: len(data) & ~1].decode("utf-16-le", "replace")
    strange = len(data.translate(None, bytes(_PERCENT_TEXT)))
    return None if strange * 50 > len(data) else data.decode("latin-1")


_SHOWN = frozenset(
    ("archive", "disk-image", "executable", "script", "shortcut", "office-macro", "office-legacy",
     "office", "onenote", "html", "pdf")
)  # fmt: skip
RISKY = frozenset(("disk-image", "executable", "script", "shortcut", "office-macro", "onenote"))
"""Classes of names that do harm by being opened."""

_HARMLESS = frozenset(("pdf", "office", "office-legacy", "image", "media", "text", "html", "mail"))
_BACKWARDS = re.compile("[\u202b\u202d\u202e\u2066\u2067\u2068\u200f]")
_BLANKS = "\u2800\u3164\uffa0\u115f\u1160\u200b\u200c\u200d\u2060\ufeff\u00ad\u00a0"
"""Characters that show nothing."""

_PUSHED = re.compile(r"[\s" + _BLANKS + r"]{6}[^.]{0,20}\Z")
"""Blanks that push what follows out of sight."""


_PICTURED = frozenset(
    ("zip", "7z", "rar", "gz", "iso", "executable", "script", "html", "lnk", "shortcut", "onenote",
     "ole", "ooxml", "chm", "cab", "vhd")
)  # fmt: skip
_WRITTEN = frozenset(("executable", "lnk", "onenote", "iso", "vhd", "chm", "cab"))


def declared_otherwise(declared: str, kind: str) -> bool:
    """Whether a part calls itself a picture, a PDF or a text and its bytes are what runs or holds files.

    What a mail program does not know it may call anything; these it would not.
    """
    lower = declared.lower()
    if lower.startswith(("image/", "audio/", "video/", "application/pdf")):
        return kind in _PICTURED
    return lower in ("text/plain", "text/csv", "text/calendar", "text/html") and kind in _WRITTEN


def name_traits(name: str, kind: str) -> Iterator[str]:
    """What the name alone shows, and whether the bytes keep its promise."""
    group = class_of(name)
    if group in _SHOWN:
        yield f"named-{group}"
    if _BACKWARDS.search(name):
        yield "right-to-left-override"
    if group in RISKY or group == "html":
        stem = name.rstrip(". \t\r\n\0").rpartition(".")[0]
        before = class_of(stem.rstrip(". _\t" + _BLANKS))
        deceives = before in _HARMLESS and not (before == "text" and group in ("script", "html"))
        if deceives or _PUSHED.search(stem):
            yield "double-extension"
    promise = file_kinds().promises.get(extension_of(name))
    if promise is not None and kind not in promise:
        yield "mismatch"
