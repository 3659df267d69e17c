"""What the rules of one kind of log are searched for, as it was chosen in an earlier run.

Choosing takes as long as a small log takes to hunt in. It follows from the rules' texts, and from the
code and the tables that choose: it is kept under a digest of them all.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin.knowledge.prepared import keep, kept, key_of
from tocsin.knowledge.sigma.anchors import anchors
from tocsin.knowledge.sigma.kept_rules import read_by
from tocsin.knowledge.sigma.loading import Rules

Anchors = Mapping[str, tuple[str, ...] | None]
"""By a rule's id, as `anchors` gives them."""

_Kept = dict[str, tuple[str, ...] | None]


def anchors_of(rules: Rules, surface: str) -> Anchors:
    """Of every rule that is asked of the surface."""
    asked = [rule for rule in rules.rules if surface in rule.surfaces]
    key = key_of([rules.digest, surface.encode(), read_by()])
    data = kept("anchors", key)
    if data is not None:
        try:
            found = msgspec.msgpack.decode(data, type=_Kept)
        except msgspec.DecodeError:
            found = {}
        if found.keys() == {rule.id for rule in asked}:
            return found
    made = {rule.id: anchors(rule, surface) for rule in asked}
    keep("anchors", key, msgspec.msgpack.encode(made))
    return made
