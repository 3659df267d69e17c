r"""What must occur in the raw text of any row that a rule matches.

From the rule's tree follow texts that a matching row must hold (`needs`); of them is chosen what is
searched for (`choosing`), written as it may stand in the row (`spelling`, `row_regex`). The regexes are
caseless, for Hyperscan and RE2 alike, and never reach beyond a line but for the line feed at its ends.
"""

from __future__ import annotations

from functools import lru_cache

from tocsin.knowledge.sigma.choosing import Choice, Chooser, Way, rareness, table_of, way_of
from tocsin.knowledge.sigma.needs import need_of
from tocsin.knowledge.sigma.rule import SigmaRule
from tocsin.knowledge.sigma.tree import Node, both

ALTERNATIVES_LIMIT = 6000
"""Regexes of one rule; beyond, nothing is searched for."""

LEAST = 0.5
"""Bits below which nearly every row would be found: then nothing is searched for."""


def anchors(rule: SigmaRule, surface: str) -> tuple[str, ...] | None:
    """Regexes of which at least one occurs in such a row of the surface.

    None: nothing is known of what such a row holds. Empty: the rule matches no row of the surface.
    Rows that hold `NEEDLESS` or `FOLDED` of `spelling` are another matter, as are those of a layout
    for which `anchors_hold` says no.
    """
    found = choice_of(rule, surface)
    return None if found is None else tuple(dict.fromkeys(each.regex for each in found))


ENOUGH = 2.0
"""Bits from which on what a rule itself asks for is searched for without what its logsource demands."""


@lru_cache(maxsize=1024)
def anchors_hold(surface: str, columns: tuple[str, ...]) -> bool:
    """Whether a log's columns come in their writer's order, which anchors rest on.

    They do unless somebody has rearranged them; then every row is to be asked.
    """
    table = table_of()
    groups = {name.lower(): group for name, group in table.groups().items()}
    groups |= {"cs-uri-query": "query", "urlquery": "query", "cs(user-agent)": "agent"}
    found = [groups.get(each.lower(), "") for each in columns]
    order = table.order.get(surface, ("stem", "query"))
    places = [found.index(each) for each in order if each in found]
    if places != sorted(places):
        return False
    both_there = surface in table.beside and {"stem", "query"} <= set(found)
    return not both_there or found.index("query") == found.index("stem") + 1


def choice_of(rule: SigmaRule, surface: str) -> Choice | None:
    """What is searched for, with how rare it is."""
    found = _chosen(rule.tree, surface)
    if found is not None and rareness(found) >= ENOUGH:
        return found
    # What its logsource demands costs a search of its own, and most of it follows from the event's
    # number, which is looked at before a row is read.
    guard = rule.guard if surface == "windows" else None
    return found if guard is None else _chosen(both([guard, rule.tree]), surface)


def _chosen(tree: Node, surface: str) -> Choice | None:
    need = need_of(tree)
    found = None if need is None else _chooser(way_of(surface)).choice(need)
    if found is None or len(found) > ALTERNATIVES_LIMIT or rareness(found) < LEAST:
        return None
    return found


@lru_cache(maxsize=64)
def _chooser(way: Way) -> Chooser:
    return Chooser(way)
