"""A rule's own examples, held against it."""

from __future__ import annotations

import msgspec

from tocsin.knowledge.sigma.documents import RuleError
from tocsin.knowledge.sigma.rule import RuleTest, SigmaRule
from tocsin.knowledge.sigma.tree import check_regexes
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.event import Event
from tocsin.model.text import N_, Sentence, say


class ExampleFault(msgspec.Struct, frozen=True, kw_only=True):
    """An example that the rule judges otherwise. number: which one, from 1; 0: none in particular."""

    number: int
    why: Sentence


def faults(rule: SigmaRule) -> list[ExampleFault]:
    """What is wrong with a rule's examples; ours must have both kinds."""
    found = []
    try:
        for part in rule.detections.values():
            check_regexes(part)
    except RuleError as fault:
        return [ExampleFault(number=0, why=fault.why)]
    for number, test in enumerate(rule.tests, 1):
        why = _fault(rule, test)
        if why is not None:
            found.append(ExampleFault(number=number, why=why))
    if rule.own and len({test.matches for test in rule.tests}) < 2:
        words = N_("needs an example that matches and one that does not")
        found.append(ExampleFault(number=0, why=say(words)))
    return found


def event_of(rule: SigmaRule, test: RuleTest) -> Event:
    """The row that an example stands for.

    What it leaves out and every such row has is added: the channel and id that the rule's logsource
    stands for, Sigma's names of fields, the query joined to its stem.
    """
    surface = test.surface or (rule.surfaces[0] if rule.surfaces else "")
    fields = dict(test.event)
    if surface == "windows" and rule.when and "Channel" not in fields:
        fields = rule.when[0].stands_for() | fields
    stem, query = fields.get("cs-uri-stem", ""), fields.get("query", "")
    if stem and "cs-uri-query" not in fields:
        fields["cs-uri-query"] = f"{stem}?{query}" if query else stem
    known = surfaces().get(surface)
    for alias, source in (known.aliases if known else {}).items():
        stem, mark, query = source.partition("?")
        if mark:
            value = "?".join(fields[name].lstrip("?") for name in (stem, query) if fields.get(name))
        else:
            value = fields.get(source, "")
        if value:
            fields.setdefault(alias, value)
    return Event(
        surface=surface,
        fields=fields,
        raw=" ".join(test.event.values()),
        decoded=test.decoded,
    )


def _fault(rule: SigmaRule, test: RuleTest) -> Sentence | None:
    if test.surface and test.surface not in rule.surfaces:
        words = N_("is of the log {surface}, which the rule is not asked of")
        return say(words, surface=test.surface)
    event = event_of(rule, test)
    matched = rule.matches(event)
    if matched != test.matches:
        return say(N_("does not match")) if test.matches else say(N_("matches, and must not"))
    if matched and test.outcome is not None and rule.outcome(event) != test.outcome:
        words = N_("gives {outcome} where {wanted} is said")
        return say(words, outcome=rule.outcome(event), wanted=test.outcome)
    return None
