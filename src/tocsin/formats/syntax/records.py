"""What PowerShell's exports hold, whatever their syntax: records of named, possibly nested values.

Names keep the producer's spelling; PowerShell does not distinguish case (`select name` writes
`name`), so look values up through `fields` and `member`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

Scalar: TypeAlias = str | int | float | bool | bytes | None
Value: TypeAlias = "Scalar | Object | list[Value]"

ITEMS_LIMIT = 1000
"""Values of one collection that are looked at."""

PLAIN_DEPTH_LIMIT = 100
"""Deepest nesting of decoded JSON; ConvertTo-Json itself stops at 100."""

_DEPTH_LIMIT = 8
"""Collections within collections that are looked into."""


class Object(msgspec.Struct):
    """One object as it was serialised. Objects that refer to each other share their parts.

    types: .NET type names, most derived first, empty where the syntax keeps none. text: its
    `ToString()`. value: what an enumeration or a decorated simple value stands for. items: the
    members of a collection.
    """

    types: tuple[str, ...] = ()
    text: str = ""
    value: Scalar = None
    properties: dict[str, Value] = msgspec.field(default_factory=dict)
    items: list[Value] = msgspec.field(default_factory=list)


class Record(msgspec.Struct, frozen=True):
    """One top-level object and where it stands (`object 2, line 2407`).

    cmdlet: what printed it, where the text around it shows that.
    """

    position: str
    object: Object
    cmdlet: str = ""


def fields(thing: Object) -> dict[str, Value]:
    """The properties by name in lower case; of names that differ in case only, the first."""
    found: dict[str, Value] = {}
    for name, value in thing.properties.items():
        found.setdefault(name.strip().lower(), value)
    return found


def member(value: Value, *names: str) -> Value:
    """The value at the end of a path of property names; None where the path breaks off."""
    for name in names:
        if not isinstance(value, Object):
            return None
        direct = value.properties.get(name)
        value = direct if direct is not None else fields(value).get(name.lower())
    return value


def text_of(value: Value) -> str:
    """A value as PowerShell prints it on one line; collections joined by a comma."""
    # Most values are absent or plain text, and this is asked of every record many times.
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return ", ".join(texts_of(value))


def texts_of(value: Value) -> list[str]:
    """Every printable value of `value`, blanks left out, at most `ITEMS_LIMIT`."""
    if value is None:
        return []
    if isinstance(value, str):
        return [text] if (text := value.strip()) else []
    return [text for text, _ in zip(_texts(value, 0), range(ITEMS_LIMIT), strict=False)]


def members(value: Value) -> list[Object]:
    """The objects of a collection, or the one object; simple values left out."""
    if isinstance(value, list):
        return [each for each in value[:ITEMS_LIMIT] if isinstance(each, Object)]
    if not isinstance(value, Object):
        return []
    if value.items:
        return [each for each in value.items[:ITEMS_LIMIT] if isinstance(each, Object)]
    return [value]


def _texts(value: Value, depth: int) -> Iterator[str]:
    if depth > _DEPTH_LIMIT or value is None or isinstance(value, bytes):
        return
    if isinstance(value, list):
        for each in value[:ITEMS_LIMIT]:
            yield from _texts(each, depth + 1)
    elif isinstance(value, Object):
        if value.text.strip():
            yield value.text.strip()
        elif value.value is not None:
            yield from _texts(value.value, depth + 1)
        else:
            yield from _texts(value.items, depth + 1)
    elif text := str(value).strip():
        yield text


def from_plain(value: object, depth: int = 0) -> Value:
    """Decoded JSON as a `Value`: an object's members become properties.

    ValueError when it is nested deeper than `PLAIN_DEPTH_LIMIT`.
    """
    if depth > PLAIN_DEPTH_LIMIT:
        msg = f"nested deeper than {PLAIN_DEPTH_LIMIT}"
        raise ValueError(msg)
    if isinstance(value, dict):
        return Object(
            properties={str(name): from_plain(each, depth + 1) for name, each in value.items()}
        )
    if isinstance(value, list):
        return [from_plain(each, depth + 1) for each in value]
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
