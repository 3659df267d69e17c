"""Blockquotes that quote nobody: a few words with a link, set off as a picture of a file would be."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

CARD_LENGTH = 300
"""Characters of a blockquote up to which it may be no quote at all."""

PARENTS_SEEN = 3
SIBLINGS_SEEN = 8
"""Elements around it, and nodes beside each, that are looked at for who is quoted."""

SAID_LENGTH = 200
"""Characters before it in which that is looked for."""

_NAMES = frozenset({"class", "id", "cite", "type"})
_QUOTING = re.compile(r"quot|cit[ea]|gmail|yahoo|proton|apple|moz|reply|://|mid:", re.IGNORECASE)

_BOX = re.compile(r"border|background|box-shadow", re.IGNORECASE)
_WHO = re.compile(
    r"\b\d{1,2}[:.h]\d\d\b|\b(?:19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d\d|@[\w-]+\.\w"
)

TWO_LABELS = re.compile(
    r"^[^\n:：]{1,30}[:：][^\n]*\n(?:[^\n]*\n){0,3}?[^\n:：]{1,30}[:：]", re.MULTILINE
)
"""Lines of a mail's head, as they stand above what is quoted."""


def is_card(node: LexborNode) -> bool:
    """Whether a blockquote only sets off a few words with a link, as a picture of a file would: it is drawn as a
    box, it is not the end of the mail, and nothing says that somebody else wrote it."""
    if not _BOX.search(node.attributes.get("style") or "") or node.css_first("a[href]") is None:
        return False
    text = node.text(deep=True)
    if len(text) > CARD_LENGTH:
        return False
    named = " ".join(value or "" for key, value in node.attributes.items() if key in _NAMES)
    if _QUOTING.search(named) or TWO_LABELS.search(text):
        return False
    return not _said(_beside(node, "prev")) and bool(_beside(node, "next"))


def _beside(node: LexborNode, way: str) -> str:
    """The nearest text before or behind it, also beside what it stands in; empty if there is none."""
    around: LexborNode | None = node
    for _ in range(PARENTS_SEEN):
        if around is None or around.tag == "body":
            return ""
        each = getattr(around, way)
        for _ in range(SIBLINGS_SEEN):
            if each is None:
                break
            text: str = each.text(deep=True).strip()
            if text:
                return text
            each = getattr(each, way)
        around = around.parent
    return ""


def _said(before: str) -> bool:
    """Whether what stands before it says whose words they are: it ends with a colon, as "On … wrote:" does, or
    with a day, a time or an address."""
    last = before[-SAID_LENGTH:].rpartition("\n")[2]
    return last.endswith((":", "\uff1a")) or _WHO.search(last) is not None
