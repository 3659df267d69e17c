"""The text of a rule file -> its documents, as plain maps, lists and scalars.

PyYAML's C parser gives events; they are put together here, because its own constructors cost four
times as much and read more into a scalar than its author wrote: `0x17` and `12:30` are what they
look like here, not 23 and 750, and `no` is a word. Aliases are followed, and counted.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from tocsin.model.text import N_, Sentence, say

SIZE_LIMIT = 1024 * 1024
"""Bytes of one rule file."""

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


class RuleError(ValueError):
    """What is wrong with a rule, as a sentence for its author."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def documents(text: str) -> list[Any]:
    """Every document of one file. Raises `RuleError` if it is no YAML or beyond a limit."""
    if len(text) > SIZE_LIMIT:
        raise RuleError(say(N_("the file is larger than {limit} bytes"), limit=SIZE_LIMIT))
    try:
        events = iter(yaml.CSafeLoader(text).get_event, None)
        found = list(_Composer(events).documents())
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = mark.line + 1 if mark else 0
        words = N_("line {line}: not YAML: {what}")
        raise RuleError(say(words, line=line, what=fault.problem or "")) from None
    except yaml.YAMLError as fault:
        raise RuleError(say(N_("not YAML: {what}"), what=str(fault)[:200])) from None
    return found


class _Composer:
    """Events of one file, put together. A class because anchors and counts outlive a document."""

    def __init__(self, events: Any) -> None:
        self.events = events
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliases = 0
        self.nodes = 0

    def documents(self) -> Any:
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
            return self.alias(event.anchor)
        before = self.nodes
        self.count(1)
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
            made = self.map(depth)
        if event.anchor:
            self.anchors[event.anchor] = (made, self.nodes - before)
        return made

    def map(self, depth: int) -> dict[str, Any]:
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

    def alias(self, name: str) -> Any:
        self.aliases += 1
        if self.aliases > ALIASES_LIMIT:
            raise RuleError(say(N_("more than {limit} aliases"), limit=ALIASES_LIMIT))
        if name not in self.anchors:
            raise RuleError(say(N_("the alias {name} names nothing"), name=name))
        made, nodes = self.anchors[name]
        self.count(nodes)
        return made

    def count(self, nodes: int) -> None:
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
