"""Both sides of a trust, value by value."""

from __future__ import annotations

from tocsin.analyse.trust import identity_pairs, mail_pairs
from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.situation import Situation
from tocsin.model.trusts import Pair


@remembered
def pairs(situation: Situation) -> tuple[Pair, ...]:
    """Every trust of which one side was read: mail first, then what else must agree."""
    return (*mail_pairs.draw(situation), *identity_pairs.draw(situation))
