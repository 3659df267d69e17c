"""What must occur in the raw text of any row that a rule matches."""

from __future__ import annotations

from tocsin.knowledge.sigma.rule import SigmaRule


def anchors(rule: SigmaRule, surface: str) -> tuple[str, ...] | None:  # noqa: ARG001
    """Regexes of which at least one occurs in such a row of the surface; None if none is known."""
    return None
