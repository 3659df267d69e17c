"""HTML without what costs a parser more than its length: tags of countless attributes, deep nests."""

from __future__ import annotations

import re

MANY_TAGS = 6000
"""Tags from which on it is looked at how deep they stand."""

NEST_LIMIT = 400
"""Depth below which tags are left out; browsers stop at 512."""

ATTRIBUTES_LIMIT = 500
"""Attributes of one tag; a parser holds each against all before it."""

LONG_TAGS_FROM = 16_000
"""Characters of HTML from which on it is looked at how many attributes its tags have."""

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s>/]{0,40})[^>]*+>?")
_ATTRIBUTE = (
    r"(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>\"'][^\s>]*+)?+)?+)"
)
"""As browsers read one (HTML standard, 13.2.5.32 to 13.2.5.39)."""

_USUAL_TAGS = re.compile(
    rf"(?:[^<]++|<(?!/?[a-zA-Z])|</?[a-zA-Z][^\s/>]*+{_ATTRIBUTE}{{0,{ATTRIBUTES_LIMIT}}}+(?!{_ATTRIBUTE}))*+"
)
_BEGUN = re.compile(rf"</?[a-zA-Z][^\s/>]*+{_ATTRIBUTE}{{0,{ATTRIBUTES_LIMIT}}}+")
_REST = re.compile(rf"{_ATTRIBUTE}*+[\s/]*+>?")
_LONG = re.compile(rf"</?[a-zA-Z][^>]{{{2 * ATTRIBUTES_LIMIT}}}")
_QUOTED_END = re.compile(r"=\s*+(?:\"[^\">]*+>|'[^'>]*+>)")
"""Without either, no tag is long: neither one that does not end soon, nor a `>` in quotes."""

_UNNESTED_NAMES = (
    "br img hr input meta link col base wbr area embed source track param p li td tr th tbody thead"
    " tfoot dd dt option html head body"
)
_UNNESTED = frozenset(_UNNESTED_NAMES.split())
"""Elements that have no content, or that the next one of their kind closes."""


def bounded(html: str) -> str:
    """HTML that a parser reads in a time that grows with its length; itself where it is already."""
    if len(html) > LONG_TAGS_FROM and (_LONG.search(html) or _QUOTED_END.search(html)):
        html = _short(html)
    return _shallow(html) if html.count("<") > MANY_TAGS else html


def _short(html: str) -> str:
    """HTML whose tags have no more attributes than `ATTRIBUTES_LIMIT`."""
    pieces: list[str] = []
    at = 0
    while at < len(html):
        usual = _USUAL_TAGS.match(html, at)
        begun = _BEGUN.match(html, usual.end()) if usual else None
        if begun is None:
            break
        pieces += (html[at : begun.end()], ">")
        rest = _REST.match(html, begun.end())
        at = rest.end() if rest else begun.end()
    return "".join([*pieces, html[at:]])


def _shallow(html: str) -> str:
    """HTML without the tags that stand deeper than `NEST_LIMIT`: what a parser does with an element
    takes as long as the stack of open ones is deep."""
    opened: dict[str, int] = {}
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        closing, name = tag.group(1), tag.group(2).lower()
        if name in _UNNESTED:
            return tag.group()
        over = depth > NEST_LIMIT
        if not closing:
            depth += 1
            opened[name] = opened.get(name, 0) + 1
            return "" if over else tag.group()
        if not opened.get(name):
            return ""
        opened[name] -= 1
        depth -= 1
        return "" if over else tag.group()

    return _TAG.sub(keep, html)
