"""Mail indicators as data: what they need to stand, what they weigh, what they say to a reader.

One file is one indicator (`data/indicators/<id>.toml`). Weights and likelihoods are written by the
fit of `benchmarks/conversation`; the rest by hand. `data/conversation.toml` holds what is common:
the thresholds, the prior, the delay before a mail is learnt from.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import msgspec

Axis = Literal["identity", "payload", "burst"]


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Observations on a mail, by name and strength, and whether the indicator then stands."""

    observations: dict[str, float]
    stands: bool


class Likelihood(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often it stands on benign answers, and on hijacked ones, in the set that was fitted on."""

    benign: float
    hijack: float


class Indicator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reason for suspicion.

    needs: observations that must all stand; the least of their strengths is its own. lacks:
    observations of which none may stand. group: those that say much the same; the heaviest two of one
    group count. weight: nats at full strength, never negative. sentence: the reason, with places such
    as {sender}.
    """

    id: str
    title: str
    axis: Axis
    group: str
    needs: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    weight: float
    likelihood: Likelihood
    sentence: str
    tags: tuple[str, ...] = ()
    source: str
    examples: tuple[Example, ...]

    def strength(self, observed: dict[str, float]) -> float:
        """How strongly it stands on what was observed, 0 to 1."""
        least = 1.0
        for need in self.needs:
            found = observed.get(need)
            if not found:
                return 0.0
            least = min(least, found)
        return 0.0 if any(each in observed for each in self.lacks) else least


class Judging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all indicators share. All but the hours are nats.

    alert, watch: scores from which a mail is one. identity_alone: an identity score that is an alert
    without any payload. payload_least: payload below which a score alone is only watched.
    """

    alert: float
    watch: float
    identity_alone: float
    payload_least: float
    delay_hours: int
    retention_days: int
    fitted: str


class Indicators(msgspec.Struct, frozen=True, kw_only=True):
    """All indicators, by id, and what they share."""

    all: tuple[Indicator, ...]
    judging: Judging


class IndicatorError(ValueError):
    """An indicator's file is not what it must be; names the file and the fault."""


@cache
def load_indicators() -> Indicators:
    """The packaged ones. Raises `IndicatorError`."""
    folder = resources.files(__package__) / "data" / "indicators"
    texts = {
        each.name: each.read_text("utf-8")
        for each in folder.iterdir()
        if each.name.endswith(".toml")
    }
    shared = (resources.files(__package__) / "data" / "conversation.toml").read_text("utf-8")
    return read_indicators(texts, shared)


def read_indicators(texts: dict[str, str], shared: str) -> Indicators:
    """Indicators by file name, and the file of what they share. Raises `IndicatorError`."""
    found = []
    faults = []
    for name, text in sorted(texts.items()):
        try:
            each = msgspec.toml.decode(text, type=Indicator)
        except msgspec.DecodeError as fault:
            faults.append(f"{name}: {fault}")
            continue
        faults += [f"{name}: {fault}" for fault in _faults(name, each)]
        found.append(each)
    try:
        judging = msgspec.toml.decode(shared, type=Judging)
    except msgspec.DecodeError as fault:
        faults.append(f"conversation.toml: {fault}")
    if faults:
        raise IndicatorError("\n".join(faults))
    return Indicators(all=tuple(found), judging=judging)


def _faults(name: str, each: Indicator) -> list[str]:
    found = []
    if name != f"{each.id}.toml":
        found.append(f"the id is {each.id}")
    if not each.needs:
        found.append("it needs nothing")
    if each.weight < 0:
        found.append("a weight below zero would be a discount")
    kinds = {example.stands for example in each.examples}
    if kinds != {True, False}:
        found.append("an example that stands and one that does not are needed")
    found += [
        f"example {number} does not come out as it says"
        for number, example in enumerate(each.examples, 1)
        if (each.strength(example.observations) > 0) != example.stands
    ]
    return found
