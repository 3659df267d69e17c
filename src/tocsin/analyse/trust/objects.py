"""One object for one thing: what several exports say of the same connector or policy, joined.

Where they disagree, the export in which the object was changed last is believed; where the times of
change do not tell, or that export lacks the property, it counts as not collected: nobody knows what
holds now.
"""

from __future__ import annotations

from functools import cached_property

from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation
from tocsin.knowledge.hybrid import kinds
from tocsin.model.setting import Side

ROWS = frozenset(
    (
        "AppOwner", "AppRoleAssignment", "ConnectorReport", "DirectoryRoleMember", "HybridWizardRun",
        "MigrationBatch", "ReceiveConnectorPermission", "Segmentation", "TenantExemption",
    )
)  # fmt: skip
"""Kinds of which several have one name and are not one thing: rows of a list."""

CHANGED = ("WhenChangedUTC", "WhenChanged")


class Joined(Item, frozen=True, dict=True):
    """An object out of several exports; itself is the one that was changed last."""

    rest: tuple[Item, ...] = ()

    @cached_property
    def _told(self) -> dict[str, Answer]:
        return {}

    def ask(self, name: str) -> Answer:
        """What the exports say together."""
        if name not in self._told:
            self._told[name] = self._together(name)
        return self._told[name]

    def _together(self, name: str) -> Answer:
        answers = [(_changed(self), Item.ask(self, name))]
        answers += [(_changed(each), each.ask(name)) for each in self.rest]
        known = [each for each in answers if each[1].known]
        if not known:
            return answers[0][1]
        when, first = known[0]
        stale = bool(when) and any(at > when for at, _ in answers)
        against = [at for at, each in known if _said(each) != _said(first)]
        if not stale and all(at and at < when for at in against):
            return first
        values = " | ".join(dict.fromkeys(each.basis.value for _, each in known))
        return Answer(name=first.name, known=False, basis=self.basis(first.name, values))


def objects(situation: Situation, kind: str, side: Side = "") -> list[Item]:
    """Objects of a kind (and side), each once, in order of their names."""
    known = _known(situation)
    if (kind, side) not in known:
        known[kind, side] = _objects(situation, kind, side)
    return list(known[kind, side])


@remembered
def _known(situation: Situation) -> dict[tuple[str, Side], list[Item]]:
    """What was put together already."""
    del situation
    return {}


def _objects(situation: Situation, kind: str, side: Side) -> list[Item]:
    found: dict[tuple[str, ...], list[Item]] = {}
    for number, item in enumerate(situation.settings.items(kind, side)):
        found.setdefault(_key(item, number), []).append(item)
    apart = _rows if kind in ROWS else _apart
    groups = [group for items in found.values() for group in apart(items)]
    return sorted(map(_joined, groups), key=lambda each: (each.setting.name.lower(), str(each.at)))


def _key(item: Item, number: int) -> tuple[str, ...]:
    body = item.setting
    home = body.side or kinds()[body.kind].side
    nameless = "" if body.name else str(number)
    return (home, body.server.lower(), body.name.lower(), nameless)


def _apart(items: list[Item]) -> list[list[Item]]:
    """Things of one name that are not one thing have different GUIDs."""
    by_guid: dict[str, list[Item]] = {}
    for item in items:
        by_guid.setdefault(_said(item.ask("Guid"))[0], []).append(item)
    unnamed = by_guid.pop("", [])
    if not by_guid:
        return [unnamed]
    groups = list(by_guid.values())
    groups[0].extend(unnamed)
    return groups


def _rows(items: list[Item]) -> list[list[Item]]:
    """Each for itself; the same row of two exports once."""
    found: list[list[Item]] = []
    sources: dict[str, set[str]] = {}
    for item in items:
        same = sources.setdefault(_content(item), set())
        if not same - {item.at.source}:
            same.add(item.at.source)
            found.append([item])
    return found


def _joined(items: list[Item]) -> Item:
    if len(items) == 1:
        return items[0]
    latest = sorted(items, key=lambda each: (_changed(each), str(each.at)), reverse=True)
    apart: dict[str, Item] = {}
    for each in latest:
        apart.setdefault(_content(each), each)
    first, *rest = apart.values()
    if not rest:
        return first
    return Joined(first.setting, first.at, first.names, tuple(rest))


def _content(item: Item) -> str:
    """What an export has of it: the same object many times is told apart from what differs."""
    return repr((item.setting.properties, item.setting.lost))


def _changed(item: Item) -> str:
    """When it was changed, ISO 8601, or nothing."""
    for name in CHANGED:
        answer = Item.ask(item, name)
        if answer.filled:
            return str(answer.value)
    return ""


def _said(answer: Answer) -> tuple[str, ...]:
    return tuple(sorted(each.lower() for each in answer.texts())) or ("",)
