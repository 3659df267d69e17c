"""What every object of the bundle shares: who says it, of whom, when, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import stix2

from tocsin.report.advisory_parts.warned import is_own
from tocsin.report.stix_parts.ids import is_domain, stable

VALUES_LIMIT = 5000
"""Values of each kind in one campaign; the campaign's description says when more were left out."""

SHARED_HOSTS = frozenset(
    [
        *("1drv.ms", "onedrive.live.com", "sharepoint.com", "drive.google.com", "docs.google.com"),
        *("dropbox.com", "dropboxusercontent.com", "wetransfer.com", "we.tl", "mega.nz", "bit.ly"),
        *("github.com", "raw.githubusercontent.com", "firebasestorage.googleapis.com"),
        *("google.com", "googleapis.com", "live.com", "microsoft.com", "amazonaws.com", "box.com"),
        *("cdn.discordapp.com", "discordapp.com", "tinyurl.com", "t.co", "goo.gl"),
    ]
)
"""Hosts that everybody uses: their addresses are indicators, they themselves never are."""

SURE = {
    "hash": 95, "message": 95, "url": 90, "domain": 60, "sender": 50, "name": 25,
    "intruder": 80, "page": 60, "unsure": 50, "prober": 25,
}  # fmt: skip
"""Confidence by kind, of 100: how seldom the same value stands in a genuine mail or log."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator before it is built. kinds: STIX's open vocabulary of indicator types."""

    key: str
    name: str
    pattern: str
    sure: str
    kinds: tuple[str, ...]
    note: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What every object of a campaign shares."""

    author: Any
    organisation: Any
    first: datetime
    last: datetime
    own_domains: tuple[str, ...]

    def at(self, dates: Sequence[datetime]) -> Frame:
        """The same for what was seen at these times; for none, as it is."""
        if not dates:
            return self
        return msgspec.structs.replace(self, first=whole(dates[0]), last=whole(dates[-1]))

    def common(self, kind: str, key: str) -> dict[str, Any]:
        """Identifier, author, times and marking."""
        return {
            "id": stable(kind, key),
            "created_by_ref": self.author["id"],
            "created": self.first,
            "modified": self.last,
            "object_marking_refs": [stix2.TLP_AMBER["id"]],
        }


def ours(address: str, frame: Frame) -> bool:
    """Whether an address belongs to the organisation that was examined."""
    return is_own(address, frame.own_domains)


def own_host(domain: str) -> bool:
    """A host that is not shared by everybody."""
    return is_domain(domain) and domain.lower() not in SHARED_HOSTS


def indicator_of(wanted: Wanted, frame: Frame) -> Any:
    """The indicator itself, valid from the first sighting on."""
    return stix2.v21.Indicator(
        **frame.common("indicator", wanted.key),
        name=wanted.name,
        description=wanted.note,
        pattern=wanted.pattern,
        pattern_type="stix",
        valid_from=frame.first,
        indicator_types=list(wanted.kinds),
        confidence=SURE[wanted.sure],
    )


def relation(source: Any, verb: str, target: Any, frame: Frame) -> Any:
    """From one object to another, by a verb of the standard."""
    key = f"{source['id']} {verb} {target['id']}"
    return stix2.v21.Relationship(
        **frame.common("relationship", key),
        relationship_type=verb,
        source_ref=source["id"],
        target_ref=target["id"],
    )


def moment(date: str) -> datetime:
    """Midnight of a date; a fixed day for what is none."""
    try:
        return datetime.fromisoformat(date[:10]).replace(tzinfo=UTC)
    except ValueError:
        return datetime(2026, 1, 1, tzinfo=UTC)


def whole(when: datetime) -> datetime:
    """Whole milliseconds, as STIX writes them, in UTC."""
    return when.astimezone(UTC) - timedelta(microseconds=when.microsecond % 1000)
