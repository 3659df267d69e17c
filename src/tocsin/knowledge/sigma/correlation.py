"""Sigma's correlation rules, read; `analyse/hunt` asks them of what the rules have gathered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from tocsin.knowledge.sigma.condition import Reader, parsed
from tocsin.knowledge.sigma.documents import RuleError
from tocsin.knowledge.sigma.rule import Extra, head, words_of
from tocsin.knowledge.sigma.tree import All
from tocsin.model.finding import Level
from tocsin.model.text import N_, say

Kind = Literal["event_count", "value_count", "temporal", "temporal_ordered"]
Operator = Literal["lt", "lte", "gt", "gte", "eq", "neq"]

_KINDS = ("event_count", "value_count", "temporal", "temporal_ordered")
_OPERATORS = ("lt", "lte", "gt", "gte", "eq", "neq")
_SPAN = re.compile(r"([1-9][0-9]{0,5})([smhdwMy])")
_SECONDS = {
    "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2_629_746, "y": 31_556_952,
}  # fmt: skip
_KEYS = {
    "type", "rules", "group-by", "timespan", "timeframe", "condition", "aliases", "generate",
}  # fmt: skip


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How a count must compare with a number. Several must all hold (`gte: 3`, `lte: 9`)."""

    operator: Operator
    number: int


class Correlation(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One correlation rule.

    kind: as in Sigma. rules: ids of the rules or correlations it counts, in the order written.
    group_by: fields or aliases; timespan: seconds. fields: what `value_count` counts the values of.
    counted: of `event_count` and `value_count`, and of a temporal one how many of the rules must
    show. expression: a temporal one's condition over rules (`a and not b`) instead, whose names
    `named` turns into ids. aliases: name -> id of a rule -> field. generate: whether the rules it
    rests on are findings of their own too.
    """

    id: str
    title: str
    description: str = ""
    level: Level = "medium"
    status: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    author: str = ""
    name: str = ""
    source: str = ""
    own: bool = False
    kind: Kind
    rules: tuple[str, ...]
    group_by: tuple[str, ...] = ()
    timespan: int
    counted: tuple[Counted, ...] = ()
    fields: tuple[str, ...] = ()
    expression: str = ""
    named: dict[str, str] = {}
    aliases: dict[str, dict[str, str]] = {}
    generate: bool = False
    step: str = ""
    because: str = ""
    remediation: str = ""


def correlation_of(document: Mapping[str, Any], source: str, *, own: bool) -> Correlation:
    """One document with the key `correlation`; its rules still as written. Raises `RuleError`."""
    said = document["correlation"]
    if not isinstance(said, Mapping):
        raise RuleError(say(N_("the key correlation is no map")))
    for key in said:
        if key not in _KEYS:
            raise RuleError(say(N_("the correlation has an unknown key {key}"), key=str(key)))
    kind = said.get("type")
    if kind not in _KINDS:
        raise RuleError(say(N_("the correlation type {kind} is not supported"), kind=str(kind)))
    asked = _asked(kind, said)
    extra = _extra(document)
    return Correlation(
        **head(document, source),
        own=own,
        kind=kind,
        rules=asked.rules,
        group_by=words_of(said.get("group-by")),
        timespan=_seconds(said.get("timespan", said.get("timeframe"))),
        counted=asked.counted,
        fields=asked.fields,
        expression=asked.expression,
        aliases=_aliases(said.get("aliases")),
        generate=said.get("generate") is True,
        step=extra.step,
        because=extra.because,
        remediation=extra.remediation,
    )


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which rules a correlation rests on, and what it asks of them."""

    rules: tuple[str, ...]
    counted: tuple[Counted, ...] = ()
    fields: tuple[str, ...] = ()
    expression: str = ""


def _asked(kind: str, said: Mapping[str, Any]) -> _Asked:
    rules, condition = words_of(said.get("rules")), said.get("condition")
    if isinstance(condition, str):
        named = _named(kind, condition)
        if rules and set(named) != set(rules):
            raise RuleError(say(N_("the correlation's rules and those of its condition differ")))
        return _Asked(rules=rules or named, expression=condition)
    if not rules:
        raise RuleError(say(N_("the correlation names no rules")))
    if condition is None and kind.startswith("temporal"):
        return _Asked(rules=rules, counted=(Counted(operator="gte", number=len(set(rules))),))
    if not isinstance(condition, Mapping):
        raise RuleError(say(N_("the correlation has no condition")))
    counted, fields = _counted(condition)
    if kind == "value_count" and not fields:
        raise RuleError(say(N_("value_count needs a field in its condition")))
    return _Asked(rules=rules, counted=counted, fields=fields)


def resolved(found: Correlation, ids: Mapping[str, str]) -> Correlation:
    """The same with ids for what it calls rules. ids: from id or name, to id. Raises `RuleError`."""

    def id_of(called: str) -> str:
        try:
            return ids[called.lower()]
        except KeyError:
            words = N_("the correlation rests on {name}, a rule that is not loaded")
            raise RuleError(say(words, name=called)) from None

    return msgspec.structs.replace(
        found,
        rules=tuple(dict.fromkeys(id_of(each) for each in found.rules)),
        named={each: id_of(each) for each in found.rules} if found.expression else {},
        aliases={
            alias: {id_of(rule): field for rule, field in mapping.items()}
            for alias, mapping in found.aliases.items()
        },
    )


def _seconds(span: Any) -> int:
    found = _SPAN.fullmatch(str(span))
    if found is None:
        words = N_("the correlation's timespan {span} is no span of time (30s, 5m, 2h, 1d)")
        raise RuleError(say(words, span=str(span)))
    return int(found[1]) * _SECONDS[found[2]]


def _counted(condition: Mapping[str, Any]) -> tuple[tuple[Counted, ...], tuple[str, ...]]:
    counted = []
    for key, value in condition.items():
        if key in _OPERATORS and isinstance(value, int):
            counted.append(Counted(operator=key, number=value))  # type: ignore[arg-type]
        elif key != "field":
            words = N_("the correlation's condition {key} is not supported")
            raise RuleError(say(words, key=str(key)))
    if not counted:
        raise RuleError(say(N_("the correlation has no condition")))
    return tuple(counted), words_of(condition.get("field"))


def _named(kind: str, expression: str) -> tuple[str, ...]:
    """The rules that a condition such as `a and not b` names."""
    if not kind.startswith("temporal"):
        raise RuleError(say(N_("only a temporal correlation takes a condition over rules")))
    found: list[str] = []

    def asked(reader: Reader) -> All:
        word = reader.word()
        if not re.fullmatch(r"[\w.-]+", word):
            raise RuleError(say(N_("the condition does not go on at {word}"), word=word))
        found.append(word)
        return All(())

    parsed(re.findall(r"[()]|[^\s()]+", expression), asked)
    return tuple(dict.fromkeys(found))


def _aliases(value: Any) -> dict[str, dict[str, str]]:
    if value is None:
        return {}
    try:
        return msgspec.convert(value, dict[str, dict[str, str]])
    except msgspec.ValidationError as fault:
        raise RuleError(say(N_("the correlation's aliases: {what}"), what=str(fault))) from None


def _extra(document: Mapping[str, Any]) -> Extra:
    try:
        return msgspec.convert(document.get("tocsin") or {}, Extra)
    except msgspec.ValidationError as fault:
        raise RuleError(say(N_("the key tocsin: {what}"), what=str(fault))) from None
