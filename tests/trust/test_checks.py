"""Every check says of its own examples what they are there for, and never fails for what is absent."""

import re

import msgspec
import pytest
from situating import situation, worst

from tocsin.analyse.trust.judging import ASSESSED, judge
from tocsin.knowledge.attack import matrix
from tocsin.knowledge.checks import Check, Example, checks
from tocsin.knowledge.hybrid import kinds

JUDGED = [each for each in checks().values() if each.logic != ASSESSED]
CASES = [(check, number) for check in JUDGED for number in range(len(check.example))]


def outcome(check: Check, example: Example) -> str:
    return worst([each.outcome for each in judge(situation(example), check)])


@pytest.mark.parametrize(("check", "number"), CASES, ids=lambda x: getattr(x, "id", str(x)))
def test_an_example_is_judged_as_it_says(check: Check, number: int):
    example = check.example[number]
    assert outcome(check, example) == example.expect, example.why


@pytest.mark.parametrize("check", checks().values(), ids=lambda check: check.id)
def test_a_check_is_whole(check: Check):
    assert re.fullmatch(r"HYB-\d{3}", check.id)
    assert {each.expect for each in check.example} >= {"fail", "pass"} or check.logic == ASSESSED
    assert check.references
    assert check.explain.strip()
    unknown = {each.partition("@")[0] for each in check.inputs} - {
        *kinds(),
        "servers",
        "mail",
        "graph",
    }
    assert not unknown
    assert set(check.attack) <= set(matrix().techniques)


def without_each(example: Example):
    """The example with each property of each object left out in turn, and each object's kind."""
    for at, each in enumerate(example.settings):
        for name in (*each.properties, *each.null):
            kept = {key: value for key, value in each.properties.items() if key != name}
            null = tuple(key for key in each.null if key != name)
            changed = msgspec.structs.replace(each, properties=kept, null=null)
            rest = (*example.settings[:at], changed, *example.settings[at + 1 :])
            yield f"{each.kind}.{name}", msgspec.structs.replace(example, settings=rest)


@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.id)
def test_what_was_not_collected_never_fails(check: Check):
    for example in check.example:
        if example.expect != "pass":
            continue
        for name, poorer in without_each(example):
            assert outcome(check, poorer) != "fail", f"without {name}: {example.why}"


@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.id)
def test_nothing_read_is_unknown(check: Check):
    empty = Example(expect="unknown", why="nothing was read")
    assert outcome(check, empty) in {"unknown", "none"}
