"""Lines for a terminal: their width, their style, and foreign words that cannot drive it."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator

WIDTH = 100
"""Columns; a terminal's own width is not asked for, so that a pipe shows the same."""

Style = Callable[[str, str], str]


def plain(text: str, kind: str) -> str:  # noqa: ARG001
    """No style: for pipes and files."""
    return text


def coloured(text: str, kind: str) -> str:
    """Bold for what is named, dim for places; no colour carries a meaning of its own."""
    codes = {"strong": "1", "dim": "2"}
    return f"\x1b[{codes[kind]}m{text}\x1b[0m" if kind in codes else text


def visible(text: str) -> str:
    """Show control and direction characters as escapes: a name must not drive the terminal."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(
        each
        if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        else each.encode("unicode_escape", "backslashreplace").decode()
        for each in text
    )


def cut(text: str, limit: int) -> str:
    """The beginning of a text that is longer than the limit, and how many characters are left out."""
    return text if len(text) <= limit else f"{text[:limit]}… (+{len(text) - limit})"


def some(count: int, one: str, many: str, translate: Callable[[str], str]) -> str:
    """A number in words: one of something, or `{count}` of it."""
    return translate(one if count == 1 else many).format(count=count)


def wrapped(head: str, words: str) -> Iterator[str]:
    """Words beside a head of eight columns, the further lines under the first."""
    lines = textwrap.wrap(visible(words), WIDTH - 15, break_on_hyphens=False) or [""]
    yield f"      {head:<8} {lines[0]}"
    for line in lines[1:]:
        yield " " * 15 + line
