"""The statistics of the evaluation: intervals, bootstrap by cluster, recall at a false-alert rate."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

import msgspec

Z95 = 1.959963984540054
BOOTSTRAPS = 400


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A share with its 95 % interval."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0


def wilson(hits: int, of: int, z: float = Z95) -> Rate:
    """Wilson's score interval for `hits` of `of`."""
    if not of:
        return Rate(hits=0, of=0, low=0.0, high=1.0)
    share = hits / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    low = 0.0 if hits == 0 else (middle - reach) / scale
    high = 1.0 if hits == of else (middle + reach) / scale
    return Rate(hits=hits, of=of, low=low, high=high)


def clustered(
    found: Sequence[bool], clusters: Sequence[Hashable], seed: int = 1
) -> tuple[float, float]:
    """95 % interval of the share of `found`, by drawing whole clusters (threads, senders) anew."""
    sums: dict[Hashable, list[int]] = defaultdict(lambda: [0, 0])
    for hit, cluster in zip(found, clusters, strict=True):
        sums[cluster][0] += hit
        sums[cluster][1] += 1
    groups = list(sums.values())
    if not groups:
        return 0.0, 1.0
    rng = random.Random(seed)
    shares = []
    for _ in range(BOOTSTRAPS):
        drawn = rng.choices(groups, k=len(groups))
        shares.append(sum(g[0] for g in drawn) / sum(g[1] for g in drawn))
    shares.sort()
    return shares[int(0.025 * BOOTSTRAPS)], shares[int(0.975 * BOOTSTRAPS) - 1]


def threshold_at(benign: Sequence[float], rate: float) -> float:
    """The lowest score that at most `rate` of the benign reach. Scores above it are alerts.

    With fewer benign than 1/rate none may be above: the threshold is the highest of them.
    """
    allowed = int(rate * len(benign))
    ordered = sorted(benign, reverse=True)
    return ordered[allowed] if allowed < len(ordered) else -math.inf


def above(scores: Sequence[float], threshold: float) -> Rate:
    """How many scores are strictly above a threshold."""
    return wilson(sum(score > threshold for score in scores), len(scores))


def alerts_per_thousand_mailboxes(alerts: int, mails: int, per_mailbox_day: float = 40.0) -> float:
    """False alerts a day in an organisation of 1,000 mailboxes, each with that many mails a day."""
    return 1000 * per_mailbox_day * alerts / mails if mails else 0.0


def until_first(bursts: Mapping[str, Sequence[bool]]) -> dict[str, int]:
    """Of each burst, in time order: the number of the first mail that is noticed; 0 if none is."""
    return {
        name: next((n for n, hit in enumerate(found, 1) if hit), 0)
        for name, found in bursts.items()
    }
