"""The state file: finished targets with what they gave, one JSON object a line, appended.

An interrupted sweep goes on where it was, and an unfinished last line costs that target only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LINE_LIMIT = 1 << 20
"""Longest line read, in bytes."""

Outcome = Literal["exchange", "other", "silent", "refused", "failed"]
"""How a target ended. `other`: something answered that is not Exchange. `silent`: nothing did.
`refused`: outside the allow-list. `failed`: not looked at (no such name, no socket here)."""


class Finished(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One target that need not be asked again. target: `Target.key`."""

    kind: Literal["tocsin-probe-target"] = "tocsin-probe-target"
    target: str
    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def found(self) -> tuple[Evidence | Gap, ...]:
        """Everything, evidence first."""
        return (*self.evidence, *self.gaps)


class State:
    """The file while it is open. Only places are kept in memory, never what was found.

    Raises OSError when the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._at = str(path)
        self._stream: BinaryIO = path.open("a+b")
        self._places: dict[str, int] = {}
        self._decoder = msgspec.json.Decoder(Finished)
        self.gaps: list[Gap] = []
        for number, place, line in self._lines():
            try:
                if len(line) == LINE_LIMIT:
                    msg = "too long"
                    raise ValueError(msg)  # noqa: TRY301 - the same answer as to any bad line
                self._places[self._decoder.decode(line).target] = place
            except (ValueError, RecursionError):
                why = say(N_("not a line of the state file; its target is asked again"))
                self.gaps.append(
                    Gap(at=Locator(source=self._at, position=f"line {number}"), why=why)
                )

    def take(self, target: str) -> Finished | None:
        """What is known of a finished target; None when it is to be asked."""
        place = self._places.get(target)
        if place is None:
            return None
        self._stream.seek(place)
        found: Finished = self._decoder.decode(self._stream.readline(LINE_LIMIT))
        return found

    def add(self, finished: Finished) -> None:
        """Append a finished target; it is on disk, in the system's hands, when this returns."""
        self._stream.write(msgspec.json.encode(finished) + b"\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _lines(self) -> Iterator[tuple[int, int, bytes]]:
        """Number, place and bytes of each line; a torn last line gets an end."""
        stream, number, line = self._stream, 0, b"\n"
        stream.seek(0)
        while True:
            place = stream.tell()
            following = stream.readline(LINE_LIMIT)
            if not following:
                break
            line, number = following, number + 1
            yield number, place, line
            while len(line) == LINE_LIMIT and not line.endswith(b"\n"):
                line = stream.readline(LINE_LIMIT) or b"\n"
        if not line.endswith(b"\n"):
            stream.write(b"\n")
            stream.flush()
