"""Text out of a mail's bytes: character sets as they are really labelled, and RFC 2047.

Labels lie: `"u"tf-8`, `unknown-8bit`, UTF-8 under us-ascii, Windows-1252 under iso-8859-1. What
does not decode as it says is tried as UTF-8, then read as Windows-1252, which never fails.
"""

from __future__ import annotations

import binascii
import codecs
import re
from functools import lru_cache

PIECES_LIMIT = 100_000
"""Pieces of base64 in one part that are decoded each by itself."""

_NO_BASE64 = bytes(
    each
    for each in range(256)
    if each not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)
_CODED = re.compile(r"=\?([^?\s]{0,80})\?([bq])\?", re.IGNORECASE)
_CODED_AGAIN = re.compile(r"[ \t\r\n]*=\?([^?\s]{0,80})\?([bq])\?", re.IGNORECASE)
_PIECES = re.compile(rb"[^=]+")
_SPACES = re.compile(r"[\s\x00]+")
_LABEL = re.compile(r"[^A-Za-z0-9_.:-]")

_SAME = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "hz-gb-2312": "hz",
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932", "x-sjis": "cp932",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252", "iso-8859-8-i": "iso-8859-8", "iso-8859-9": "cp1254",
    "windows-874": "cp874", "tis-620": "cp874", "x-mac-roman": "mac-roman", "ansi": "cp1252",
    "macintosh": "mac-roman", "unicode-1-1-utf-7": "utf-7", "utf8mb4": "utf-8",
    "unicode": "utf-16", "x-user-defined": "cp1252",
    # Windows' numbers of code pages, by which Outlook's properties name what Python calls otherwise.
    "cp28591": "cp1252", "cp28592": "iso-8859-2", "cp28593": "iso-8859-3", "cp28594": "iso-8859-4",
    "cp28595": "iso-8859-5", "cp28596": "iso-8859-6", "cp28597": "iso-8859-7",
    "cp28598": "iso-8859-8", "cp38598": "iso-8859-8", "cp28599": "cp1254",
    "cp28603": "iso-8859-13", "cp28605": "iso-8859-15", "cp20866": "koi8-r", "cp21866": "koi8-u",
    "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "cp50222": "iso-2022-jp",
    "cp50225": "iso-2022-kr", "cp20932": "euc-jp", "cp51932": "euc-jp", "cp51949": "cp949",
    "cp936": "gb18030", "cp51936": "gb18030", "cp54936": "gb18030", "cp52936": "hz",
    "cp10000": "mac-roman", "cp20127": "cp1252",
}  # fmt: skip
"""Labels that Python lacks, and supersets that are what is really written under a label."""

_UNFIT = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined",
                    "mbcs", "oem", "ascii", "rot13"})  # fmt: skip
"""Codecs that no mail is written in, or that take quadratic time; plain ASCII is tried anyway."""


@lru_cache(maxsize=1024)
def codec(label: str) -> str:
    """Python's name of a character set; empty when there is none or it says nothing."""
    clean = _LABEL.sub("", label).strip("._:-").lower()[:40]
    clean = _SAME.get(clean, clean)
    try:
        found = codecs.lookup(clean)
    except (LookupError, ValueError):
        return ""
    usable = getattr(found, "_is_text_encoding", True) and found.name not in _UNFIT
    return found.name if usable else ""


def text_of(data: bytes, label: str = "") -> str:
    """Bytes as text, whatever their label claims."""
    if data.isascii() and b"\x1b" not in data and (not label or _plain(label)):
        return data.decode("ascii")
    name = codec(label) if label else ""
    if name and name not in ("cp1252", "utf-8"):
        try:
            return _whole(data.decode(name), name)
        except (UnicodeError, ValueError):
            pass
    try:
        # Valid UTF-8 is hardly ever anything else; only Windows-1252 is asked after it.
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if name and name not in ("cp1252", "utf-8"):
        damaged = data.decode(name, errors="replace")
        if damaged.count("�") * 20 <= len(damaged):
            return _whole(damaged, name)
    if name == "utf-8":
        damaged = data.decode("utf-8", errors="replace")
        if damaged.count("�") * 20 <= len(damaged):
            return damaged
    return data.decode("cp1252", errors="replace")


def _whole(text: str, name: str) -> str:
    """The text without halves of letters, which UTF-7 alone lets through and nothing can write."""
    if name != "utf-7":
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@lru_cache(maxsize=1024)
def _plain(label: str) -> bool:
    """Whether ASCII bytes mean ASCII under this label (they do not in UTF-16, UTF-7, HZ)."""
    return codec(label) not in ("utf-7", "hz") and not codec(label).startswith(("utf-16", "utf-32"))


def base64_bytes(data: bytes) -> bytes:
    """Base64 as tolerant as mail programs are: foreign characters skipped, a torn end kept."""
    stripped = data.rstrip(b"=\r\n \t")
    if b"=" not in stripped:
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            return _quads(stripped)
    # Pieces that were encoded one by one and put together; of too many the rest is taken as one.
    found = bytearray()
    end = 0
    for count, piece in enumerate(_PIECES.finditer(stripped)):
        if count >= PIECES_LIMIT:
            break
        found += _quads(piece[0])
        end = piece.end()
    return bytes(found + _quads(stripped[end:])) if end < len(stripped) else bytes(found)


def _quads(data: bytes) -> bytes:
    clean = data.translate(None, delete=_NO_BASE64)
    spare = len(clean) % 4
    if spare == 1:
        clean = clean[:-1]
    elif spare:
        clean += b"=" * (4 - spare)
    return binascii.a2b_base64(clean)


def header_text(value: bytes) -> str:
    """A field's value as a reader sees it: unfolded, encoded words decoded, white space as one."""
    text = value.decode("ascii") if value.isascii() else text_of(value)
    if "=?" in text:
        text = decoded(text)
    return " ".join(text.split())


def decoded(text: str) -> str:
    """Encoded words of RFC 2047 decoded, wherever they stand; what is none stays as it is.

    Words that follow each other are joined before they are decoded, since programs split letters
    between them. Linear: each end is searched once, and without one the search is over.
    """
    pieces: list[str] = []
    position = 0
    while found := _CODED.search(text, position):
        pieces.append(text[position : found.start()])
        word: re.Match[str] | None = found
        held, label = b"", found[1]
        while word is not None:
            end = text.find("?=", word.end())
            if end < 0:
                break
            if word[1].lower() != label.lower():
                pieces.append(text_of(held, _charset(label)))
                held, label = b"", word[1]
            held += _bytes_of(word[2], text[word.end() : end])
            position = end + 2
            word = _CODED_AGAIN.match(text, position)
        pieces.append(text_of(held, _charset(label)))
        if word is not None:  # no end: nothing further can be a word
            position = max(position, found.start())
            break
    pieces.append(text[position:])
    return "".join(pieces)


def _charset(label: str) -> str:
    return label.partition("*")[0]  # RFC 2231 puts a language behind it


def _bytes_of(kind: str, coded: str) -> bytes:
    data = coded.encode("utf-8", errors="replace")
    if kind in "bB":
        return base64_bytes(data)
    return binascii.a2b_qp(data, header=True)


def folded(text: str, limit: int) -> str:
    """White space and NUL as one blank, cut to so many characters."""
    return _SPACES.sub(" ", text[: limit * 4]).strip()[:limit]
