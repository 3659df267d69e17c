"""One change between two runs."""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.model.finding import Level
from tocsin.model.text import Sentence

Change = Literal["new", "gone", "changed", "same"]

What = Literal[
    "run", "server", "finding", "incident", "hunt", "campaign", "check", "way", "acceptance"
]

CAMPAIGN_LEVEL: Level = "high"
"""The level as which a campaign counts; a mail that is an alert has it for the exit code, too."""

ENDED = "ended"
"""What an acceptance became whose last day is past, before that day and owner."""


def change_of(was: object, now: object) -> Change:
    """What became of something; None where a run does not have it."""
    return "new" if was is None else "gone" if now is None else "changed"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One change. server: the server, or what stands in its place; rule: what was held against it.

    run: the two cannot be compared as they are: rule `without` (before, after: what was left out to see
    what remains; `same` if the same of both), `hunt` or `conversations` (only one read logs, or mails).
    finding: on a server. incident: server: its hosts; rule: its id. hunt: a finding in logs. campaign:
    server: its family; rule: its id; before, after: messages. check: server: the object judged.
    way: rule: the target. acceptance: of something open in both; `gone`: it counts again.
    said: what it is, in words. of: the incident (its id) that a finding in logs belongs to. accepted:
    somebody answers for it in the new run.
    """

    what: What
    change: Change
    server: str
    rule: str = ""
    before: str = ""
    after: str = ""
    level: str = ""
    accepted: bool = False
    said: Sentence | None = None
    of: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is newly open, or counts again, and nobody answers for it."""
        if self.accepted:
            return False
        match self.what:
            case "finding":
                return self.after == "affected"
            case "check":
                return self.after == "fail"
            case "acceptance":
                return self.change == "gone"
            case "incident" | "hunt":
                return self.change == "new" or (self.change == "changed" and _worse(self))
            case "campaign":
                return self.change == "new"
            case _:
                return False


def _worse(each: Difference) -> bool:
    return _ORDER.index(each.after) > _ORDER.index(each.before)


_ORDER = ("attempt", "unknown", "success")
