"""What Tocsin claims, and what it could not judge."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.text import Sentence

Status = Literal["affected", "fixed", "not_affected", "under_investigation"]
"""OpenVEX 0.2.0 status labels."""

Level = Literal["informational", "low", "medium", "high", "critical"]
"""Sigma rule levels, lowest first."""

LEVELS: tuple[Level, ...] = ("informational", "low", "medium", "high", "critical")

Confidence = Literal["low", "medium", "high"]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head shared by advisories, Sigma rules, mail indicators and trust checks."""

    id: str
    title: str
    level: Level
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    remediation: Sentence | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule held against one subject. It cannot be built without evidence.

    settle: what would turn `under_investigation` into an answer.
    """

    rule: Rule
    subject: str
    status: Status
    level: Level
    confidence: Confidence
    because: Sentence
    evidence: tuple[Evidence, ...]
    settle: Sentence | None = None

    def __post_init__(self) -> None:
        if not self.evidence:
            msg = f"a finding needs evidence: {self.rule.id} on {self.subject}"
            raise ValueError(msg)

    @property
    def fingerprint(self) -> str:
        """Same rule on the same subject has the same fingerprint in every run."""
        return fingerprint(self.rule.id, self.subject)


def fingerprint(rule: str, subject: str) -> str:
    """Identity of a finding: the rule and the subject, nothing that moves between runs."""
    return hashlib.sha256(f"{rule}\0{subject}".encode()).hexdigest()[:32]


GapKind = Literal["unreadable", "limit", "undecided", "not-collected"]
"""`unreadable` and `limit` lost input (exit code 3); the other two name what is missing."""


class Gap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that could not be judged, where, and why."""

    at: Locator
    why: Sentence
    kind: GapKind = "unreadable"
