"""Windows events as XML: a document of `wevtutil` or Event Viewer, or a text inside other records.

The text is cut at `<Event …>` and `</Event>`, so that the file is never held, documents may stand
behind one another with or without a root, and a broken event costs only itself. Each piece is read
by expat, which is told to refuse entities and DTDs, and becomes the JSON that `evtx` gives.
https://learn.microsoft.com/en-us/windows/win32/wes/eventschema-schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from tocsin.formats.syntax.log_rows import LogFault, LogRecord
from tocsin.formats.syntax.text_stream import decoded
from tocsin.model.text import N_, say

EVENT_LIMIT = 4 * 1024 * 1024
"""Characters of one event; a longer one is left out."""

DEPTH_LIMIT = 50
"""How deep the elements of an event may be nested."""

_OPEN = re.compile(r"<Event(?=[\s>])")
_CLOSE = "</Event>"
_SPACE = re.compile(r"\{[^}]*\}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#x(?:[0-8bcefBCEF]|1[0-9a-fA-F]|0);")
"""What Windows writes into events although XML has no place for it."""

_encode = msgspec.json.Encoder().encode


def elements(stream: BinaryIO) -> Iterator[LogRecord | LogFault]:
    """Every `Event` element of the file as one line of JSON."""
    for number, piece in enumerate(_pieces(stream), 1):
        place = f"record {number}"
        if piece is None:
            why = say(N_("event longer than {limit} characters, left out"), limit=EVENT_LIMIT)
            yield LogFault(place, why)
            continue
        tree = tree_of(piece)
        if tree is None:
            last = [each.start() for each in _OPEN.finditer(piece)][-1]
            whole = piece.endswith(_CLOSE)
            why = say(N_("not valid XML")) if whole else say(N_("the file ends within an event"))
            yield LogFault(place, why)
            # An event that is not closed must not cost the one behind it.
            tree = tree_of(piece[last:]) if last else None
        if tree is not None:
            yield LogRecord(place, _encode(tree))


def _pieces(stream: BinaryIO) -> Iterator[str | None]:
    """Each event's text; None for one that is too long."""
    held, inside, lost = "", False, False
    for part in decoded(stream):
        held += part
        while True:
            if not inside:
                begin = _OPEN.search(held)
                if begin is None:
                    held = held[-len("<Event ") :]
                    break
                held, inside = held[begin.start() :], True
            end = held.find(_CLOSE)
            if end < 0:
                if len(held) > EVENT_LIMIT:
                    held, lost = held[-len(_CLOSE) :], True
                break
            yield None if lost else held[: end + len(_CLOSE)]
            held, inside, lost = held[end + len(_CLOSE) :], False, False
    if inside:
        yield None if lost else held


def tree_of(text: str) -> dict[str, Any] | None:
    """An XML text (`<Event …>`, `<EventData>`) as a tree of names; None if it is not well formed."""
    for each in (text, None):
        try:
            plain = each if each is not None else _CONTROLS.sub("\ufffd", text)
            root = ElementTree.fromstring(plain, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError, RecursionError):
            continue
        return {_name(root): _value(root, 0)}
    return None


def _name(element: Element) -> str:
    return _SPACE.sub("", str(element.tag))


def _value(element: Element, depth: int) -> Any:
    """Text, or an object of attributes and children; several children of one name are a list."""
    if depth > DEPTH_LIMIT:
        return None
    found: dict[str, Any] = {}
    if element.attrib:
        found["#attributes"] = {_SPACE.sub("", name): value for name, value in element.items()}
    for child in element:
        name, value = _name(child), _value(child, depth + 1)
        if name == "Data" and "Name" in child.attrib:
            name, value = child.attrib["Name"], child.text or ""
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    text = element.text or ""
    if not found:
        return text
    if text.strip():
        found["#text"] = text
    return found
