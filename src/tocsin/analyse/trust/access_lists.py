"""Access lists of the directory, as the checks of them go through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tocsin.analyse.trust.directory import Grant, grants
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, unanswered, uncollected, unread

JudgeOne = Callable[[Situation, Item], Iterator[Verdict]]


def each_list(situation: Situation, kind: str, judge: JudgeOne) -> Iterator[Verdict]:
    """What is said of each access list of a kind of object: `domain`, `AdminSDHolder`."""
    nothing = uncollected(situation, "AccessControl", "directory")
    if nothing is not None:
        yield nothing
        return
    found = False
    for item in objects(situation, "AccessControl", "directory"):
        of, entries = item.ask("ObjectKind"), item.ask("Entries")
        if of.known and of.value != kind:
            continue
        found = True
        if of.known and isinstance(entries.value, list):
            yield from judge(situation, item)
        elif of.known and entries.known:
            yield unread(label(item), f"{cmdlet('AccessControl')}: {entries.name}")
        else:
            yield unanswered(item, [of, entries])
    if not found:
        yield unread("", f"{cmdlet('AccessControl')}: {kind}")


def granted(situation: Situation, item: Item) -> list[Grant]:
    """What one access list allows."""
    place = item.at.source, item.at.position, label(item)
    return [
        each
        for each in grants(situation)
        if (each.basis.source, each.basis.position, each.object) == place
    ]


def label(item: Item) -> str:
    """The object whose access list it is."""
    return next(iter(item.ask("Object").texts()), "") or item.setting.name


def in_the_groups(situation: Situation) -> tuple[str, ...]:
    """Ids of the servers that are in Exchange's groups: all but those on the edge."""
    ids = (each.id for each in situation.servers if not each.edge and each.ours is not False)
    return tuple(sorted(ids))
