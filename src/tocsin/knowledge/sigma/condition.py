"""A condition (`selection and not 1 of filter_*`) -> the tree of tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from tocsin.knowledge.sigma.documents import RuleError
from tocsin.knowledge.sigma.tree import No, Node, both, either
from tocsin.model.text import N_, say

CONDITION_LIMIT = 10_000
"""Characters of one condition."""

NESTING_LIMIT = 50
"""Parentheses and `not` inside each other."""

_TOKEN = re.compile(r"[()|]|[^\s()|]+")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_PATTERN = re.compile(r"[A-Za-z0-9_*.-]+")


def compiled(condition: str, detections: Mapping[str, Node]) -> Node:
    """The tree of one condition. Raises `RuleError` where it says nothing that can be asked."""
    if len(condition) > CONDITION_LIMIT:
        words = N_("a condition of more than {limit} characters")
        raise RuleError(say(words, limit=CONDITION_LIMIT))
    tokens = _TOKEN.findall(condition)
    if "|" in tokens:
        words = N_(
            "the condition counts with `{what}`, a form that Sigma has given up: "
            "write a correlation rule instead"
        )
        raise RuleError(say(words, what=condition[condition.index("|") :][:60]))
    return parsed(tokens, _Names(detections).asked)


def parsed(tokens: list[str], asked: Callable[[Reader], Node]) -> Node:
    """The tree of a boolean expression whose operands `asked` reads."""
    reader = Reader(tokens, asked)
    node = reader.any_of(0)
    if reader.at < len(tokens):
        raise RuleError(say(N_("the condition does not go on at {word}"), word=tokens[reader.at]))
    return node


class Reader:
    """A place in the tokens; `or` binds less than `and`, that less than `not`."""

    def __init__(self, tokens: list[str], asked: Callable[[Reader], Node]) -> None:
        self.tokens, self.asked, self.at = tokens, asked, 0

    def peek(self) -> str:
        """The next word, empty at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def word(self) -> str:
        """The next word, taken."""
        found = self.peek()
        if not found:
            raise RuleError(say(N_("the condition ends too early")))
        self.at += 1
        return found

    def any_of(self, depth: int) -> Node:
        """`a or b or …`."""
        nodes = [self.all_of(depth)]
        while self.peek().lower() == "or":
            self.at += 1
            nodes.append(self.all_of(depth))
        return either(nodes)

    def all_of(self, depth: int) -> Node:
        """`a and b and …`."""
        nodes = [self.one(depth)]
        while self.peek().lower() == "and":
            self.at += 1
            nodes.append(self.one(depth))
        return both(nodes)

    def one(self, depth: int) -> Node:
        """An operand, a negation or a parenthesis."""
        if depth > NESTING_LIMIT:
            words = N_("more than {limit} parentheses inside each other")
            raise RuleError(say(words, limit=NESTING_LIMIT))
        if self.peek().lower() == "not":
            self.at += 1
            return No(self.one(depth + 1))
        if self.peek() == "(":
            self.at += 1
            node = self.any_of(depth + 1)
            if self.peek() != ")":
                raise RuleError(say(N_("the condition lacks a closing parenthesis")))
            self.at += 1
            return node
        return self.asked(self)


class _Names:
    """What the words of a condition stand for."""

    def __init__(self, detections: Mapping[str, Node]) -> None:
        self.detections = detections

    def asked(self, reader: Reader) -> Node:
        """One operand: a detection's name, or `1 of pattern`, `all of them`."""
        word = reader.word()
        if reader.peek().lower() == "of":
            reader.at += 1
            return self.several(word, reader.word())
        if word.lower() in ("and", "or", "of", "near") or not _NAME.fullmatch(word):
            raise RuleError(say(N_("the condition does not go on at {word}"), word=word))
        try:
            return self.detections[word]
        except KeyError:
            words = N_("the condition names {name}, which is no detection of the rule")
            raise RuleError(say(words, name=word)) from None

    def several(self, how_many: str, pattern: str) -> Node:
        if how_many.lower() not in ("1", "any", "all"):
            words = N_("`{word} of` is not supported: 1 of, any of or all of")
            raise RuleError(say(words, word=how_many))
        if not _PATTERN.fullmatch(pattern):
            raise RuleError(say(N_("the condition does not go on at {word}"), word=pattern))
        chosen = pattern if pattern != "them" else "*"
        nodes = [
            node
            for name, node in self.detections.items()
            if fnmatchcase(name, chosen) and (chosen.startswith("_") or not name.startswith("_"))
        ]
        if not nodes:
            words = N_("the condition names {name}, which is no detection of the rule")
            raise RuleError(say(words, name=pattern))
        return both(nodes) if how_many.lower() == "all" else either(nodes)
