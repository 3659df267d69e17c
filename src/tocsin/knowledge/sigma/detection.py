"""A detection's maps and lists -> the tree of tests."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from tocsin.knowledge.sigma import values as rewriting
from tocsin.knowledge.sigma.documents import RuleError
from tocsin.knowledge.sigma.tree import (
    Absent,
    Like,
    Network,
    No,
    Node,
    Number,
    OtherField,
    Part,
    Regex,
    Same,
    both,
    either,
    present,
)
from tocsin.knowledge.sigma.values import Value, Wild
from tocsin.model.text import N_, say

VALUES_LIMIT = 20_000
"""Values of one field of one detection, after all rewriting."""

Names = Callable[[str], tuple[str, ...]]
"""The fields that answer for a name of a rule, first present one first."""

_ONE: dict[str, Callable[[Value], Value]] = {
    "contains": rewriting.contains,
    "startswith": rewriting.startswith,
    "endswith": rewriting.endswith,
    "base64": rewriting.base64,
    "wide": rewriting.wide("utf-16le"),
    "utf16le": rewriting.wide("utf-16le"),
    "utf16be": rewriting.wide("utf-16be"),
    "utf16": rewriting.wide("utf-16le", "\ufeff"),
}
_MANY: dict[str, Callable[[Value], Iterable[Value]]] = {
    "windash": rewriting.windash,
    "base64offset": rewriting.base64offset,
}
_FLAGS = {"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s"}
_NUMBERS = frozenset({"lt", "lte", "gt", "gte"})
_KNOWN = (
    frozenset({"all", "neq", "cased", "re", "cidr", "exists", "fieldref"})
    | _NUMBERS
    | frozenset(_ONE)
    | frozenset(_MANY)
    | frozenset(_FLAGS)
)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One `field|modifiers: values`. names: empty for a search over the whole row."""

    names: tuple[str, ...]
    modifiers: tuple[str, ...]
    values: tuple[str | int | bool | None, ...]

    def has(self, modifier: str) -> bool:
        """Whether it is among the modifiers."""
        return modifier in self.modifiers


def tree_of(definition: Any, names: Names) -> Node:
    """One named detection: a map (all must hold), a list (one must), or a word."""
    if isinstance(definition, Mapping):
        if not definition:
            raise RuleError(say(N_("a detection without anything in it")))
        return both(_field(str(key), value, names) for key, value in definition.items())
    if isinstance(definition, list):
        if not definition:
            raise RuleError(say(N_("a detection without anything in it")))
        if any(isinstance(each, (dict, list)) for each in definition):
            return either(tree_of(each, names) for each in definition)
        return _item(Item(names=(), modifiers=(), values=tuple(definition)), names)
    return _item(Item(names=(), modifiers=(), values=(definition,)), names)


def _field(key: str, value: Any, names: Names) -> Node:
    field, *modifiers = key.split("|")
    plain = value if isinstance(value, list) else [value]
    if any(isinstance(each, (dict, list)) for each in plain):
        raise RuleError(say(N_("the field {field} holds a map or a list of lists"), field=key))
    for modifier in modifiers:
        if modifier == "expand":
            words = N_("the modifier expand of {field} asks for values that only a SIEM has")
            raise RuleError(say(words, field=key))
        if modifier not in _KNOWN:
            words = N_("the modifier {modifier} of {field} is not supported")
            raise RuleError(say(words, modifier=modifier, field=field))
    return _item(
        Item(
            names=names(field) if field else (),
            modifiers=tuple(modifiers),
            values=tuple(plain) or (None,),
        ),
        names,
    )


def _item(item: Item, names: Names) -> Node:
    if item.has("re"):
        nodes = _regexes(item)
    elif item.has("cidr"):
        nodes = _networks(item)
    elif item.has("exists"):
        nodes = _exists(item)
    elif item.has("fieldref"):
        nodes = _other_fields(item, names)
    elif _NUMBERS.intersection(item.modifiers):
        nodes = _numbers(item)
    else:
        nodes = _values(item)
    node = both(nodes) if item.has("all") else either(nodes)
    return No(node) if item.has("neq") else node


def _regexes(item: Item) -> list[Node]:
    flags = "".join(sorted({_FLAGS[each] for each in item.modifiers if each in _FLAGS}))
    _only(item, {"re", "all", "neq", "contains", "startswith", "endswith", *_FLAGS})
    prefix = f"(?{flags})" if flags else ""
    made: list[Node] = []
    for value in item.values:
        regex = prefix + ("" if value is None else _text(value))
        made.append(Regex(item.names, regex))
    return made


def _networks(item: Item) -> list[Node]:
    _only(item, {"cidr", "all", "neq"})
    made = []
    for value in item.values:
        try:
            made.append(str(ipaddress.ip_network(_text(value), strict=False)))
        except ValueError:
            words = N_("{value} is no network in CIDR form")
            raise RuleError(say(words, value=_text(value))) from None
    if item.has("all"):
        return [Network(item.names, (each,)) for each in made]
    return [Network(item.names, tuple(made))]


def _exists(item: Item) -> list[Node]:
    _only(item, {"exists", "neq"})
    if not item.names or len(item.values) != 1 or not isinstance(item.values[0], bool):
        raise RuleError(say(N_("the modifier exists takes a field, and true or false")))
    return [present(item.names) if item.values[0] else Absent(item.names)]


def _other_fields(item: Item, names: Names) -> list[Node]:
    _only(item, {"fieldref", "contains", "startswith", "endswith", "cased", "all", "neq"})
    where = _where(item)
    return [
        OtherField(item.names, names(_text(value)), where, item.has("cased"))
        for value in item.values
    ]


def _where(item: Item) -> Any:
    if item.has("contains") or (item.has("startswith") and item.has("endswith")):
        return "in"
    return "start" if item.has("startswith") else "end" if item.has("endswith") else "same"


def _numbers(item: Item) -> list[Node]:
    (than, *more) = [each for each in item.modifiers if each in _NUMBERS]
    _only(item, {than, "all", "neq"})
    made: list[Node] = []
    for value in item.values:
        try:
            number = float(_text(value))
        except ValueError:
            words = N_("the modifier {modifier} takes a number, not {value}")
            raise RuleError(say(words, modifier=than, value=_text(value))) from None
        made.append(Number(item.names, than, number))  # type: ignore[arg-type]
    if more:
        raise RuleError(say(N_("two comparisons of one field")))
    return made


def _only(item: Item, allowed: set[str]) -> None:
    for modifier in item.modifiers:
        if modifier not in allowed:
            words = N_("the modifiers {modifiers} do not go together")
            raise RuleError(say(words, modifiers="|".join(item.modifiers)))


def _text(value: str | int | bool | None) -> str:  # noqa: FBT001  # a value of YAML, not a switch
    if value is None:
        raise RuleError(say(N_("an empty value where a text is needed")))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(item: Item) -> list[Node]:
    """Texts, with or without wildcards; equal kinds of them become one test."""
    if _FLAGS.keys() & set(item.modifiers):
        raise RuleError(say(N_("the modifiers i, m and s belong to re")))
    cased = item.has("cased")
    nodes: list[Node] = []
    same: list[str] = []
    parts: dict[str, list[str]] = {"in": [], "start": [], "end": []}
    for value in _rewritten(item):
        kind, text = _kind(value, keyword=not item.names)
        if not cased:
            text = text.lower()
        if kind == "same":
            same.append(text)
            if text == "-" and not item.has("all"):  # how a log writes that it has nothing to write
                nodes.append(Absent(item.names))
        elif kind in parts:
            parts[kind].append(text)
        elif kind == "absent":
            nodes.append(Absent(item.names))
        elif kind == "present":
            nodes.append(present(item.names))
        else:
            nodes.append(_like(item.names, value, cased=cased))
    nodes += _grouped(item, same, parts)
    return nodes


def _grouped(item: Item, same: list[str], parts: dict[str, list[str]]) -> list[Node]:
    cased = item.has("cased")
    if item.has("all"):
        singles: list[Node] = [Same(item.names, frozenset({each}), cased) for each in same]
        singles += [
            Part(item.names, where, (each,), cased)  # type: ignore[arg-type]
            for where, found in parts.items()
            for each in found
        ]
        return singles
    nodes: list[Node] = [Same(item.names, frozenset(same), cased)] if same else []
    nodes += [
        Part(item.names, where, tuple(dict.fromkeys(found)), cased)  # type: ignore[arg-type]
        for where, found in parts.items()
        if found
    ]
    return nodes


def _rewritten(item: Item) -> list[Value | None]:
    """The values after all modifiers. None stays: the field is not there."""
    found: list[Value | None] = [
        None if value is None else rewriting.parse(_text(value)) for value in item.values
    ]
    for modifier in item.modifiers:
        if modifier in _ONE:
            found = [None if each is None else _ONE[modifier](each) for each in found]
        elif modifier in _MANY:
            found = [
                made
                for each in found
                for made in ((None,) if each is None else _MANY[modifier](each))
            ]
        if len(found) > VALUES_LIMIT:
            words = N_("more than {limit} values in one detection")
            raise RuleError(say(words, limit=VALUES_LIMIT))
    return found


def _kind(value: Value | None, *, keyword: bool) -> tuple[str, str]:
    """What a value asks for, and the text of it where it is one fixed text."""
    if keyword:
        if not value:
            raise RuleError(say(N_("an empty value in a search over the whole row")))
        value = rewriting.contains(value)
    if not value:
        return "absent", ""
    fixed = [part for part in value if part is not Wild.ANY]
    if not fixed:
        return "present", ""
    if len(fixed) > 1 or isinstance(fixed[0], Wild) or len(value) > 3:
        return "like", ""
    before, after = value[0] is Wild.ANY, value[-1] is Wild.ANY
    kind = "in" if before and after else "end" if before else "start" if after else "same"
    return kind, fixed[0]


def _like(names: tuple[str, ...], value: Value | None, *, cased: bool) -> Like:
    value = rewriting.contains(value or ()) if not names else value or ()
    parts = [part if isinstance(part, Wild) or cased else part.lower() for part in value]
    regex = "".join(
        {Wild.ANY: ".*", Wild.ONE: "."}[part] if isinstance(part, Wild) else re.escape(part)
        for part in parts
    )
    whole = rf"(?s)\A{regex}\z".replace(r"\A.*", "").removesuffix(r".*\z")
    fixed = tuple(part for part in parts if isinstance(part, str))
    return Like(names, whole, fixed, cased)
