"""Many patterns over one block of bytes in one pass: Hyperscan, or RE2 where it cannot be had."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from types import ModuleType
from typing import Any, Protocol

import re2

from tocsin.knowledge.prepared import keep, kept, key_of

hyperscan: ModuleType | None
try:
    import hyperscan
except ImportError:  # pragma: no cover - Windows has no wheel of it
    hyperscan = None

BITS = 20
"""Bits of a match that hold the pattern's number; the offset stands above them."""


class Matcher(Protocol):
    """Where patterns occur in a block."""

    def scan(self, block: bytes, *, counting: bool = True) -> tuple[Sequence[int], int]:
        """Each match as `end << BITS | number`: the offset just after it, never falling, and the
        pattern's number. Of one row each pattern is told at least once: a row may hold it a million
        times, and what a row holds is all that is asked.
        Pattern 0 is only counted, once for each end: there may be one in nearly every row, and telling
        of them costs as much as the search. It is not searched for unless `counting`.
        """
        ...


class HyperscanMatcher:
    """All patterns as one automaton."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        assert hyperscan is not None
        self._patterns = patterns
        self._database = _database(hyperscan, patterns)

    @cached_property
    def _without(self) -> Any:
        """The automaton of all patterns but the first."""
        return _database(hyperscan, self._patterns[1:], first=1)

    def scan(self, block: bytes, *, counting: bool = True) -> tuple[Sequence[int], int]:
        """See `Matcher`."""
        matches: list[int] = []
        add = matches.append
        counted = stop = 0  # `stop`: where the row ends in which a pattern was found last
        seen: set[int] = set()
        find = block.find

        def found(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal counted, stop
            if not number:
                counted += 1
                return
            if end > stop:
                stop = find(b"\n", end - 1) + 1
                seen.clear()
            if number not in seen:
                seen.add(number)
                add(end << BITS | number)

        (self._database if counting else self._without).scan(block, match_event_handler=found)
        return matches, counted


def _database(hyperscan: Any, patterns: Sequence[bytes], first: int = 0) -> Any:
    """The automaton: as it was made in an earlier run, or made now, which takes some tenths of a second.
    first: the number of the first pattern."""
    key = key_of([hyperscan.__version__.encode(), str(first).encode(), *patterns])
    data = kept("search", key)
    if data is not None:
        # What is cut, damaged or another processor's is refused by its own checksum and head.
        with suppress(hyperscan.error):
            found = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
            found.scratch = hyperscan.Scratch(found)
            return found
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=list(patterns),
        ids=list(range(first, first + len(patterns))),
        elements=len(patterns),
        flags=[hyperscan.HS_FLAG_CASELESS] * len(patterns),
    )
    keep("search", key, hyperscan.dumpb(database))
    return database


class Re2Matcher:
    """The same by RE2: rows that hold any pattern first, then which of them each row holds."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        options = re2.Options()
        options.case_sensitive = False
        options.encoding = re2.Options.Encoding.LATIN1
        options.never_nl = False
        options.max_mem = 256 << 20
        texts = [each.decode("latin-1") for each in patterns]
        self._any = re2.compile(
            "|".join(f"(?:{each})" for each in texts).encode("latin-1"), options
        )
        self._set = re2.Set.SearchSet(options)
        for each in texts:
            self._set.Add(each.encode("latin-1"))
        self._set.Compile()

    def scan(self, block: bytes, *, counting: bool = True) -> tuple[Sequence[int], int]:
        """See `Matcher`."""
        matches: list[int] = []
        counted = 0
        at = 0
        while (match := self._any.search(block, at)) is not None:
            # A pattern that begins with a line feed belongs to the row after it.
            inside = max(match.end() - 1, match.start())
            start = block.rfind(b"\n", 0, inside) + 1
            # One that ends with a line feed belongs to the row that it ends.
            end = block.find(b"\n", max(inside, start))
            end = len(block) if end < 0 else end
            numbers = self._set.Match(block[max(start - 1, 0) : end + 1])
            counted += counting and 0 in numbers
            matches.extend(match.end() << BITS | each for each in sorted(numbers) if each)
            at = max(end, at + 1)
        return matches, counted


def matcher(patterns: Sequence[bytes]) -> Matcher:
    """The quickest matcher that is at hand."""
    return HyperscanMatcher(patterns) if hyperscan is not None else Re2Matcher(patterns)
