"""Which known chain an incident resembles most, and what of it is not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain as each_of

import msgspec

from tocsin.analyse.hunt.told import StepFact
from tocsin.knowledge.chains import Chain, ChainStep
from tocsin.model.hunt import Incident, Missing
from tocsin.model.text import Sentence

SHARE = 0.5
"""How much of a chain's own steps must be shown for it to be named."""

LEAST = 2
"""How many of its steps must be seen to have happened."""

TRIED = 0.5
"""What a step counts that was only tried, or is of low level."""

ENTRY = "initial-access"
"""The tactic of a way in: a chain with another way in is another chain."""

Read = Callable[[str], bool]
"""Whether a kind of log was read for the hosts and the time of the incident."""


class Resemblance(msgspec.Struct, frozen=True, kw_only=True):
    """A chain and how well it fits. share: of its own steps, from 0 to 1. fit: for comparing."""

    chain: Chain
    share: float
    fit: float


def best(
    incident: Incident, chains: Iterable[Chain], steps: Mapping[str, StepFact], read: Read
) -> Resemblance | None:
    """The chain that is named for an incident; None where none is."""
    seen = weights(incident)
    if not any(value >= 1 for value in seen.values()):
        return None
    fitting = [
        found
        for each in chains
        if not _disproved(each, seen, steps, read)
        and (found := resemblance(each, seen, steps)) is not None
        and found.share >= SHARE
    ]
    return max(fitting, key=lambda one: (one.fit, -one.chain.rank, one.chain.id), default=None)


def _disproved(
    chain: Chain, seen: Mapping[str, float], steps: Mapping[str, StepFact], read: Read
) -> bool:
    """Whether what makes the chain this one is missing where it would be seen."""
    return any(
        each.sign and not _shown(each, seen) and any(map(read, _logs(each, steps)))
        for each in chain.step
    )


def _logs(step: ChainStep, steps: Mapping[str, StepFact]) -> tuple[str, ...]:
    """Kinds of logs that show a step."""
    facts = [fact for name in step.any if (fact := steps.get(name)) is not None]
    return tuple(dict.fromkeys(surface for fact in facts for surface in fact.surfaces))


def weights(incident: Incident) -> dict[str, float]:
    """The steps of an incident: 1 for what happened or may have, `TRIED` for what was only tried or
    is of low level."""
    seen: dict[str, float] = {}
    for step in incident.steps:
        if step.name and step.level != "informational":
            weight = TRIED if step.outcome == "attempt" or step.level == "low" else 1.0
            seen[step.name] = max(weight, seen.get(step.name, 0.0))
    return seen


def resemblance(
    chain: Chain, seen: Mapping[str, float], steps: Mapping[str, StepFact]
) -> Resemblance | None:
    """How well a chain fits; None where the way in is another or too little happened."""
    names = set(each_of.from_iterable(step.any for step in chain.step))
    ways = {
        name
        for name, weight in seen.items()
        if weight >= 1 and (fact := steps.get(name)) is not None and fact.tactic == ENTRY
    }
    if ways and not ways & names:
        return None
    own = [_shown(step, seen) for step in chain.step if step.must]
    all_of = [_shown(step, seen) for step in chain.step]
    if sum(value >= 1 for value in all_of) < LEAST:
        return None
    strange = sum(weight for name, weight in seen.items() if name not in names)
    share = sum(own) / len(own)
    fit = (sum(own) + sum(all_of)) / (len(own) + len(all_of) + strange)
    return Resemblance(chain=chain, share=share, fit=fit)


def _shown(step: ChainStep, seen: Mapping[str, float]) -> float:
    return max((seen.get(name, 0.0) for name in step.any), default=0.0)


def missing(
    chain: Chain, incident: Incident, steps: Mapping[str, StepFact], read: Read
) -> tuple[Missing, ...]:
    """The chain's own steps that the logs do not show, in its order."""
    seen = weights(incident)
    found = []
    for step in chain.step:
        if not step.must or _shown(step, seen) > 0:
            continue
        facts = [fact for name in step.any if (fact := steps.get(name)) is not None]
        logs = _logs(step, steps)
        title = facts[0].title if facts else step.any[0]
        those_read = tuple(surface for surface in logs if read(surface))
        found.append(
            Missing(
                name=step.any[0],
                title=Sentence(template=title),
                seen_in=those_read or logs,
                read=bool(those_read),
            )
        )
    return tuple(found)
