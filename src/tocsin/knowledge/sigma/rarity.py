"""How seldom a text is in everyday rows, in bits: each bit halves the rows that hold it.

A text that stands in the table of everyday rows is as rare as they are. Another one may still come up
by chance, in ids and encoded values: as often as its characters do.
"""

from __future__ import annotations

import math
import re
import warnings
from functools import cache, lru_cache
from importlib import resources

from tocsin.knowledge.sigma.spelling import Kind

MOST = 22.0
"""Bits of a text that is in no everyday row and long."""


@lru_cache(maxsize=65536)
def bits(kind: Kind, text: str) -> float:
    """How rare a lower-case text is."""
    rows, everything, total = _everyday(kind)
    letters, seldom, length = _letters(kind)
    found = MOST
    if text in everything:
        weight = sum(count for count, row in rows if text in row)
        if weight:
            found = math.log2(total / weight)
    chance = sum(letters.get(each, seldom) for each in text) - length
    return max(0.0, min(found, chance))


def chance_of(sure: float | None, one_of: str = "") -> float:
    """Bits of a text of rows of text that has so many by its characters; or those of one character
    that is one of these."""
    letters, seldom, length = _letters("text")
    if sure is not None:
        return max(0.0, min(MOST, sure - length))
    return -math.log2(min(1.0, sum(2.0 ** -letters.get(each, seldom) for each in one_of)))


@lru_cache(maxsize=4096)
def seen(regex: str) -> float:
    """How rare everyday rows of text are in which a regex is found."""
    rows, _, total = _everyday("text")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = re.compile(regex, re.IGNORECASE | re.ASCII).search
    weight = sum(count for count, row in rows if search(f"\n{row}\n"))
    return math.log2(total / weight) if weight else MOST


@cache
def _everyday(kind: Kind) -> tuple[tuple[tuple[int, str], ...], str, int]:
    """Rows with how often they come, all of them as one text, and the sum."""
    path = resources.files("tocsin.knowledge") / "data" / "sigma" / f"everyday-{kind}.txt"
    rows = []
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            count, _, row = line.partition(" ")
            rows.append((int(count), row.lower()))
    return tuple(rows), "\n".join(row for _, row in rows), sum(count for count, _ in rows)


@cache
def _letters(kind: Kind) -> tuple[dict[str, float], float, float]:
    """Bits of each character, of one that is in no row, and of a row's length."""
    rows, everything, _ = _everyday(kind)
    total = len(everything)
    letters = {each: -math.log2(everything.count(each) / total) for each in set(everything)}
    return letters, math.log2(total), math.log2(total / len(rows))
