"""The links of a mail: found in its text and its anchors, unwrapped, described by their form.

Nothing is asked of the network. What a link's form shows are facts (`Link.traits`), not a judgement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from tocsin.formats.syntax.domains import internal, registrable
from tocsin.formats.syntax.link_finding import FILE_TOPS, Found, find, started
from tocsin.formats.syntax.link_form import Form, form_of
from tocsin.formats.syntax.link_parts import parts_of
from tocsin.formats.syntax.link_wrappers import unwrap
from tocsin.model.message import Link

NEW_LIMIT = 200
"""Distinct links of new text that are kept."""

QUOTED_LIMIT = 100
"""Distinct links of quoted text that are kept."""

SCAN_LIMIT = 1_000_000
"""Characters of new and of quoted text that are searched for links."""

ANCHOR_LIMIT = 2000
"""Anchors of an HTML text that are looked at."""

COMPARED_LIMIT = 1000
"""Links of quoted text that those of the new text are compared with."""

ADDRESS_LIMIT = 20_000
"""Characters of an anchor's address that are looked at."""

REST_LIMIT = 32_000
"""Characters of text beside the links in which their words are looked for."""

_RESERVED = ("example", "test", "invalid", "localhost")
"""Top labels kept for documentation and tests (RFC 2606)."""


class Anchor(Protocol):
    """A link of an HTML text: where it goes, what the reader sees, where it stands."""

    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def quoted(self) -> bool: ...  # noqa: D102


class _Kept(msgspec.Struct):
    """What is known so far of one distinct link."""

    form: Form
    wrapper: str
    quoted: bool
    marks: tuple[str, ...]
    shown: str = ""


def links(new: str, quoted: str, anchors: Sequence[Anchor], *, subject: str) -> tuple[Link, ...]:
    """The distinct links, those of new text first, in the order they stand in.

    A link that stands in quoted text too is `quoted`: nobody but the quoted author chose it. What the
    text of an anchor shows is no link: the reader is led where the anchor leads.
    """
    new, quoted, anchors = new[:SCAN_LIMIT], quoted[:SCAN_LIMIT], anchors[:ANCHOR_LIMIT]
    written = find(new, NEW_LIMIT)
    old = find(quoted, COMPARED_LIMIT)
    fresh = [a for a in anchors if not a.quoted]
    stale = [a for a in anchors if a.quoted]
    if not (written or old or anchors):
        return ()
    kept: dict[str, _Kept] = {}
    _take(kept, _of_anchors(fresh), NEW_LIMIT, quoted=False)
    masks = {a.text.strip() for a in fresh if "://" in a.text[:12]}
    _take(kept, ((w, "") for w in written if w.url not in masks), NEW_LIMIT, quoted=False)
    _take(kept, _of_anchors(stale), len(kept) + QUOTED_LIMIT, quoted=True)
    _take(kept, ((each, "") for each in old), len(kept) + QUOTED_LIMIT, quoted=True)
    texts = [a.text for a in anchors if a.text]
    rest = _Rest(new, quoted, written, old, texts, subject)
    ordered = sorted(kept.values(), key=lambda each: each.quoted)
    most = NEW_LIMIT + QUOTED_LIMIT
    return tuple(_link(each, rest) for each in ordered[:most])


def _of_anchors(anchors: Iterable[Anchor]) -> Iterable[tuple[Found, str]]:
    """Where anchors go, spelt as a browser reads them: no line breaks, any slashes behind http."""
    for each in anchors:
        address = each.url[:ADDRESS_LIMIT]
        if not address.isprintable():
            address = address.translate(_UNSEEN)
        address = address.strip()
        if address.startswith("//"):
            address = "http:" + address
        elif address[:4].lower() == "www.":
            address = "http://" + address
        scheme = _WEB.match(address)
        if scheme is not None:
            address = f"{scheme[1]}://{address[scheme.end() :]}"
        if target := started(address):
            yield Found(target, 0, 0, ("program",)), each.text
        elif "://" in address[:12] or address.startswith("\\\\"):
            yield Found(address, 0, 0, ()), each.text


_UNSEEN = dict.fromkeys((9, 10, 13))
_WEB = re.compile(r"(?i)(https?|ftp):[\\/]*")


def _take(
    kept: dict[str, _Kept], found: Iterable[tuple[Found, str]], most: int, *, quoted: bool
) -> None:
    for each, text in found:
        parts = parts_of(each.url)
        if parts is None:
            continue
        inner = unwrap(parts)
        url = inner.parts.url
        known = kept.get(url)
        if known is None:
            if len(kept) >= most:
                continue
            marks = (*each.marks, "redirect") if inner.redirected else each.marks
            form = form_of(inner.parts)
            known = kept[url] = _Kept(form, inner.wrapper, quoted, marks)
        known.quoted = known.quoted or quoted
        if text and not known.shown:
            known.shown = _shown(text, known.form.domain)


def _shown(text: str, domain: str) -> str:
    """The domain that the visible text claims, where it is not the link's own."""
    text = text.strip().strip("<>()[]\"'.,")
    if len(text) > 2000 or "." not in text or any(c.isspace() for c in text):
        return ""
    explicit = "://" in text[:12] or text[:4].lower() == "www."
    if "://" not in text[:12]:
        if "@" in text:
            return ""
        text = "http://" + text
    parts = parts_of(text)
    if parts is None or parts.host == domain:
        return ""
    parts = unwrap(parts).parts
    top = parts.host.rpartition(".")[2]
    if not explicit and not parts.address:
        unknown = top not in _RESERVED and internal(parts.host)
        if unknown or top in FILE_TOPS:
            return ""
    claimed = registrable(parts.host) or parts.host
    return claimed if claimed != domain else ""


class _Rest:
    """The mail's words beside its links, where the words of links are looked for."""

    def __init__(
        self,
        new: str,
        quoted: str,
        written: Sequence[Found],
        old: Sequence[Found],
        texts: Sequence[str],
        subject: str,
    ) -> None:
        self._parts = (new, quoted, written, old, texts, subject)
        self._text: str | None = None
        self._known: dict[str, bool] = {}
        self._written = ""

    def speaks_of(self, words: Iterable[str]) -> bool:
        return any(self._speaks(word) for word in words)

    def _speaks(self, word: str) -> bool:
        """Whether a word begins like this one: its first six letters, or five of a shorter one with
        at most two letters more; three letters stand for themselves, as an acronym."""
        if len(word) == 3:
            known = self._known.get(word)
            if known is None:
                known = self._known[word] = self._stands_as_acronym(word)
            return known
        stem = word[:6] if len(word) > 7 or word.isdigit() else word[:5]
        known = self._known.get(stem)
        if known is None:
            known = self._known[stem] = self._search(stem)
        return known

    def _search(self, stem: str) -> bool:
        text = self._text if self._text is not None else self._joined()
        whole = len(stem) < 6
        at = text.find(stem)
        while at >= 0:
            end = at + len(stem)
            if not text[at - 1].isalpha() and not (whole and text[end : end + 3].isalpha()):
                return True
            at = text.find(stem, end)
        return False

    def _stands_as_acronym(self, word: str) -> bool:
        if not word.isascii() or not word.isalpha():
            return False
        if not self._written:
            new, quoted, *_, subject = self._parts
            self._written = f" {subject}\n{new[:REST_LIMIT]}\n{quoted[:REST_LIMIT]} "
        text, capitals = self._written, word.upper()
        at = text.find(capitals)
        while at >= 0:
            beside = text[at - 1], text[at + 3]
            if not any(each.isascii() and each.isalpha() for each in beside):
                return True
            at = text.find(capitals, at + 1)
        return False

    def _joined(self) -> str:
        new, quoted, written, old, texts, subject = self._parts
        text = _without(new[:REST_LIMIT], written)
        for each in texts[:NEW_LIMIT]:
            if "." in each or "/" in each:
                text = text.replace(each, " ", 1)
        self._text = f" {subject}\n{text}\n{_without(quoted[:REST_LIMIT], old)}   ".lower()
        return self._text


def _without(text: str, found: Sequence[Found]) -> str:
    pieces, at = [], 0
    for each in sorted(found, key=lambda link: link.start):
        if each.start >= at:
            pieces.append(text[at : each.start])
            at = each.end
    pieces.append(text[at:])
    return " ".join(pieces)


def _link(kept: _Kept, rest: _Rest) -> Link:
    form = kept.form
    return Link(
        url=form.url,
        host=form.host,
        domain=form.domain,
        shape=form.shape,
        scheme=form.scheme,
        shown=kept.shown,
        quoted=kept.quoted,
        wrapper=kept.wrapper,
        traits=tuple(dict.fromkeys((*form.traits, *kept.marks))) if kept.marks else form.traits,
        related=rest.speaks_of(form.words),
    )
