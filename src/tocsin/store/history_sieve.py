"""A sieve: which keys are certainly not there, answered without asking the file (a Bloom filter).

Keys are hashes already, so that their own bits serve as positions: two per key.
"""

from __future__ import annotations

from collections.abc import Iterable

SMALLEST = 1 << 13
LARGEST = 1 << 28
"""Bits: 32 MiB. With more than 32 million keys more absent ones pass; it stays right."""

_SECOND = 32
"""Where in the key the second position begins."""


class Sieve:
    """Never says no to a key that was added."""

    __slots__ = ("_mask", "bits")

    def __init__(self, bits: bytearray) -> None:
        self.bits = bits
        self._mask = len(bits) - 1

    @classmethod
    def for_keys(cls, count: int, bits_per_key: int) -> Sieve:
        """An empty one. 16 bits per key let 1 in 70 absent keys pass, 8 let 1 in 20."""
        slots = SMALLEST
        while slots < count * bits_per_key and slots < LARGEST:
            slots <<= 1
        return cls(bytearray(slots >> 3))

    def fits(self, count: int, bits_per_key: int) -> bool:
        """Whether it is large enough for so many keys, or as large as one may be."""
        slots = len(self.bits) << 3
        return slots >= count * bits_per_key or slots >= LARGEST

    def add(self, keys: Iterable[int]) -> None:
        """Let these keys pass from now on."""
        bits, mask = self.bits, self._mask
        for key in keys:
            bits[(key >> 3) & mask] |= 1 << (key & 7)
            second = key >> _SECOND
            bits[(second >> 3) & mask] |= 1 << (second & 7)

    def passing(self, keys: Iterable[int]) -> list[int]:
        """Those that may be there, in their order."""
        bits, mask = self.bits, self._mask
        return [
            key
            for key in keys
            if bits[(key >> 3) & mask] >> (key & 7) & 1
            and bits[(key >> 35) & mask] >> (key >> _SECOND & 7) & 1
        ]
