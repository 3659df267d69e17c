"""A Sigma rule, compiled: what it says of itself, and what it asks of a row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from tocsin.knowledge.sigma.condition import compiled
from tocsin.knowledge.sigma.detection import tree_of
from tocsin.knowledge.sigma.documents import RuleError
from tocsin.knowledge.sigma.logsource import Asked, When, asked
from tocsin.knowledge.sigma.tree import Node, check_regexes, either, fields_of
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.event import Event
from tocsin.model.finding import Level
from tocsin.model.hunt import Outcome
from tocsin.model.text import N_, say

_REFUSED = ("timeframe", "timespan")
_PARTS = ("product", "category", "service")


class RuleTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of a rule's own examples. surface: the first one of the rule where it is left out."""

    event: dict[str, str]
    matches: bool
    outcome: Outcome | None = None
    decoded: dict[str, str] = {}
    surface: str = ""


class OutcomeWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions over the rule's detections: it worked, was tried, or the row cannot tell."""

    success: str = ""
    attempt: str = ""
    unknown: str = ""


class Extra(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key `tocsin` of a rule; see `SigmaRule`."""

    step: str = ""
    fold: tuple[str, ...] = ()
    because: str = ""
    remediation: str = ""
    outcome: OutcomeWords = OutcomeWords()
    gathers: bool = False


class SigmaRule(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One rule. It is asked of the rows of its surfaces only.

    source: file it stands in; own: whether that is one of ours. step: name of an intrusion's step.
    fold: fields by which matches become one finding, beside the host. because, remediation:
    sentences with places such as `{client}`; empty where the rule has none. gathers: its rows are
    kept for correlations only; counted: they are kept although it finds by itself. fields: every
    field it looks at. detections: its named parts. guard: what its logsource demands of a row of the
    surface `windows`; success, attempt, unknown: its own words on the outcome.
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
    surfaces: tuple[str, ...] = ()
    logsource: str = ""
    own: bool = False
    step: str = ""
    fold: tuple[str, ...] = ()
    because: str = ""
    remediation: str = ""
    gathers: bool = False
    counted: bool = False
    tests: tuple[RuleTest, ...] = ()
    fields: tuple[str, ...] = ()
    tree: Node
    detections: dict[str, Node] = {}
    guard: Node | None = None
    when: tuple[When, ...] = ()
    success: Node | None = None
    attempt: Node | None = None
    unknown: Node | None = None

    @property
    def attack(self) -> tuple[str, ...]:
        """ATT&CK technique ids of its tags (`T1190`)."""
        found = (tag[7:].upper() for tag in self.tags if tag.lower().startswith("attack.t"))
        return tuple(each for each in found if each[1:2].isdigit())

    def matches(self, event: Event) -> bool:
        """Whether a row is what the rule describes."""
        if event.surface not in self.surfaces:
            return False
        guard = self.guard
        if guard is not None and event.surface == "windows" and not guard.holds(event):
            return False
        return self.tree.holds(event)

    def outcome(self, event: Event) -> Outcome:
        """Whether what it describes worked, for a row that it matches.

        The rule's own words count first; where they leave it open, the status of the request. A rule
        that says what success is never has one by the status alone.
        """
        if self.success is not None and self.success.holds(event):
            return "success"
        if self.attempt is not None and self.attempt.holds(event):
            return "attempt"
        if self.unknown is not None and self.unknown.holds(event):
            return "unknown"
        told = _by_status(event)
        return "unknown" if told == "success" and self.success is not None else told


def _by_status(event: Event) -> Outcome:
    surface = surfaces().get(event.surface)
    if surface is None:
        return "unknown"
    for name in surface.status:
        status = event.fields.get(name, "")
        if status:
            if status.startswith(surface.succeeded or ("\n",)):
                return "success"
            return "attempt" if status.startswith(surface.refused or ("\n",)) else "unknown"
    return "unknown"


def rule_of(document: Mapping[str, Any], source: str, *, own: bool) -> SigmaRule:
    """One document of a rule file. Raises `RuleError`."""
    detection = document.get("detection")
    if not isinstance(detection, Mapping):
        raise RuleError(say(N_("the rule has no detection")))
    for key in _REFUSED:
        if key in detection:
            words = N_("{key} in a detection is a form that Sigma has given up: a correlation rule")
            raise RuleError(say(words, key=key))
    where, logsource = _logsource(document)
    conditions = _conditions(detection.get("condition"))
    parts = {
        str(name): tree_of(part, where.names)
        for name, part in detection.items()
        if name != "condition"
    }
    tree = either(compiled(each, parts) for each in conditions)
    for part in () if own else (*parts.values(), tree):
        check_regexes(part)
    extra = _extra(document)
    told = extra.outcome
    fields = fields_of(tree).union(*(fields_of(part) for part in parts.values()))
    return SigmaRule(
        **head(document, source),
        surfaces=where.surfaces,
        logsource=logsource,
        own=own,
        step=extra.step,
        fold=extra.fold,
        because=extra.because,
        remediation=extra.remediation,
        gathers=extra.gathers,
        tests=_tests(document),
        fields=tuple(sorted(fields)),
        tree=tree,
        detections=parts,
        guard=where.guard,
        when=where.when,
        success=compiled(told.success, parts) if told.success else None,
        attempt=compiled(told.attempt, parts) if told.attempt else None,
        unknown=compiled(told.unknown, parts) if told.unknown else None,
    )


def head(document: Mapping[str, Any], source: str) -> dict[str, Any]:
    """What rules and correlations say of themselves."""
    title = str(document.get("title") or "")
    if not title:
        raise RuleError(say(N_("the rule has no title")))
    level = str(document.get("level") or "medium").lower()
    if level not in get_args(Level):
        raise RuleError(say(N_("the level {level} is none of Sigma's"), level=level))
    own_id = str(document.get("id") or "").lower()
    made_id = hashlib.sha256(f"{source}\n{title}".encode("utf-8", "replace")).hexdigest()[:32]
    return {
        "id": own_id or made_id,
        "title": title,
        "description": str(document.get("description") or "").strip(),
        "level": level,
        "status": str(document.get("status") or ""),
        "tags": words_of(document.get("tags")),
        "references": words_of(document.get("references")),
        "author": str(document.get("author") or ""),
        "name": str(document.get("name") or ""),
        "source": source,
    }


def words_of(value: Any) -> tuple[str, ...]:
    """A list of texts, or one text."""
    if isinstance(value, list):
        return tuple(str(each) for each in value if not isinstance(each, (dict, list)))
    return () if value is None or isinstance(value, dict) else (str(value),)


def _logsource(document: Mapping[str, Any]) -> tuple[Asked, str]:
    logsource = document.get("logsource")
    if not isinstance(logsource, Mapping):
        raise RuleError(say(N_("the rule has no logsource")))
    parts = [str(logsource.get(each) or "").lower() for each in _PARTS]
    if not any(parts):
        raise RuleError(say(N_("the logsource names neither product, category nor service")))
    where = asked(*parts)
    if parts[0] == "exchange" and not where.surfaces:
        words = N_("the product exchange has no service {name}")
        raise RuleError(say(words, name=parts[2] or parts[1]))
    return where, "/".join(each or "*" for each in parts)


def _conditions(condition: Any) -> list[str]:
    found = condition if isinstance(condition, list) else [condition]
    if not found or not all(isinstance(each, str) and each.strip() for each in found):
        raise RuleError(say(N_("the rule has no condition")))
    return found


def _extra(document: Mapping[str, Any]) -> Extra:
    try:
        return msgspec.convert(document.get("tocsin") or {}, Extra)
    except msgspec.ValidationError as fault:
        raise RuleError(say(N_("the key tocsin: {what}"), what=str(fault))) from None


def _tests(document: Mapping[str, Any]) -> tuple[RuleTest, ...]:
    tests = document.get("tests")
    if not tests:
        return ()
    try:
        raw = [
            {**each, **{key: _flat(each[key]) for key in ("event", "decoded") if key in each}}
            for each in tests
        ]
        return msgspec.convert(tuple(raw), tuple[RuleTest, ...])
    except (msgspec.ValidationError, TypeError, AttributeError) as fault:
        raise RuleError(say(N_("the key tests: {what}"), what=str(fault))) from None


def _flat(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields of an example as a row has them: several values are joined by line feeds."""
    made = {}
    for name, value in fields.items():
        several = value if isinstance(value, list) else [value]
        text = "\n".join(
            str(each).lower() if isinstance(each, bool) else str(each)
            for each in several
            if each is not None
        )
        if text:
            made[name] = text
    return made
