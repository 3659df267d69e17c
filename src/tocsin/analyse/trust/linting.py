"""What is wrong with a check's file, beside its form: names, conditions, and what its examples give."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.analyse.trust.conditions import parse
from tocsin.analyse.trust.examples import situation, worst
from tocsin.analyse.trust.judging import ASSESSED, judge, logic
from tocsin.knowledge.attack import matrix
from tocsin.knowledge.checks import Check
from tocsin.knowledge.hybrid import kinds
from tocsin.knowledge.lint import Problem
from tocsin.model.text import N_, Sentence, say

OTHER_INPUTS = frozenset({"servers", "mail", "graph"})
"""Inputs of a check that are no kinds of objects."""

PLACES = frozenset({"name", "value"})
"""What a check's own sentences can be filled with."""

_ID = re.compile(r"HYB-\d{3}")
_PLACE = re.compile(r"\{([^}]*)\}")


def faults(check: Check) -> Iterator[Problem]:
    """Everything that is wrong with one check. Examples are judged only if the rest is right."""
    found = [*_head(check), *_inputs(check), *_conditions(check), *_logic(check)]
    yield from found
    if not found:
        yield from _examples(check)


def _fault(check: Check, where: str, why: Sentence) -> Problem:
    return Problem(file=f"{check.id}.toml", line=0, column=where, why=why)


def _head(check: Check) -> Iterator[Problem]:
    if not _ID.fullmatch(check.id):
        yield _fault(check, "id", say(N_("must be HYB- and three digits")))
    for each in check.attack:
        if each not in matrix().techniques:
            yield _fault(check, "attack", say(N_("{value} is no technique"), value=each))
    if not check.references or not all(each.startswith("https://") for each in check.references):
        yield _fault(check, "references", say(N_("at least one address of a page, with https")))
    if not check.explain.strip():
        yield _fault(check, "explain", say(N_("must not be empty")))
    if not {"fail", "pass"} <= {each.expect for each in check.example} and not _above(check):
        yield _fault(check, "example", say(N_("one that fails and one that passes are missing")))


def _inputs(check: Check) -> Iterator[Problem]:
    asked = [("inputs", each) for each in check.inputs if each not in OTHER_INPUTS]
    asked += [("example.asked", each) for one in check.example for each in one.asked]
    asked += [
        ("example.settings", f"{each.kind}@{each.side}".rstrip("@"))
        for one in check.example
        for each in one.settings
    ]
    if check.each is not None:
        asked.append(("each", f"{check.each.kind}@{check.each.side}".rstrip("@")))
    for where, text in dict.fromkeys(asked):
        name, _, side = text.partition("@")
        kind = kinds().get(name)
        if kind is None:
            yield _fault(check, where, say(N_("{value} is no kind of object"), value=name))
        elif kind.side and side and side != kind.side:
            why = say(N_("{value} lives on {side}"), value=name, side=kind.side)
            yield _fault(check, where, why)


def _conditions(check: Check) -> Iterator[Problem]:
    if check.each is None:
        return
    for where, groups in (("each.where", check.each.where), ("each.fail", check.each.fail)):
        for group in groups:
            for text in (group,) if isinstance(group, str) else group:
                try:
                    parse(text)
                except ValueError:
                    why = say(N_("{value} is no condition; docs/checks.md lists them"), value=text)
                    yield _fault(check, where, why)
    for where, text in (("each.because", check.each.because), ("each.fine", check.each.fine)):
        for place in _PLACE.findall(text):
            if place not in PLACES:
                why = say(N_("{value} is not filled in"), value=place)
                yield _fault(check, where, why)


def _logic(check: Check) -> Iterator[Problem]:
    if (check.logic == "each") != (check.each is not None):
        yield _fault(check, "logic", say(N_("each and its conditions go together")))
    elif check.logic not in ("each", ASSESSED):
        try:
            logic(check.logic)
        except (ModuleNotFoundError, AttributeError):
            yield _fault(check, "logic", say(N_("there is no logic {value}"), value=check.logic))


def _examples(check: Check) -> Iterator[Problem]:
    if _above(check):
        return
    for number, each in enumerate(check.example, 1):
        found = worst([verdict.outcome for verdict in judge(situation(each), check)])
        if found != each.expect:
            why = say(
                N_("must be {expected}, is {found}: {why}"),
                expected=each.expect,
                found=found,
                why=each.why,
            )
            yield _fault(check, f"example {number}", why)


def _above(check: Check) -> bool:
    """Whether the check is judged above this room, so that it has no examples of its own here."""
    return check.logic == ASSESSED
