"""The fixed texts that anything holds in which a regex is found."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ALTERNATIVES_LIMIT = 32
"""Texts that one stretch of a regex is written out into (`https?://` is two)."""

READ_OTHERWISE = re.compile(r"\[\[:|(?<!\\)(?:\\\\)*\\[QECKzpPX]")
"""What RE2 and Python read differently: then nothing is said. `\\\\P` is a backslash and a P."""

Texts = tuple[tuple[str, ...], ...]


@lru_cache(maxsize=16384)
def texts_of(regex: str) -> Texts:
    """Stretches in their order; of each, one of its texts is there. Empty if nothing is known."""
    if READ_OTHERWISE.search(regex):
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(regex)
    except (re.error, OverflowError, RecursionError):
        return ()
    if tree.state.flags & re.VERBOSE:
        return ()
    reader = _Stretches()
    reader.sequence(tree)
    reader.end()
    return tuple(reader.found)


class _Stretches:
    """Texts as far as they have been read. open: the texts of the stretch that may still grow."""

    def __init__(self) -> None:
        self.found: list[tuple[str, ...]] = []
        self.open: tuple[str, ...] = ("",)

    def end(self) -> None:
        """Something unknown comes: the stretch is over."""
        if all(self.open):
            self.found.append(tuple(dict.fromkeys(self.open)))
        self.open = ("",)

    def grow(self, texts: tuple[str, ...]) -> None:
        """One of these texts follows directly."""
        if len(self.open) * len(texts) > ALTERNATIVES_LIMIT:
            self.end()
        if len(texts) > ALTERNATIVES_LIMIT:
            self.open = texts
            self.end()
            return
        self.open = tuple(dict.fromkeys(old + new for old in self.open for new in texts))

    def sequence(self, tree: Any) -> None:
        """All items of a parsed regex, one behind the other."""
        for kind, value in tree:
            self.item(kind, value)

    def item(self, kind: Any, value: Any) -> None:
        """One of them."""
        if kind is kinds.AT or kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            return
        plain = _plain([(kind, value)])
        if plain is not None:
            self.grow(plain)
        elif kind is kinds.SUBPATTERN:
            self.sequence(value[3])
        elif kind is kinds.ATOMIC_GROUP:
            self.sequence(value)
        elif kind is kinds.BRANCH:
            self.end()
            self.branches(value[1])
        elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            self.end()
            if value[0] >= 1:
                self.sequence(value[2])
                self.end()
        else:
            self.end()

    def branches(self, branches: Any) -> None:
        """Of each branch its longest stretch, if each has one."""
        chosen: list[str] = []
        for each in branches:
            inner = _Stretches()
            inner.sequence(each)
            inner.end()
            if not inner.found:
                return
            chosen += max(inner.found, key=lambda texts: min(map(len, texts)))
        self.found.append(tuple(dict.fromkeys(chosen)))


def _plain(tree: Any) -> tuple[str, ...] | None:
    """All texts that a part of a regex stands for, if those are few and fixed."""
    texts: tuple[str, ...] = ("",)
    for kind, value in tree:
        more = _plain_item(kind, value)
        if more is None or len(texts) * len(more) > ALTERNATIVES_LIMIT * 4:
            return None
        texts = tuple(old + new for old in texts for new in more)
    return texts


def _plain_item(kind: Any, value: Any) -> tuple[str, ...] | None:
    if kind is kinds.LITERAL:
        return (chr(value),)
    if kind is kinds.IN:
        if all(each[0] is kinds.LITERAL for each in value) and len(value) <= 8:
            return tuple(chr(each[1]) for each in value)
        return None
    if kind is kinds.SUBPATTERN:
        return _plain(value[3])
    if kind is kinds.BRANCH:
        found = [_plain(each) for each in value[1]]
        if any(each is None for each in found):
            return None
        return tuple(text for each in found if each for text in each)
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and value[1] == 1:
        inner = _plain(value[2])
        return None if inner is None else inner if value[0] else ("", *inner)
    return None
