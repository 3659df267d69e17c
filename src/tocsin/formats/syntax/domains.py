"""Registrable domains by the public suffix list, which is loaded once for the whole program."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import tocsin
from tocsin.knowledge.prepared import keep, kept, key_of

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


_ICANN = "// ===BEGIN ICANN DOMAINS===", "// ===END ICANN DOMAINS==="
"""The lines of the list between which the rules of registries stand."""


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PSLFILE, PublicSuffixList  # noqa: PLC0415 - many runs do without it

    whole = Path(PSLFILE).read_bytes()
    key = key_of([tocsin.__version__.encode(), whole])
    known = kept("suffixes", key)
    if known is None:
        known = "\n".join(_rules(whole.decode("utf-8"))).encode()
        keep("suffixes", key, known)
    return PublicSuffixList(known.decode("utf-8").split("\n"), accept_encoded_idn=False)


def _rules(whole: str) -> list[str]:
    """Encoding all rules, as the library would, takes most of its time; nearly all are ASCII already."""
    lines = whole.partition(_ICANN[0])[2].partition(_ICANN[1])[0].splitlines()
    rules = [each for each in lines if each and not each.startswith("/")]
    return rules + [_encoded(each) for each in rules if not each.isascii()]


def _encoded(rule: str) -> str:
    mark = "!" if rule.startswith("!") else ""
    return mark + rule.removeprefix("!").strip().encode("idna").decode("ascii")


@lru_cache(maxsize=65536)
def registrable(name: str) -> str:
    """The registrable domain of a host name, lower case; empty for a short name or an address.

    Source: the public suffix list, ICANN section; an unknown top label counts as a suffix.
    """
    lower = name.lower().strip(".")
    if "." not in lower or ":" in lower or lower.replace(".", "").isdigit():
        return ""
    return _suffixes().privatesuffix(lower) or lower


@lru_cache(maxsize=65536)
def internal(name: str) -> bool:
    """Whether a name cannot exist in public: a short one, or below an unknown top label."""
    lower = name.lower().strip(".")
    return "." not in lower or _suffixes().publicsuffix(lower, accept_unknown=False) is None
