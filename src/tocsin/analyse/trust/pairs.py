"""Both sides of a trust, value by value."""

from __future__ import annotations

from tocsin.analyse.trust.situation import Situation
from tocsin.model.trusts import Pair


def pairs(situation: Situation) -> tuple[Pair, ...]:
    """Every trust that has an object on each side."""
    del situation
    return ()
