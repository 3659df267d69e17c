"""Sigma filters: documents that take known-good rows out of rules named by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tocsin.knowledge.sigma.condition import compiled
from tocsin.knowledge.sigma.detection import tree_of
from tocsin.knowledge.sigma.documents import RuleError
from tocsin.knowledge.sigma.logsource import asked
from tocsin.knowledge.sigma.rule import SigmaRule, words_of
from tocsin.knowledge.sigma.tree import Node, check_regexes
from tocsin.model.text import N_, say


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What a row must meet as well. rules: ids or names (lower case), or none for all of `logsource`."""

    rules: frozenset[str]
    logsource: str
    tree: Node

    def applies(self, rule: SigmaRule) -> bool:
        """Whether the rule is one that it names, of the same logs."""
        if self.rules and not self.rules & {rule.id, rule.name.lower()}:
            return False
        return all(
            mine in ("*", theirs)
            for mine, theirs in zip(
                self.logsource.split("/"), rule.logsource.split("/"), strict=True
            )
        )


def filter_of(document: Mapping[str, Any], source: str) -> Filter:  # noqa: ARG001  # as the others
    """One document with the key `filter`. Raises `RuleError`."""
    said, logsource = document["filter"], document.get("logsource")
    if not isinstance(said, Mapping) or not isinstance(logsource, Mapping):
        raise RuleError(say(N_("a filter needs a logsource and the key filter")))
    condition = said.get("condition")
    if not isinstance(condition, str):
        raise RuleError(say(N_("the rule has no condition")))
    parts = [str(logsource.get(each) or "").lower() for each in ("product", "category", "service")]
    names = asked(*parts).names
    detections = {
        str(name): tree_of(part, names)
        for name, part in said.items()
        if name not in ("condition", "rules")
    }
    for part in detections.values():
        check_regexes(part)
    rules = words_of(said.get("rules"))
    if not rules:
        raise RuleError(say(N_("the filter names no rules")))
    return Filter(
        rules=frozenset() if rules == ("any",) else frozenset(each.lower() for each in rules),
        logsource="/".join(each or "*" for each in parts),
        tree=compiled(condition, detections),
    )
