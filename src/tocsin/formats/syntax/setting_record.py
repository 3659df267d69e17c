"""From a record of an export to a `Setting`: which kind of object it is, and its values made plain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from tocsin.formats.syntax.exchange_values import is_online
from tocsin.formats.syntax.records import Object, Value, fields, text_of
from tocsin.knowledge.hybrid import Kind, kinds
from tocsin.model.setting import Lost, Setting, Side

DEPTH_LIMIT = 8
"""Nesting of values kept; deeper ones are told lost."""


def setting_of(thing: Object, *, sure: bool = True) -> Setting | None:
    """The setting that a record is; None where its kind is not known."""
    found = fields(thing)
    kind = kind_of(thing, found)
    if kind is None:
        return None
    properties: dict[str, Any] = {}
    lost: dict[str, Lost] = {}
    for name, value in thing.properties.items():
        properties[name] = plain(value)
    return Setting(
        kind=kind.name,
        side=side_of(kind, found),
        name=text_of(found.get("name")) or text_of(found.get("identity")) or thing.text,
        properties=properties,
        lost=lost,
        sure=sure,
    )


def kind_of(thing: Object, found: Mapping[str, Value]) -> Kind | None:
    """By the last part of its type's name, else by the names of its properties."""
    for each in thing.types:
        known = _by_type().get(each.rpartition(".")[2])
        if known is not None:
            return known
    names = frozenset(found)
    for kind in kinds().values():
        if any(marks <= names for marks in _marks(kind)):
            return kind
    return None


@cache
def _by_type() -> dict[str, Kind]:
    return {name: kind for kind in kinds().values() for name in kind.types}


@cache
def _marks(kind: Kind) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(str.lower, marks)) for marks in kind.marks)


def side_of(kind: Kind, found: Mapping[str, Value]) -> Side:
    """Where the object lives: its kind's own side, or what its names show."""
    return kind.side or ("exchange-online" if is_online(found) else "")


def plain(value: Value, depth: int = 0) -> Any:
    """A value without the marks of its syntax."""
    if depth > DEPTH_LIMIT:
        return None
    if isinstance(value, Object):
        if value.items:
            return [plain(each, depth + 1) for each in value.items]
        if value.text:
            return value.text
        if value.value is not None:
            return plain(value.value, depth + 1)
        return {name: plain(each, depth + 1) for name, each in value.properties.items()}
    if isinstance(value, list):
        return [plain(each, depth + 1) for each in value]
    if isinstance(value, bytes):
        return value.hex()
    return value
