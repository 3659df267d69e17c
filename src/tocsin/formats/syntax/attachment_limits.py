"""What looking into one attachment may cost, and a file that was found inside another."""

from __future__ import annotations

from typing import NamedTuple

MEMBERS_LIMIT = 1000
"""Members of one attachment, all levels together."""

UNPACKED_LIMIT = 32 * 1024 * 1024
"""Bytes unpacked of one attachment, all levels together."""

MEMBER_LIMIT = 8 * 1024 * 1024
"""Bytes unpacked of one member."""

DEPTH_LIMIT = 3
"""Levels of archives inside one another."""

NAME_LIMIT = 200
"""Characters of a member's name that are kept."""


class Member(NamedTuple):
    """size: as the archive says, -1 where it does not; packed likewise. data: what was unpacked, at
    most `MEMBER_LIMIT`, None where nothing could be. whole: the data are all of it."""

    name: str
    size: int = -1
    packed: int = -1
    data: bytes | None = None
    encrypted: bool = False
    whole: bool = True


class Budget:
    """What is left of the limits; `cut` once something was left out."""

    def __init__(self) -> None:
        self.members = MEMBERS_LIMIT
        self.bytes = UNPACKED_LIMIT
        self.cut = False

    def member(self) -> bool:
        """Count one member; False when there were too many."""
        self.members -= 1
        self.cut = self.cut or self.members < 0
        return self.members >= 0

    @property
    def room(self) -> int:
        """Bytes that the next member may unpack to."""
        return max(0, min(MEMBER_LIMIT, self.bytes))

    def spend(self, count: int) -> None:
        """Count bytes that were unpacked."""
        self.bytes -= count
        if self.bytes <= 0:
            self.cut = True
