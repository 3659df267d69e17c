"""One file tells so many gaps and no more; the rest of them are counted in a last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

GAPS_LIMIT = 1000
"""Gaps of one file that are told one by one, unless a format states another number."""


def limited(
    items: Iterable[Evidence | Gap], at: Locator, limit: int = GAPS_LIMIT
) -> Iterator[Evidence | Gap]:
    """The items in order, with at most `limit` gaps among them. at: the file."""
    told = 0
    for each in items:
        if isinstance(each, Gap):
            told += 1
            if told > limit:
                continue
        yield each
    if told > limit:
        why = say(N_("{count} further gaps of this file are not listed"), count=told - limit)
        yield Gap(at=at, kind="limit", why=why)
