"""The score's four invariants on random organisations, through the whole chain: what was read, the
graph, the ways, the score.

    python -m benchmarks.trust.models --count 100000
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor

from benchmarks.trust.invent import PAST, Model, additions, model, segmentation
from tocsin.analyse.trust.drawing import draw
from tocsin.analyse.trust.ways import Atlas
from tocsin.assess.paths import best_ways, targets_of
from tocsin.assess.scoring import product, scored, standing

SLACK = 1e-6
"""Differences of the rounding of floats."""
TOLD = 40
"""Parts between two lines of progress."""
WATCHED = ("internet", "reported", "scanned", "logged")


def scores(each: Model) -> Mapping[str, float]:
    """Uncapped, so that nothing hides behind the cap."""
    graph = draw(each.situation())
    servers = [standing(s) for s in each.servers]
    ways = best_ways(Atlas(graph, targets_of(graph)), servers)
    rated = scored(servers, ways, {}, graph)
    return {s.server: product(s.weakness, s.reach, s.trust, s.detection) for s in rated}


def faults(seed: int) -> Iterator[str]:
    """What does not hold of one random organisation and one change of each kind to it; nothing,
    hopefully."""
    rng = random.Random(seed)
    base = model(rng)
    before = scores(base)
    at = rng.randrange(len(base.servers))
    server = base.servers[at]
    field = rng.choice(WATCHED)
    now = getattr(server, field)
    other = scores(base.with_server(at, **{field: rng.choice([False, None]) if now else True}))
    seen, unseen = (before, other) if now else (other, before)
    yield from _lower(seen, unseen, f"{seed}: no longer seen, {field}")
    richer = list(additions(rng, base))
    if richer:
        what, each = rng.choice(richer)
        yield from _lower(before, scores(each), f"{seed}: adding {what}")
    known = rng.choice(["current", "behind"])
    better = scores(base.with_server(at, weakness=known))
    unknown = scores(base.with_server(at, weakness="unknown", low=None, high=None, exact=False))
    if better[server.id] > unknown[server.id] + SLACK:
        yield f"{seed}: unknown below {known}: {unknown[server.id]} < {better[server.id]}"
    expired = scores(base.plus(segmentation(server, PAST)))
    if any(abs(expired[each] - before[each]) > SLACK for each in before):
        yield f"{seed}: expired segmentation counts"


def _lower(before: Mapping[str, float], after: Mapping[str, float], why: str) -> Iterator[str]:
    for name, value in before.items():
        if after[name] < value - SLACK:
            yield f"{why}: {name} {value:.4f} -> {after[name]:.4f}"


def _some(seeds: range) -> list[str]:
    return [each for seed in seeds for each in faults(seed)]


def main() -> int:
    """Exit 1 if anything does not hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    words = parser.parse_args()
    begun = time.perf_counter()
    step = 250
    last = words.first + words.count
    parts = [range(at, min(at + step, last)) for at in range(words.first, last, step)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        wrong: list[str] = []
        for done, some in enumerate(pool.map(_some, parts), start=1):
            wrong += some
            if done % TOLD == 0:
                print(f"  {done * step} organisations, {len(wrong)} faults", file=sys.stderr)
    spent = time.perf_counter() - begun
    print(f"{words.count} organisations, {len(wrong)} faults, {spent:.0f} s")
    kinds = Counter(each.split(": ")[1].rpartition(" ")[0] or each.split(": ")[1] for each in wrong)
    for kind, count in kinds.most_common():
        print(f"  {count:>6}  {kind}")
    for each in wrong[:10]:
        print(f"    {each}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
