"""A sieve: which keys are certainly not there, answered without asking the file (a Bloom filter).

Keys are hashes already, so that their own bits serve: the upper ones choose a byte, the lower ones
two bits in it. Keys added in their order touch memory in its order.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

SMALLEST = 1 << 10
LARGEST = 1 << 25
"""Bytes: 32 MiB. With more than 32 million keys more absent ones pass; it stays right."""

_KEY_BITS = 64
_PAIRS = [1 << one | 1 << other for one, other in combinations(range(8), 2)]
_MARKS = tuple(_PAIRS[lower % len(_PAIRS)] for lower in range(256))


class Sieve:
    """Never says no to a key that was added. bits: as it is saved; a power of two bytes."""

    __slots__ = ("_mask", "_shift", "bits")

    def __init__(self, bits: bytearray) -> None:
        self.bits = bits
        self._mask = len(bits) - 1
        self._shift = _KEY_BITS - self._mask.bit_length()

    @classmethod
    def for_keys(cls, count: int) -> Sieve:
        """An empty one with a byte or two for each key: 7 in 100 absent keys pass, or 3."""
        size = SMALLEST
        while size < count and size < LARGEST:
            size <<= 1
        return cls(bytearray(size))

    def fits(self, count: int) -> bool:
        """Whether there is a byte for each key, or as many as there may be."""
        return len(self.bits) >= min(count, LARGEST)

    def add(self, keys: Iterable[int]) -> None:
        """Let these keys pass from now on."""
        bits, shift, mask, marks = self.bits, self._shift, self._mask, _MARKS
        for key in keys:
            bits[key >> shift & mask] |= marks[key & 255]

    def passing(self, keys: Iterable[int]) -> list[int]:
        """Those that may be there, in their order."""
        bits, shift, mask, marks = self.bits, self._shift, self._mask, _MARKS
        return [
            key for key in keys if bits[key >> shift & mask] & (mark := marks[key & 255]) == mark
        ]
