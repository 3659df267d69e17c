"""What a sender is like: for each trait the value of this mail, and whether it was seen before.

A sender who has always written with one program is more surprising with another than one who
changes every week. So a trait's surprise is measured by what is known of this sender: mails seen,
and how many values of the trait they showed.
"""

from __future__ import annotations

import math
from typing import Literal

from tocsin.analyse.conversation.memory import Row
from tocsin.model.message import Message

Trait = Literal[
    "client", "id-form", "boundary", "header", "path", "origin", "quote", "link", "attachment"
]

TRAITS: tuple[Trait, ...] = (
    "client", "id-form", "boundary", "header", "path", "origin", "quote", "link", "attachment",
)  # fmt: skip
"""In the order of their places in an owner's `spread`."""

_BITS = 7
"""Bits of one trait in an owner's `spread`: nine traits fit into 63 bits."""
_FULL = (1 << _BITS) - 1

_CERTAIN = 4.0
"""Nats at which a surprise counts as 1."""


def values(message: Message) -> dict[Trait, str]:
    """The traits that this mail shows; those that it does not show are left out."""
    found: dict[Trait, str] = {}
    if message.client:
        found["client"] = message.client
    if message.id_form:
        found["id-form"] = message.id_form
    if message.boundary_form:
        found["boundary"] = message.boundary_form
    if message.header_form:
        found["header"] = message.header_form
    if message.submission:
        found["path"] = message.submission
    if message.origin:
        found["origin"] = network(message.origin)
    if message.text.style:
        found["quote"] = message.text.style
    return found


def network(address: str) -> str:
    """The network of an address: its first three numbers, or the first half of an IPv6 one."""
    if ":" in address:
        return ":".join(address.split(":")[:3])
    return address.rpartition(".")[0]


def spread_of(row: Row, place: int) -> int:
    """How many values of the trait at that place the owner has shown; 127 means or more."""
    return (row[3] >> (_BITS * place)) & _FULL


def wider(spread: int, place: int) -> int:
    """A spread with one more value at that place."""
    shift = _BITS * place
    return spread if (spread >> shift) & _FULL == _FULL else spread + (1 << shift)


def surprise(row: Row | None, place: int) -> float:
    """How odd a value never seen is for that owner: 0 (nothing is known) to 1."""
    if row is None:
        return 0.0
    shown = spread_of(row, place)
    if not shown:
        return 0.0
    return max(0.0, min(1.0, math.log((row[2] + 1) / (shown + 0.5)) / _CERTAIN))


def rarity(row: Row | None) -> float:
    """How odd any link to a new place is for that owner: 0 (nothing is known, or he links everywhere) to 1."""
    if row is None:
        return 0.0
    shown = spread_of(row, TRAITS.index("link"))
    return max(0.0, min(1.0, math.log((row[2] + 1) / (shown + 1)) / _CERTAIN))
