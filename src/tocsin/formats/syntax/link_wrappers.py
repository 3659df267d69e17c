"""Takes rewritten links back to their target: SafeLinks, URL Defense, open redirects.

Nothing is fetched: a rewriting whose target stays on its maker's server stays as it is.
The forms are a table (`tocsin.knowledge.mail_tables.wrappers`); those that need code are here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from tocsin.formats.syntax.domains import registrable
from tocsin.formats.syntax.link_parts import LinkParts, parts_of
from tocsin.knowledge.mail_tables import Wrapper, link_words, wrappers
from tocsin.knowledge.public_sites import public_sites

HOSTS_KEPT = 4096
"""Hosts of links of which it is remembered whether they rewrite."""

DEPTH_LIMIT = 5
"""Rewritings inside one another that are taken off."""

PARAMETER_LIMIT = 40
"""Parameters of a query that are looked at."""

_SCHEME = re.compile(r"(?i)(?:https?|ftp|file|smb):/{1,3}")
_BARE_HOST = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63})+(?:[/:?#]|$)")
_PROOFPOINT3 = re.compile(r"/v3/__(?>(.{1,2000}?)__;)([^!]*+)!")
_PROOFPOINT3_RUN = re.compile(r"\*(\*.)?")
_UNDERSCORES = re.compile(r"___(.{1,2000}?)___")
_YAHOO = re.compile(r"/RU=([^/]{1,2000})")
_NUMBER = re.compile(r"\d{1,6}")
_RUN_LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Unwrapped(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The innermost link. wrapper: whose rewriting was outermost. redirected: a public site that
    sends on to anywhere was among them."""

    parts: LinkParts
    wrapper: str = ""
    redirected: bool = False


def unwrap(parts: LinkParts) -> Unwrapped:
    """Take off what was wrapped around a link, at most `DEPTH_LIMIT` times."""
    name, redirected = "", False
    for _ in range(DEPTH_LIMIT):
        found = _peel(parts) or _sent_on(parts)
        if found is None:
            break
        parts, form = found
        name = name or form.name
        redirected = redirected or not form.filter
    return Unwrapped(parts=parts, wrapper=name, redirected=redirected)


def parameters(rest: str) -> Iterator[tuple[str, str]]:
    """The query's parameters as written, also where `&` became `&amp;` on the way."""
    _, mark, query = rest.partition("?")
    if not mark:
        return
    query = query.partition("#")[0].replace("&amp;", "&")
    for piece in query.replace(";", "&").split("&", PARAMETER_LIMIT)[:PARAMETER_LIMIT]:
        name, _, value = piece.lstrip("?").partition("=")
        yield name, value


def carried(parts: LinkParts, words: frozenset[str] | None = None) -> str:
    """The further address that an open-redirect parameter carries; empty for none. words: names of
    parameters that are looked at, those of `link_words().redirect` if none are given."""
    if "=" not in parts.rest:
        return ""
    words = link_words().redirect if words is None else words
    for name, value in parameters(parts.rest):
        if name.lower() in words and len(value) > 8:
            target = unquote(value)
            if _SCHEME.match(target) or target.startswith("//"):
                return target
    return ""


def _peel(parts: LinkParts) -> tuple[LinkParts, Wrapper] | None:
    for form in _forms_of(parts.host):
        if not parts.rest.startswith(form.path):
            continue
        target = _target(parts.rest, form.take)
        if target and not _SCHEME.match(target):
            target = "http://" + target.lstrip("/") if _BARE_HOST.match(target) else ""
        inner = parts_of(target) if target else None
        if inner is not None:
            return inner, form
    return None


_SENDS_ON = Wrapper(name="redirect", hosts=(), take="", filter=False)
"""A public site's page that sends on to an address in its parameters, whatever the page is called."""


def _sent_on(parts: LinkParts) -> tuple[LinkParts, Wrapper] | None:
    """Where a page of a well-known site leads that carries another site's address: readers look at the
    site's name, and arrive elsewhere. Where one comes back to after signing in, and what is only shared,
    is no such page."""
    if "=" not in parts.rest or ("%" not in parts.rest and "://" not in parts.rest):
        return None
    site = registrable(parts.host)
    if site not in public_sites():
        return None
    words = link_words()
    page = parts.host + parts.rest.partition("?")[0].lower()
    if any(word in page for word in words.shares):
        return None
    inner = parts_of(carried(parts, words.sends_on))
    if inner is None or registrable(inner.host) in public_sites():
        return None
    return inner, _SENDS_ON


@lru_cache(maxsize=HOSTS_KEPT)
def _forms_of(host: str) -> tuple[Wrapper, ...]:
    return tuple(_forms(host))


def _forms(host: str) -> Iterator[Wrapper]:
    table = wrappers()
    for written in dict.fromkeys((host, _NUMBER.sub("#", host))):
        at = 0
        while at >= 0:
            yield from table.get(written[at:], ())
            at = written.find(".", at) + 1 or -1
    labels = host.split(".")
    if "google" in labels[:-1] and labels[-2 - (len(labels[-2]) <= 3)] == "google":
        yield from table.get("google.*", ())


def _target(rest: str, take: str) -> str:
    how, _, which = take.partition(":")
    if how == "query":
        names = which.split(",")
        return next((unquote(v) for n, v in parameters(rest) if n.lower() in names and v), "")
    if how == "query64":
        return next((_base64(v) for n, v in parameters(rest) if n.lower() == which and v), "")
    if how == "path":
        pieces = rest.split("/", int(which) + 1)
        return unquote(pieces[-1]) if len(pieces) == int(which) + 2 else ""
    if how == "path64":
        pieces = rest.split("/")
        return _base64(pieces[int(which)]) if len(pieces) > int(which) else ""
    return _DECODERS[how](rest)


def _base64(text: str) -> str:
    raw = unquote(text).rstrip("=")
    try:
        return base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _proofpoint2(rest: str) -> str:
    """`-` stands for `%`, `_` for `/`."""
    value = next((v for n, v in parameters(rest) if n == "u"), "")
    return unquote(value.replace("-", "%").replace("_", "/"))


def _proofpoint3(rest: str) -> str:
    """`*` stands for one character of the base64 text behind `;`, `**X` for a run of them."""
    found = _PROOFPOINT3.match(rest)
    if not found:
        return ""
    letters = _base64(found[2])
    at = 0

    def put(place: re.Match[str]) -> str:
        nonlocal at
        run = _RUN_LENGTHS.find(place[1][1]) + 2 if place[1] else 1
        piece = letters[at : at + run]
        at += run
        return piece

    return _PROOFPOINT3_RUN.sub(put, unquote(found[1])) if letters else unquote(found[1])


def _underscores(rest: str) -> str:
    """Check Point: the link between three underscores, its letters as they were."""
    found = _UNDERSCORES.search(rest)
    return found[1] if found else ""


def _amp(rest: str) -> str:
    """`/c/s/host/path`, `/amp/s/host/path`: `s` for https."""
    pieces = [piece for piece in rest.split("/", 4)[1:] if piece]
    while pieces and pieces[0] in ("amp", "c", "i", "v", "s", "r"):
        pieces.pop(0)
    return "https://" + "/".join(pieces) if pieces and "." in pieces[0] else ""


def _bing(rest: str) -> str:
    value = next((v for n, v in parameters(rest) if n == "u"), "")
    return _base64(value[2:]) if value.startswith("a1") else ""


def _yahoo(rest: str) -> str:
    found = _YAHOO.search(rest)
    return unquote(found[1]) if found else ""


_DECODERS: dict[str, Callable[[str], str]] = {
    "proofpoint2": _proofpoint2,
    "proofpoint3": _proofpoint3,
    "underscores": _underscores,
    "amp": _amp,
    "bing": _bing,
    "yahoo": _yahoo,
}
