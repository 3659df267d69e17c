"""What a baseline finds that a rule has found already is one finding, not two."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tocsin.analyse.hunt.groups import Group
from tocsin.analyse.hunt.hosts import Hosts, source
from tocsin.analyse.hunt.merging import best
from tocsin.model.event import Event

SHARE = 0.5
"""How many of a baseline's rows a rule must have told for the baseline to add nothing."""

_PAGE = ("cs-uri-stem", "UrlStem")


def without_echoes(
    groups: Sequence[Group], baselines: Collection[str], quiet: Collection[str], known: Hosts
) -> list[Group]:
    """The groups without those of baselines that rules have told of the same page and client.

    quiet: rules whose findings are only informational, which tell nothing.
    """
    told: dict[tuple[str, str], dict[str, int]] = {}
    for each in groups:
        if each.rule in baselines or each.rule in quiet or best(each.outcomes) == "attempt":
            continue
        for page in _pages(each):
            clients = told.setdefault((known.of(each.host, source(each)), page), {})
            clients[each.client] = clients.get(each.client, 0) + each.count
    return [each for each in groups if each.rule not in baselines or not _told(each, told, known)]


def _told(group: Group, told: dict[tuple[str, str], dict[str, int]], known: Hosts) -> bool:
    pages = _pages(group)
    host = known.of(group.host, source(group))
    if len(pages) != 1:
        return False
    clients = told.get((host, next(iter(pages))), {})
    rows = sum(
        count
        for client, count in clients.items()
        if not client or not group.client or client == group.client
    )
    return rows >= SHARE * group.count


def _pages(group: Group) -> set[str]:
    """The pages that the kept rows ask for."""
    return {
        page.lower()
        for each in group.events
        if isinstance(each.body, Event)
        for name in _PAGE
        if (page := each.body.fields.get(name))
    }
