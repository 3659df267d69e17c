"""Rows that rules matched, folded while the logs are read, so that memory stays flat."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.model.evidence import Evidence
from tocsin.model.hunt import EVENTS_KEPT, Outcome
from tocsin.model.text import Value

HEAD = EVENTS_KEPT - 5
"""Rows of a group that are kept from its beginning; the rest of `EVENTS_KEPT` is its end."""

GROUPS_LIMIT = 100_000
"""Groups of one run; further ones are counted in a Gap."""


class Group(msgspec.Struct, kw_only=True):
    """All rows of one rule with one key. key: the values of the rule's `fold` fields.

    events: evidence whose body is an `Event`, in the order read; the first `HEAD` and the last few.
    ids: what joins rows of different logs (`RequestId`, `cafeReqId`, canary, file name), as
    `name=value`, bounded. said: further values of the rule's sentence, by their places (`{days}`).
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
