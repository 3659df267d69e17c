"""Rows that rules matched, folded while the logs are read, so that memory stays flat."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.model.evidence import Evidence
from tocsin.model.hunt import EVENTS_KEPT, Outcome
from tocsin.model.text import Value

HEAD = EVENTS_KEPT - 5
"""Rows of a group that are kept from its beginning; the rest of `EVENTS_KEPT` is its end."""

GROUPS_LIMIT = 12_000
"""Groups of one run; the rows of further ones are counted in a Gap. Each takes up to 10 KB."""

ALIKE_LIMIT = 2_000
"""Groups of one rule and one outcome: what fails from many addresses hides nothing that worked."""


class Group(msgspec.Struct, kw_only=True):
    """All rows of one rule with one key. key: the values of the rule's `fold` fields.

    events: evidence whose body is an `Event`, in the order read; the first `HEAD` and the last few.
    ids: what joins rows of different logs (`RequestId`, `cafeReqId`, canary, file name), as
    `name=value`, bounded. tried: whether these are the rows of its rule and key that were only
    tried, kept apart from the others until all are read. worked: when the first row shows more than an
    attempt, where attempts are among the rows. said: further values of the rule's sentence, by their places (`{days}`).
    """

    rule: str
    surface: str
    host: str
    client: str
    actor: str
    target: str
    key: tuple[str, ...]
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    outcomes: dict[Outcome, int] = msgspec.field(default_factory=dict)
    events: list[Evidence] = msgspec.field(default_factory=list)
    ids: set[str] = msgspec.field(default_factory=set)
    tried: bool = False
    worked: datetime | None = None
    said: dict[str, Value] = msgspec.field(default_factory=dict)


class GatheredRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One row kept for the questions that need every row (Sigma correlations, first seen, rare).

    rule: id of the rule that gathers. at: seconds since 1970 (UTC), 0 where the row has no time.
    fields: those that a correlation groups by or counts. source, position: where it stands.
    outcome: what the row shows by itself.
    """

    rule: str
    at: float
    surface: str
    host: str
    client: str
    actor: str
    fields: dict[str, str]
    source: str
    position: str
    raw: str = ""
    outcome: Outcome = "unknown"


class Room:
    """How many groups may still be kept. A class because it counts.

    dropped: rows of groups for which there was no room, by rule.
    """

    def __init__(self) -> None:
        self.dropped: dict[str, int] = {}
        self._alike: dict[tuple[str, Outcome], int] = {}
        self._kept = 0

    def takes(self, rule: str, outcome: Outcome, rows: int = 1) -> bool:
        """Whether one more group of a rule is kept; its rows are counted if not."""
        alike = self._alike.get((rule, outcome), 0)
        if alike >= ALIKE_LIMIT or self._kept >= GROUPS_LIMIT:
            self.drop(rule, rows)
            return False
        self._alike[rule, outcome] = alike + 1
        self._kept += 1
        return True

    def drop(self, rule: str, rows: int) -> None:
        """Count rows that are not told."""
        self.dropped[rule] = self.dropped.get(rule, 0) + rows
