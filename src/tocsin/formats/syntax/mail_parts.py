"""A mail's bytes taken apart: fields, texts, files, attached mails (RFC 2045 to 2049, 2231).

Own code, because a hostile mail must never be lost: the libraries that are fast enough drop a
whole mail over one bad base64 line, and the standard library takes quadratic time over parts
nested deeply. Here each level is split by searching its boundary, to a stated depth; anything that
is not understood is kept as a file or as text. What a limit leaves out is told in `faults`.
"""

from __future__ import annotations

import re

import msgspec

from tocsin.formats.syntax.mail_headers import HEADER_LIMIT, ODD_LINES_LIMIT, header_end, trimmed
from tocsin.formats.syntax.mail_parameters import (
    NAME_LIMIT,
    content_type,
    disposition_of,
    file_name,
)
from tocsin.formats.syntax.mail_words import text_of
from tocsin.formats.syntax.transfer_encoding import UU_BEGIN, transfer_decoded, uu_decoded
from tocsin.model.text import N_, Sentence, say

FIELDS_LIMIT = 3000
"""Header fields read of one mail or part."""

PARTS_LIMIT = 10_000
"""Parts of one mail, those of attached mails included."""

DEPTH_LIMIT = 40
"""Levels of multiparts and attached mails that are gone into."""

ATTACHED_LIMIT = 64 * 1024 * 1024
"""Bytes of attached mails, each counted with those in it: of forty in each other each is a copy."""

TEXT_LIMIT = 2 * 1024 * 1024
"""Bytes of body text that are read, of each of plain and HTML."""

STRUCTURE_LIMIT = 200
"""Characters of `structure`."""

REMEMBERED_NAMES = 4096
"""Spellings of field names kept, in number; then all are forgotten."""

_BREAK = re.compile(rb"\n(?=[^ \t])")
"""Before each field; plain, because it is searched in every mail."""

_ODD = re.compile(rb"(?:\n|\A)(?![!-9;-~]{1,80}[ \t]*:|[ \t\r\n]|\Z)")
_NAME = re.compile(rb"[!-9;-~]{1,80}[ \t]*")
_NEEDED = re.compile(
    rb"\n(from|sender|reply-to|to|cc|subject|date|message-id|in-reply-to|references|content-type"
    rb"|content-transfer-encoding)[ \t]*:([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE,
)
_UNDECLARED = re.compile(rb"\n--([^\r\n]{1,300}+)\r?\n(?:[!-9;-~]{1,40}:|\r?\n)")
_HTML = re.compile(rb"\s*(?:<!doctype\s+html|<html|<head|<body|<div|<p\b|<table)", re.IGNORECASE)


class Part(msgspec.Struct, frozen=True, gc=False):
    """One attached or embedded file. declared: its media type, lower case; data: decoded."""

    declared: str
    name: str
    disposition: str
    content_id: str
    data: bytes


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """A mail taken apart.

    headers: name in lower case and value as written, in order; first: of each name the first value;
    header_size: bytes of the header block. plain, html: the body texts, joined.
    messages: attached mails, raw or taken apart; their files stand among `files` too, their names behind
    the mail's and a `!`. structure: the tree in short. boundary: the outermost one. written: whether the fields
    are the mail's own, not made of a mailbox's properties.
    """

    headers: list[tuple[str, bytes]]
    first: dict[str, bytes]
    header_size: int = 0
    plain: str = ""
    html: str = ""
    files: tuple[Part, ...] = ()
    messages: tuple[bytes | Parts, ...] = ()
    structure: str = ""
    boundary: str = ""
    written: bool = True
    faults: tuple[Sentence, ...] = ()


def parts(raw: bytes) -> Parts:
    """Take one mail apart. Whatever its bytes are, it gives an answer."""
    data = trimmed(raw)
    fields, start = split_header(data)
    walker = _Walker()
    first = dict(reversed(fields))  # of a name that comes twice, the first
    kind = _declared(first, b"text/plain", embedded=False)
    if len(fields) >= FIELDS_LIMIT:
        walker.fault(N_("more than {limit} header fields: the rest is left out"), FIELDS_LIMIT)
    structure = walker.entity(data, start, len(data), kind, "", 0)
    return Parts(
        headers=fields,
        first=first,
        header_size=start,
        plain="\n".join(walker.plain),
        html="\n".join(walker.html),
        files=tuple(walker.files),
        messages=tuple(walker.messages),
        structure=structure[:STRUCTURE_LIMIT],
        boundary=kind.boundary.decode("utf-8", errors="replace")[:200],
        faults=tuple(walker.faults.values()),
    )


def split_header(
    data: bytes, start: int = 0, end: int | None = None
) -> tuple[list[tuple[str, bytes]], int]:
    """The fields from `start` on and where the body begins.

    A line that is no field ends a part's fields, as programs have it. Among those of a whole mail,
    which servers patch, `ODD_LINES_LIMIT` such lines are passed over, unless one begins a part.
    """
    whole = start == 0 and end is None
    block = data if whole else data[start:end]
    blank = header_end(block)
    if blank < 0:
        blank = body = len(block)
    else:
        body = block.find(b"\n", blank + 1) + 1 if block[:1] != b"\n" else 1
    fields, odd = _fields(block[: min(blank, HEADER_LIMIT)])
    if odd:
        allowed = ODD_LINES_LIMIT if whole and body < len(block) else 0
        for count, match in enumerate(_ODD.finditer(block, 0, blank)):
            if count >= allowed or block.startswith(b"--", match.end()):
                fields, _ = _fields(block[: match.start()])
                body = match.end()
                break
    return fields, start + body


def _fields(head: bytes) -> tuple[list[tuple[str, bytes]], bool]:
    """The fields of a block, and whether lines stand among them that are none."""
    fields: list[tuple[str, bytes]] = []
    odd = False
    lines = _BREAK.split(head, FIELDS_LIMIT)
    for line in lines[:FIELDS_LIMIT]:
        name, colon, value = line.partition(b":")
        known = _names.get(name) or _field_name(name)
        if known and colon:
            fields.append((known, value.strip()))
        elif line:
            odd = True
    if len(lines) > FIELDS_LIMIT:
        fields += _needed(lines[-1], {name for name, _ in fields})
    return fields, odd


def _needed(rest: bytes, known: set[str]) -> list[tuple[str, bytes]]:
    """Of the fields beyond the limit those that no mail can be judged without."""
    found: dict[str, bytes] = {}
    for match in _NEEDED.finditer(b"\n" + rest):
        name = match[1].lower().decode("latin-1")
        if name not in known:
            found.setdefault(name, match[2].strip())
    return list(found.items())


_names: dict[bytes, str] = {}


def _field_name(name: bytes) -> str:
    """In lower case; empty for what cannot be one."""
    if not _NAME.fullmatch(name):
        return ""
    found = name.strip().lower().decode("latin-1")
    if len(_names) >= REMEMBERED_NAMES:
        _names.clear()
    _names[name] = found
    return found


class _Declared(msgspec.Struct, frozen=True, gc=False):
    """What the fields of a part say of it."""

    main: bytes = b"text"
    sub: bytes = b"plain"
    charset: str = ""
    boundary: bytes = b""
    name: str = ""
    disposition: str = ""
    content_id: str = ""
    encoding: bytes = b""
    embedded: bool = True


def _declared(said: dict[str, bytes], default: bytes, *, embedded: bool) -> _Declared:
    encoding = said.get("content-transfer-encoding", b"")
    disposition = said.get("content-disposition", b"")
    identity = said.get("content-id", b"")
    main, sub, charset, boundary, name = content_type(said.get("content-type") or default)
    where, file_name = disposition_of(disposition) if disposition else ("", "")
    return _Declared(
        main, sub, charset, boundary, file_name or name, where,
        identity.strip(b"<> \t").decode("utf-8", errors="replace")[:NAME_LIMIT],
        encoding.lower(), embedded,
    )  # fmt: skip


class _Walker:
    """Goes through the parts in order and sorts them."""

    def __init__(self) -> None:
        self.plain: list[str] = []
        self.html: list[str] = []
        self.files: list[Part] = []
        self.messages: list[bytes] = []
        self.faults: dict[str, Sentence] = {}
        self.count = 0
        self.attached = ATTACHED_LIMIT
        self.room = {"plain": TEXT_LIMIT, "html": TEXT_LIMIT}

    def entity(
        self, data: bytes, start: int, end: int, kind: _Declared, path: str, depth: int
    ) -> str:
        """One part and what is in it; its structure in short."""
        self.count += 1
        short = kind.sub.decode("latin-1")
        if kind.main == b"multipart":
            if depth < DEPTH_LIMIT:
                return self._multipart(data, start, end, kind, path, depth)
            self.fault(N_("parts nested deeper than {limit} levels are not gone into"),
                        DEPTH_LIMIT)  # fmt: skip
        body = data[start:end] if start or end < len(data) else data
        if kind.encoding and kind.encoding not in (b"7bit", b"8bit", b"binary"):
            body = transfer_decoded(body, kind.encoding)
        if kind.main == b"message" and kind.sub in (b"rfc822", b"global", b"news"):
            return self._message(body, kind, path, depth)
        as_text = kind.main == b"text" and kind.sub in (b"plain", b"html") and not path
        named = kind.name and kind.embedded
        if as_text and kind.disposition != "attachment" and not named:
            self._text(body, kind.charset, short)
        elif body or kind.name:
            declared = f"{kind.main.decode('latin-1')}/{short}"
            name = f"{path}!{kind.name}" if path else kind.name
            if not path or kind.name or kind.main != b"text":
                self.files.append(Part(declared, name, kind.disposition, kind.content_id, body))
        return short

    def _text(self, body: bytes, charset: str, which: str) -> None:
        room = self.room[which]
        if len(body) > room:
            self.fault(N_("only the first {limit} bytes of the text were read"), TEXT_LIMIT)
            body = body[:room]
        self.room[which] = room - len(body)
        text = text_of(body, charset)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        (self.plain if which == "plain" else self.html).append(text)
        if which == "plain" and "\nbegin " in text:
            self._uuencoded(body)

    def _uuencoded(self, body: bytes) -> None:
        """Files written into plain text, as programs did before MIME and Outlook still reads."""
        for match in UU_BEGIN.finditer(body):
            end = body.find(b"\nend", match.end())
            if end < 0 or len(self.files) >= PARTS_LIMIT:
                break
            data = uu_decoded(body[match.end() : end])
            if data:
                name = file_name(match[1].strip(), "")
                self.files.append(Part("application/octet-stream", name, "attachment", "", data))

    def _message(self, body: bytes, kind: _Declared, path: str, depth: int) -> str:
        """An attached mail: kept whole as a file, and its own files beside it."""
        name = kind.name or "mail.eml"
        inner = f"{path}!{name}" if path else name
        self.attached -= len(body)
        if self.attached < 0:
            self.fault(N_("attached mails are read up to {limit} bytes of all together"),
                        ATTACHED_LIMIT)  # fmt: skip
            self.files.append(Part("message/rfc822", inner, kind.disposition, kind.content_id, b""))
            return "rfc822"
        if not path:
            self.messages.append(body)
        self.files.append(Part("message/rfc822", inner, kind.disposition, kind.content_id, body))
        if depth >= DEPTH_LIMIT:
            self.fault(N_("parts nested deeper than {limit} levels are not gone into"),
                        DEPTH_LIMIT)  # fmt: skip
            return "rfc822"
        data = trimmed(body)
        fields, start = split_header(data)
        below = _declared(dict(reversed(fields)), b"text/plain", embedded=True)
        return (
            f"rfc822({self.entity(data, start, len(data), below, inner[:NAME_LIMIT], depth + 1)})"
        )

    def _multipart(
        self, data: bytes, start: int, end: int, kind: _Declared, path: str, depth: int
    ) -> str:
        default = b"message/rfc822" if kind.sub == b"digest" else b"text/plain"
        below: list[str] = []
        boundary = kind.boundary or _undeclared(data, start, end)
        for begins, ends in _ranges(data, start, end, boundary):
            if self.count >= PARTS_LIMIT:
                self.fault(N_("more than {limit} parts in one mail: the rest is left out"),
                            PARTS_LIMIT)  # fmt: skip
                break
            fields, body = split_header(data, begins, ends)
            inner = _declared(dict(reversed(fields)), default, embedded=True)
            below.append(self.entity(data, min(body, ends), ends, inner, path, depth + 1))
        if not below and not path:
            # No such boundary: programs show the body as it stands.
            body_bytes = transfer_decoded(data[start:end], kind.encoding)
            which = "html" if _HTML.match(body_bytes) else "plain"
            self._text(body_bytes, kind.charset, which)
        listed = ",".join(below[:20])
        return f"{kind.sub.decode('latin-1')}({listed})"[: STRUCTURE_LIMIT * 2]

    def fault(self, template: str, limit: int) -> None:
        """A limit was hit; told once."""
        self.faults.setdefault(template, say(template, limit=limit))


def _ranges(data: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    """Where the parts between the delimiter lines begin and end."""
    found: list[tuple[int, int]] = []
    if not boundary:
        return found
    delimiter = b"\n--" + boundary
    position = start - 1 if start > 0 else 0
    begins = -1
    if start == 0 and data.startswith(delimiter[1:]):
        position = -1
    while len(found) <= PARTS_LIMIT:
        if position == -1:
            at, after = 0, len(delimiter) - 1
        else:
            at = data.find(delimiter, position, end)
            if at < 0:
                break
            after = at + len(delimiter)
        line = data.find(b"\n", after, end)
        line = end if line < 0 else line
        rest = data[after : min(line, after + 200)].strip()
        position = max(after - 1, 0)
        if rest not in (b"", b"--") and not rest.startswith(b"-- "):
            continue  # a longer boundary that begins like this one
        if begins >= 0:
            found.append((begins, at - 1 if data[at - 1 : at] == b"\r" else at))
        begins = -1
        if rest[:2] == b"--":
            return found
        begins = min(line + 1, end)
        position = max(min(line, end), 0)
    if begins >= 0:
        found.append((begins, end))  # torn: no closing delimiter
    return [(one, max(one, other)) for one, other in found]


def _undeclared(data: bytes, start: int, end: int) -> bytes:
    match = _UNDECLARED.search(data, max(start - 1, 0), min(end, start + 64 * 1024))
    return match[1].rstrip(b" \t")[:200] if match else b""
