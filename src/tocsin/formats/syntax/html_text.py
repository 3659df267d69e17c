"""The text of an HTML body as lines, what it quotes set off by `>` as in plain text.

So one splitter serves both. Blockquotes become prefixes; places where a mail program says by an
element that all below is quoted become a line of their own (`BELOW`); `hr` becomes a line of
underscores. Nothing is run or fetched. The parser is Lexbor's, which reads as browsers do.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal
from urllib.parse import urljoin

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tocsin.formats.syntax.html_bounds import bounded
from tocsin.formats.syntax.html_cards import TWO_LABELS, is_card
from tocsin.formats.syntax.html_outlook import DRAWN, drawn, shown
from tocsin.model.message import QuoteStyle

HTML_LIMIT = 1 << 20
"""Characters of HTML that are looked at."""

QUOTE_LIMIT = 400
"""Quoting elements that are told apart; what stands below the last is quoted."""

ANCHOR_LIMIT = 2000
"""Links that are kept."""

ANCHOR_TEXT = 300
"""Characters of a link's own text that are kept."""

DEPTH_LIMIT = 20
"""Depth of quoting above which depth is not told any more."""

URL_LIMIT = 8000
"""Characters of a link's address that are kept."""

SPACES_FOLDED = 24
"""Halvings of a run of spaces: enough for one as long as `HTML_LIMIT`."""

STYLE_LIMIT = 10_000
"""Elements with a style that are looked at for hidden text."""

STYLES_KEPT = 4096
"""Styles remembered in case they come again: one program writes the same for each paragraph."""

STYLE_LENGTH = 500
"""Longest style remembered."""

BELOW = "\ue004"
"""A line that says: all below is quoted, whatever words stand there."""

_OPEN, _CLOSE, _LINK, _LINK_END = "\ue000", "\ue001", "\ue002", "\ue003"
_MARKS = (_OPEN, _CLOSE, _LINK, _LINK_END, BELOW)
_OURS = re.compile("[\ue000-\ue00f]|&#(?:x0*e00[0-9a-f]|0*573(?:4[4-9]|5[0-9]));?", re.IGNORECASE)
_BLOCK = re.compile(
    r"<(?=(?:br|p|div|tr|li|h[1-6]|hr|table|blockquote|/blockquote|/div|/p|pre|/pre|ul|ol"
    r"|/table|/tr|title)\b)",
    re.IGNORECASE,
)
_RULE = re.compile(r"<hr\b", re.IGNORECASE)
_PRE = re.compile(r"(<pre\b.*?(?:</pre\b|\Z))", re.IGNORECASE | re.DOTALL)
_BLANKS = re.compile(r"\n[ \t\xa0\n]*+")
_EDGE = re.compile(f"([{_OPEN}{_CLOSE}])")
_NUMBERED = re.compile(f"{_LINK}(\\d+){_LINK_END}")
_FOREIGN = re.compile(r"<!doctype|<title|<html|<head|<meta|converted from text/", re.IGNORECASE)
_BELOW = (
    ("appendonsend", "#appendonsend"),
    ("divrplyfwdmsg", '[id$="divRplyFwdMsg"]'),
    ("border-top:solid", '[style*="border-top:solid" i]'),
    ("border-top: ", '[style*="border-top: solid" i], [style*="border-top: 1pt solid" i]'),
)
"""Elements by which mail programs say that all below is quoted: a hint of each in the lower-case
source, and its selector."""

_SELDOM_BELOW = (
    ("mail-editor-reference", '[id^="mail-editor-reference-message"]'),
    ("yahoo_quoted", '.yahoo_quoted, [id^="yahoo_quoted"]'),
    ("zwchr", "#zwchr"),
    ("__divider__", '[data-marker="__DIVIDER__"]'),
    ("moz-forward-container", ".moz-forward-container"),
    ("outlookmessageheader", ".OutlookMessageHeader"),
    ("olk_src_body_section", "#OLK_SRC_BODY_SECTION"),
    ("isreplycontent", "#isReplyContent"),
    ("mobile-reference-message", ".ms-outlook-mobile-reference-message"),
)
"""Those of other programs, looked for where none of the usual ones stands."""

_HINTS = (
    "display:none", "visibility:hidden", "font-size:0", "font-size:1p", "mso-hide", "opacity:0",
    "max-height:0", "color:white",
)  # fmt: skip
_GONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all")
_SMALL = re.compile(
    r"font-size\s*:\s*(?:0?\.\d+|0+(?:\.0+)?|1)\s*p[xt]|font-size\s*:\s*0+(?:\.0+)?\s*(?:em|rem|%|;|!|$)"
    r"|opacity\s*:\s*0(?![.\d])|max-height\s*:\s*0(?![.\d])"
)
_WHITE = re.compile(r"(?<![-\w])color\s*:\s*(?:#f{3}(?:f{3})?\b|white\b)")
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_INDENTED = re.compile(r"border\s*:\s*(?:none|0)(?!.*border-left)", re.IGNORECASE | re.DOTALL)
"""A blockquote that is only moved to the right, as an editor's button does it."""

_STYLES: tuple[tuple[str, QuoteStyle], ...] = (
    ("gmail_quote", "gmail"), ("divrplyfwdmsg", "outlook"), ("appendonsend", "outlook"),
    ("border-top:solid #", "outlook"), ("yahoo_quoted", "other"), ("protonmail_quote", "other"),
    ("zwchr", "other"), ('type="cite"', "apple"), ("type=cite", "apple"),
)  # fmt: skip
_TOGETHER = (
    ("quote", ("<blockquote", "gmail_quote", "protonmail_quote", "yahoo_quoted")),
    ("border-top", ("border-top:solid", "border-top: ", "border-top:solid #")),
    ("cite", ('type="cite"', "type=cite")),
    ("reference", ("mail-editor-reference", "mobile-reference-message")),
)
"""Hints by what they have in common, so that most bodies are searched for that only."""

_ALONE = ("<pre", *(
    hint for hint in dict.fromkeys(name for name, _ in (*_BELOW, *_SELDOM_BELOW, *_STYLES))
    if not any(hint in hints for _, hints in _TOGETHER)
))  # fmt: skip

CARDS_SEEN = 8
"""Blockquotes that are looked at for being no quote."""

SCHEME_SEEN = 12
"""Signs of an address at its beginning within which a broken line is mended."""

_LEADING = (
    ("<area", "area[href]"),
    ("<form", "form[action]"),
    ("formaction", "[formaction]"),
)
"""What stands in a source that has such elements, and how they are found."""

_WHERE = ("href", "xlink:href", "formaction", "action")


class Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An HTML body as text. links: address and text of each, as numbered in the text.

    style: which mail program's way of quoting its elements show. hidden: characters that do not
    meet the eye. text: with the places of links marked (`without_links`).
    """

    text: str = ""
    links: tuple[tuple[str, str], ...] = ()
    style: QuoteStyle = ""
    hidden: int = 0


def without_links(text: str) -> str:
    """A text without the marks of its links."""
    return _NUMBERED.sub("", text) if _LINK in text else text


def links_in(text: str) -> frozenset[int]:
    """The numbers of the links that stand in a piece of text."""
    return frozenset(map(int, _NUMBERED.findall(text))) if _LINK in text else frozenset()


def read_html(html: str) -> Found:
    """Text, links and hidden text of a body."""
    html = html[:HTML_LIMIT]
    lower = _lower(html)
    if _spells_marks(html, lower):
        html = _OURS.sub("", html)
        lower = _lower(html)
    if "<!--[if" in lower:
        html = shown(html)
        lower = _lower(html)
    shorter = bounded(html)
    if shorter is not html:
        html, lower = shorter, _lower(shorter)
    tree = LexborHTMLParser(_lined(html, lower))
    tree.strip_tags(["script", "style", "title", "template"])
    root = tree.body or tree.root
    if root is None:
        return Found()
    links = _mark_links(tree, lower)
    style = _mark_quotes(tree, lower)
    hidden = _hide(tree) if _may_hide(lower) else 0
    text = root.text(deep=True)
    if len(text) > len(html) * 3:
        text = text[: len(html) * 3]
    hidden += 0 if text.isascii() else sum(map(text.count, _ZERO_WIDTH))
    return Found(text=_prefixed(text), links=links, style=style, hidden=hidden)


def _lower(html: str) -> str:
    """The source with its ASCII letters in lower case, one byte a character: nothing else is looked
    for in it, and each search is faster so."""
    if html.isascii():
        return html.lower()
    return html.encode("utf-8", "surrogatepass").lower().decode("latin-1")


def _spells_marks(html: str, lower: str) -> bool:
    """Whether the letters of our own marks may stand in a body."""
    if "&#" in lower and ("&#x" in lower or "&#057" in lower or "&#57" in lower):
        return True
    return not html.isascii() and any(map(html.__contains__, _MARKS))


def _lined(html: str, lower: str) -> str:
    """HTML in which a line break stands where a block begins, and nowhere else."""
    html = html.replace("\r", "")
    if "<pre" in lower:
        parts = _PRE.split(html)
        parts[::2] = [part.replace("\n", " ") for part in parts[::2]]
        html = "".join(parts)
    else:
        html = html.replace("\n", " ")
    html = _BLOCK.sub("\n<", html)
    return _RULE.sub("________________________________\n<hr", html) if "<hr" in lower else html


def _mark_links(tree: LexborHTMLParser, lower: str) -> tuple[tuple[str, str], ...]:
    links: list[tuple[str, str]] = []
    # Elements beside `a` that send their reader somewhere are seldom: they are looked for where they are.
    seldom = [selector for mark, selector in _LEADING if mark in lower]
    if drawn(lower):
        seldom.append(DRAWN)
    found = tree.css(", ".join(("a", *seldom))) if seldom else tree.tags("a")
    left = ANCHOR_LIMIT
    base = _base(tree) if "<base" in lower else ""
    for node in found:
        how = node.attributes
        place = next((name for name in _WHERE if name in how), "")
        if not place:
            continue
        left -= 1
        if left < 0:
            break
        url = (how[place] or "").strip()
        if not url or url[0] == "#":
            continue
        if any(each.isspace() for each in url[:SCHEME_SEEN]):
            url = _unbroken(url)
        if base:
            url = _joined(base, url)
        shown = " ".join(node.text(deep=True)[: ANCHOR_TEXT * 4].split())[:ANCHOR_TEXT]
        node.insert_before(f"{_LINK}{len(links)}{_LINK_END}")
        links.append((url[:URL_LIMIT], shown))
    return tuple(links)


def _unbroken(url: str) -> str:
    """An address within whose first signs lines are broken, which browsers leave out (URL standard, 4.4)."""
    whole = "".join(url[:URL_LIMIT].split())
    return whole if whole[:8].lower().startswith(("http://", "https://")) else url


def _base(tree: LexborHTMLParser) -> str:
    """The address that relative ones are meant from: the first that is given counts (HTML, 4.2.3)."""
    found = tree.css_first("base[href]")
    url = (found.attributes["href"] or "").strip() if found is not None else ""
    return url[:URL_LIMIT] if url[:4].lower() == "http" else ""


def _joined(base: str, url: str) -> str:
    """An address as a browser follows it: half of it may stand in the page's head, out of sight of filters."""
    try:
        return urljoin(base, url[:URL_LIMIT])
    except ValueError:
        return url


def _mark_quotes(tree: LexborHTMLParser, lower: str) -> QuoteStyle:
    """Set off in the tree what is quoted; the style its elements show."""
    style: QuoteStyle = ""
    hints = _hints_in(lower)
    if "<blockquote" in hints and _mark_blockquotes(tree):
        style = "blockquote"
    if "gmail_quote" in hints or "protonmail_quote" in hints:
        for node in tree.css("div.gmail_quote, div.protonmail_quote")[:QUOTE_LIMIT]:
            if node.css_first("blockquote") is None:  # a forwarded mail
                node.insert_before(f"\n{BELOW}\n")
                break
    found = [selector for hint, selector in _BELOW if hint in hints]
    if not found and not style:
        found = [selector for hint, selector in _SELDOM_BELOW if hint in hints]
    if found:
        for node in tree.css(", ".join(found))[:QUOTE_LIMIT]:
            if _begins_quote(node):
                node.insert_before(f"\n{BELOW}\n")
    if "<pre" in hints and _FOREIGN.search(lower, lower.find("<pre")) and _mark_pre(tree, lower):
        return "pre"
    return next((name for hint, name in _STYLES if hint in hints), style) if hints else style


def _hints_in(lower: str) -> list[str]:
    """What stands in a source of all that shows how it quotes."""
    found = [hint for hint in _ALONE if hint in lower]
    for common, hints in _TOGETHER:
        if common in lower:
            found += [hint for hint in hints if hint in lower]
    return found


def _mark_blockquotes(tree: LexborHTMLParser) -> bool:
    nodes = tree.tags("blockquote")
    marked = False
    for at, node in enumerate(nodes[:QUOTE_LIMIT]):
        how = node.attributes
        if how.get("type") != "cite" and (
            _INDENTED.search(how.get("style") or "") or (at < CARDS_SEEN and is_card(node))
        ):
            continue
        node.insert_before(_OPEN)
        node.insert_after(_CLOSE)
        marked = True
    if len(nodes) > QUOTE_LIMIT:
        nodes[QUOTE_LIMIT].insert_before(f"\n{BELOW}\n")
    return marked


def _begins_quote(node: LexborNode) -> bool:
    """Whether an element that only looks like the edge of a quote is one: header lines follow."""
    if "border-top" not in (node.attributes.get("style") or ""):
        return True
    return TWO_LABELS.search(node.text(deep=True)[:2000]) is not None


def _mark_pre(tree: LexborHTMLParser, lower: str) -> bool:
    """A whole foreign mail inside `pre`, as bots put it there: its own head elements show it."""
    for node, raw in zip(tree.tags("pre")[:QUOTE_LIMIT], _PRE.findall(lower), strict=False):
        if _FOREIGN.search(raw):
            node.insert_before(f"\n{BELOW}\n")
            return True
    return False


def _may_hide(lower: str) -> bool:
    """Whether it is worth looking at each style for hidden text."""
    if "style" not in lower:
        return False
    lower = lower.replace(": ", ":")
    for hint in _HINTS:
        if hint in lower:
            return True
    white = lower.count("color:#fff")
    return white > 0 and white > lower.count("background-color:#fff")


def _hide(tree: LexborHTMLParser) -> int:
    """Take out what the reader does not see; how many characters that was.

    Text without size or in the colour of paper is counted only where it stands itself: what is
    inside has its own size and colour more often than not.
    """
    hidden = 0
    for node in tree.css("[style]")[:STYLE_LIMIT]:
        how = (node.attributes.get("style") or "").lower()
        which = _hides(how) if len(how) <= STYLE_LENGTH else _hides.__wrapped__(how)
        if which == "all":
            hidden += len("".join(node.text(deep=True).split()))
            node.insert_before(" ")
            node.decompose()
        elif which:
            hidden += len("".join(node.text(deep=False).split()))
    return hidden


@lru_cache(maxsize=STYLES_KEPT)
def _hides(how: str) -> Literal["", "itself", "all"]:
    """Whether a style takes what stands in its element from the eye, or all that is inside."""
    if _GONE.search(how):
        return "all"
    small = _SMALL.search(how) or ("background" not in how and _WHITE.search(how))
    return "itself" if small else ""


def _prefixed(text: str) -> str:
    """Depth of blockquotes as `>` before each line; blank lines and runs of spaces folded."""
    text = text.replace("\t", " ")
    for _ in range(SPACES_FOLDED):
        if "  " not in text:
            break
        text = text.replace("  ", " ")
    text = _BLANKS.sub("\n", text)
    if _OPEN not in text:
        return text
    depth = 0
    parts: list[str] = []
    for at, part in enumerate(_EDGE.split(text)):
        if at % 2:
            depth += 1 if part == _OPEN else -1
        elif part.strip():
            sign = "\n" + ">" * min(depth, DEPTH_LIMIT) + (" " if depth > 0 else "")
            parts.append(sign + part.strip("\n").replace("\n", sign))
    return "".join(parts)
