"""So what do I do first: the rooms' answers joined into ranked actions and stories."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.assess.acceptance import Accepted
from tocsin.model.conversation import Conversations
from tocsin.model.hunt import Hunt
from tocsin.model.run import FindingRecord, Server
from tocsin.model.trusts import Plan, Trusts


def plan(
    servers: Sequence[Server],
    findings: Sequence[FindingRecord],
    spoken: Conversations | None,
    hunt: Hunt | None,
    trusts: Trusts | None,
    accepted: Accepted,
) -> Plan | None:
    """None when there is nothing to rank."""
    del findings, spoken, hunt
    if not servers and trusts is None:
        return None
    return Plan(actions=(), accepted=accepted.holding, expired=accepted.expired)
