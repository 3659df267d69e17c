"""Blockquotes that quote nobody: a few words with a link, set off as a picture of a file would be."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

CARD_LENGTH = 300
"""Characters of a blockquote up to which it may be no quote at all."""

SIBLINGS_SEEN = 8
"""Nodes before it that are looked at for who is quoted."""

_NAMES = frozenset({"class", "id", "cite", "type"})
_QUOTING = re.compile(r"quot|cit[ea]|gmail|yahoo|proton|apple|moz|reply|://|mid:", re.IGNORECASE)

TWO_LABELS = re.compile(
    r"^[^\n:：]{1,30}[:：][^\n]*\n(?:[^\n]*\n){0,3}?[^\n:：]{1,30}[:：]", re.MULTILINE
)
"""Lines of a mail's head, as they stand above what is quoted."""


def is_card(node: LexborNode) -> bool:
    """Whether a blockquote only sets off a few words with a link, as a picture of a file would: nothing says
    that somebody else wrote them."""
    text = node.text(deep=True)
    if len(text) > CARD_LENGTH or node.css_first("a[href]") is None:
        return False
    named = " ".join(value or "" for key, value in node.attributes.items() if key in _NAMES)
    return not (_QUOTING.search(named) or TWO_LABELS.search(text) or _said_before(node))


def _said_before(node: LexborNode) -> bool:
    """Whether what stands before it says whose words they are: it ends with a colon, as "On … wrote:" does."""
    before = node.prev
    for _ in range(SIBLINGS_SEEN):
        if before is None:
            return False
        text = before.text(deep=True).strip()
        if text:
            return text.endswith((":", "\uff1a"))
        before = before.prev
    return False
