"""Known intrusions as chains of steps: what a few findings may be the beginning of.

One file of `data/chains` is one published intrusion. A chain only names and asks on: no verdict rests
on it, and where too little of one is shown none is named.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table


class ChainStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One link. any: names of `steps.toml`, ways to do the same. must: whether it is the chain's own
    and not only often there. sign: whether the chain is not named where it is missing although the logs
    that would show it were read. evidence: what it left behind in the published case, and where."""

    any: tuple[str, ...]
    must: bool = False
    sign: bool = False
    evidence: str


class Chain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One intrusion. source, seen: who described it and when it was. rank: which is named where
    several fit alike, the commoner first. next: what to do beside what its steps say, urgent first.
    unread: what to do before that where no mailbox was read."""

    id: str
    title: str
    source: tuple[str, ...]
    seen: str
    rank: int
    step: tuple[ChainStep, ...]
    next: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@cache
def chains(*, unread: bool = True) -> tuple[Chain, ...]:
    """Every chain, in the order in which they are named. Raises msgspec's error on a bad file.

    unread: whether `next` begins with what is to be done where no mailbox was read.
    """
    folder = resources.files("tocsin.knowledge") / "data" / "chains"
    found = [
        toml_table(each.read_bytes(), Chain)
        for each in folder.iterdir()
        if each.name.endswith(".toml")
    ]
    if unread:
        found = [msgspec.structs.replace(each, next=each.unread + each.next) for each in found]
    return tuple(sorted(found, key=lambda chain: (chain.rank, chain.id)))
