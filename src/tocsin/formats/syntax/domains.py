"""Registrable domains by the public suffix list, which is loaded once for the whole program."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - logs alone are read without it

    return PublicSuffixList(only_icann=True)


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
