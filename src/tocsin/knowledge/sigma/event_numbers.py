"""Which events of Windows a rule can match at all, by their numbers (`EventID`)."""

from __future__ import annotations

from tocsin.knowledge.sigma.rule import SigmaRule
from tocsin.knowledge.sigma.tree import All, Either, Node, Same, both

FIELD = "EventID"


def event_numbers(rule: SigmaRule) -> frozenset[str] | None:
    """The numbers one of which any event has that the rule matches; None: that does not follow."""
    return _of(rule.tree if rule.guard is None else both([rule.guard, rule.tree]))


def _of(node: Node) -> frozenset[str] | None:
    if isinstance(node, Same):
        # Every event has this field: no other name is looked at in its stead.
        return node.values if node.names[:1] == (FIELD,) else None
    if isinstance(node, All):
        known = [numbers for each in node.nodes if (numbers := _of(each)) is not None]
        return frozenset.intersection(*known) if known else None
    if isinstance(node, Either):
        every: frozenset[str] = frozenset()
        for each in node.nodes:
            numbers = _of(each)
            if numbers is None:
                return None
            every |= numbers
        return every
    return None
