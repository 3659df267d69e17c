"""What tells an intruder from an administrator, and an Exchange server from another machine."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.analyse.hunt.coverage import EXCHANGE
from tocsin.model.hunt import HuntFinding, Step

INTRUDERS = frozenset(
    [
        "ssrf",
        "proxyshell",
        "owassrf",
        "act-as-user",
        "webshell-write",
        "webshell-use",
        "execution",
        "iis-module",
        "tunnel",
        "credentials",
        "loader",
        "mail-abuse",
        "exfiltration",
        "impact",
    ]
)
"""Steps that no administrator takes as part of the work; the others are taken by both."""

ENOUGH = 3
"""Different steps of the second kind that are no day's work together."""

ON_EXCHANGE = frozenset(
    [
        "ssrf",
        "proxyshell",
        "owassrf",
        "act-as-user",
        "role-grant",
        "export",
        "transport-agent",
        "mail-abuse",
    ]
)
"""Steps that are taken on Exchange servers only."""

_WORDS = ("exchange", "/owa/", "/ecp/", "/autodiscover/")
"""What rows of an Exchange server hold, lower case."""


def doubtful(steps: Iterable[Step]) -> bool:
    """Whether an administrator may have done all that worked."""
    names = {each.name or each.title.template for each in steps if each.outcome != "attempt"}
    return bool(names) and not names & INTRUDERS and len(names) < ENOUGH


def of_exchange(each: HuntFinding) -> bool:
    """Whether a finding could only come from an Exchange server."""
    if each.surface in EXCHANGE or each.step in ON_EXCHANGE:
        return True
    return any(word in event.raw.lower() for event in each.events for word in _WORDS)
