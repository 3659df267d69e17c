"""A sieve: which keys are certainly not there, answered without asking the file (a Bloom filter).

Keys are hashes already, so that their own bits serve as positions: two per key.
"""

from __future__ import annotations

from collections.abc import Iterable

SLOTS_PER_KEY = 16
"""Bits per key: about 1 in 70 of the absent keys passes."""

SMALLEST = 1 << 13
LARGEST = 1 << 29
"""Bits: 64 MiB. Beyond 32 million keys a layer lets more absent keys pass; it stays right."""

_SECOND = 32
"""Where in the key the second position begins."""


class Sieve:
    """Set bits of the keys added. Never says no to a key that was added."""

    __slots__ = ("_mask", "bits")

    def __init__(self, bits: bytearray) -> None:
        self.bits = bits
        self._mask = len(bits) - 1

    @classmethod
    def for_keys(cls, count: int) -> Sieve:
        """An empty one that fits so many keys."""
        slots = SMALLEST
        while slots < count * SLOTS_PER_KEY and slots < LARGEST:
            slots <<= 1
        return cls(bytearray(slots >> 3))

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
