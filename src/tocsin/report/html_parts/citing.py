"""Evidence cards: each piece of evidence once, numbered, however many claims rest on it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin.model.run import Proof

PROOFS_PER_CLAIM = 12
"""Evidence links beside one claim; the others are counted and stand in run.json."""

CARDS_LIMIT = 20_000
"""Evidence cards in one page."""


class Cited(msgspec.Struct, frozen=True):
    """The numbers of the cards a claim rests on, and how many pieces more are not shown."""

    cards: tuple[int, ...] = ()
    more: int = 0


class Citing:
    """Numbers evidence in the order in which the page first leans on it."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], int] = {}
        self._cards: list[Proof] = []

    @property
    def cards(self) -> tuple[Proof, ...]:
        """Every piece cited so far; number 1 is the first."""
        return tuple(self._cards)

    def cite(self, proofs: Iterable[Proof], limit: int = PROOFS_PER_CLAIM) -> Cited:
        """Give each piece its card; beyond the limits it is counted only."""
        numbers: dict[int, None] = {}
        more = 0
        for proof in proofs:
            number = self._number(proof) if len(numbers) < limit else 0
            if number:
                numbers[number] = None
            else:
                more += 1
        return Cited(tuple(numbers), more)

    def _number(self, proof: Proof) -> int:
        key = (
            proof.source,
            proof.position,
            proof.sha256,
            proof.quote,
            proof.seen_by,
            str(proof.seen),
            proof.trust,
        )
        number = self._numbers.get(key, 0)
        if not number and len(self._cards) < CARDS_LIMIT:
            self._cards.append(proof)
            number = self._numbers[key] = len(self._cards)
        return number
