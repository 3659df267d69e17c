"""What can be done: one file for each kind of reason to do something.

A module holds `propose(known)`, which yields a `Proposal` for each thing worth doing; planning.py
counts what each cuts and puts them in order.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from enum import IntEnum
from functools import cache

import msgspec

from tocsin.assess.known import Known
from tocsin.model.finding import Level
from tocsin.model.text import Sentence
from tocsin.model.trusts import Acceptance, Basis, PlanKind


class Stage(IntEnum):
    """What comes first, whatever it cuts: harm that goes on, then what a break-in left behind."""

    SENDING = 0
    BROKEN = 1
    ONGOING = 2
    WARN = 3
    STOLEN = 4
    OPEN = 5


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do. key: what makes its fingerprint, beside the kind; stable between runs.

    nodes, edges: what it takes out of the graph; closes: ids of servers that are no longer weak when
    it is done. answers: fingerprints of what it settles; when all are accepted, it is. accepted: where
    that is known already.
    """

    kind: PlanKind
    stage: Stage
    level: Level
    key: str
    do: Sentence
    because: tuple[Sentence, ...] = ()
    servers: tuple[str, ...] = ()
    nodes: frozenset[str] = frozenset()
    edges: frozenset[str] = frozenset()
    closes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    bases: tuple[Basis, ...] = ()
    accepted: Acceptance | None = None


BASES_KEPT = 12
"""Places quoted for one action."""
FOLD_FROM = 4
"""So many alike actions are told as one."""

Propose = Callable[[Known], Iterator[Proposal]]


def proposals(known: Known) -> Iterator[Proposal]:
    """Everything that any module proposes."""
    for each in _modules():
        yield from each(known)


@cache
def _modules() -> tuple[Propose, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}").propose for name in names)
