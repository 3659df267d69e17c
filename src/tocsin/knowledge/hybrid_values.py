"""Facts about the values of hybrid objects, as data: enumerations, what is a list, what is a boolean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

import msgspec

from tocsin.knowledge.prepared import toml_table

Form = Literal["one", "flags", "many"]


class Enumeration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Members of a property's value and their numbers; the file says what each member means."""

    kinds: tuple[str, ...] = ()
    properties: tuple[str, ...]
    form: Form
    members: dict[str, int]


class VirtualDirectory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one kind of virtual directory serves, and what tells it."""

    service: str
    cmdlet: str
    types: tuple[str, ...]
    path: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: tuple[str, ...]
    lists: tuple[str, ...]
    booleans: tuple[str, ...]
    virtual_directory: tuple[VirtualDirectory, ...]
    enumeration: tuple[Enumeration, ...]


def enumeration(kind: str, name: str) -> Enumeration | None:
    """That of a property of a kind. name: in lower case."""
    return _enumerations().get((kind, name))


@cache
def words() -> frozenset[str]:
    """Properties, in lower case, with several values that hold no blank."""
    return frozenset(map(str.lower, _file().words))


@cache
def lists() -> frozenset[str]:
    """Properties, in lower case, with several values, those of `words` included."""
    return words() | frozenset(map(str.lower, _file().lists))


@cache
def booleans() -> frozenset[str]:
    """Properties, in lower case, that are true or false."""
    return frozenset(map(str.lower, _file().booleans))


@cache
def virtual_directories() -> tuple[VirtualDirectory, ...]:
    """What virtual directories serve."""
    return _file().virtual_directory


@cache
def _enumerations() -> Mapping[tuple[str, str], Enumeration]:
    return MappingProxyType(
        {
            (kind, name.lower()): each
            for each in _file().enumeration
            for kind in each.kinds
            for name in each.properties
        }
    )


@cache
def _file() -> _File:
    data = resources.files("tocsin.knowledge") / "data" / "hybrid" / "enumerations.toml"
    return toml_table(data.read_bytes(), _File)
