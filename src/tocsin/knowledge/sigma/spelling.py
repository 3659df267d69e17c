"""How a text of a rule may be written in a log: the raw row is not the field's value.

A web row writes blanks as `+`, and reserved characters perhaps percent-encoded; CSV doubles quotes;
JSON escapes them. Letters, digits, `-`, `.`, `_` and `~` are themselves: rows in which something is
encoded needlessly, or twice, are searched again decoded (`NEEDLESS`), and those with a character that
becomes an ASCII letter in lower case are asked of every rule (`FOLDED`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import msgspec

ROUNDS = 3
"""How often percent-encoding is taken off a rule's text."""

Kind = Literal["text", "flat", "json"]
"""How a value stands in its row: percent-encoded perhaps; in CSV or W3C as it is; in JSON."""

NEEDLESS = rb"%(?:25[0-9a-f]{2}|u00[0-9a-f]{2}|3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae]|2[de])"
"""What a row holds in which a character is percent-encoded that need not be, or was so twice."""

FOLDED = (
    rb"\xe2\x84\xaa|\xc4\xb0|\xc5\xbf|\\u(?:212a|0130|017f)|%e2%84%aa|%c4%b0|%c5%bf"
    rb"|(?:%[89a-f][0-9a-f]){3}|(?:[\xc2\xc3][\x80-\xbf]){3}"
    rb"|[\x81-\x99\xa2-\xa9\xc1-\xc9\xd1-\xd9\xe2-\xe9\xf0-\xf9]{6}"
)
"""What a row holds that may say in other letters what a rule asks for.

The Kelvin sign, the dotted capital I and the long s, which are ASCII letters to a caseless rule; and
three letters or digits in a row in EBCDIC, as bytes, percent-encoded, or read as such."""

START = r"""[\n ,;"'|\t?]"""
"""What stands before a column of a row of text."""

END = r"""[\n ,;"'|\t\r?]"""
"""What stands behind one."""

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAME_IN_JSON = frozenset(" !#$%()*;=?@^`|{}[]")
_ENCODED = re.compile(r"%([0-9a-fA-F]{2})")
_HALF = re.compile(r"%[0-9a-fA-F]?\Z")
_META = frozenset("\\^$.|?*+()[]{}")


class Spelled(msgspec.Struct, frozen=True, gc=False):
    """One character. regex: all its forms; forms: those forms, none if there are too many."""

    regex: str
    forms: tuple[str, ...]
    char: str

    @property
    def plain(self) -> bool:
        """Whether it has but one form."""
        return len(self.forms) == 1

    @property
    def sure(self) -> bool:
        """Whether it has that form in every kind of row."""
        return self.char in _PLAIN


@cache
def spelled(kind: Kind, char: str) -> Spelled | None:
    """How a lower-case character stands in the raw text; None if that cannot be said."""
    if char in _PLAIN:
        return Spelled(escaped(char), (char,), char)
    if not "\x20" <= char <= "\x7e":
        return None
    if kind == "flat":
        return _in_flat(char)
    return _in_json(char) if kind == "json" else _in_text(char)


@cache
def tear(*, beside: bool) -> Spelled:
    """The `?` that joins stem and query where it may be the end of one column, the start of another.

    beside: the query's column is the next one.
    """
    gap = "" if beside else r"(?:[^\n]*[ ,;|\t])?"
    return Spelled(rf'(?:\?|%3f|"?[ ,;|\t]{gap}"?\??)', (), "?")


def _in_text(char: str) -> Spelled:
    hidden = f"%{ord(char):02x}"
    if char == " ":
        # Decoders make one blank of control characters; tabs may part the words of a row.
        return Spelled("(?:[ +\\t]|(?:%(?:20|7f|[01][0-9a-f]))+)", (), " ")
    if char == "%":
        return Spelled("%(?:25)?", ("%", "%25"), char)
    if char in "\"'":
        return Spelled(f"(?:{char}{{1,2}}|{hidden})", (char, char * 2, hidden), char)
    return Spelled(f"(?:{escaped(char)}|{hidden})", (char, hidden), char)


def _in_flat(char: str) -> Spelled | None:
    if char == "%":
        return None  # what comes behind may be decoded where the row is searched again
    if char == " ":
        return Spelled("[ +\\t]", (" ", "+", "\t"), char)
    if char in "\"'":
        return Spelled(f"{char}{{1,2}}", (char, char * 2), char)
    return Spelled(escaped(char), (char,), char)


def _in_json(char: str) -> Spelled | None:
    if char == '"':
        return None  # `\"`, `""`, or the end of a value, as an object was written anew
    if char == "\\":
        return Spelled(r"\\+", ("\\", "\\\\", "\\\\\\\\"), char)
    if char in ":,":
        return Spelled(f"{char} ?", (char, f"{char} "), char)
    if char in _SAME_IN_JSON:
        return Spelled(escaped(char), (char,), char)
    code = f"\\u00{ord(char):02x}"
    if char == "/":
        return Spelled(r"\\*/", ("/", "\\/", "\\\\/"), char)
    return Spelled(f"(?:{escaped(char)}|\\{code})", (char, code), char)


def decoded(text: str, *, ends: bool) -> str:
    """A rule's text without percent-encoding: each character stands for its encodings too.

    A half-written one at the end is left off unless the value ends there. What was encoded twice,
    the search decodes itself.
    """
    for _ in range(ROUNDS):
        plain = _ENCODED.sub(lambda found: chr(int(found[1], 16)), text)
        if plain == text:
            break
        text = plain
    return text if ends else _HALF.sub("", text)


def escaped(text: str) -> str:
    """The text as a regex that both Hyperscan and RE2 read."""
    return "".join(f"\\{each}" if each in _META else each for each in text)
