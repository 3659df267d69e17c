"""What the form of one link shows: its traits, its shape, the words it is made of."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from tocsin.formats.syntax.domains import registrable
from tocsin.formats.syntax.link_parts import LinkParts
from tocsin.formats.syntax.link_shapes import latin_words, looks_random, shape_of
from tocsin.formats.syntax.link_wrappers import carried, parameters
from tocsin.knowledge.mail_tables import file_kinds, link_hosts, link_signs, link_words

FORMS_KEPT = 4096
"""Links whose form is remembered: footers and signatures come again and again."""

DEEP_LABELS = 4
"""Labels in front of the registrable domain from which a host is a `deep-subdomain`."""

WORDS_LIMIT = 24
"""Words of a link that are looked for in the mail's text."""

_EXTENSION = re.compile(r"\.([A-Za-z0-9_-]{1,20})$")
_FILE_TRAITS = {
    "archive": "archive", "disk-image": "archive", "executable": "executable",
    "script": "script", "shortcut": "script", "office": "office", "office-legacy": "office",
    "office-macro": "office", "onenote": "office", "html": "page", "page": "page",
}  # fmt: skip
_NO_FILE = frozenset(("com", "do", "run", "go", "inf", "theme", "z"))
"""Extensions that end ordinary addresses too."""
_WORD = re.compile(r"[^\W\d_]{3,40}|(?<!\d)(?!19\d\d(?!\d)|20\d\d(?!\d))\d{4,9}(?!\d)")
"""Words, short ones as acronyms, and numbers that are no years: a ticket, a part, a CVE."""

_SHORT = frozenset(
    (
        "the", "and", "for", "you", "new", "all", "www", "com", "net", "org", "img", "php", "asp", "htm",
        "pdf", "url", "zip", "doc", "xls", "iso", "cgi", "css", "png", "jpg", "gif", "xml", "txt", "via",
        "our", "get", "see", "web", "dev", "tmp", "cdn", "ftp", "src", "bin", "ref", "faq", "not", "usa",
    )
)  # fmt: skip
"""Short words that tie a link to no mail."""
_LURE_WORD = re.compile(r"[a-z]{2,30}|o365|office365")
LURE_LEAST = 5
"""Letters of such a word from which on it is found inside another one."""

_CREDENTIAL_WORD = re.compile(r"[a-z0-9]{3,30}")
_SPELT_ADDRESS = re.compile(r"(?:^|[.-])(?:\d{1,3}[.-]){3}\d{1,3}(?:[.-]|$)")
_MAIL = re.compile(r"[\w.+-]{1,40}+(?:@|%40)(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}")
_MESSAGE_ID = re.compile(r"\d{8}|[0-9a-f]{12}|CA[\w+=-]{20}|[A-Z0-9]{16}")
"""What identifiers of messages and meetings have before their `@`, and no person has."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,400}={0,2}")
_MAIL_BYTES = re.compile(rb"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


class Form(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """words: of host and path, lower case, that may tie the link to what the mail speaks of."""

    url: str
    scheme: str
    host: str
    domain: str
    shape: str
    traits: tuple[str, ...]
    words: tuple[str, ...]


@lru_cache(maxsize=FORMS_KEPT)
def form_of(parts: LinkParts) -> Form:
    """Describe a link by its own letters alone."""
    domain = (not parts.address and registrable(parts.host)) or parts.host
    return Form(
        url=parts.url,
        scheme=parts.scheme,
        host=parts.host,
        domain=domain,
        shape=shape_of(parts.rest),
        traits=tuple(dict.fromkeys(_traits(parts, domain))),
        words=_words(parts, domain),
    )


def _traits(parts: LinkParts, domain: str) -> Iterator[str]:
    path = parts.rest.partition("#")[0].partition("?")[0]
    yield from _file(parts.rest, path)
    if parts.address:
        yield "address-host"
    elif _SPELT_ADDRESS.search(parts.host):
        yield "ip-like"
    if parts.unusual:
        yield "ip-like"
    if parts.port:
        yield "port"
    if parts.userinfo:
        yield "userinfo"
    if "xn--" in parts.host or not parts.host.isascii():
        yield "punycode"
    service = service_of(parts.host)
    if service:
        yield service
    if parts.scheme in ("file", "smb"):
        yield "smb"
    if carried(parts):
        yield "redirect"
    yield from _wording(parts, path, domain, service)


def _wording(parts: LinkParts, path: str, domain: str, service: str) -> Iterator[str]:
    host = _host(parts.host, domain, shared=bool(service), address=parts.address)
    if host.credential or not link_words().credential.isdisjoint(
        _CREDENTIAL_WORD.findall(path.lower())
    ):
        yield "credential"
    yield from host.traits
    if not service and _inside(path):
        yield "machinery"
    for each in path.split("/")[1:12]:
        if len(each) >= 10 and _random_segment(each):
            yield "random-path"
            break
    if len(path) > 4 and latin_words(path):
        yield "latin-words"
    yield from _recipient(parts.rest)


class _Host(msgspec.Struct, frozen=True, gc=False):
    credential: bool
    traits: tuple[str, ...]


@lru_cache(maxsize=FORMS_KEPT)
def _host(host: str, domain: str, *, shared: bool, address: bool) -> _Host:
    """What a host's name shows. shared: its domain is a service's, whose name says nothing."""
    words = link_words()
    named = _CREDENTIAL_WORD.findall(host)
    credential = not (words.credential.isdisjoint(named) and words.host_only.isdisjoint(named))
    labels = host.split(".") if not address else []
    own = len(labels) - domain.count(".") - 1
    traits = ["deep-subdomain"] if own >= DEEP_LABELS else []
    if not shared and not address:
        traits += _named_to_be_trusted(domain)
        if domain not in link_signs().rented and _borrowed(labels[: max(own, 0)]):
            traits.append("borrowed-name")
    spoken = labels[:own] if shared else labels[: own + 1]
    if any(looks_random(piece) for label in spoken for piece in label.split("-")):
        traits.append("random")
    return _Host(credential, tuple(traits))


def _borrowed(labels: list[str]) -> bool:
    """Whether the part of a host that its owner chose freely names a service that sits elsewhere.

    Servers of one's own are called `sharepoint` and `outlook` too: such a name counts beside further words.
    """
    signs = link_signs()
    for each in labels:
        words = [word for word in each.split("-") if word]
        plain = [word.rstrip("0123456789") for word in words]
        plain += [word.removesuffix("com") for word in plain if word.endswith("com")]
        if not signs.borrowed.isdisjoint([*words, *plain]):
            return True
        if len(words) > 1 and not signs.borrowed_beside.isdisjoint(words):
            return True
    return False


def _named_to_be_trusted(domain: str) -> list[str]:
    """Whether a domain is a cheap one, or made of words that ask for trust."""
    signs = link_signs()
    label, _, top = domain.partition(".")
    words = _LURE_WORD.findall(label)
    lures = sum(word in signs.lure for word in words)
    if len(words) == 1 and not lures:  # `harborbilling`, `mailvaultgrove`
        lures = sum(len(each) >= LURE_LEAST and each in label for each in signs.lure)
    cheap = top in signs.cheap
    return ["cheap-top"] * cheap + ["lure-host"] * (lures > 1 or (cheap and lures > 0))


def _inside(path: str) -> bool:
    """Whether a page, a program or an archive lies where a site keeps its own code, or its pictures."""
    signs = link_signs()
    lower = path.lower()
    if lower.startswith(signs.ordinary):
        return False
    name = lower.rstrip("/").rpartition("/")[2]
    found = _EXTENSION.search(name)
    kind = _FILE_TRAITS.get(file_kinds().classes.get(found[1], ""), "") if found else "folder"
    if kind in ("page", "script", "executable", "archive", "folder"):
        if any(each in lower for each in signs.machinery):
            return True
        if kind in ("page", "script", "executable"):
            return any(each in lower for each in signs.uploads)
    return False


def _file(rest: str, path: str) -> Iterator[str]:
    classes = file_kinds().classes
    plain = path.rstrip("/").removesuffix("/download")  # as archives of programs write it
    names = [plain.rpartition("/")[2] if path.count("/") < 64 else path[-200:]]
    if "=" in rest:
        names += [unquote(value)[-200:] for _, value in parameters(rest) if "." in value]
    for name in names:
        extension = _EXTENSION.search(name)
        if extension is None:
            continue
        word = extension[1].lower()
        trait = _FILE_TRAITS.get(classes.get(word, ""))
        if trait and word not in _NO_FILE:
            yield trait


@lru_cache(maxsize=FORMS_KEPT)
def service_of(host: str) -> str:
    """What kind of service it is on which many share one domain: `hosting`, `shortener`, `free-host`; else empty."""
    table = link_hosts()
    at = 0
    while True:
        found = table.get(host[at:])
        if found:
            return found
        at = host.find(".", at) + 1
        if not at:
            return ""


def _random_segment(segment: str) -> bool:
    """A path segment of one run of letters and digits that nobody spoke; no plain hex or number,
    which every program writes."""
    if not 10 <= len(segment) <= 200:
        return False
    stem = segment.partition(".")[0]
    if len(stem) < 10 or not stem.isalnum() or stem.isdigit() or not stem.isascii():
        return False
    if all(c in "0123456789abcdefABCDEF" for c in stem):
        return False
    return looks_random(stem)


def _recipient(rest: str) -> Iterator[str]:
    """Whether the link carries somebody's mail address, and whether it hides it: in base64, or behind the
    `#`, which no server is told but the page itself.

    In the path only as its last piece: list archives have theirs, and a Message-ID looks like one.
    """
    path, _, fragment = rest.partition("#")
    path, _, query = path.partition("?")
    last = path.rstrip("/").rpartition("/")[2]
    if "@" in rest or "%40" in rest:
        whole = _MAIL.fullmatch(last)
        places = [whole] if whole else []
        places += [*_MAIL.finditer(query), *_MAIL.finditer(fragment)]
        if any(not _MESSAGE_ID.search(found[0]) for found in places):
            yield "recipient"
            if _MAIL.search(fragment):
                yield "recipient-hidden"
            return
    if len(rest) < 12:
        return
    values = [value for _, value in parameters(rest) if value] if query else []
    if any(_hides_mail(token) for token in (last, fragment, *values) if len(token) >= 12):
        yield from ("recipient", "recipient-hidden")


def _hides_mail(token: str) -> bool:
    token = unquote(token).lstrip("/")
    if not _BASE64.fullmatch(token) or token.islower() or token.isdigit():
        return False
    raw = token.rstrip("=")
    try:
        plain = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return False
    return _MAIL_BYTES.fullmatch(plain) is not None


def _words(parts: LinkParts, domain: str) -> tuple[str, ...]:
    if parts.address:
        host = ""
    else:
        suffix = domain.partition(".")[2]
        host = parts.host.removesuffix(suffix) if suffix else parts.host
        if service_of(parts.host):
            host = parts.host.removesuffix(domain)
    path = parts.rest.partition("#")[0].partition("?")[0]
    text = f"{host} {unquote(path) if '%' in path else path}".lower()
    generic = link_words().generic
    return tuple(
        dict.fromkeys(
            word
            for word in _WORD.findall(text)[:WORDS_LIMIT]
            if word not in generic and word not in _SHORT
        )
    )
