"""Risks that somebody answers for, while they do: shown, not counted, back on the day after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from tocsin.model.trusts import Acceptance


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Those that hold today, and those whose day is past."""

    holding: tuple[Acceptance, ...] = ()
    expired: tuple[Acceptance, ...] = ()

    def of(self, fingerprint: str) -> Acceptance | None:
        """The acceptance of this risk that holds; None when there is none."""
        return next((each for each in self.holding if each.fingerprint == fingerprint), None)


def accepted(entries: Iterable[Acceptance], today: date) -> Accepted:
    """Entries by whether their last day is past."""
    known = tuple(entries)
    return Accepted(
        holding=tuple(each for each in known if each.until >= today),
        expired=tuple(each for each in known if each.until < today),
    )
