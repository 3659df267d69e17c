"""How long and how fast: the rate of new connections, and the time one target may take."""

from __future__ import annotations

import asyncio
import sys

import msgspec

from tocsin.collect.probe.connection import Connection, LostError
from tocsin.collect.probe.settings import Address, ProbeSettings

FILES_KEPT = 64
"""Files this process may need beside its connections, out of those the system lets it open."""


def open_at_once(wanted: int) -> int:
    """How many connections may be open: as many as wanted, fewer where the system has fewer."""
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415 - there is none on Windows

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, files - FILES_KEPT))


class Pace:
    """Lets connections through one after the other, `rate` a second; 0 lets all through."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next = 0.0
        self.connections = 0

    async def turn(self) -> float:
        """Wait for the next turn; gives the seconds that took."""
        self.connections += 1
        if not self._gap:
            return 0.0
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + self._gap
        await asyncio.sleep(at - now)
        return at - now


class Patience(msgspec.Struct):
    """The time left for one target. `until` is the loop's clock."""

    settings: ProbeSettings
    pace: Pace
    until: float

    def answer_by(self) -> float:
        """The time the next answer must have come by."""
        now = asyncio.get_running_loop().time()
        return min(self.until, now + self.settings.answer_timeout)

    async def connect(self, address: Address, port: int) -> Connection:
        """Open a connection when it is its turn. Raises LostError."""
        # Waiting for the turn is our own doing: it is not taken from the target's time.
        self.until += await self.pace.turn()
        now = asyncio.get_running_loop().time()
        if now >= self.until:
            raise LostError("slow", "time for this target")
        deadline = min(self.until, now + self.settings.connect_timeout)
        return await Connection.open(address, port, deadline)


def patience(settings: ProbeSettings, pace: Pace) -> Patience:
    """A target's time, beginning now."""
    until = asyncio.get_running_loop().time() + settings.host_timeout
    return Patience(settings, pace, until)
