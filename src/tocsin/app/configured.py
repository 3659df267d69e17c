"""What exports say of the configuration, kept in bounded memory: of one file, of all."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.knowledge.hybrid import kinds
from tocsin.model.evidence import Evidence, Inquiry, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

ONLINE_LIMIT = 2_000
"""Objects of one kind of Exchange Online's, of one file: it allows a tenant 1,000 connectors.
https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits"""

KIND_LIMIT = 20_000
"""Objects of any other kind, of one file: ten connectors on each of 2,000 servers."""

ENTRIES_LIMIT = 200_000
"""Rights on receive connectors, of one file: each connector has about twenty."""

QUESTION = "Inquiry"
"""What questions are counted as."""

FILES = 4
"""How many times as much is kept of all files: one of a stranger must not cost what is beside it."""


class Configured(msgspec.Struct, kw_only=True):
    """Objects and questions that were read. counts: by kind; by_file: by file and kind; left: how many
    were left out, in the same way."""

    kept: list[Evidence] = msgspec.field(default_factory=list)
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    by_file: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    left: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)

    def add(self, each: Evidence) -> None:
        """Keep it, or count it where there are too many."""
        assert isinstance(each.body, Setting | Inquiry)
        # That somebody asked is known apart: a full list must not lose it.
        kind = each.body.kind if isinstance(each.body, Setting) else QUESTION
        place = (each.at.source, kind)
        limit = limit_of(kind)
        if self.by_file.get(place, 0) >= limit or self.counts.get(kind, 0) >= limit * FILES:
            self.left[place] = self.left.get(place, 0) + 1
            return
        self.by_file[place] = self.by_file.get(place, 0) + 1
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.kept.append(each)

    def merge(self, other: Configured) -> None:
        """Take in what another read."""
        for each in other.kept:
            self.add(each)
        for place, count in other.left.items():
            self.left[place] = self.left.get(place, 0) + count

    def gaps(self) -> Iterator[Gap]:
        """What was left out."""
        for (source, kind), count in sorted(self.left.items()):
            why = say(
                N_(
                    "more objects of the kind {kind} than the {limit} that are kept; {count} left out"
                ),
                kind=kind,
                limit=limit_of(kind),
                count=count,
            )
            yield Gap(at=Locator(source=source), why=why, kind="limit")


def limit_of(kind: str) -> int:
    """How many objects of a kind are kept of one file."""
    if kind == "ReceiveConnectorPermission":
        return ENTRIES_LIMIT
    known = kinds().get(kind)
    online = known is not None and known.side == "exchange-online"
    return ONLINE_LIMIT if online else KIND_LIMIT
