"""OpenDocument: where it leads, what it loads or starts when opened (OpenDocument 1.3, part 3)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from tocsin.formats.syntax import attachment_zip
from tocsin.formats.syntax.attachment_limits import Budget
from tocsin.formats.syntax.attachment_office import part_text

LINKS_LIMIT = 300
"""Links of one part that are looked at."""

_READ = ("content.xml", "styles.xml", "meta.xml", "settings.xml")
_LISTS = ("script-lc.xml", "script-lb.xml", "dialog-lc.xml", "dialog-lb.xml")
_TAG = re.compile(
    r"<([a-z]{1,20}:[a-z\-]{1,40})\b[^<>]{0,2000}?\bxlink:href=[\"']([^\"'<>]{1,2000}+)"
)
_FORMULA = re.compile(
    r"(?i)table:formula=\"[^\"<]{0,2000}?\b(HYPERLINK|WEBSERVICE)\(\s{0,5}&quot;((?:https?|ftp):[^\"<]{3,2000}?)&quot;"
)
_LOADED = frozenset(
    ("meta:template", "draw:object", "draw:object-ole", "draw:plugin", "draw:applet",
     "draw:floating-frame", "text:section-source", "table:table-source", "table:cell-range-source")
)  # fmt: skip
"""Elements whose address is loaded with the document."""

_DDE = ("<office:dde-source", "<text:dde-connection-decl", "<table:dde-link")


def opendocument_traits(data: bytes, budget: Budget) -> Iterator[tuple[str, str]]:
    """(trait, the part that shows it, or for `uri` the address)."""
    for entry in attachment_zip.entries(data):
        if not budget.member():
            return
        name = entry.name
        if name.startswith(("Basic/", "Scripts/")) and not name.endswith(("/", *_LISTS)):
            yield "macro", name
        if name.startswith("Object ") and name.count("/") == 0 and entry.size:
            yield "embedded-object", name
        if entry.encrypted:
            yield "encrypted", ""
        if name == "META-INF/manifest.xml" and ":encryption-data" in part_text(data, entry, budget):
            yield "encrypted", ""
        if name in _READ:
            yield from _looked_into(part_text(data, entry, budget))


def _looked_into(text: str) -> Iterator[tuple[str, str]]:
    if any(each in text for each in _DDE):
        yield "dde", ""
    if "<script:event-listener" in text and "vnd.sun.star.script:" in text:
        yield "macro", ""
    for count, found in enumerate(_TAG.finditer(text) if "xlink:href" in text else ()):
        if count >= LINKS_LIMIT:
            break
        tag, target = found[1], html.unescape(found[2])
        if not target.lower().startswith(("http:", "https:", "ftp:", "file://", "//", "\\\\")):
            continue
        if tag in _LOADED:
            yield "external-template", ""
        if tag != "draw:image":
            yield "uri", "http:" + target if target.startswith("//") else target
    for count, found in enumerate(_FORMULA.finditer(text)):
        if count >= LINKS_LIMIT:
            break
        yield "uri", html.unescape(found[2])
