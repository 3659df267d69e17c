"""What shows that a server cannot be reached: a small TOML file that an administrator keeps.

Each entry is a dated statement with its source, so that it can be checked and ends by itself. An entry
that is wrong is told and is no statement; those beside it hold.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

import msgspec

from tocsin.formats import Format, Reading
from tocsin.formats.syntax.gap_limit import limited
from tocsin.formats.syntax.text_stream import decoded, head_text
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Inquiry, Look
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Setting
from tocsin.model.text import N_, Sentence, say

KIND = "Segmentation"

SIZE_LIMIT = 256 * 1024
"""Characters of one file that are read."""

BLOCKS = ("foothold", "internet", "cloud")
"""From where a server cannot be reached: any computer inside, the internet, Microsoft's cloud."""

KEYS = ("server", "blocks", "until", "reference", "owner")
"""What every entry must say, and all that it may."""

_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*segment[ \t]*\]\][ \t]*(?:#.*)?$", re.MULTILINE)
_NOTHING = re.compile(r"\s*(?:#[^\n]*\n?\s*)*+")


def recognise(head: bytes) -> int:
    """By the first line that is no comment: the beginning of an entry."""
    if b"segment" not in head.replace(b"\0", b""):
        return 0
    text = head_text(head).lstrip("\ufeff").replace("\r\n", "\n")
    start = _NOTHING.match(text)
    return 95 if _ENTRY.match(text, start.end() if start else 0) else 0


def read(stream: BinaryIO, at: Locator, reading: Reading) -> Iterator[Evidence | Gap]:
    """One setting for each entry, an `Inquiry`, a `Look` that counts the entries, wrong ones too."""
    del reading
    text, whole = _text(stream)
    entries = list(_ENTRY.finditer(text))
    good: list[Evidence] = []

    def told() -> Iterator[Evidence | Gap]:
        if not whole:
            why = say(N_("the file is longer than {limit} characters"), limit=SIZE_LIMIT)
            yield Gap(at=at, kind="limit", why=why)
        before = text[: entries[0].start()] if entries else text
        if not _NOTHING.fullmatch(before):
            yield Gap(at=at, why=say(N_("something stands before the first [[segment]]")))
        line, seen = 1, 0
        for i, each in enumerate(entries):
            last = i + 1 == len(entries)
            end = len(text) if last else entries[i + 1].start()
            line += text.count("\n", seen, each.start())
            seen = each.start()
            place = msgspec.structs.replace(at, position=f"line {line}")
            found = _entry(text[each.end() : end], place)
            if isinstance(found, Evidence):
                good.append(found)
            yield found

    yield from limited(told(), at)
    yield Evidence(at=at, body=Inquiry(kind=KIND, side="on-premises", found=len(good)))
    yield Evidence(at=at, body=Look(seen_by="export", records=len(entries)))


def _text(stream: BinaryIO) -> tuple[str, bool]:
    """The text with plain line ends, and whether it is all of it."""
    parts: list[str] = []
    size = 0
    for piece in decoded(stream):
        parts.append(piece)
        size += len(piece)
        if size > SIZE_LIMIT:
            break
    text = "".join(parts)[:SIZE_LIMIT].lstrip("\ufeff").replace("\r\n", "\n")
    return text, size <= SIZE_LIMIT


def _entry(text: str, place: Locator) -> Evidence | Gap:
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        why = say(N_("the entry is no TOML: {error}"), error=str(error)[:200])
        return Gap(at=place, why=why)
    wrong = _wrong(found)
    if wrong is not None:
        return Gap(at=place, why=wrong)
    server = found["server"].strip()
    body = Setting(
        kind=KIND,
        side="on-premises",
        name=server,
        server=server,
        properties={
            "Server": server,
            "Blocks": found["blocks"],
            "Until": _day(found["until"]),
            "Reference": found["reference"].strip(),
            "Owner": found["owner"].strip(),
        },
    )
    quote = f"{server}: {', '.join(found['blocks'])} until {_day(found['until'])}"
    return Evidence(at=place, body=body, quote=quote[:QUOTE_LIMIT])


def _wrong(found: dict[str, Any]) -> Sentence | None:
    """What is wrong with an entry; None for a good one."""
    for name in KEYS:
        if name not in found:
            return say(N_("the entry does not say “{name}”"), name=name)
    for name in found:
        if name not in KEYS:
            return say(N_("the entry says “{name}”, which is not known"), name=name[:100])
    for name in ("server", "reference", "owner"):
        if not isinstance(found[name], str) or not found[name].strip():
            return say(N_("“{name}” of the entry is not a text"), name=name)
    blocks = found["blocks"]
    if not isinstance(blocks, list) or not blocks or any(each not in BLOCKS for each in blocks):
        known = ", ".join(BLOCKS)
        return say(N_("“blocks” of the entry is not a list out of {known}"), known=known)
    if _day(found["until"]) is None:
        return say(N_("“until” of the entry is not a day such as 2027-03-01"))
    return None


def _day(value: Any) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        return date.fromisoformat(value).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None


FORMAT = Format(
    name="segmentation",
    title="Statements of segmentation",
    recognise=recognise,
    read=read,
    order=56,
)
