"""What the fields of a MIME part say: its type and the parameters of it (RFC 2045, 2183, 2231)."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from tocsin.formats.syntax.mail_words import decoded, folded, text_of

PARAMETERS_LIMIT = 200
"""Parameters of one field that are read."""

FIELD_LIMIT = 64 * 1024
"""Bytes of one field that are read."""

NAME_LIMIT = 255
"""Characters of a file's name that are kept."""

_PARAMETER = re.compile(
    rb";\s*([A-Za-z0-9_.%'*-]{1,60})\s*=\s*"
    rb"(?:\"((?:[^\"\\]|\\.)*+)\"?|([^;]*+))",
    re.DOTALL,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_PIECE = re.compile(rb"(.+?)\*(\d{1,3})(\*?)")
_TYPE = re.compile(rb"\s*([\w.+-]{1,60})\s*/\s*([\w.+-]{1,80})")


def content_type(value: bytes) -> tuple[bytes, bytes, str, bytes, str]:
    """Main type, subtype, charset, boundary, name. Values without a boundary are remembered."""
    if len(value) > 200 or b"oundary" in value:
        return _content_type(value)
    return _remembered(value)


def _content_type(value: bytes) -> tuple[bytes, bytes, str, bytes, str]:
    match = _TYPE.match(value)
    main, sub = (match[1].lower(), match[2].lower()) if match else (b"text", b"plain")
    if b"=" not in value:
        return main, sub, "", b"", ""
    given = parameters(value)
    charset, _ = given.get("charset", (b"", ""))
    boundary, _ = given.get("boundary", (b"", ""))
    name = given.get("name")
    return (
        main,
        sub,
        charset.decode("latin-1")[:80],
        boundary[:998],
        file_name(*name) if name else "",
    )


_remembered = lru_cache(maxsize=4096)(_content_type)


def disposition_of(value: bytes) -> tuple[str, str]:
    """Inline or attachment, and the file's name."""
    where = value.partition(b";")[0].strip().lower().decode("latin-1")[:40]
    if b"=" not in value:
        return where, ""
    name = parameters(value).get("filename")
    return where, file_name(*name) if name else ""


def parameters(value: bytes) -> dict[str, tuple[bytes, str]]:
    """Parameters by name, each with its bytes and charset; continuations joined (RFC 2231)."""
    found: dict[str, tuple[bytes, str]] = {}
    pieces: dict[str, dict[int, bytes]] = {}
    charsets: dict[str, str] = {}
    for count, match in enumerate(_PARAMETER.finditer(value[:FIELD_LIMIT])):
        if count >= PARAMETERS_LIMIT:
            break
        key, quoted, bare = match.groups()
        text = bare.strip() if quoted is None else quoted
        if quoted is not None and b"\\" in quoted:
            text = _ESCAPED.sub(rb"\1", quoted)
        key = key.lower()
        numbered = _PIECE.fullmatch(key)
        name = (numbered[1] if numbered else key.rstrip(b"*")).decode("latin-1")
        if key.endswith(b"*"):
            if text.count(b"'") >= 2 and (not numbered or numbered[2] == b"0"):
                charset, _, text = text.split(b"'", 2)
                charsets[name] = charset.decode("latin-1")
            text = unquote_to_bytes(text)
        if numbered:
            pieces.setdefault(name, {}).setdefault(int(numbered[2]), text)
        elif key.endswith(b"*") or name not in found:
            found[name] = (text, charsets.get(name, ""))
    for name, numbers in pieces.items():
        found[name] = (b"".join(numbers[n] for n in sorted(numbers)), charsets.get(name, ""))
    return found


def file_name(data: bytes, charset: str) -> str:
    """A file's name, encoded words decoded although RFC 2231 has another way."""
    text = text_of(data, charset)
    return folded(decoded(text) if "=?" in text else text, NAME_LIMIT)
