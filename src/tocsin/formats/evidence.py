"""Evidence that Tocsin itself collected live (`tocsin collect … -o FILE`): JSON, one object a line.

Each line is one `Evidence` or `Gap` as the types encode themselves, behind a kind. A line that is
no such object is a `Gap`; the lines beside it are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

MARK = b'{"kind":"tocsin-evidence","version":1'
LINE_LIMIT = 1 << 20
"""Longest line read, in bytes."""


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line: what this is and how it was collected."""

    kind: str = "tocsin-evidence"
    version: int = 1
    command: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One further line: evidence or a gap."""

    evidence: Evidence | None = None
    gap: Gap | None = None


def recognise(head: bytes) -> int:
    """The first line says what it is."""
    return 100 if head.startswith(MARK) else 0


def encode(each: Evidence | Gap) -> bytes:
    """One line of the file, without its end."""
    line = Line(gap=each) if isinstance(each, Gap) else Line(evidence=each)
    return msgspec.json.encode(line)


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:  # noqa: ARG001
    """What was collected, each with the place it was seen at, not this file's."""
    stream.readline(LINE_LIMIT)
    decoder = msgspec.json.Decoder(Line)
    number = 1
    while line := stream.readline(LINE_LIMIT):
        number += 1
        place = Locator(source=at.source, position=f"line {number}", sha256=at.sha256)
        if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
            yield Gap(
                at=place,
                kind="limit",
                why=say(N_("line longer than {limit} bytes, left out"), limit=LINE_LIMIT),
            )
            while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                pass
            continue
        if not line.strip():
            continue
        try:
            found = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
            yield Gap(at=place, why=say(N_("not a line of collected evidence")))
            continue
        each = found.evidence or found.gap
        if each is not None:
            yield each


FORMAT = Format(name="evidence", title="Collected evidence", recognise=recognise, read=read)
