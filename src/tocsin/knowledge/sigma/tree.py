"""The compiled form of a detection: a small tree of tests that an `Event` meets or not.

A test names the fields that it looks at, the first present one counts; without a name it looks at
the whole row. A value that a decoder gives under a field's own name counts beside the value as
logged, and where a field holds several values (joined by line feeds) each counts as well.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

import msgspec

from tocsin.knowledge.sigma.patterns import engine_of, searcher
from tocsin.model.event import Event

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def texts(names: tuple[str, ...], event: Event) -> tuple[str, ...]:
    """What a test looks at. Empty: the row has none of these fields."""
    if not names:
        return whole(event)
    fields, decoded = event.fields, event.decoded
    for name in names:
        text = fields.get(name)
        if text:
            break
    else:
        text = None
    if decoded:
        for name in names:
            hidden = decoded.get(name)
            if hidden:
                return (hidden,) if text is None else (text, hidden)
    return () if text is None else (text,)


def whole(event: Event) -> tuple[str, ...]:
    """The row as logged, each of its values, and those values decoded."""
    fields = event.fields
    hidden = tuple(text for name, text in event.decoded.items() if name in fields)
    return (event.raw, *fields.values(), *hidden)


def each(names: tuple[str, ...], event: Event) -> tuple[str, ...]:
    """As `texts`, and every single one of several values of a field."""
    found = texts(names, event)
    if found and "\n" in found[0]:
        return (*found, *found[0].split("\n"))
    return found


class All(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Every one holds; holds also when there is none."""

    nodes: tuple[Node, ...]

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        for node in self.nodes:  # noqa: SIM110  # a generator costs as much as the test itself
            if not node.holds(event):
                return False
        return True


class Either(msgspec.Struct, frozen=True, gc=False, tag=True):
    """At least one holds."""

    nodes: tuple[Node, ...]

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        for node in self.nodes:  # noqa: SIM110  # see `All`
            if node.holds(event):
                return True
        return False


class No(msgspec.Struct, frozen=True, gc=False, tag=True):
    """It does not hold."""

    node: Node

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        return not self.node.holds(event)


class Same(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The value is one of these (lower case, unless `cased`)."""

    names: tuple[str, ...]
    values: frozenset[str]
    cased: bool = False

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        values = self.values
        for text in each(self.names, event):
            if (text if self.cased else text.lower()) in values:
                return True
        return False


class Part(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The value holds, begins with or ends with one of these (lower case, unless `cased`)."""

    names: tuple[str, ...]
    where: Literal["in", "start", "end"]
    values: tuple[str, ...]
    cased: bool = False

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        values, where = self.values, self.where
        if where == "in":
            for text in texts(self.names, event):
                text = text if self.cased else text.lower()  # noqa: PLW2901
                for value in values:
                    if value in text:
                        return True
            return False
        for text in each(self.names, event):
            text = text if self.cased else text.lower()  # noqa: PLW2901
            if text.startswith(values) if where == "start" else text.endswith(values):
                return True
        return False


class Like(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The value fits a pattern with `*` or `?` inside: as a regex over the lower-case value.

    parts: the fixed texts of the pattern in order, which any value that fits holds.
    """

    names: tuple[str, ...]
    regex: str
    parts: tuple[str, ...]
    cased: bool = False

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        search = searcher(self.regex, "re2")
        for text in each(self.names, event):  # noqa: SIM110  # see `All`
            if search(text if self.cased else text.lower()):
                return True
        return False


class Regex(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The regex is found in the value. It may be run by RE2 or, where that refuses it, by Python."""

    names: tuple[str, ...]
    regex: str

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        search = searcher(self.regex, engine_of(self.regex))
        for text in each(self.names, event):  # noqa: SIM110  # see `All`
            if search(text):
                return True
        return False


class Absent(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The row has no such field, or nothing in it."""

    names: tuple[str, ...]

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        return not texts(self.names, event)


class Network(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The value is an address of one of these networks (`192.0.2.0/24`)."""

    names: tuple[str, ...]
    networks: tuple[str, ...]

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        for text in each(self.names, event):
            address = _address(text.strip())
            if address is not None and any(
                address in network
                for network in map(_network, self.networks)
                if network.version == address.version
            ):
                return True
        return False


class Number(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The value is a number that compares so with this one."""

    names: tuple[str, ...]
    than: Literal["lt", "lte", "gt", "gte"]
    number: float

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        for text in each(self.names, event):
            value = _number(text)
            if value is not None and (
                (self.than == "lt" and value < self.number)
                or (self.than == "lte" and value <= self.number)
                or (self.than == "gt" and value > self.number)
                or (self.than == "gte" and value >= self.number)
            ):
                return True
        return False


class OtherField(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The value is that of another field, or holds, begins or ends with it."""

    names: tuple[str, ...]
    others: tuple[str, ...]
    where: Literal["same", "in", "start", "end"]
    cased: bool = False

    def holds(self, event: Event) -> bool:
        """Whether it holds for a row."""
        for other in texts(self.others, event):
            for text in texts(self.names, event):
                have, want = (text, other) if self.cased else (text.lower(), other.lower())
                if (
                    (self.where == "same" and have == want)
                    or (self.where == "in" and want in have)
                    or (self.where == "start" and have.startswith(want))
                    or (self.where == "end" and have.endswith(want))
                ):
                    return True
        return False


Test = Same | Part | Like | Regex | Absent | Network | Number | OtherField
Node = All | Either | No | Same | Part | Like | Regex | Absent | Network | Number | OtherField


def present(names: tuple[str, ...]) -> Node:
    """The row has the field, with something in it."""
    return No(Absent(names))


def both(nodes: Iterable[Node]) -> Node:
    """All of them, flat."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, All) else (node,))
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def either(nodes: Iterable[Node]) -> Node:
    """Any of them, flat."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, Either) else (node,))
    return flat[0] if len(flat) == 1 else Either(tuple(flat))


def fields_of(node: Node) -> set[str]:
    """Every field that the tests look at."""
    if isinstance(node, (All, Either)):
        return {name for inner in node.nodes for name in fields_of(inner)}
    if isinstance(node, No):
        return fields_of(node.node)
    return {*node.names, *(node.others if isinstance(node, OtherField) else ())}


def check_regexes(node: Node) -> None:
    """See to it that every regex can be run. Raises `RuleError`.

    Our own rules' are known to be good, by their tests, and are compiled when they are first run.
    """
    if isinstance(node, (All, Either)):
        for inner in node.nodes:
            check_regexes(inner)
    elif isinstance(node, No):
        check_regexes(node.node)
    elif isinstance(node, (Regex, Like)):
        engine_of(node.regex)


def asks_everything(node: Node) -> bool:
    """Whether a test looks at the whole row."""
    if isinstance(node, (All, Either)):
        return any(map(asks_everything, node.nodes))
    if isinstance(node, No):
        return asks_everything(node.node)
    return not node.names


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _number(text: str) -> float | None:
    text = text.strip()
    try:
        return float(int(text, 16)) if text[:2] in ("0x", "0X") else float(text)
    except (ValueError, OverflowError):
        return None
