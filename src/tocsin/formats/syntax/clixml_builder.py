"""From CLIXML's elements to objects: what `clixml` feeds, element by element."""

from __future__ import annotations

import binascii
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from tocsin.formats.syntax.records import Object, Record, Value
from tocsin.model.finding import GapKind
from tocsin.model.text import N_, Sentence, say

DEPTH_LIMIT = 256
"""Deepest nesting of elements that is kept; PowerShell's own depth of objects ends far above."""

VALUE_LIMIT = 1024 * 1024
"""Longest value kept, in characters as written."""

OBJECT_LIMIT = 128 * 1024 * 1024
"""Estimated bytes kept of one top-level object with everything below it."""

REFERENCES_LIMIT = 32 * 1024 * 1024
"""Estimated bytes of earlier objects kept for later ones to refer to."""

TYPES_LIMIT = 10_000
"""Lists of type names kept for later objects to refer to."""

_NODE_COST = 256
_TYPE_NAMES_LIMIT = 32
_QUOTED = 100

_WHOLE_NUMBERS = frozenset(("By", "I16", "I32", "I64", "U16", "U32", "U64", "SB"))
_ESCAPED = frozenset(("S", "C", "URI", "XD", "SBK", "ToString", "T"))
_LEAVES = frozenset(("B", "DT", "TS", "D", "Db", "Sg", "BA", "G", "Nil", "Version", "PR")).union(
    _WHOLE_NUMBERS, _ESCAPED
)
_COLLECTIONS = frozenset(("LST", "IE", "QUE", "STK"))
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")

Kind = Literal["root", "object", "members", "items", "entries", "entry", "types", "leaf"]


class Loss(msgspec.Struct, frozen=True):
    """What was lost, where, and why."""

    position: str
    why: Sentence
    kind: GapKind = "unreadable"


class _Frame:
    """One open element."""

    __slots__ = ("key", "kind", "name", "reference", "tag", "thing", "value")

    def __init__(self, kind: Kind, tag: str, thing: Object, name: str = "") -> None:
        self.kind = kind
        self.tag = tag
        self.thing = thing
        self.name = name
        self.reference = ""
        self.key: Value = None
        self.value: Value = None


class Builder:
    """Keeps the open elements and the finished objects until they are taken."""

    def __init__(self, line: Callable[[], int], objects: int = 0) -> None:
        self.objects = objects
        self.closed = False
        self._line = line
        self._stack: list[_Frame] = []
        self._depth = 0
        self._skipped = 0
        self._text: list[str] | None = None
        self._text_size = 0
        self._done: list[Record | Loss] = []
        self._types: dict[str, tuple[str, ...]] = {}
        self._names: list[str] = []
        self._known: dict[str, Object] = {}
        self._open: set[str] = set()
        self._kept: deque[tuple[list[str], int]] = deque()
        self._kept_cost = 0
        self._begin_object()

    def _begin_object(self) -> None:
        self._start_line = self._line() if self._stack else 0
        self._cost = 0
        self._references: list[str] = []
        self._told: set[str] = set()

    def taken(self) -> Iterator[Record | Loss]:
        """What is finished since the last time."""
        done, self._done = self._done, []
        return iter(done)

    def lose(self, loss: Loss) -> None:
        """Tell a loss in its place among the objects."""
        self._done.append(loss)

    def give_up(self) -> None:
        """Close what is open; a value that was not finished is left out."""
        self._text = None
        if self._stack and self._stack[-1].kind == "leaf":
            self._stack.pop()
        self._skipped = 0
        while self._stack:
            self._close(self._stack.pop())

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._skipped:
            self._skipped += 1
            return
        tag = tag.rpartition(":")[2]
        if not self._stack:
            self._start_root(tag)
            return
        if self._depth > DEPTH_LIMIT:
            self._once(say(N_("nested deeper than {limit} elements"), limit=DEPTH_LIMIT), "limit")
            self._skipped = 1
            return
        if self._stack[-1].kind == "root":
            self._begin_object()
        if not self._open_element(tag, attributes):
            self._skipped = 1

    def end(self, tag: str) -> None:  # noqa: ARG002 - expat gives it; nesting is its business
        """An element ends."""
        self._depth -= 1
        if self._skipped:
            self._skipped -= 1
            return
        if self._stack:
            self._close(self._stack.pop())

    def characters(self, text: str) -> None:
        """Text inside an element; only that of values is kept."""
        if self._text is None or self._skipped:
            return
        self._text_size += len(text)
        if self._text_size <= VALUE_LIMIT:
            self._text.append(text)

    def _start_root(self, tag: str) -> None:
        if tag == "Objs" and not self.closed:
            self._stack.append(_Frame("root", tag, Object()))
            return
        why = say(N_("the root element is {tag}, not Objs"), tag=tag[:_QUOTED])
        self.lose(Loss(f"line {self._line()}", why))
        self._skipped = 1

    def _open_element(self, tag: str, attributes: dict[str, str]) -> bool:
        """Whether the element is read; its children are passed over when not."""
        top = self._stack[-1]
        name = unescape(attributes.get("N", ""))
        if top.kind == "leaf":
            self._once(say(N_("elements inside a simple value: {tag}"), tag=tag[:_QUOTED]))
            return False
        if tag == "SS" or name == "SerializationData":
            return False
        if self._cost > OBJECT_LIMIT:
            why = say(N_("the object is larger than what is kept of one: the rest is left out"))
            self._once(why, "limit")
            return False
        self._cost += _NODE_COST + len(name)
        if tag in _LEAVES:
            self._stack.append(_Frame("leaf", tag, top.thing, name))
            self._text, self._text_size = [], 0
        elif tag == "Obj":
            self._open_object(name, attributes.get("RefId", ""))
        elif tag == "Ref":
            self._put(self._referred(attributes.get("RefId", "")), name)
            return False
        elif tag == "TNRef":
            top.thing.types = self._types.get(attributes.get("RefId", ""), ())
            return False
        else:
            return self._open_part(tag, top, name, attributes.get("RefId", ""))
        return True

    def _open_part(self, tag: str, top: _Frame, name: str, reference: str) -> bool:
        if tag in ("Props", "MS"):
            kind: Kind = "members"
        elif tag in _COLLECTIONS:
            kind = "items"
        elif tag == "DCT":
            kind = "entries"
        elif tag == "En" and top.kind == "entries":
            kind = "entry"
        elif tag == "TN":
            kind = "types"
            self._names = []
        else:
            self._once(say(N_("an element that CLIXML does not know: {tag}"), tag=tag[:_QUOTED]))
            return False
        frame = _Frame(kind, tag, top.thing, name)
        frame.reference = reference
        self._stack.append(frame)
        return True

    def _open_object(self, name: str, reference: str) -> None:
        frame = _Frame("object", "Obj", Object(), name)
        frame.reference = reference
        self._stack.append(frame)
        if reference:
            self._known[reference] = frame.thing
            self._references.append(reference)
            self._open.add(reference)

    def _referred(self, reference: str) -> Value:
        found = self._known.get(reference)
        if found is None:
            why = say(
                N_("refers to object {reference}, which is not kept: the value is lost"),
                reference=reference[:_QUOTED],
            )
            self._once(why)
            return None
        if reference in self._open:
            # An object inside itself is kept as its name, so that no reader can run in circles.
            return Object(types=found.types, text=found.text)
        return found

    def _close(self, frame: _Frame) -> None:
        if frame.kind == "leaf":
            self._close_leaf(frame)
        elif frame.kind == "object":
            self._open.discard(frame.reference)
            self._put(frame.thing, frame.name)
        elif frame.kind == "entry":
            _add_entry(frame)
        elif frame.kind == "types":
            frame.thing.types = tuple(self._names)
            if frame.reference and len(self._types) < TYPES_LIMIT:
                self._types[frame.reference] = frame.thing.types
        elif frame.kind == "root":
            self.closed = True

    def _close_leaf(self, frame: _Frame) -> None:
        text, self._text = self._text, None
        if text is None:
            return
        if self._text_size > VALUE_LIMIT:
            why = say(
                N_("the value of {name} is longer than {limit} characters"),
                name=frame.name[:_QUOTED] or frame.tag,
                limit=VALUE_LIMIT,
            )
            self._once(why, "limit", about=frame.name)
            return
        self._cost += self._text_size
        value = _scalar(frame.tag, "".join(text))
        if frame.tag == "T":
            if len(self._names) < _TYPE_NAMES_LIMIT:
                self._names.append(str(value))
        elif frame.tag == "ToString":
            frame.thing.text = str(value)
        else:
            self._put(value, frame.name)

    def _put(self, value: Value, name: str) -> None:
        """Give a finished value to the element around it."""
        if not self._stack:
            return
        top = self._stack[-1]
        if top.kind == "root":
            self._finish(value)
        elif top.kind == "items":
            top.thing.items.append(value)
        elif top.kind == "entry":
            if name.lower() == "key":
                top.key = value
            else:
                top.value = value
        elif name:
            top.thing.properties.setdefault(name, value)
        elif not isinstance(value, Object | list):
            top.thing.value = value

    def _finish(self, value: Value) -> None:
        self.objects += 1
        thing = value if isinstance(value, Object) else Object(value=None)
        if not isinstance(value, Object | list):
            thing.value = value
            thing.text = "" if value is None or isinstance(value, bytes) else str(value)
        self._done.append(Record(f"object {self.objects}, line {self._start_line}", thing))
        self._kept.append((self._references, self._cost))
        self._kept_cost += self._cost
        while self._kept_cost > REFERENCES_LIMIT and self._kept:
            references, cost = self._kept.popleft()
            self._kept_cost -= cost
            for reference in references:
                self._known.pop(reference, None)

    def _once(self, why: Sentence, kind: GapKind = "unreadable", about: str = "") -> None:
        """Tell a kind of loss once for each object."""
        if why.template + about not in self._told:
            self._told.add(why.template + about)
            position = f"object {self.objects + 1}, line {self._line()}"
            self.lose(Loss(position, why, kind))


def _add_entry(frame: _Frame) -> None:
    """A pair of a dictionary: a property when its key can be one, else one more item."""
    key = frame.key
    name = key.text if isinstance(key, Object) else "" if isinstance(key, list | bytes) else key
    if name is None or name == "":
        frame.thing.items.append(frame.value)
    else:
        frame.thing.properties.setdefault(str(name), frame.value)


def _scalar(tag: str, text: str) -> Value:
    if tag == "Nil":
        return None
    if tag in _ESCAPED:
        return unescape(text)
    text = text.strip()
    if tag == "B":
        return text.lower() == "true" if text.lower() in ("true", "false") else text
    if tag in _WHOLE_NUMBERS and len(text) <= 20 and text.lstrip("-").isdecimal():
        return int(text) if text.isascii() and text.rfind("-") < 1 else text
    if tag == "BA":
        try:
            return binascii.a2b_base64(text)
        except ValueError:
            return text
    return text


def unescape(text: str) -> str:
    """Undo `_xHHHH_`, which stands for one UTF-16 unit ([MS-PSRP] 2.2.5.3.2)."""
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    # Halves of a surrogate pair are joined; one without the other is replaced.
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
