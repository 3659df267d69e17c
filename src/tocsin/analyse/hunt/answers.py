"""Which rules an event of Windows matches, worked out once for events alike in all that rules look at.

Servers start the same programs with the same words all day, and a dozen rules ask about each start.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from tocsin.knowledge.sigma import SigmaRule
from tocsin.knowledge.sigma.tree import asks_everything, fields_of
from tocsin.model.event import Event

KEPT = 50_000
"""Answers that are remembered of one log; then it begins anew."""

LEAST = 4
"""Rules that must be asked of an event, so that remembering costs less than asking them again."""

_encode = msgspec.msgpack.Encoder().encode


class Answers:
    """The answers of one log's rules."""

    def __init__(self, rules: Sequence[SigmaRule]) -> None:
        self._rules = rules
        self._looked: dict[tuple[int, ...], tuple[str, ...]] = {}
        self._known: dict[tuple[tuple[int, ...], bytes], tuple[int, ...]] = {}

    def of(self, event: Event, asked: tuple[int, ...]) -> tuple[int, ...]:
        """Those of the asked rules that match."""
        if len(asked) < LEAST or event.decoded:
            return self._asked(event, asked)
        looked = self._looked.get(asked)
        if looked is None:
            looked = self._looked[asked] = self._fields(asked)
        if not looked:
            return self._asked(event, asked)
        get = event.fields.get
        values = [get(name) for name in looked]
        key = asked, blake2b(_encode(values), digest_size=16).digest()
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            found = self._known[key] = self._asked(event, asked)
        return found

    def _asked(self, event: Event, asked: tuple[int, ...]) -> tuple[int, ...]:
        rules = self._rules
        return tuple(each for each in asked if rules[each].matches(event))

    def _fields(self, asked: tuple[int, ...]) -> tuple[str, ...]:
        """All fields that these rules look at; none where one looks at the whole record."""
        found: set[str] = set()
        for each in asked:
            for node in (self._rules[each].tree, self._rules[each].guard):
                if node is not None:
                    if asks_everything(node):
                        return ()
                    found |= fields_of(node)
        return tuple(sorted(found))
