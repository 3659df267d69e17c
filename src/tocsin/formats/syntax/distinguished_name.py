"""Distinguished names (RFC 4514), and what their shape says in an Exchange organisation."""

from __future__ import annotations

import re

import msgspec

NAME_LIMIT = 4096
"""Longest distinguished name that is read, in characters; AD's own limit is far below."""

_HEX_PAIRS = re.compile(r"(?:\\[0-9A-Fa-f]{2})+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Part(msgspec.Struct, frozen=True):
    """One relative name: type in lower case, value unescaped, and the text it came from."""

    type: str
    value: str
    text: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The Exchange server an object belongs to: its name, its own DN, its organisation."""

    server: str
    dn: str
    organisation: str | None


def split(dn: str) -> tuple[Part, ...]:
    """The relative names of `dn`, leaf first; empty when it is not a distinguished name.

    Of a multi-valued relative name (`CN=a+OU=b`) the first type and value count. A line break
    and `CNF:<guid>` behind a value, AD's mark of a replication conflict, are cut off.
    """
    if not 0 < len(dn) <= NAME_LIMIT:
        return ()
    parts: list[Part] = []
    for text in _pieces(dn, ",;"):
        name, equals, value = _pieces(text, "+")[0].partition("=")
        if not equals or not name.strip():
            return ()
        parts.append(Part(name.strip().lower(), _unescape(value.strip()), text.strip()))
    return tuple(parts)


def organisation(parts: tuple[Part, ...]) -> str | None:
    """The Exchange organisation: `CN=<it>,CN=Microsoft Exchange,CN=Services,...`."""
    for i in range(1, len(parts) - 1):
        if _is(parts[i], "microsoft exchange") and _is(parts[i + 1], "services"):
            return parts[i - 1].value
    return None


def place(dn: str) -> Place | None:
    """The Exchange server that `dn` names or lies below; None for any other object.

    `CN=<server>,CN=Servers,CN=<group>,CN=Administrative Groups,CN=<organisation>,...` is where
    every version since 2000 keeps its servers.
    """
    parts = split(dn)
    for i in range(1, len(parts) - 2):
        if _is(parts[i], "servers") and _is(parts[i + 2], "administrative groups"):
            return Place(
                server=parts[i - 1].value,
                dn=",".join(part.text for part in parts[i - 1 :]),
                organisation=organisation(parts),
            )
    return None


def _is(part: Part, value: str) -> bool:
    return part.type == "cn" and part.value.lower() == value


def _pieces(text: str, separators: str) -> list[str]:
    """Split at unescaped, unquoted separators."""
    pieces: list[str] = []
    start, quoted, i = 0, False, 0
    while i < len(text):
        char = text[i]
        if char == "\\":
            i += 1
        elif char == '"':
            quoted = not quoted
        elif char in separators and not quoted:
            pieces.append(text[start:i])
            start = i + 1
        i += 1
    pieces.append(text[start:])
    return pieces


def _unescape(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    plain = _HEX_PAIRS.sub(_bytes, value)
    return _ESCAPED.sub(r"\1", plain).split("\n")[0]


def _bytes(match: re.Match[str]) -> str:
    raw = bytes.fromhex(match[0].replace("\\", ""))
    # A backslash that was itself written in hexadecimal must survive the next step.
    return raw.decode("utf-8", errors="replace").replace("\\", "\\\\")
