"""Facts about hybrid trusts, as data: the kinds of objects, and how strong each edge is."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from tocsin.knowledge.prepared import toml_table
from tocsin.model.setting import Side


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of configured object; the file says what each member means."""

    name: str
    cmdlet: str
    side: Side
    also: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    marks: tuple[tuple[str, ...], ...] = ()
    keys: tuple[str, ...] = ()


class _Kinds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: tuple[Kind, ...]


class _Strength(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    edge: str
    variant: str
    value: float


class _Strengths(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    strength: tuple[_Strength, ...]


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by name, in the file's order. Raises msgspec's error on a bad file."""
    return {each.name: each for each in toml_table(_data("kinds"), _Kinds).kind}


@cache
def strengths() -> dict[tuple[str, str], float]:
    """Strength by edge and variant. Raises msgspec's error on a bad file."""
    found = toml_table(_data("strengths"), _Strengths).strength
    return {(each.edge, each.variant): each.value for each in found}


def _data(name: str) -> bytes:
    return (resources.files("tocsin.knowledge") / "data" / "hybrid" / f"{name}.toml").read_bytes()
