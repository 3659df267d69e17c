"""Two texts of one mail, of which programs show one or the other: judged as one.

Neither may hide the other, and what both say counts once.
"""

from __future__ import annotations

import re
from html import escape
from itertools import islice

from tocsin.formats.syntax import shingles

COMPARED = 64 * 1024
"""First characters of two texts whose words are compared."""

COMPARED_LINKS = 100
"""Links of one text that are sought in the other; with more, both texts are kept."""

MOST = 0.75
"""Share of the words of the mail's own text: with so many, the part says the same, or more."""

NEARLY_ALL = 0.9
"""Share of the words of the part's text: with so many, the mail's own says the same, or more."""

_LINK = re.compile(r"https?://[^\s<>\"'?&)\]]{1,300}", re.IGNORECASE)


def joined(own: tuple[str, str], inner: tuple[str, str]) -> tuple[str, str]:
    """Plain text and HTML of the mail and of a part that Outlook shows instead, as one of each.

    HTML beside plain text of the same words is what any mail has. Where the words differ, or a link
    of the mail's own text is nowhere in the part's, the part's text comes first and the other after.
    """
    from tocsin.formats.syntax.html_text import read_html  # noqa: PLC0415 - slow, and rare

    plain, html = own
    inner_plain, inner_html = inner[0].replace("\0", ""), inner[1].replace("\0", "")
    shown = inner_plain if inner_plain.strip() else read_html(inner_html).text
    if not shown.strip():
        return own
    if html.strip():
        added = inner_html or f"<pre>{escape(inner_plain)}</pre>"
        html = html if _holds(html, shown, NEARLY_ALL) else f"{added}\n{html}"
    else:
        html = inner_html
    if not plain.strip() or plain.strip() in inner_plain:
        return inner_plain, html
    if shown.strip() in plain or _repeats(shown, plain, plain, NEARLY_ALL):
        return plain, html
    if _repeats(plain, shown, inner_html or inner_plain, MOST):
        return (plain if inner_html else inner_plain), html
    return f"{shown.rstrip()}\n\n{plain}", html


def _repeats(text: str, other: str, source: str, share: float) -> bool:
    """Whether the other text says what this one says, its links included.

    source: the other one as written, with the links of HTML.
    """
    links = {each[0] for each in islice(_LINK.finditer(text), COMPARED_LINKS + 1)}
    if len(links) > COMPARED_LINKS or not all(each in source for each in links):
        return False
    return _holds(other, text, share)


def _holds(text: str, other: str, share: float) -> bool:
    """Whether so large a share of the other text's words stands in this one."""
    words = set(shingles.words_of(other[:COMPARED]))
    return len(words.intersection(shingles.words_of(text[: 2 * COMPARED]))) >= share * len(words)
