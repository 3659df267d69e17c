"""Regexes of rules, run without ever taking more than linear time where that can be had.

google-re2 runs what it can compile. Lookaround and back references are left to Python's own
engine, over at most `FALLBACK_LIMIT` characters of a value, and only where no repeat stands inside a
repeat, which is what makes such an engine run for hours.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Literal

import re2

from tocsin.knowledge.sigma.documents import RuleError
from tocsin.model.text import N_, say

Engine = Literal["re2", "python"]

PATTERN_LIMIT = 5000
"""Characters of one regex."""

FALLBACK_LIMIT = 1000
"""Characters of a value that Python's engine searches."""

MEMORY_LIMIT = 16 * 1024 * 1024
"""Bytes that RE2 may take for one regex."""


@lru_cache(maxsize=16384)
def engine_of(regex: str) -> Engine:
    """Which engine runs it. Raises `RuleError` if none will."""
    if len(regex) > PATTERN_LIMIT:
        raise RuleError(say(N_("a regex of more than {limit} characters"), limit=PATTERN_LIMIT))
    if _compiled_re2(regex) is not None:
        return "re2"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(regex)
            re.compile(regex)
    except (re.error, OverflowError, RecursionError) as fault:
        words = N_("the regex {regex} cannot be read: {what}")
        raise RuleError(say(words, regex=regex[:80], what=str(fault))) from None
    if _repeats(tree, inside=False):
        words = N_("the regex {regex} has a repeat inside a repeat, and RE2 cannot run it")
        raise RuleError(say(words, regex=regex[:80]))
    return "python"


@lru_cache(maxsize=16384)
def searcher(regex: str, engine: Engine) -> Callable[[str], object]:
    """The search of a regex that `engine_of` has accepted."""
    if engine == "re2":
        compiled = _compiled_re2(regex)
        assert compiled is not None
        search = compiled.search

        def run(text: str) -> object:
            # As bytes, for its Python side counts the characters of a str again and again. Halves of
            # surrogate pairs, which JSON lets through, are nobody's text.
            return search(text.encode("utf-8", "replace"))

        return run
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pattern = re.compile(regex)
    return lambda text: pattern.search(text, 0, FALLBACK_LIMIT)


@lru_cache(maxsize=16384)
def _compiled_re2(regex: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY_LIMIT
    try:
        return re2.compile(regex, options)
    except re2.error:
        return None


def _repeats(tree: Any, *, inside: bool) -> bool:
    """Whether an unbounded repeat stands inside another."""
    for kind, value in tree:
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            low, high, inner = value
            again = high is kinds.MAXREPEAT or high - low > 10
            if (again and inside) or _repeats(inner, inside=inside or again):
                return True
        elif any(_repeats(inner, inside=inside) for inner in inner_of(kind, value)):
            return True
    return False


def inner_of(kind: Any, value: Any) -> list[Any]:
    """The parts inside one item of a parsed regex."""
    if kind is kinds.BRANCH:
        return list(value[1])
    if kind is kinds.SUBPATTERN:
        return [value[3]]
    if kind is kinds.ATOMIC_GROUP:
        return [value]
    if kind in (kinds.ASSERT, kinds.ASSERT_NOT):
        return [value[1]]
    if kind is kinds.GROUPREF_EXISTS:
        return [each for each in value[1:] if each is not None]
    return []
