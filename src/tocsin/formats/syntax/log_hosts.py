"""The Exchange servers that a log names, with the build it prints, from its first rows alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats import HEAD_SIZE, Reader, Reading
from tocsin.formats.syntax.log_rows import Layout, LineLog
from tocsin.formats.syntax.text_stream import decoded, lines
from tocsin.model.build import Version, parse_version
from tocsin.model.event import Event
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

ROWS_READ = 2000
"""Rows of a log that are read for its servers: a log is one server's, and names it in each row."""

QUIET = 200
"""Rows without a new server behind which no more are read."""

LINE_LIMIT = 1 << 20
"""Characters of one line that are read."""

HOSTS_LIMIT = 200
"""Servers told of one log."""

PRODUCT = "Exchange Server"

_NAME = re.compile(r"[A-Za-z0-9](?:[\w-]{0,62})(?:\.[\w-]{1,63}){0,8}")
_NUMBERS = ("MajorVersion", "MinorVersion", "BuildVersion", "RevisionVersion")


class _Named(msgspec.Struct, frozen=True):
    """One server. words: what the row says of it."""

    name: str
    version: Version | None
    words: str = ""


def reader(log: LineLog) -> Reader:
    """`Format.read` of a log of lines."""

    def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
        """Servers, at most one gap that counts what was no row, one `Look`."""
        del reading
        yield from _read(log, stream, at)

    return read


def _read(log: LineLog, stream: BinaryIO, at: Locator) -> Iterator[Evidence | Gap]:
    head = stream.read(HEAD_SIZE)
    layout = log.begin(head)
    told: set[_Named] = set()
    rows, bad, first_bad, quiet = 0, 0, 0, 0
    for line in lines(decoded(stream, head), LINE_LIMIT):
        raw = line.text.encode(errors="replace")
        if not raw.strip() or layout is None:
            continue
        if raw.startswith(log.marks):
            layout = log.turns(raw, layout)
            continue
        rows, quiet = rows + 1, quiet + 1
        event = log.event(raw, layout)
        if event is None:
            bad, first_bad = bad + 1, first_bad or line.number
        else:
            for named in _servers(event, layout):
                if named not in told and len(told) < HOSTS_LIMIT:
                    told.add(named)
                    quiet = 0
                    yield _evidence(named, event, line.number, at)
        if rows >= ROWS_READ or quiet >= QUIET:
            break
    if layout is None:
        yield Gap(at=at, why=say(N_("the columns of this log cannot be told")))
    if bad:
        place = msgspec.structs.replace(at, position=f"line {first_bad}")
        why = say(
            N_("{count} of the first {rows} lines are no rows of this log"), count=bad, rows=rows
        )
        yield Gap(at=place, why=why)
    yield Evidence(at=at, body=Look(seen_by="log", records=rows - bad))


def _servers(event: Event, layout: Layout) -> Iterator[_Named]:
    fields = event.fields
    if event.surface == "iis":
        if "cafeReqId" in fields and "s-computername" in fields:
            name = fields["s-computername"]
            yield from _named(name, None, f"s-computername {name}, cafeReqId {fields['cafeReqId']}")
        return
    printed = ".".join(fields[name] for name in _NUMBERS if name in fields)
    version = _version(printed) or _version(layout.version)
    words = f"{event.host} {version.text}" if version else event.host
    yield from _named(event.host, version, words)
    target, build = fields.get("TargetServer", ""), fields.get("TargetServerVersion", "")
    if target and build and "X-BEResource" not in fields.get("RoutingHint", ""):
        yield from _named(target, _version(build), f"TargetServer {target} {build}")


def _named(name: str, version: Version | None, words: str) -> Iterator[_Named]:
    if name and _NAME.fullmatch(name) and not name.replace(".", "").isdigit():
        yield _Named(name, version, words)


def _version(text: str) -> Version | None:
    """A build that a log prints; 15.0.0.0 is that of a library and says nothing of the server.

    The last part is that of the library which wrote the row, and an update need not have replaced
    it: a log tells the cumulative update, not the update of it.
    """
    try:
        found = parse_version(text, "cu")
    except ValueError:
        return None
    return found if found.build else None


def _evidence(named: _Named, event: Event, line: int, at: Locator) -> Evidence:
    body = Host(seen_by="log", names=(named.name,), product=PRODUCT, version=named.version)
    place = msgspec.structs.replace(at, position=f"line {line}")
    return Evidence(at=place, body=body, seen=event.when, quote=named.words[:QUOTE_LIMIT])
