"""Events of PyYAML's C parser, put together to maps, lists and scalars; see `documents`.

A file of its own, so that a parser of YAML is loaded only where rules are read from files.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from tocsin.knowledge.sigma.rule_fault import RuleError
from tocsin.model.text import N_, say

DOCUMENTS_LIMIT = 2000
"""Documents in one file."""

ALIASES_LIMIT = 100
"""YAML aliases (`*name`) in one file; each is one more copy of what it names."""

NESTING_LIMIT = 32
"""Maps and lists inside each other."""

NODES_LIMIT = 100_000
"""Values in one file, those behind aliases counted each time."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")


class Composer:
    """Events of one file, put together. A class because anchors and counts outlive a document."""

    def __init__(self, events: Any) -> None:
        self.events = events
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliases = 0
        self.nodes = 0

    def documents(self) -> Any:
        """Each document. Raises `RuleError` beyond a limit."""
        count = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                count += 1
                if count > DOCUMENTS_LIMIT:
                    words = N_("the file holds more than {limit} documents")
                    raise RuleError(say(words, limit=DOCUMENTS_LIMIT))
                self.anchors.clear()
                yield self.value(next(self.events), 0)

    def value(self, event: Any, depth: int) -> Any:
        """The value that begins with this event."""
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event.anchor)
        before = self.nodes
        self._count(1)
        if kind is yaml.ScalarEvent:
            made: Any = _scalar(event)
        elif depth >= NESTING_LIMIT:
            words = N_("more than {limit} maps and lists inside each other")
            raise RuleError(say(words, limit=NESTING_LIMIT))
        elif kind is yaml.SequenceStartEvent:
            made = []
            for inner in self.events:
                if type(inner) is yaml.SequenceEndEvent:
                    break
                made.append(self.value(inner, depth + 1))
        else:
            made = self._map(depth)
        if event.anchor:
            self.anchors[event.anchor] = (made, self.nodes - before)
        return made

    def _map(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for inner in self.events:
            if type(inner) is yaml.MappingEndEvent:
                break
            if type(inner) is not yaml.ScalarEvent:
                raise RuleError(say(N_("a key that is a map, a list or an alias")))
            if inner.value in made:
                raise RuleError(say(N_("the key {key} stands twice"), key=inner.value))
            made[inner.value] = self.value(next(self.events), depth + 1)
        return made

    def _alias(self, name: str) -> Any:
        self.aliases += 1
        if self.aliases > ALIASES_LIMIT:
            raise RuleError(say(N_("more than {limit} aliases"), limit=ALIASES_LIMIT))
        if name not in self.anchors:
            raise RuleError(say(N_("the alias {name} names nothing"), name=name))
        made, nodes = self.anchors[name]
        self._count(nodes)
        return made

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > NODES_LIMIT:
            raise RuleError(say(N_("more than {limit} values"), limit=NODES_LIMIT))


def _scalar(event: Any) -> str | int | bool | None:
    """A quoted scalar is text; a plain one may be a whole number, true, false or nothing."""
    text: str = event.value
    if event.style in ("'", '"', "|", ">") or event.tag == "tag:yaml.org,2002:str":
        return text
    if text in _NULLS:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return int(text) if _WHOLE.fullmatch(text) else text
