"""The named and unnamed values of an event's `EventData` and `UserData`."""

from __future__ import annotations

from typing import Any

from tocsin.formats.syntax.event_values import VALUES_LIMIT, text_of
from tocsin.model.event import VALUE_LIMIT

FIELDS_LIMIT = 1000
"""Fields of one event that are looked at."""

DEPTH_LIMIT = 5
"""How deep an event may be wrapped, and `UserData` be nested."""

_MARKS = ("#", "@")
"""What names of attributes and of an element's text begin with."""

Fields = dict[str, str]


class Told:
    """What is told of one event. values: those without a name, in order."""

    __slots__ = ("fields", "values")

    def __init__(self) -> None:
        self.fields: Fields = {}
        self.values: list[str] = []


def put(found: Fields, name: str, value: Any) -> None:
    """Set a field that is not there yet, if the value says anything."""
    if value is None or name in found:
        return
    # Most are short texts already; there are thirty in an event.
    text = value if type(value) is str and len(value) <= VALUE_LIMIT else text_of(value)
    if text and len(found) < FIELDS_LIMIT:
        found[name] = text


def attributes(value: Any) -> dict[str, Any]:
    """The attributes of an element: `#attributes` of evtx_dump, `@Name` of xmltodict, or plain."""
    if not isinstance(value, dict):
        return {}
    inner = value.get("#attributes")
    if isinstance(inner, dict):
        return inner
    return {name.lstrip("@"): each for name, each in value.items()}


def flatten_data(value: Any, told: Told, depth: int = 0) -> None:
    """The named values of `EventData` or, however deep, of `UserData`; unnamed ones as `Data`."""
    found = told.fields
    if isinstance(value, list):
        _named_list(value, told)
        return
    if not isinstance(value, dict) or depth > DEPTH_LIMIT:
        put(found, "Data", value)
        return
    for name, inner in value.items():
        if type(inner) is str and name[:1] not in _MARKS and name != "Data":
            put(found, name if name not in found else f"EventData.{name}", inner)
        elif name.startswith(_MARKS):
            if name == "#text":
                put(found, "Data", inner)
        elif name == "Data":
            _named_list(inner if isinstance(inner, list) else [inner], told)
        elif isinstance(inner, dict):
            flatten_data(inner, told, depth + 1)
            if "#text" in inner:
                put(found, name, inner["#text"])
        else:
            put(found, name if name not in found else f"EventData.{name}", inner)


def _named_list(values: list[Any], told: Told) -> None:
    """`Data` elements: those with a name under it, the others together, in order."""
    unnamed = told.values
    for each in values[:FIELDS_LIMIT]:
        if isinstance(each, dict):
            name = attributes(each).get("Name")
            text = each.get("#text", each.get("Value", each.get("text")))
            if isinstance(name, str) and name:
                put(told.fields, name, text)
            elif isinstance(text, list):
                unnamed += map(text_of, text[:VALUES_LIMIT])
            else:
                unnamed.append(text_of(text))
        else:
            unnamed.append(text_of(each))
    if any(unnamed):
        put(told.fields, "Data", "\n".join(unnamed))
