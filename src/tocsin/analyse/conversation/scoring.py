"""From what was observed to a score and a verdict, with every reason kept."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin.knowledge.indicators import Indicator, Indicators
from tocsin.model.conversation import Axis, MessageVerdict

PER_GROUP = 2
"""Indicators of one group that count: somebody with a new telephone breaks all his habits at once."""


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One indicator that stands, and its share of the score in nats."""

    indicator: Indicator
    weight: float


class Score(msgspec.Struct, frozen=True, gc=False):
    """identity, payload, burst: nats of each axis. reasons: heaviest first."""

    identity: float
    payload: float
    burst: float
    reasons: tuple[Reason, ...]

    @property
    def total(self) -> float:
        """The score."""
        return self.identity + self.payload + self.burst


class Scorer:
    """Indicators by the first observation that they need, so that most are never looked at."""

    def __init__(self, indicators: Indicators, *, without: frozenset[str] = frozenset()) -> None:
        self.judging = indicators.judging
        self._by_need: dict[str, list[Indicator]] = {}
        for each in indicators.all:
            if each.id not in without and each.weight > 0:
                self._by_need.setdefault(each.needs[0], []).append(each)

    def score(self, observed: Mapping[str, float]) -> Score:
        """Every indicator that stands; of each group the heaviest few."""
        stands: list[Reason] = []
        plain = dict(observed)
        for name in plain:
            for indicator in self._by_need.get(name, ()):
                strength = indicator.strength(plain)
                if strength > 0.0:
                    stands.append(Reason(indicator, indicator.weight * strength))
        stands.sort(key=lambda reason: (-reason.weight, reason.indicator.id))
        axes: dict[Axis, float] = {"identity": 0.0, "payload": 0.0, "burst": 0.0}
        counted: dict[str, int] = {}
        kept = []
        for reason in stands:
            group = reason.indicator.group
            counted[group] = counted.get(group, 0) + 1
            if counted[group] <= PER_GROUP:
                axes[reason.indicator.axis] += reason.weight
                kept.append(reason)
        return Score(axes["identity"], axes["payload"], axes["burst"], tuple(kept))

    def verdict(self, score: Score, *, answers: bool, inside: bool) -> MessageVerdict:
        """answers: it claims to stand in a conversation. inside: sent by one of our own addresses.

        A mail that claims no conversation and comes from no account of ours is somebody else's
        business: it is at most watched.
        """
        judging = self.judging
        total = score.total
        wanted = score.payload + score.burst
        if (total >= judging.alert and wanted >= judging.payload_least) or (
            score.identity >= judging.identity_alone
        ):
            return "alert" if answers or inside or score.burst > 0 else "watch"
        return "watch" if total >= judging.watch else "clear"
