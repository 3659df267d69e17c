"""What several parts of the answer ask of an incident: on which servers, since when."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.model.hunt import Incident


def aware(when: datetime | None) -> datetime:
    """A time with its zone, UTC unless it says otherwise; what has none comes last."""
    if when is None:
        return datetime.max.replace(tzinfo=UTC)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def entered(each: Incident) -> list[str]:
    """The servers on which something worked, in the order in which they fell; all where nothing did."""
    worked = [step for step in each.steps if step.outcome == "success"]
    worked.sort(key=lambda step: aware(step.first))
    return list(dict.fromkeys(step.host for step in worked if step.host)) or list(each.hosts)
