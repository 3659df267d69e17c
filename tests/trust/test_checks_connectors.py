"""What was not collected never fails a check: each property, pairs of them, each object, each kind."""

from itertools import combinations

import msgspec
import pytest
from situating import situation, worst

from tocsin.analyse.trust.judging import ASSESSED, judge
from tocsin.knowledge.checks import Check, Example, checks

JUDGED = [each for each in checks().values() if each.logic != ASSESSED]

ADDS_ONLY = {("HYB-019", "HybridWizardRun")}
"""The wizard's log only adds a run to those that the wizard's own object shows."""

BY_SERVERS = {"HYB-001", "HYB-003", "HYB-005", "HYB-007"}
"""Judged by what the inventory says of servers; exports are quoted beside it."""


def outcome(check: Check, example: Example) -> str:
    return worst([each.outcome for each in judge(situation(example), check)])


def poorer(example: Example, gone: set[tuple[int, str]]) -> Example:
    """The example without these properties, each named by its object's number."""
    kept = []
    for number, each in enumerate(example.settings):
        names = {name for at, name in gone if at == number}
        properties = {key: value for key, value in each.properties.items() if key not in names}
        null = tuple(key for key in each.null if key not in names)
        kept.append(msgspec.structs.replace(each, properties=properties, null=null))
    return msgspec.structs.replace(example, settings=tuple(kept))


def spots(example: Example) -> list[tuple[int, str]]:
    return [
        (number, name)
        for number, each in enumerate(example.settings)
        for name in (*each.properties, *each.null)
    ]


@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.id)
def test_no_two_missing_properties_make_a_failure(check: Check):
    for example in check.example:
        if example.expect == "fail":
            continue
        places = spots(example)
        for gone in (*combinations(places, 1), *combinations(places, 2)):
            assert outcome(check, poorer(example, set(gone))) != "fail", (example.why, gone)


@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.id)
def test_a_kind_that_nobody_asked_for_makes_no_failure(check: Check):
    for example in check.example:
        if example.expect == "fail":
            continue
        for kind in {(each.kind, each.side) for each in example.settings}:
            if (check.id, kind[0]) in ADDS_ONLY:
                continue
            rest = tuple(each for each in example.settings if (each.kind, each.side) != kind)
            less = msgspec.structs.replace(example, settings=rest)
            assert outcome(check, less) != "fail", (example.why, kind)
        for asked in example.asked:
            rest = tuple(each for each in example.asked if each != asked)
            less = msgspec.structs.replace(example, asked=rest)
            assert outcome(check, less) != "fail", (example.why, asked)


@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.id)
def test_a_property_that_decided_leaves_the_answer_open(check: Check):
    """Of every failure some property can be taken away so that it is unknown, and says what to collect."""
    for example in check.example:
        if example.expect != "fail" or not example.settings:
            continue
        left = [poorer(example, {spot}) for spot in spots(example)]
        unknown = [
            verdict
            for each in left
            if outcome(check, each) == "unknown"
            for verdict in judge(situation(each), check)
            if verdict.outcome == "unknown"
        ]
        assert unknown or check.id in BY_SERVERS, example.why
        assert all(each.missing for each in unknown)


@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.id)
def test_there_is_an_example_of_each_outcome(check: Check):
    wanted = {"fail", "pass"} if check.id == "HYB-003" else {"fail", "pass", "unknown"}
    assert {each.expect for each in check.example} >= wanted


@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.id)
def test_a_failure_quotes_what_it_rests_on(check: Check):
    for example in check.example:
        for verdict in judge(situation(example), check):
            if verdict.outcome == "fail" and example.settings:
                assert verdict.bases, example.why
                assert all(each.source for each in verdict.bases)


ODD = (0, True, "x" * 5000, "\0", [None], [[]], {"a": [1]}, [{}])


@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.id)
def test_no_value_breaks_a_check(check: Check):
    for example in check.example:
        for at, name in spots(example):
            for odd in ODD:
                each = example.settings[at]
                changed = msgspec.structs.replace(each, properties={**each.properties, name: odd})
                settings = (*example.settings[:at], changed, *example.settings[at + 1 :])
                outcome(check, msgspec.structs.replace(example, settings=settings))
