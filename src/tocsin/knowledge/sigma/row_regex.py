r"""A rule's regex as one over the raw row, found wherever the rule's is found in the field.

Every character becomes all its spellings, every class that of their first bytes; bounds of repeats
are let go, as are lookaround and word boundaries. So it finds too much, never too little. What stands
at a place where the row may be torn apart (`?` between stem and query) parts the regex in pieces,
each of which is in the row. For rows of text only.
"""

from __future__ import annotations

import math
import re
import warnings
from functools import lru_cache
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import msgspec

from tocsin.knowledge.sigma.rarity import chance_of, seen
from tocsin.knowledge.sigma.regex_texts import READ_OTHERWISE
from tocsin.knowledge.sigma.spelling import escaped, spelled

LENGTH_LIMIT = 1500
"""Characters of a translated regex; a longer one is not searched for."""

START = r"[\n ,;\"'|\t?]"
"""What stands before a column."""

END = r"[\n ,;\"'|\t\r]"
"""What stands behind one."""

_NUMBERS = frozenset("0123456789")
_WORD = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE = frozenset(" \t\n\r\f\v")
_ASCII = frozenset(map(chr, range(128)))
_GAP = r"[^\n]*"
_OTHER = "\u0100"
"""Stands for every character that is not ASCII, in a set of them."""


class Piece(msgspec.Struct, frozen=True):
    """A part of a translated regex, and how many bits speak against it in everyday rows."""

    regex: str
    bits: float


class _Torn(Exception):  # noqa: N818  # no error: the row may be torn here
    """The regex cannot go on across this item."""


@lru_cache(maxsize=4096)
def pieces(regex: str, *, joined: bool, column: bool) -> tuple[Piece, ...]:
    """Pieces of a regex, each of which is found in the row; empty if none can be told.

    joined: the field is put together from columns; column: the field is one whole column.
    """
    if READ_OTHERWISE.search(regex):
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(regex)
    except (re.error, OverflowError, RecursionError):
        return ()
    if tree.state.flags & (re.VERBOSE | re.MULTILINE):
        return ()
    translator = _Translator(joined=joined, column=column)
    found = []
    for text, bits in translator.torn(tree):
        if bits > 0 and len(text) <= LENGTH_LIMIT:
            found.append(Piece(text, min(seen(text), chance_of(bits))))
    return tuple(found)


class _Translator:
    """Texts and bits of parsed items."""

    def __init__(self, *, joined: bool, column: bool) -> None:
        self.joined, self.column = joined, column

    def torn(self, tree: Any) -> list[tuple[str, float]]:
        """The pieces of a sequence."""
        made = [("", 0.0)]
        for kind, value in _flat(tree):
            try:
                text, bits = self.item(kind, value)
            except _Torn:
                made.append(("", 0.0))
                continue
            made[-1] = (made[-1][0] + text, made[-1][1] + bits)
        return made

    def sequence(self, tree: Any) -> tuple[str, float]:
        """A sequence that must hold together."""
        found = [self.item(kind, value) for kind, value in tree]
        return "".join(text for text, _ in found), sum(bits for _, bits in found)

    def item(self, kind: Any, value: Any) -> tuple[str, float]:
        """One item."""
        if kind is kinds.LITERAL:
            return self.chars(frozenset(chr(value)))
        if kind in (kinds.ANY, kinds.NOT_LITERAL, kinds.IN):
            return self.chars(_accepted(kind, value))
        if kind is kinds.AT:
            return self.place(value)
        if kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            return "", 0.0
        if kind is kinds.SUBPATTERN:
            return self.sequence(value[3])
        if kind is kinds.ATOMIC_GROUP:
            return self.sequence(value)
        if kind is kinds.BRANCH:
            found = [self.sequence(each) for each in value[1]]
            bits = -math.log2(sum(2.0 ** -min(bits, 60) for _, bits in found))
            return f"(?:{'|'.join(text for text, _ in found)})", max(bits, 0.0)
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            return self.repeat(*value)
        raise _Torn

    def place(self, where: Any) -> tuple[str, float]:
        """Beginning or end of the value, if its column can be told."""
        if not self.column:
            return "", 0.0
        if where in (kinds.AT_BEGINNING, kinds.AT_BEGINNING_STRING):
            return START, 1.0
        if where in (kinds.AT_END, kinds.AT_END_STRING):
            return END, 1.0
        return "", 0.0

    def repeat(self, low: int, high: Any, inner: Any) -> tuple[str, float]:
        """A repeat, its bounds let go."""
        items = list(inner)
        sign = "?" if high == 1 else "+" if low else "*"
        if len(items) == 1 and items[0][0] in (kinds.ANY, kinds.NOT_LITERAL, kinds.IN):
            accepted = _accepted(*items[0])
            text = self.many(accepted)
            return text + sign, self.chars(accepted)[1] if low else 0.0
        text, bits = self.sequence(inner)
        if high == low == 1:
            return text, bits
        return f"(?:{text}){sign}", bits if low else 0.0

    def chars(self, accepted: frozenset[str]) -> tuple[str, float]:
        """One character out of these, in all its spellings."""
        if self.joined and "?" in accepted:
            raise _Torn
        if len(accepted) > 90:
            return r"[^\n]+", 0.0
        if _OTHER in accepted or any(char < " " or char == "\x7f" for char in accepted):
            return f"(?:{self.many(accepted)})+", 0.0
        folded = sorted({char.lower() for char in accepted})
        plain = "".join(char for char in folded if char.isalnum() or char in "-._~")
        texts = []
        if plain:
            texts.append(escaped(plain) if len(plain) == 1 else _class(plain))
        rest = [char for char in folded if char not in plain]
        if len(rest) == 1:
            texts.append(_spelling(rest[0]))
        elif rest:
            bare = "".join(rest) + ("+" if " " in rest else "")
            codes = "|".join(f"{ord(char):02x}" for char in rest)
            texts.append(f"{_class(bare)}|%(?:{codes})")
            texts += [f"{char}{{2}}" for char in rest if char in "\"'"]
        text = texts[0] if len(texts) == 1 and len(rest) <= 1 else f"(?:{'|'.join(texts)})"
        return text, chance_of(None, "".join(folded))

    def many(self, accepted: frozenset[str]) -> str:
        """A class of all bytes that these characters may be written with."""
        if self.joined and "?" in accepted:
            raise _Torn
        if len(accepted) > 90:
            return r"[^\n]"
        shown = {char for char in accepted if " " < char <= "~"}
        shown |= {"%", *"0123456789abcdef"}  # percent-encoded ones
        if " " in accepted or _SPACE & accepted:
            shown |= {" ", "+", "\t"}
        high = r"\x80-\xff" if _OTHER in accepted else ""
        return f"{_class(''.join(sorted(char.lower() for char in shown)))[:-1]}{high}]"


def _flat(tree: Any) -> Any:
    """The items of a sequence, those of plain groups too."""
    for kind, value in tree:
        if kind is kinds.SUBPATTERN:
            yield from _flat(value[3])
        else:
            yield kind, value


def _accepted(kind: Any, value: Any) -> frozenset[str]:
    """The ASCII characters that an item accepts; `_OTHER` among them if others are too."""
    if kind is kinds.ANY:
        return (_ASCII - {"\n"}) | {_OTHER}
    if kind is kinds.NOT_LITERAL:
        return (_ASCII - {chr(value)}) | {_OTHER}
    found: set[str] = set()
    negated = False
    for each, inner in value:
        if each is kinds.NEGATE:
            negated = True
        elif each is kinds.LITERAL:
            found.add(chr(inner) if inner < 128 else _OTHER)
        elif each is kinds.RANGE:
            found |= {chr(code) for code in range(inner[0], min(inner[1], 127) + 1)}
            if inner[1] > 127:
                found.add(_OTHER)
        else:
            found |= _category(inner)
    cased = {other for char in found for other in (char.lower(), char.upper()) if len(other) == 1}
    if negated:
        return (_ASCII - found) | {_OTHER}
    return frozenset(found | (cased & _ASCII))


def _category(category: Any) -> frozenset[str]:
    known = {
        kinds.CATEGORY_DIGIT: _NUMBERS,
        kinds.CATEGORY_WORD: _WORD,
        kinds.CATEGORY_SPACE: _SPACE,
        kinds.CATEGORY_NOT_DIGIT: _ASCII - _NUMBERS,
        kinds.CATEGORY_NOT_WORD: _ASCII - _WORD,
        kinds.CATEGORY_NOT_SPACE: _ASCII - _SPACE,
    }
    return frozenset(known.get(category, _ASCII)) | {_OTHER}


def _class(chars: str) -> str:
    return "[" + "".join(f"\\{char}" if char in "\\]^-[" else char for char in chars) + "]"


def _spelling(char: str) -> str:
    """One special character; `?` too, where no columns were joined."""
    if char == "?":
        return r"(?:\?|%3f)"
    found = spelled("text", char)
    assert found is not None
    return found.regex
