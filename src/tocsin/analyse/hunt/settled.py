"""Rows that need no second look: alike, in all that the rules ask for, to one that none matched.

What a rule says of a row follows from the fields that it looks at. Most rows in which a literal of a
rule occurs are ordinary ones (`/owa/auth/logon.aspx`, answered with 200), and they come by the
hundred thousand with a few different values; so they are judged once. Only a row's raw columns are
compared, which costs a fraction of reading it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from tocsin.formats.syntax.log_rows import Layout
from tocsin.formats.syntax.log_telling import FLATTENED, request
from tocsin.knowledge.sigma import SigmaRule
from tocsin.knowledge.sigma.tree import (
    All,
    Either,
    Like,
    No,
    Node,
    Part,
    Regex,
    Same,
    Test,
    asks_everything,
)
from tocsin.knowledge.surfaces import Surface

KEPT = 50_000
"""Rows that are remembered of one log; then it begins anew."""

_PARTS = {
    "cs-uri-query": ("cs-uri-stem", "cs-uri-query"),
    "query": ("cs-uri-query",),
    "cs-uri": ("cs-uri", "cs-uri-stem", "cs-uri-query"),
}
"""Fields of IIS rows that are put together of other columns."""

_REQUEST = ("UrlStem", "UrlQuery", "AnchorMailbox", "BackEndCookie")
"""Columns of Exchange's logs of requests of which fields are made that are no columns themselves."""

_ID = re.compile(
    rb"=(?:[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,64})(?=[&;@ ]|$)"
)
"""An id as Exchange writes it into every address (`&ClientId=…&cafeReqId=…;`)."""

_TOUCHES = re.compile(r"=[0-9a-f-]|^[0-9a-f-]*(?:[&;@ ]|$)")
"""A text of a rule that might stand over a part of such an id: what the id is then matters to it.

It goes on from the sign before the id into it, or begins within it and ends there or goes on with
what follows it."""

Columns = tuple[int, ...]


class Settled:
    """Which rows of one log no rule matched. Made anew where the layout changes."""

    def __init__(self, layout: Layout, surface: Surface, rules: Sequence[SigmaRule]) -> None:
        self.delimiter = layout.delimiter.encode()
        self.columns = layout.columns
        self._surface = surface
        self._rules = rules
        self._needed: dict[tuple[int, ...], Columns | None] = {}
        self._blind: dict[tuple[int, ...], bool] = {}
        self._seen: set[tuple[object, ...]] = set()

    def key(self, line: bytes, asked: tuple[int, ...]) -> tuple[object, ...] | None:
        """What the asked rules may look at in this row; None where that cannot be told."""
        needed = self._needed.get(asked, ())
        if needed == ():
            needed = self._needed[asked] = self._columns(asked)
            self._blind[asked] = not any(_heeds_ids(self._rules[each].tree) for each in asked)
        if needed is None or b'"' in line:
            return None
        values = line.split(self.delimiter)
        if len(values) != len(self.columns):
            return None
        if self._blind[asked]:
            return asked, *[_ID.sub(b"=", values[each]) for each in needed]
        return asked, *[values[each] for each in needed]

    def __contains__(self, key: tuple[object, ...]) -> bool:
        return key in self._seen

    def add(self, key: tuple[object, ...]) -> None:
        """No rule matched such a row."""
        if len(self._seen) >= KEPT:
            self._seen.clear()
        self._seen.add(key)

    def _columns(self, asked: tuple[int, ...]) -> Columns | None:
        places = {name: place for place, name in enumerate(self.columns)}
        if len(places) != len(self.columns) or not places:
            return None
        found: set[int] = set()
        for each in asked:
            rule = self._rules[each]
            if asks_everything(rule.tree):
                return None
            for field in rule.fields:
                for name in _sources(field, self._surface, places):
                    if name not in places:
                        return None
                    found.add(places[name])
        return tuple(sorted(found)) or None


def _sources(field: str, surface: Surface, columns: Container[str]) -> tuple[str, ...]:
    """The columns from which a field is taken."""
    source = surface.aliases.get(field, field)
    stem, mark, query = source.partition("?")
    if mark:
        return stem, query
    if surface.name == "iis":
        return _PARTS.get(source, (source,))
    # Names with a point are given by decoders, that look at more.
    if source not in columns and "." not in source and FLATTENED.get(surface.name) is request:
        return tuple(each for each in _REQUEST if each in columns)
    return (source,)


def _heeds_ids(node: Node) -> bool:
    """Whether what an id in the row is could change what a rule says of it."""
    for test in _tests(node):
        if isinstance(test, Regex):
            return True
        if isinstance(test, Like):
            told: Sequence[str] = test.parts
        elif isinstance(test, (Same, Part)):
            told = tuple(test.values)
        else:
            continue
        if any(_TOUCHES.search(each.lower()) for each in told):
            return True
    return False


def _tests(node: Node) -> Iterator[Test]:
    if isinstance(node, (All, Either)):
        for each in node.nodes:
            yield from _tests(each)
    elif isinstance(node, No):
        yield from _tests(node.node)
    else:
        yield node
