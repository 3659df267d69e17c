"""The steps of an incident that are told where there is no room for all."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.knowledge.steps import steps
from tocsin.model.finding import LEVELS
from tocsin.model.hunt import Step


def chosen(told: Sequence[Step], limit: int) -> list[int]:
    """Places of at most so many steps, in order: how it began, what was gravest, how it ended. Of
    alike ones the first."""
    every = list(range(len(told)))
    # A gap of one step takes as much room as the step.
    if len(every) <= limit + 1:
        return every
    firsts = {(told[at].name, str(told[at].title)): at for at in reversed(every)}
    gravest = sorted(firsts.values(), key=lambda at: (*_gravity(told[at]), at))
    return sorted({0, every[-1], *gravest[: limit - 2]})


def _gravity(step: Step) -> tuple[bool, int, int]:
    """What worked first, then the graver, then what belongs farther into an intrusion."""
    known = steps().get(step.name)
    depth = known.rank if known else 0
    return (step.outcome != "success", -LEVELS.index(step.level), -depth)
