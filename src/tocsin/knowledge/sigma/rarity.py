"""How seldom a text is in everyday rows, in bits: each bit halves the rows that hold it.

A text that stands in the table of everyday rows is as rare as they are. Another one may still come up
by chance, in ids and encoded values: as often as its characters do.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

import msgspec
import re2

from tocsin.knowledge.sigma.spelling import Kind

_SPACED = re.compile(r"[^ ,]+ [^ ,]+ [^ ,]+ [^ ,]+ ")
_BACKSLASHES = re.compile(r"\\{2,}")

MOST = 22.0
"""Bits of a text that is in no everyday row and long."""

RARE = 15.0
"""Bits from which on a text is as good as a rarer one; fewer come up by chance."""

COMMON = 8.5
"""Bits below which something longer is searched for, which takes longer itself."""


class _Everyday(msgspec.Struct, frozen=True, kw_only=True):
    """rows: how often each comes, and it. plain: the same without `+` for blanks, and as one text.
    letters: bits of each character; seldom: of one in no row; length: of a row's length."""

    rows: tuple[tuple[int, str], ...]
    plain: tuple[tuple[int, str], ...]
    everything: str
    total: int
    letters: dict[str, float]
    seldom: float
    length: float


@lru_cache(maxsize=65536)
def bits(kind: Kind, text: str) -> float:
    """How rare a lower-case text is."""
    known = _everyday("json" if kind == "json" else "text")
    if kind == "json":  # one of them stands there as two, so that any number is searched for
        text = _BACKSLASHES.sub(r"\\", text)
    found = MOST
    if text in known.everything:
        weight = sum(count for count, row in known.plain if text in row)
        found = math.log2(known.total / weight) if weight else MOST
    letters, seldom = known.letters, known.seldom
    sure = sum([letters.get(each, seldom) for each in text])
    return max(0.0, min(found, sure - known.length))


@lru_cache(maxsize=8192)
def seen(regex: str, *, spaced: bool = False) -> float:
    """How rare rows of text are in which a regex is found, by the everyday ones; 0 where it is too
    large. In linear time, for the regex may be anybody's. spaced: by those alone whose columns are
    parted by blanks."""
    known = _everyday("text")
    options = re2.Options()
    options.case_sensitive = False
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    try:
        search = re2.compile(regex.encode("latin-1"), options).search
    except (re2.error, UnicodeEncodeError):
        return 0.0
    rows = [each for each in known.rows if not spaced or _SPACED.match(each[1])]
    weight = sum(
        count
        for count, row in rows
        if search(f"\n{row}\n".encode("latin-1", "replace")) is not None
    )
    return math.log2(sum(count for count, _ in rows) / weight) if weight else MOST


def chance(sure: float) -> float:
    """Bits of something in a row of text, given those of it standing at one certain place."""
    return max(0.0, min(MOST, sure - _everyday("text").length))


def letter(one_of: str) -> float:
    """Bits of a character of a row of text that is one of these."""
    known = _everyday("text")
    return -math.log2(
        min(1.0, sum(2.0 ** -known.letters.get(each, known.seldom) for each in one_of))
    )


@cache
def _everyday(kind: Literal["text", "json"]) -> _Everyday:
    path = resources.files("tocsin.knowledge") / "data" / "sigma" / f"everyday-{kind}.txt"
    rows = []
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            count, _, row = line.partition(" ")
            rows.append((int(count), row.lower()))
    plain = tuple((count, row.replace("+", " ")) for count, row in rows)
    everything = "\n".join(row for _, row in plain)
    total = len(everything)
    return _Everyday(
        rows=tuple(rows),
        plain=plain,
        everything=everything,
        total=sum(count for count, _ in rows),
        letters={each: -math.log2(everything.count(each) / total) for each in set(everything)},
        seldom=math.log2(total),
        length=math.log2(total / len(rows)),
    )
