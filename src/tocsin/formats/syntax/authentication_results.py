"""What the receiving side says of the sender: Authentication-Results in every form met in mail.

The grammar of RFC 8601 is kept by few. Exchange Online leaves out the server's name and a
semicolon here and there, others leave out the result's reason or put words between. So comments
are taken off and `name=value` pairs are read in order: a method begins a result, `ptype.property`
belongs to the method before it. What stands between is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import get_args

import msgspec

from tocsin.formats.syntax.domains import registrable
from tocsin.formats.syntax.mail_words import text_of
from tocsin.model.message import Authentication, AuthResult

FIELD_LIMIT = 16 * 1024
"""Bytes of one field that are read."""

FIELDS_LIMIT = 30
"""Fields of one mail that are read, from the top."""

REMEMBERED_LENGTH = 600
"""Longest field remembered in case it comes again, in bytes."""

DOMAINS_LIMIT = 20
"""Signing domains that are kept."""

_COMMENT = re.compile(r"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\([^()]*+\))*+\))*+\)?", re.DOTALL)
_PAIR = re.compile(
    r"(?<![\w.-])(?:(smtp|header|policy|body|envelope)\s*\.\s*)?([a-z][\w-]{0,30})(?:/\d)?"
    r"\s*=\s*(?:\"([^\"]*+)\"?|([^\s;,\"]*+))",
    re.IGNORECASE,
)
_BY = re.compile(r"\s*([^\s;=()\"]{1,255}|\"[^\"]{1,255}\")\s*(?:\d{1,2}\s*)?(?:;|$)")
_INSTANCE = re.compile(r"\s*i\s*=\s*(\d{1,3})\s*;")
_SPF_WORD = re.compile(r"\s*([A-Za-z_]{2,20})")
_SPF_FROM = re.compile(
    r"envelope-from=\"?<?([^\s;\">]{1,320})|domain\s+of\s+(?:transitioning\s+)?([^\s()]{1,320})",
    re.IGNORECASE,
)

_METHODS = {"spf": "spf", "dkim": "dkim", "dmarc": "dmarc", "compauth": "compauth", "arc": "arc"}
_WORDS: frozenset[str] = frozenset(get_args(AuthResult))
_OTHER_WORDS: dict[str, AuthResult] = {
    "temperr": "temperror", "temp_error": "temperror", "tempfail": "temperror",
    "error": "temperror", "permerr": "permerror", "perm_error": "permerror",
    "permfail": "permerror", "invalid": "permerror", "soft_fail": "softfail", "discard": "fail",
    "reject": "fail", "quarantine": "fail", "hard_fail": "hardfail", "pass-domain": "pass",
    "skipped": "none", "timeout": "temperror", "nosig": "none", "unsigned": "none", "good": "pass", "bad": "fail",
}  # fmt: skip


class Placed(msgspec.Struct, frozen=True):
    """A field and how many `Received` lines stand above it."""

    value: bytes
    above: int


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What one field states, the first word of each method; `dkim` passes if one signature does."""

    by: str
    said: dict[str, str]
    spf_domain: str = ""
    dkim_domains: tuple[str, ...] = ()


def results(value: bytes) -> Results:
    """One Authentication-Results or ARC-Authentication-Results field."""
    return _remembered(value) if len(value) <= REMEMBERED_LENGTH else _results(value)


def _results(value: bytes) -> Results:
    text = text_of(value[:FIELD_LIMIT])
    if "(" in text:
        text = _COMMENT.sub(" ", text)
    if instance := _INSTANCE.match(text):
        text = text[instance.end() :]
    by = _BY.match(text)
    method = spf_domain = ""
    said: dict[str, str] = {}
    domains: dict[str, None] = {}
    for kind, name, quoted, bare in _PAIR.findall(text):
        key, given = name.lower(), quoted or bare
        if not kind and key in _METHODS:
            method = key
            _state(said, key, given.lower())
        elif method == "spf" and key in ("mailfrom", "helo", "from", "mfrom"):
            spf_domain = spf_domain or _domain(given)
        elif method == "dkim" and key in ("d", "i") and given.lower() != "none":
            domains[_domain(given)] = None
    domains.pop("", None)
    return Results(
        by=by[1].strip('"').lower() if by else "",
        said=said,
        spf_domain=spf_domain,
        dkim_domains=tuple(domains)[:DOMAINS_LIMIT],
    )


_remembered = lru_cache(maxsize=8192)(_results)


def _state(said: dict[str, str], method: str, word: str) -> None:
    if method not in said or (method == "dkim" and word == "pass"):
        said[method] = word


def _domain(text: str) -> str:
    return text.rpartition("@")[2].strip("<>\"'.").lower()[:255]


def _word(text: str) -> AuthResult:
    if text in _WORDS:
        return text  # type: ignore[return-value]  # one of them, as was just asked
    return _OTHER_WORDS.get(text, "unknown")


def authentication(
    stated: Sequence[Placed], arc: Sequence[Placed], spf: Sequence[Placed],
    *, trusted: int, last_trusted: str,
) -> Authentication:  # fmt: skip
    """What the topmost fields say together.

    A field that lies above a line the reader's own side wrote (`trusted` of them from the top)
    was put there by it. The one right below the last such line is believed if it bears the name
    of that line's host (`last_trusted`), which a receiving server removes from foreign mail
    (RFC 8601, section 5). Methods are joined over the believed fields, or else over those of
    the topmost field's writer. Without any such field the topmost ARC one, and for SPF
    `Received-SPF`, are asked.
    """

    def believed(each: Placed, by: str) -> bool:
        if each.above < trusted:
            return True
        side = registrable(last_trusted)
        return bool(trusted and each.above == trusted and side and registrable(by) == side)

    read = [(each, results(each.value)) for each in stated[:FIELDS_LIMIT]]
    read = [(each, found) for each, found in read if found.said]
    if not read:
        read = [(each, found) for each in arc[:1] if (found := results(each.value)).said]
    own = [found for each, found in read if believed(each, found.by)]
    chosen = own or [found for _, found in read if found.by == read[0][1].by]
    result = _joined(chosen, trusted=bool(own))
    if not result.spf and spf:
        topmost = next((each for each in spf if believed(each, "")), spf[0])
        if not own or believed(topmost, ""):
            word, domain = _received_spf(topmost.value)
            believed_too = result.trusted if read else believed(topmost, "")
            result = msgspec.structs.replace(
                result, spf=word, spf_domain=domain, trusted=believed_too
            )
    return result


def _joined(chosen: Sequence[Results], *, trusted: bool) -> Authentication:
    said: dict[str, str] = {}
    spf_domain = ""
    domains: dict[str, None] = {}
    for each in chosen:
        for method, word in each.said.items():
            _state(said, method, word)
        spf_domain = spf_domain or each.spf_domain
        domains |= dict.fromkeys(each.dkim_domains)
    if not said:
        return Authentication()
    return Authentication(
        by=chosen[0].by,
        spf=_word(said["spf"]) if "spf" in said else "",
        spf_domain=spf_domain,
        dkim=_word(said["dkim"]) if "dkim" in said else "",
        dkim_domains=tuple(domains)[:DOMAINS_LIMIT],
        dmarc=_word(said["dmarc"]) if "dmarc" in said else "",
        compauth=said.get("compauth", "")[:40],
        arc=said.get("arc", "")[:40],
        trusted=trusted,
    )


def _received_spf(value: bytes) -> tuple[AuthResult, str]:
    text = text_of(value[:FIELD_LIMIT])
    word = _SPF_WORD.match(text)
    if word is None:
        return "", ""
    stated = _SPF_FROM.search(text)
    domain = _domain(stated[1] or stated[2]) if stated else ""
    return _word(word[1].lower()), domain
