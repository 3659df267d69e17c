"""LDIF (RFC 2849): directory exports of ldifde, ldapsearch and ldbsearch.

Only the attributes that say something about Exchange are kept, so a record's memory is bounded
whatever else it holds. Nothing a file points to (`attribute:< url`) is ever opened.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.directory_objects import ATTRIBUTES, Entry, describe
from tocsin.formats.syntax.directory_settings import SETTING_ATTRIBUTES, Directory, side_of
from tocsin.formats.syntax.distinguished_name import NAME_LIMIT
from tocsin.formats.syntax.gap_limit import limited
from tocsin.model.evidence import Evidence, Inquiry, Look
from tocsin.model.finding import Gap, GapKind
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

VALUE_LIMIT = 1024 * 1024
"""Longest value kept, in bytes as written; longer ones are left out with a Gap."""

RECORD_LIMIT = 8 * 1024 * 1024
"""Bytes of values kept of one record."""

VALUES_LIMIT = 1000
"""Values kept of one attribute."""

GAPS_LIMIT = 1000
"""Gaps told one by one; the rest are counted together."""

_CHUNK = 64 * 1024
_QUOTED = 200
_SPELLING = {name.lower(): name for name in (*ATTRIBUTES, *SETTING_ATTRIBUTES)}
_KEPT = frozenset(_SPELLING)
_LOOKED_AT = _KEPT | {"dn", "changetype", "result", "ref"}
_NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9.-]*(?:;[A-Za-z0-9=*-]+)*")
_START = re.compile(rb"(?:\A|\n)dn::? ?[^\n]*\r?(?:\n|\Z)", re.IGNORECASE)
_SECOND = re.compile(rb"(?:[A-Za-z0-9.;-]+:|[ \r\n#]|\Z)")
_ANY_CLASS = re.compile(rb"\n(?:objectclass|changetype)::? ", re.IGNORECASE)
_TOOLS = (b"# extended LDIF", b"# LDAPv3", b"# record 1\n", b"# record 1\r")


def recognise(head: bytes) -> int:
    """By the first line that is no comment; tools' own first comments are as good."""
    text = _plain(head)
    if text.startswith(_TOOLS):
        return 95
    if b"dn:" not in text.lower():  # most files are something else: say so at once
        return 0
    lines = [line for line in text.split(b"\n") if line.strip() and not line.startswith(b"#")]
    if lines and re.match(rb"version: *1\s*\Z", lines[0]):
        lines = lines[1:]
        if lines and _START.match(lines[0]):
            return 95
    if len(lines) > 1 and _START.match(lines[0]) and _SECOND.match(lines[1]):
        return 90
    if len(lines) == 1 and _START.match(lines[0]) and b"=" in lines[0]:
        return 60
    # A tool's messages on top of its output, both caught in one file.
    return 30 if _ANY_CLASS.search(text) and _START.search(text) else 0


def _plain(head: bytes) -> bytes:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            text = head[len(mark) :].decode(encoding, errors="ignore")
            return text.encode("utf-8", errors="replace")
    return head.removeprefix(codecs.BOM_UTF8)


_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """Every record in order, an `Inquiry` for each kind of setting found, then one `Look`.

    What cannot be read is a `Gap` with its line. A kind that was not found is not told of: a file
    does not say what was asked for.
    """
    del reading
    records = 0
    directory = Directory()

    def described() -> Iterator[Evidence | Gap]:
        nonlocal records
        for item in _records(stream, at):
            if isinstance(item, _Record):
                records += 1
                yield from _describe(item, at, directory)
            else:
                yield item
        yield from directory.end(at)

    yield from limited(described(), at, GAPS_LIMIT)
    for kind, found in directory.found.items():
        body = Inquiry(seen_by="directory", kind=kind, side=side_of(kind), found=found)
        yield Evidence(at=at, body=body)
    yield Evidence(at=at, body=Look(seen_by="directory", records=records))


class _Record:
    """A record while its lines arrive."""

    def __init__(self, line: int, dn: str) -> None:
        self.line = line
        self.dn = dn
        self.attributes: dict[str, list[bytes]] = {}
        self.size = 0
        self.change = "add"
        self.full = False

    def keep(self, name: str, value: bytes) -> bool:
        """Keep a value; False when the record is full, the first time."""
        values = self.attributes.setdefault(name, [])
        self.size += len(value)
        if self.size <= RECORD_LIMIT and len(values) < VALUES_LIMIT:
            values.append(value)
            return True
        self.full, was_full = True, self.full
        return was_full


def _describe(record: _Record, at: Locator, directory: Directory) -> Iterator[Evidence | Gap]:
    if record.change == "add":
        entry, place = Entry(record.dn, record.attributes), _line(at, record.line)
        yield from describe(entry, place)
        yield from directory.read(entry, place)
        return
    why = say(
        N_("a change record ({kind}) says what was to change, not what is there: {dn}"),
        kind=record.change[:_QUOTED],
        dn=record.dn[:_QUOTED],
    )
    yield Gap(at=_line(at, record.line), kind="undecided", why=why)


class _Fault(msgspec.Struct, frozen=True):
    """Why a line is lost. `name` is empty when it is not even an attribute."""

    why: Sentence
    kind: GapKind = "unreadable"
    name: str = ""


def _records(stream: BinaryIO, at: Locator) -> Iterator[_Record | Gap]:
    """Records as their lines arrive; a lost line costs only itself."""
    record: _Record | None = None
    told = started = False
    for number, line in _logical(stream):
        name, value, fault = _attribute(line) if line else ("", b"", None)
        if name == "dn" or not line:
            if record is not None:
                yield record
            record = _Record(number, _shown(value, NAME_LIMIT)) if line else None
            started, told = started or record is not None, False
        elif record is None:
            # One gap for a block without a name; what a tool prints above its output is none.
            noise = fault if started or isinstance(line, _Long) else None
            fault = None if told else _outside(name, value, fault) or noise
            told = told or fault is not None
        elif fault is None:
            fault = _inside(record, name, value)
        elif record.change != "add" and line == b"-":
            fault = None
        if fault is not None:
            yield Gap(at=_line(at, number), why=fault.why, kind=fault.kind)
    if record is not None:
        yield record


def _inside(record: _Record, name: str, value: bytes) -> _Fault | None:
    if name == "changetype":
        record.change = _shown(value).strip().lower()
    elif name in _KEPT and not record.keep(name, value):
        why = say(N_("the record is larger than what is kept of one: {dn}"), dn=record.dn[:_QUOTED])
        return _Fault(why, "limit", name)
    return None


def _outside(name: str, value: bytes, fault: _Fault | None) -> _Fault | None:
    """A line that belongs to no record: ldapsearch's result, a reference, an orphan."""
    if name == "result" and value.split(b" ")[0].strip() != b"0":
        why = say(N_("the search behind this file ended with: {result}"), result=_shown(value))
        return _Fault(why, "limit", name)
    if name == "ref":
        why = say(
            N_("the directory refers to another, which is not in this file: {url}"),
            url=_shown(value),
        )
        return _Fault(why, "not-collected", name)
    if name in _KEPT:
        return fault or _Fault(say(N_("attributes without a distinguished name begin here")))
    return None


def _attribute(line: bytes | _Long) -> tuple[str, bytes, _Fault | None]:
    """Name in lower case without options, value, fault; no name for what is not looked at."""
    text = line.start if isinstance(line, _Long) else line
    described, colon, rest = text.partition(b":")
    if not colon or not _NAME.fullmatch(described):
        why = say(N_("neither an attribute nor a comment: {line}"), line=_shown(text))
        return "", b"", _Fault(why)
    name = described.partition(b";")[0].decode("ascii").lower()
    if name not in _LOOKED_AT:
        return "", b"", None
    if isinstance(line, _Long):
        why = say(
            N_("the value of {name} is longer than {limit} bytes"),
            name=_spelt(name),
            limit=VALUE_LIMIT,
        )
        return name, b"", _Fault(why, "limit", name)
    return name, *_value(name, rest)


def _value(name: str, rest: bytes) -> tuple[bytes, _Fault | None]:
    """The value behind the first colon: plain, `:` base64, or `<` a URL."""
    if rest.startswith(b"<"):
        why = say(
            N_("the value of {name} is in another file, which is not opened: {url}"),
            name=_spelt(name),
            url=_shown(rest[1:].strip()),
        )
        return b"", _Fault(why, "not-collected", name)
    value = rest.lstrip(b" ")
    if rest.startswith(b":"):
        try:
            value = binascii.a2b_base64(rest[1:].replace(b" ", b""), strict_mode=True)
        except binascii.Error:
            return b"", _Fault(
                say(N_("the value of {name} is not valid base64"), name=_spelt(name))
            )
    if name == "dn" and len(value) > NAME_LIMIT:
        why = say(N_("the distinguished name is longer than {limit} bytes"), limit=NAME_LIMIT)
        return b"", _Fault(why, "limit", name)
    return value, None


class _Long(msgspec.Struct, frozen=True):
    """A line beyond `VALUE_LIMIT`, of which only the start was kept."""

    start: bytes


def _logical(stream: BinaryIO) -> Iterator[tuple[int, bytes | _Long]]:
    """Unfolded lines with the number of their first; comments left out, blank ones kept."""
    held: list[bytes] = []
    size = start = 0
    for number, line in _physical(stream):
        if line[:1] == b" " and held:
            size += len(line) - 1
            if size <= VALUE_LIMIT:
                held.append(line[1:])
            continue
        if held and held[0][:1] != b"#":
            yield start, _joined(held, size)
        held, size, start = [], 0, number
        if not line:
            yield number, b""
        else:
            held, size = [line], len(line)
    if held and held[0][:1] != b"#":
        yield start, _joined(held, size)


def _joined(held: list[bytes], size: int) -> bytes | _Long:
    return b"".join(held) if size <= VALUE_LIMIT else _Long(held[0][:_QUOTED])


def _physical(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines without their ends; of one beyond `VALUE_LIMIT` that many bytes and one."""
    number, pending = 0, b""
    for chunk in _utf8(stream):
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            number += 1
            whole = pending + line if pending else line
            pending = b""
            yield number, whole[: VALUE_LIMIT + 1].removesuffix(b"\r")
        pending = (pending + rest)[: VALUE_LIMIT + 1] if len(pending) <= VALUE_LIMIT else pending
    if pending:
        yield number + 1, pending.removesuffix(b"\r")


def _utf8(stream: BinaryIO) -> Iterator[bytes]:
    """Chunks of the stream in UTF-8; UTF-16 (`ldifde -u`, PowerShell's `>`) is converted."""
    head = stream.read(_CHUNK)
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if encoding is None:
        head = head.removeprefix(codecs.BOM_UTF8)
        while head:
            yield head
            head = stream.read(_CHUNK)
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    head = head[2:]
    while head:
        yield decoder.decode(head).encode("utf-8", errors="replace")
        head = stream.read(_CHUNK)


def _shown(raw: bytes, limit: int = _QUOTED) -> str:
    return raw[:limit].decode("utf-8", errors="replace")


def _spelt(name: str) -> str:
    return _SPELLING.get(name, name)


def _line(at: Locator, number: int) -> Locator:
    return msgspec.structs.replace(at, position=f"line {number}")


FORMAT = Format(name="ldif", title="LDIF directory export", recognise=recognise, read=read)
