"""Foreign text made inert and visible: nothing in a report may hide, turn or run.

Names, subjects and quotes come from whoever wrote the mail. HTML in them is escaped by the
template engine; what this module adds is that characters without a shape of their own
(control, bidirectional, zero width, surrogates) are written as their code point.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from string import Formatter

from tocsin.model.text import Sentence

TEXT_LIMIT = 2000
"""Longest foreign text shown in one place, in characters."""

LINE_LIMIT = 500
"""Longest name, path or title shown; what stands beyond is in run.json."""

MARKS_LIMIT = 3
"""Combining marks shown on one letter; more would paint over the lines around it."""

_SHAPELESS_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Letters by category that are drawn as nothing."""

_PLAIN = re.compile(r"[\n\t\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2015\u2018-\u2027\u202f\xa0]*")
"""Text that needs no look at all, which is nearly every text."""

_HTTP = re.compile(r"https?://[!-~]+", re.IGNORECASE)


def visible(text: str, limit: int = TEXT_LIMIT) -> str:
    """Write every shapeless character as its code point, and cut what is beyond the limit.

    Line ends and tabs stay. The result is plain text, safe in an attribute as in a paragraph
    once escaped.
    """
    cut = len(text) - limit
    if cut > 0:
        text = text[:limit]
    shown = text if _PLAIN.fullmatch(text) else _spell(text)
    return f"{shown}… (+{cut})" if cut > 0 else shown


def _spell(text: str) -> str:
    out: list[str] = []
    marks = 0
    for char in text.replace("\r\n", "\n"):
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if char in "\n\t":
            out.append(char)
        elif category in _SHAPELESS_CATEGORIES or char in _FILLERS or marks > MARKS_LIMIT:
            out.append(f"‹U+{ord(char):04X}›")
        else:
            out.append(char)
    return "".join(out)


def one_line(text: str) -> str:
    """As `visible`, for places that have one line: line ends and tabs are spelled out too."""
    return visible(text, LINE_LIMIT).replace("\n", "‹U+000A›").replace("\t", "‹U+0009›")


def link(url: str) -> str:
    """The address if a browser may follow it (http, https, printable ASCII), else nothing."""
    return url if len(url) <= TEXT_LIMIT and _HTTP.fullmatch(url) else ""


def speak(sentence: Sentence, translate: Callable[[str], str]) -> str:
    """The sentence in the reader's language.

    A saved run may have been edited by anybody. A template that asks for more than plain named
    values (attributes, widths) is shown as it stands and never filled.
    """
    template = translate(sentence.template) if sentence.template else ""
    try:
        fields = [part[1:] for part in Formatter().parse(template) if part[1] is not None]
    except ValueError:
        return template
    if any(spec or conversion or name not in sentence.values for name, spec, conversion in fields):
        return template
    return sentence.render(translate) if template else ""
