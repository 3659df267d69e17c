"""What is searched for in one kind of log: patterns out of all rules, and whose each one is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import msgspec

from tocsin.analyse.hunt.matcher import Matcher, matcher
from tocsin.knowledge.sigma import SigmaRule
from tocsin.knowledge.sigma.event_numbers import event_numbers
from tocsin.knowledge.sigma.spelling import FOLDED as FOLDED_ROWS
from tocsin.knowledge.sigma.spelling import NEEDLESS
from tocsin.knowledge.surfaces import Surface

NOISE, TURN, ODD, ENCODED, FOLDED, NUL = range(6)
"""Numbers of the patterns that are no rule's.

A row of Exchange's own probes, only counted; a line that may change the layout; one that begins as
no row does; a letter or digit written as `%41` although nothing asks for it (the row is searched
again decoded); a character that Unicode folds to an ASCII letter (the row is asked of every rule);
a NUL.
"""

OWN = 6
"""How many these are: the first number of a rule's pattern."""

_NEVER = rb"\xff\xfe\xff\xfe\xff\xfe"
"""A pattern that stands for "none": of no text."""

Anchors = Callable[[SigmaRule, str], tuple[str, ...] | None]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The search of one kind of log. rules: those that are asked of it. patterns: what is searched for;
    a pattern's number is its place. owners: by a pattern's number less `OWN`, the places in `rules`.
    always: places of rules of which no pattern follows: they are asked of every row, which is slow and
    told. numbers: by a rule's place, the numbers of the events of Windows that it can match; None where
    any may be. asked: rules to be asked by the patterns found, remembered."""

    surface: Surface
    rules: tuple[SigmaRule, ...]
    patterns: tuple[bytes, ...]
    matcher: Matcher
    owners: tuple[tuple[int, ...], ...]
    always: tuple[int, ...]
    numbers: tuple[frozenset[str] | None, ...]
    asked: dict[frozenset[int], tuple[int, ...]] = msgspec.field(default_factory=dict)


def plan(
    surface: Surface,
    rules: Sequence[SigmaRule],
    anchors: Anchors,
    *,
    marks: Sequence[bytes] = (),
    lines: bool = True,
    web: bool = True,
) -> Plan:
    """Derive the search. marks: what lines that are no rows begin with; lines: rows are lines of a
    file that begin with a date; web: rows hold addresses that may be written percent-encoded."""
    asked = tuple(each for each in rules if surface.name in each.surfaces)
    owners: dict[str, list[int]] = {}
    always: list[int] = []
    for place, rule in enumerate(asked):
        found = anchors(rule, surface.name)
        if found is None:
            always.append(place)
            continue
        for each in found:
            owners.setdefault(each, []).append(place)
    special = [
        _noise(surface),
        _turn(marks) if marks and lines else _NEVER,
        rb"\n[^0-9#\x22\r\n]" if lines else _NEVER,
        NEEDLESS if web else _NEVER,
        FOLDED_ROWS,
        rb"\x00",
    ]
    patterns = special + [each.encode("latin-1") for each in owners]
    return Plan(
        surface=surface,
        rules=asked,
        patterns=tuple(patterns),
        matcher=matcher(patterns),
        owners=tuple(tuple(each) for each in owners.values()),
        always=tuple(always),
        numbers=tuple(map(event_numbers, asked)),
    )


@cache
def turning(marks: tuple[bytes, ...]) -> Matcher:
    """Where lines stand that may change the layout: pattern 1. marks: what they begin with."""
    return matcher([_NEVER, _turn(marks)])


def _turn(marks: Sequence[bytes]) -> bytes:
    return b"|".join(rb"\n" + _literal(mark) for mark in marks)


def _noise(surface: Surface) -> bytes:
    words = dict.fromkeys(word for each in surface.noise for word in each.holds)
    # To the end of the row, so that a row that names probes twice ends, and counts, once.
    return (
        b"(?:%b)[^\\n]*\\n" % b"|".join(map(_literal, map(str.encode, words))) if words else _NEVER
    )


def _literal(text: bytes) -> bytes:
    """A pattern that matches just these bytes."""
    return b"".join(bytes([c]) if chr(c).isalnum() and c < 128 else b"\\x%02x" % c for c in text)
