"""Names and domains as people mistake them: what is read as the same, what is made to look alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tocsin.knowledge.free_mail import free_mail
from tocsin.knowledge.word_distance import edits

NAME_LEAST = 4
"""Letters a display name needs to be held against others."""

LABEL_LEAST = 5
"""Letters a domain label needs to be held against others: short ones are alike by chance."""

LABEL_MOST = 40
"""Longest label of which variants are kept."""

SHORT_LABEL = 4
"""Letters of a short label, which is held against others as it is, with one edit at most."""

ROLES = frozenset(
    (
        "info", "sales", "office", "contact", "admin", "support", "mail", "kontakt", "hello", "service",
        "team", "noreply", "no-reply", "post", "accounting", "billing", "help", "webmaster",
        "postmaster", "root", "invoice", "invoices", "orders", "buchhaltung", "compta", "vendite",
    )
)  # fmt: skip
"""Local parts that many have: no sign of one person."""

_BESIDE = re.compile(
    r"\([^)]*\)|\[[^\]]*\]|\bvia\b.*|\bon behalf of\b.*|<[^>]*>|\S+@\S+", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_AFFIX = re.compile(
    r"^(?:my|the|go|get|mail|web|e|hq|team)-?|-?(?:inc|corp|group|grp|ltd|llc|gmbh|intl|us|usa|eu|uk|online"
    r"|pay|tech|team|hq|global|mail|support|services?|billing|invoices?)$"
)
"""What is put before or behind a name to have it as a domain."""

_PUNCTUATION = re.compile(r"[._-]+")
_NO_LETTER = re.compile(r"[^a-z]+")
_DOUBLED = re.compile(r"(.)\1+")
_ALIKE = str.maketrans(
    {"0": "o", "1": "l", "i": "l", "j": "l", "3": "e", "5": "s", "8": "b", "9": "g"}
)
"""Characters that are read as one another; both spellings fold to one."""

_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"), ("-", ""), ("_", ""))


@lru_cache(maxsize=1 << 15)
def person(name: str) -> str:
    """A display name as it is compared: its words in order of the alphabet, without case or accents.

    `Weber, Anna (IT)` and `Anna Weber` are one. Empty for what is no name.
    """
    if "@" in name or "(" in name or "[" in name or " " in name:
        name = _BESIDE.sub(" ", name)
    plain = unicodedata.normalize("NFKD", name.casefold())
    words = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
    whole = sorted(set(words))
    letters = sum(map(len, whole))
    # Two signs of a script without spaces are a whole name.
    return " ".join(whole) if letters >= NAME_LEAST or (letters > 1 and plain > "ⴀ") else ""


@lru_cache(maxsize=1 << 15)
def label(domain: str) -> str:
    """The part of a registrable domain that its owner chose."""
    return domain.partition(".")[0]


@lru_cache(maxsize=1 << 14)
def skeleton(text: str) -> str:
    """What the eye reads: look-alike characters folded into one spelling."""
    plain = unicodedata.normalize("NFKD", text.lower())
    folded = "".join(c for c in plain if not unicodedata.combining(c))
    for written, read in _PAIRS:
        folded = folded.replace(written, read)
    return folded.translate(_ALIKE)


@lru_cache(maxsize=1 << 14)
def variants(domain: str) -> tuple[str, ...]:
    """The label, the label without each of its letters in turn, and its skeleton.

    Two labels that differ by one letter, or two exchanged ones, share a variant, so a look-alike of
    a domain is found among hashes without keeping the domain.
    """
    name = label(domain)
    if not SHORT_LABEL <= len(name) <= LABEL_MOST:
        return ()
    if len(name) < LABEL_LEAST:
        return (name,)
    cut = {name[:i] + name[i + 1 :] for i in range(len(name))}
    return tuple(sorted({name, skeleton(name)} | cut))


@lru_cache(maxsize=1 << 14)
def resembling(domain: str) -> tuple[str, ...]:
    """The variants, and the parts that hyphens divide the label into: `contoso-group` is like
    `contoso`. What to ask for, where `variants` is what to remember."""
    name = label(domain)
    parts = {each for each in name.split("-") if len(each) >= LABEL_LEAST} if "-" in name else set()
    bare = _AFFIX.sub("", name)
    if bare != name and len(bare) >= SHORT_LABEL:
        parts.add(bare)
    return tuple(sorted({*variants(domain), *parts}))


@lru_cache(maxsize=1 << 14)
def spoken(local: str) -> str:
    """A local part as it is said: without dots, hyphens and underscores."""
    return _PUNCTUATION.sub("", local.lower())


@lru_cache(maxsize=1 << 14)
def squeezed(local: str) -> str:
    """A local part by its letters alone, doubled ones once: what is left of a mailbox to which somebody
    added a digit, an underscore or a letter. Empty where too little is left to be one person's."""
    letters = _DOUBLED.sub(r"\1", _NO_LETTER.sub("", local.lower()))
    return letters if len(letters) >= LABEL_LEAST else ""


@lru_cache(maxsize=1 << 14)
def house(domain: str) -> str:
    """Among which mailboxes one at this domain is looked for: those of the domain, or of all providers at
    which anybody has one."""
    return "free" if domain in free_mail() else domain


@lru_cache(maxsize=1 << 15)
def near(one: str, other: str) -> bool:
    """Whether a mail address is made to be taken for another in the same house: one letter more, less or
    another, or digits behind it; not the same with dots, as the same person may have chosen."""
    local, _, domain = one.partition("@")
    known, _, place = other.partition("@")
    mine, theirs = spoken(local), spoken(known)
    shorter = min(len(mine), len(theirs))
    if mine == theirs or shorter <= LABEL_LEAST or known in ROLES or house(domain) != house(place):
        return False
    if mine.rstrip("0123456789") == theirs or theirs.rstrip("0123456789") == mine:
        return True
    return edits(mine, theirs, 1) <= 1


@lru_cache(maxsize=1 << 15)
def look_alike(one: str, other: str) -> bool:
    """Whether a registrable domain is made to be taken for another.

    At most two edits apart, or the same to the eye, or the same label below another suffix, or the
    whole label inside a longer one.
    """
    if one == other or not one or not other:
        return False
    mine, theirs = label(one), label(other)
    shorter = min(len(mine), len(theirs))
    if shorter < SHORT_LABEL - 1:
        return False
    if skeleton(mine) == skeleton(theirs):
        return True
    if shorter < SHORT_LABEL:
        return False
    if mine == theirs or mine.startswith(theirs + "-") or mine.endswith("-" + theirs):
        return True
    if shorter < LABEL_LEAST:
        return one.partition(".")[2] == other.partition(".")[2] and edits(mine, theirs, 1) <= 1
    if theirs in mine and len(theirs) > LABEL_LEAST:
        return True
    most = 2 if shorter > LABEL_LEAST else 1
    return edits(mine, theirs, most) <= most
