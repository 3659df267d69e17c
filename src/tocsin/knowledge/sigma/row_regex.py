r"""A rule's regex as one over the raw row, found wherever the rule's is found in the field.

Every character becomes all its spellings, every class that of their bytes; bounds of repeats are let
go, as are lookaround and word boundaries. So it finds too much, never too little. For rows of text.
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

from tocsin.knowledge.sigma.patterns import Engine
from tocsin.knowledge.sigma.rarity import chance, letter, seen
from tocsin.knowledge.sigma.regex_texts import READ_OTHERWISE
from tocsin.knowledge.sigma.row_tail import MANY, Piece, loose, tail
from tocsin.knowledge.sigma.spelling import END, ROUNDS, START, Spelled, escaped, spelled

LENGTH_LIMIT = 1500
"""Characters of a translated regex; a longer one is not searched for."""

_NUMBERS = frozenset("0123456789")
_WORD = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE = frozenset(" \t\n\r\f\v")
_ASCII = frozenset(map(chr, range(128)))
_HEX = frozenset("0123456789abcdef")
_PRINTED = frozenset(map(chr, range(32, 127)))
_OTHER = "\u0100"
"""Stands for every character that is not ASCII, in a set of them."""

_ANYTHING = Piece(r"[^\n]*", 0.0, run=r"[^\n]")
"""Stands for items that say nothing of the row."""


class Found(msgspec.Struct, frozen=True):
    """A regex over the row, and how rare rows are that it is found in, in bits."""

    regex: str
    rare: float


class _UnknownError(Exception):
    """An item that says nothing of the row."""


@lru_cache(maxsize=4096)
def translated(
    regex: str, engine: Engine, *, column: bool, mark: Spelled | None, spaced: bool = False
) -> Found | None:
    """The regex over the row; None if none can be told.

    column: the field is one whole column; mark: how its `?` stands in the row, where it is put
    together out of two; spaced: the row's columns are parted by blanks.
    """
    if READ_OTHERWISE.search(regex):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(regex)
    except (re.error, OverflowError, RecursionError):
        return None
    if tree.state.flags & (re.VERBOSE | re.MULTILINE):
        return None
    pieces = _Translator(engine, column=column, mark=mark).pieces(tree)
    text = "".join(each.text for each in pieces)
    if not text or len(text) > LENGTH_LIMIT:
        return None
    rare = min(seen(text), chance(sum(each.bits for each in pieces)))
    end = tail(pieces, rare, spaced=spaced)
    text, rare = end if end is not None else (text, rare)
    return Found(loose(text, spaced=spaced), rare)


class _Translator:
    """Texts of parsed items, and the bits that each stands at one certain place."""

    def __init__(self, engine: Engine, *, column: bool, mark: Spelled | None) -> None:
        self.other = frozenset(_OTHER) if engine == "python" else frozenset[str]()
        self.column, self.mark = column, mark

    def pieces(self, tree: Any) -> list[Piece]:
        """A whole regex; where an item says nothing there is a gap."""
        made: list[Piece] = []
        for kind, value in _decoded(list(_flat(tree))):
            try:
                text, bits = self.item(kind, value)
            except _UnknownError:
                if any(each.text for each in made) and made[-1] != _ANYTHING:
                    made.append(_ANYTHING)
                continue
            chars, least = self.extent([(kind, value)])
            made.append(Piece(text, bits, chars, least, self.run(kind, value)))
        while made and (made[-1] == _ANYTHING or not made[-1].text):
            made.pop()
        return made

    def extent(self, items: Any) -> tuple[frozenset[str] | None, int]:
        """What characters such items may be, None if it cannot be told, and how many at least."""
        chars: frozenset[str] = frozenset()
        least = 0
        for kind, value in items:
            if kind in (kinds.LITERAL, kinds.ANY, kinds.NOT_LITERAL, kinds.IN):
                more, count = self.accepted(kind, value), 1
            elif kind is kinds.SUBPATTERN:
                found, count = self.extent(value[3])
                if found is None:
                    return None, 0
                more = found
            elif kind is kinds.BRANCH:
                ways = [self.extent(each) for each in value[1]]
                if any(each is None for each, _ in ways):
                    return None, 0
                more = frozenset[str]().union(*(each for each, _ in ways if each is not None))
                count = min(count for _, count in ways)
            elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
                found, count = self.extent(value[2])
                if found is None:
                    return None, 0
                more, count = found, count if value[0] else 0
            else:
                return None, 0
            chars, least = chars | more, least + count
        if self.mark is not None and "?" in chars:
            return None, 0
        return chars, least

    def run(self, kind: Any, value: Any) -> str:
        """The class of bytes of any number of one class; empty if it is none."""
        if kind not in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) or value[1] == 1 or len(value[2]) != 1:
            return ""
        inner, one = value[2][0]
        if inner not in (kinds.ANY, kinds.NOT_LITERAL, kinds.IN):
            return ""
        text = self.several(self.accepted(inner, one), "*")
        return text[:-1] if text.count("]") == 1 and text.endswith("]*") else ""

    def sequence(self, tree: Any) -> tuple[str, float]:
        """A sequence that must hold together."""
        found = [self.item(kind, value) for kind, value in _decoded(list(tree))]
        return "".join(text for text, _ in found), sum(bits for _, bits in found)

    def item(self, kind: Any, value: Any) -> tuple[str, float]:
        """One item."""
        if kind in (kinds.LITERAL, kinds.ANY, kinds.NOT_LITERAL, kinds.IN):
            return self.one(self.accepted(kind, value))
        if kind is kinds.AT:
            return self.place(value)
        if kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            return "", 0.0
        if kind in (kinds.SUBPATTERN, kinds.ATOMIC_GROUP):
            return self.sequence(value[3] if kind is kinds.SUBPATTERN else value)
        if kind is kinds.BRANCH:
            found = dict(self.sequence(each) for each in value[1])
            bits = -math.log2(sum(2.0 ** -min(bits, 60) for bits in found.values()))
            return f"(?:{'|'.join(found)})", max(bits, 0.0)
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            return self.repeat(*value)
        raise _UnknownError

    def place(self, where: Any) -> tuple[str, float]:
        """Beginning or end of the value, if its column can be told."""
        if self.column and where in (kinds.AT_BEGINNING, kinds.AT_BEGINNING_STRING):
            return START, 1.0
        if self.column and where in (kinds.AT_END, kinds.AT_END_STRING):
            return END, 1.0
        return "", 0.0

    def repeat(self, low: int, high: Any, inner: Any) -> tuple[str, float]:
        """A repeat, its bounds let go."""
        sign = "?" if high == 1 else "+" if low else "*"
        kind, value = inner[0]
        if len(inner) == 1 and kind in (kinds.ANY, kinds.NOT_LITERAL, kinds.IN):
            accepted = self.accepted(kind, value)
            bits = self.one(accepted)[1] if low else 0.0
            return self.several(accepted, sign), bits
        text, bits = self.sequence(inner)
        if high == low == 1:
            return text, bits
        return f"(?:{text}){sign}", bits if low else 0.0

    def one(self, accepted: frozenset[str]) -> tuple[str, float]:
        """One character out of these, in all its spellings."""
        folded = sorted({char.lower() for char in accepted})
        bits = letter("".join(folded))
        if len(accepted) > MANY or _OTHER in accepted or any(map(_is_control, accepted)):
            return self.several(accepted, "+"), bits
        texts = []
        if self.mark is not None and "?" in folded:
            folded.remove("?")
            texts.append(self.mark.regex)
        plain = "".join(char for char in folded if char.isalnum() or char in "-._~")
        if plain:
            texts.append(escaped(plain) if len(plain) == 1 else _class(plain))
        texts += [_spelling(char) for char in folded if char not in plain]
        return (texts[0] if len(texts) == 1 else f"(?:{'|'.join(texts)})"), bits

    def several(self, accepted: frozenset[str], sign: str) -> str:
        """So many of these characters, as a class of all bytes that they may be written with."""
        if len(accepted) > MANY and not _refuses(accepted):
            return f"[^\\n]{'+' if sign == '+' else '*'}"
        if self.mark is not None and "?" in accepted:
            inner = _bytes(accepted - {"?"})
            return f"{inner}*(?:{self.mark.regex}{inner}*)?"
        return _bytes(accepted) + ("+" if sign == "+" else "*")

    def accepted(self, kind: Any, value: Any) -> frozenset[str]:
        """The ASCII characters that an item accepts; `_OTHER` among them if others are too."""
        if kind is kinds.LITERAL:
            return frozenset(chr(value) if value < 128 else _OTHER)
        if kind is kinds.ANY:
            return _ASCII | {_OTHER}
        if kind is kinds.NOT_LITERAL:
            return (_ASCII - _cased({chr(value)})) | {_OTHER}
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
                found |= self.category(inner)
        if negated:
            # Without both cases of a letter: it is not known here whether case counts.
            return (_ASCII - (found & _cased_whole(found))) | {_OTHER}
        return frozenset(_cased(found))

    def category(self, category: Any) -> frozenset[str]:
        r"""What `\d`, `\w`, `\s` and their opposites accept."""
        known = {
            kinds.CATEGORY_DIGIT: _NUMBERS | self.other,
            kinds.CATEGORY_WORD: _WORD | self.other,
            kinds.CATEGORY_SPACE: _SPACE | self.other,
            kinds.CATEGORY_NOT_DIGIT: (_ASCII - _NUMBERS) | {_OTHER},
            kinds.CATEGORY_NOT_WORD: (_ASCII - _WORD) | {_OTHER},
            kinds.CATEGORY_NOT_SPACE: (_ASCII - _SPACE) | {_OTHER},
        }
        return known.get(category, _ASCII | {_OTHER})


def _flat(tree: Any) -> Any:
    """The items of a sequence, those of plain groups too."""
    for kind, value in tree:
        if kind is kinds.SUBPATTERN:
            yield from _flat(value[3])
        else:
            yield kind, value


def _decoded(items: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The items with percent-encoded characters as such: each stands for its encodings too."""
    for _ in range(ROUNDS):
        made: list[tuple[Any, Any]] = []
        place = 0
        while place < len(items):
            code = _code(items[place : place + 3])
            made.append(items[place] if code is None else (kinds.LITERAL, code))
            place += 1 if code is None else 3
        if len(made) == len(items):
            break
        items = made
    return items


def _code(items: list[tuple[Any, Any]]) -> int | None:
    if len(items) < 3 or any(kind is not kinds.LITERAL for kind, _ in items):
        return None
    percent, *digits = (chr(value) for _, value in items)
    both = "".join(digits).lower()
    return int(both, 16) if percent == "%" and set(both) <= _HEX else None


def _cased(chars: set[str]) -> set[str]:
    """These and their other case."""
    return {each for char in chars for each in (char, char.lower(), char.upper()) if len(each) == 1}


def _cased_whole(chars: set[str]) -> set[str]:
    """Those of which the other case is there too."""
    return {char for char in chars if char.swapcase() in chars}


def _refuses(accepted: frozenset[str]) -> bool:
    """Whether a printed character other than a blank is not accepted."""
    return not accepted >= _PRINTED - {" "}


def _is_control(char: str) -> bool:
    return char < " " or char == "\x7f"


def _bytes(accepted: frozenset[str]) -> str:
    """A class of all bytes that these characters may be written with."""
    shown = {char for char in _cased(set(accepted)) if " " < char <= "~"} | {"%"} | _HEX
    shown |= {char for char in accepted if _is_control(char)} - {"\n"}
    if _SPACE & accepted:
        shown |= {" ", "+", "\t"}
    if len(accepted) > MANY:
        refused = _PRINTED - shown - {char.swapcase() for char in shown}
        listed = "".join(sorted(char for char in refused if not char.isupper()))
        return f"[^\\n{_class(listed)[1:-1]}]"
    high = r"\x80-\xff" if _OTHER in accepted else ""
    return f"[{_class(''.join(sorted(char for char in shown if not char.isupper())))[1:-1]}{high}]"


def _class(chars: str) -> str:
    return "[" + "".join(map(_in_class, chars)) + "]"


def _in_class(char: str) -> str:
    if _is_control(char):
        return f"\\x{ord(char):02x}"
    return f"\\{char}" if char in "\\]^-[" else char


def _spelling(char: str) -> str:
    found = spelled("text", char)
    assert found is not None
    return found.regex
