"""Values as Sigma writes them: wildcards and their escaping, and the modifiers that rewrite them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from enum import Enum
from itertools import product

from tocsin.knowledge.sigma.documents import RuleError
from tocsin.model.text import N_, say

EXPANSIONS_LIMIT = 1000
"""Values that one value becomes by `windash`."""


class Wild(Enum):
    """What stands for other characters in a value."""

    ANY = "*"
    ONE = "?"


Value = tuple[str | Wild, ...]
"""Fixed texts and wildcards, in order."""

_SPECIAL = re.compile(r"\\[\\*?]|[*?]")
_DASH = re.compile(r"\B[-/]\b")
_DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")


def parse(text: str) -> Value:
    r"""A value with its wildcards. `\*`, `\?` and `\\` are those characters, another `\` is itself."""
    if not _SPECIAL.search(text):
        return (text,) if text else ()
    parts: list[str | Wild] = []
    fixed, at = "", 0
    for found in _SPECIAL.finditer(text):
        fixed += text[at : found.start()]
        at = found.end()
        if len(found[0]) == 2:
            fixed += found[0][1]
            continue
        if fixed:
            parts.append(fixed)
        parts.append(Wild(found[0]))
        fixed = ""
    fixed += text[at:]
    if fixed:
        parts.append(fixed)
    return tuple(parts)


def contains(value: Value) -> Value:
    """The value anywhere."""
    return startswith(endswith(value))


def startswith(value: Value) -> Value:
    """The value, then anything."""
    return value if value and value[-1] is Wild.ANY else (*value, Wild.ANY)


def endswith(value: Value) -> Value:
    """Anything, then the value."""
    return value if value and value[0] is Wild.ANY else (Wild.ANY, *value)


def windash(value: Value) -> Iterator[Value]:
    """The value with each dash or slash that begins a word as every dash that Windows takes."""
    slots: list[tuple[str | Wild, ...]] = []
    for part in value:
        if isinstance(part, Wild):
            slots.append((part,))
            continue
        at = 0
        for found in _DASH.finditer(part):
            slots += [(part[at : found.start()],), _DASHES]
            at = found.end()
        slots.append((part[at:],))
    count = 1
    for slot in slots:
        count *= len(slot)
    if count > EXPANSIONS_LIMIT:
        words = N_("windash makes more than {limit} values of one")
        raise RuleError(say(words, limit=EXPANSIONS_LIMIT))
    for chosen in product(*slots):
        yield joined(chosen)


def base64(value: Value) -> Value:
    """The text in base64."""
    return (b64encode(_bytes(value, "base64")).decode(),)


def base64offset(value: Value) -> Iterator[Value]:
    """What base64 shows of the text wherever it begins in what is encoded: three forms."""
    data = _bytes(value, "base64offset")
    for shift, start in enumerate((0, 2, 3)):
        end = (None, -3, -2)[(len(data) + shift) % 3]
        yield (b64encode(b" " * shift + data)[start:end].decode(),)


def wide(encoding: str, mark: str = "") -> Callable[[Value], Value]:
    """The text in UTF-16, each byte as one character."""

    def encode(value: Value) -> Value:
        try:
            parts = [
                part if isinstance(part, Wild) else part.encode(encoding).decode() for part in value
            ]
        except (UnicodeDecodeError, UnicodeEncodeError):
            raise RuleError(say(N_("wide and utf16 take ASCII text only"))) from None
        return joined((mark, *parts))

    return encode


def joined(parts: tuple[str | Wild, ...]) -> Value:
    """The parts with neighbouring texts made one."""
    made: list[str | Wild] = []
    for part in parts:
        if isinstance(part, str) and made and isinstance(made[-1], str):
            made[-1] += part
        elif part != "":
            made.append(part)
    return tuple(made)


def _bytes(value: Value, modifier: str) -> bytes:
    if any(isinstance(part, Wild) for part in value):
        words = N_("the modifier {modifier} takes no wildcards")
        raise RuleError(say(words, modifier=modifier))
    return "".join(part for part in value if isinstance(part, str)).encode("utf-8", "replace")
