"""What a rule's tree needs of a row's text: fixed texts, all or some of which must be there.

Only what follows from a match is said. A negation needs nothing, nor does a comparison.
"""

from __future__ import annotations

import msgspec

from tocsin.knowledge.sigma.patterns import Engine, engine_of
from tocsin.knowledge.sigma.regex_texts import texts_of
from tocsin.knowledge.sigma.tree import All, Either, Like, Node, Part, Regex, Same


class Text(msgspec.Struct, frozen=True, gc=False):
    """This text stands in a value of these fields (none: anywhere); begins, ends: the value does so."""

    text: str
    names: tuple[str, ...] = ()
    begins: bool = False
    ends: bool = False


class Pattern(msgspec.Struct, frozen=True, gc=False):
    """This regex is found in a value of these fields; texts: what follows from that."""

    regex: str
    engine: Engine
    names: tuple[str, ...]
    texts: Need | None


class Every(msgspec.Struct, frozen=True, gc=False):
    """All of these. ordered: in one value, one behind the other."""

    needs: tuple[Need, ...]
    ordered: bool = False


class Some(msgspec.Struct, frozen=True, gc=False):
    """At least one of these."""

    needs: tuple[Need, ...]


Need = Text | Pattern | Every | Some


def need_of(node: Node) -> Need | None:
    """What a row has that this node holds for; None if nothing is known."""
    if isinstance(node, All):
        found = [need for each in node.nodes if (need := need_of(each)) is not None]
        return every(found)
    if isinstance(node, Either):
        return some([need_of(each) for each in node.nodes])
    if isinstance(node, Same):
        values = sorted(node.values)
        return some([Text(each, node.names, begins=True, ends=True) for each in values])
    if isinstance(node, Part):
        begins, ends = node.where == "start", node.where == "end"
        return some([Text(each, node.names, begins, ends) for each in node.values])
    if isinstance(node, Like):
        return every([Text(each, node.names) for each in node.parts], ordered=True)
    if isinstance(node, Regex):
        return _of_regex(node)
    return None


def every(needs: list[Need], *, ordered: bool = False) -> Need | None:
    """All of them, if there are any."""
    if len(needs) < 2:
        return needs[0] if needs else None
    return Every(tuple(needs), ordered)


def some(needs: list[Need | None]) -> Need | None:
    """One of them, if each is known."""
    known = [each for each in needs if each is not None]
    if not known or len(known) < len(needs):
        return None
    return known[0] if len(known) == 1 else Some(tuple(known))


def _of_regex(node: Regex) -> Pattern:
    parts: list[Need] = []
    for alternatives in texts_of(node.regex):
        need = some([Text(each, node.names) for each in alternatives])
        if need is not None:
            parts.append(need)
    return Pattern(node.regex, engine_of(node.regex), node.names, every(parts, ordered=True))
