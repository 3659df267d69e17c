"""Everything the history knows is a number: a keyed hash, which says nothing without the key."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

REMEMBERED = 1 << 16
"""Hashes remembered, in number: the same addresses and domains come again and again."""

Hash = Callable[..., int]


def hashing(key: bytes) -> Hash:
    """A function from words to a positive 63-bit number, under that key.

    The first word is the kind, so that an address never meets a domain of the same spelling.
    """
    start = blake2b(key=key, digest_size=8)

    @lru_cache(maxsize=REMEMBERED)
    def number(*words: str | int) -> int:
        one = start.copy()
        one.update("\0".join(map(str, words)).encode("utf-8", "surrogatepass"))
        return int.from_bytes(one.digest(), "big") >> 1

    return number
