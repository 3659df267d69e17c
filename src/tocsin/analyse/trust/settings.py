"""What was read of the configuration, asked by kind and property, absent kept apart from false."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.setting import Inquiry, Lost, Setting, Side
from tocsin.model.trusts import Basis

VALUE_LIMIT = 400
"""Longest value quoted, in characters."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an object says of one property. known: it was collected, whatever its value, None (null)
    included. lost: why it was not, if it was there once."""

    name: str
    known: bool
    value: Any = None
    lost: Lost | None = None
    basis: Basis

    @property
    def filled(self) -> bool:
        """Known, and neither null nor empty."""
        return self.known and self.value not in (None, "", [], {})

    @property
    def empty(self) -> bool:
        """Known to be null or empty."""
        return self.known and not self.filled

    def texts(self) -> tuple[str, ...]:
        """The values as text, of a list each; nothing when absent or null."""
        if not self.filled:
            return ()
        values = self.value if isinstance(self.value, list) else [self.value]
        return tuple(printed(each) for each in values if each is not None)


class Item(msgspec.Struct, frozen=True):
    """One object and where it was read."""

    setting: Setting
    at: Locator
    names: dict[str, str]

    @property
    def label(self) -> str:
        """Kind and name, as a reader knows it."""
        return f"{self.setting.kind} {self.setting.name}".strip()

    def ask(self, name: str) -> Answer:
        """The property of that name, in any case."""
        spelled = self.names.get(name.lower())
        lost = self.setting.lost.get(spelled or name)
        if spelled is None or lost is not None:
            return Answer(name=name, known=False, lost=lost, basis=self.basis(name, ""))
        value = self.setting.properties[spelled]
        return Answer(
            name=spelled, known=True, value=value, basis=self.basis(spelled, printed(value))
        )

    def first(self, *names: str) -> Answer:
        """The first of these properties that is known; the first of all when none is."""
        answers = [self.ask(name) for name in names]
        return next((each for each in answers if each.known), answers[0])

    def basis(self, name: str = "", value: str = "") -> Basis:
        """This object, or one property of it, as what something rests on."""
        return Basis(
            source=self.at.source,
            position=self.at.position,
            sha256=self.at.sha256,
            object=self.label,
            property=name,
            value=value[:VALUE_LIMIT],
        )


def printed(value: Any) -> str:
    """A value on one line: true and false in lower case, null as nothing, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(printed(each) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {printed(each)}" for name, each in value.items())
    return str(value)


class Settings:
    """All objects that were read. The same object from two exports is two items."""

    def __init__(self, evidence: Iterable[Evidence] = ()) -> None:
        self._items: dict[str, list[Item]] = {}
        self.inquiries: list[tuple[Inquiry, Locator]] = []
        for each in evidence:
            body = each.body
            if isinstance(body, Inquiry):
                self.inquiries.append((body, each.at))
            elif isinstance(body, Setting):
                names = {name.lower(): name for name in (*body.lost, *body.properties)}
                self._items.setdefault(body.kind, []).append(Item(body, each.at, names))

    def items(self, kind: str, side: Side = "") -> list[Item]:
        """Objects of a kind; those of a side include those whose side is not shown."""
        found = self._items.get(kind, [])
        return [each for each in found if not side or each.setting.side in (side, "")]

    def all(self) -> Iterator[Item]:
        """Every object."""
        for items in self._items.values():
            yield from items

    def asked(self, kind: str, side: Side = "") -> bool:
        """Whether objects of the kind were read, or an export that held none."""
        if self.items(kind, side):
            return True
        return any(
            each.kind == kind and not each.fault and (not side or each.side in (side, ""))
            for each, _ in self.inquiries
        )
