"""The addresses an intruder writes from: a stranger's account, a domain that looks alike."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.conversation.lists import Party
from benchmarks.conversation.lures import Set
from benchmarks.conversation.payloads import host, letters

LOCALS = (
    "info",
    "contacto",
    "sales",
    "admin",
    "office",
    "accounts",
    "m.rossi",
    "k.svensson",
    "greg",
)
GLYPHS = (("l", "1"), ("o", "0"), ("m", "rn"), ("i", "l"), ("w", "vv"), ("e", "c"))


def stolen(rng: random.Random, which: Set, name: str, address: str) -> Party:
    """A third company's account under the participant's name, or under name and address."""
    domain = host(rng, which)
    local = rng.choice((*LOCALS, letters(rng, 6), f"{letters(rng, 1)}.{letters(rng, 7)}"))
    form = rng.random()
    shown = name or address
    if form < 0.15:
        shown = f"{shown} {address}"
    elif form < 0.3:
        shown = address
    return Party(shown, f"{local}@{domain}")


def lookalike(rng: random.Random, which: Set, address: str) -> str:
    """The same local part at a domain one or two letters away."""
    local, _, domain = address.rpartition("@")
    label, dot, rest = domain.partition(".")
    new = rng.choice(SHAPES[which])(rng, label)
    if new == label and which == "A":
        new = _doubled(rng, label)
    if new == label:
        rest = {"com": "co", "org": "orq", "net": "nett"}.get(
            rest, f"{rest}m" if rest == "co" else "com"
        )
        if f"{label}{dot}{rest}" == domain:
            new = f"{label}s"
    return f"{local}@{new}{dot}{rest}"


def _glyph(rng: random.Random, label: str) -> str:
    able = [(old, new) for old, new in GLYPHS if old in label]
    if not able:
        return label
    old, new = rng.choice(able)
    return label.replace(old, new, 1)


def _doubled(rng: random.Random, label: str) -> str:
    at = rng.randrange(len(label))
    return f"{label[: at + 1]}{label[at]}{label[at + 1 :]}"


def _dropped(rng: random.Random, label: str) -> str:
    if len(label) < 5:
        return f"{label}s"
    at = rng.randrange(1, len(label) - 1)
    return label[:at] + label[at + 1 :]


def _suffixed(rng: random.Random, label: str) -> str:
    return label + rng.choice(("-group", "-inc", "-mail"))


def _swapped(rng: random.Random, label: str) -> str:
    at = rng.randrange(1, len(label) - 1) if len(label) > 3 else 0
    return label[:at] + label[at + 1 : at + 2] + label[at : at + 1] + label[at + 2 :]


def _same(_: random.Random, label: str) -> str:
    return label


def _hyphened(rng: random.Random, label: str) -> str:
    at = rng.randrange(1, len(label)) if len(label) > 3 else len(label) - 1
    return f"{label[:at]}-{label[at:]}"


SHAPES: dict[Set, tuple[Callable[[random.Random, str], str], ...]] = {
    "A": (_glyph, _doubled, _dropped, _suffixed),
    "B": (_swapped, _same, _hyphened, _glyph),
}
