"""The steps of an intrusion, as data: their order, their techniques, who would have seen them."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table


class IntrusionStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step. title, next: message ids. attack: ATT&CK techniques, the decisive one first.

    tactic: ATT&CK's short name. rank: its place in time, the first lowest; equal ranks are ways to do
    the same. surfaces: the kinds of logs that would show it. next: what to do, most urgent first.
    """

    name: str
    title: str
    attack: tuple[str, ...]
    tactic: str
    rank: int
    surfaces: tuple[str, ...]
    next: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`data/steps.toml`."""

    step: tuple[IntrusionStep, ...]


@cache
def steps() -> dict[str, IntrusionStep]:
    """Every step by name, in the order of time. Raises msgspec's error on a bad file."""
    path = resources.files("tocsin.knowledge") / "data" / "steps.toml"
    found = toml_table(path.read_bytes(), _File).step
    return {each.name: each for each in sorted(found, key=lambda step: step.rank)}
