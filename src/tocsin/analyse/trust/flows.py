"""Which way mail really goes, folded from the headers of mails as they stream by."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.model.evidence import Evidence, Message
from tocsin.model.locator import Locator

FLOWS_LIMIT = 20_000
"""Different ways kept; further ones are counted in `Flows.dropped`."""


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Mails that one host handed to another. sender, address: the host that handed over, by its own
    name and as it was seen; receiver: who took it. auth_as, auth_source: what the mail's own stamp
    says (`Internal`, the host that vouches). at: the first mail seen."""

    sender: str = ""
    address: str = ""
    receiver: str = ""
    auth_as: str = ""
    auth_source: str = ""
    count: int = 1
    first: datetime | None = None
    last: datetime | None = None
    at: Locator


class Flows(msgspec.Struct, kw_only=True):
    """Flows by their way. The same whatever the order of mails and parts."""

    kept: dict[tuple[str, str, str, str, str], Flow] = msgspec.field(default_factory=dict)
    dropped: int = 0

    def add(self, evidence: Evidence) -> None:
        """Fold the hand-overs of one mail in."""
        assert isinstance(evidence.body, Message)

    def merge(self, other: Flows) -> None:
        """Fold others in."""
        self.dropped += other.dropped

    def all(self) -> tuple[Flow, ...]:
        """Every flow, in order of its way."""
        return tuple(flow for _, flow in sorted(self.kept.items()))
