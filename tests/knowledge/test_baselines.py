"""Every question of `data/baselines` is asked of its own examples."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.analyse.hunt.groups import GatheredRow
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.knowledge.baselines import asked_fields, baselines
from tocsin.knowledge.sigma import load
from tocsin.knowledge.steps import steps
from tocsin.store.gathered_rows import Gathering, asked
from tocsin.store.row_questions import answered

CASES = [
    pytest.param(one, example, id=f"{one.title}: {example.title}")
    for one in baselines()
    for example in one.example
]


def asking(tmp_path, one, example):
    wanted = asked((), asked_fields())
    gathering = Gathering(tmp_path, "0", wanted)
    number = 0
    for some in example.rows:
        for turn in range(some.times):
            number += 1
            fields = {name: text.replace("{n}", str(turn)) for name, text in some.fields.items()}
            gathering.append(
                GatheredRow(
                    rule=one.rules[0], at=some.at + turn * some.every, surface=some.surface,
                    host=some.host, client=some.client, actor="", fields=fields, source="u.log",
                    position=f"line {number}", outcome=some.outcome,
                )
            )  # fmt: skip
    gathering.close()
    first, last = (datetime.fromtimestamp(at, UTC) for at in example.logs)
    stats = [
        LogFileStat(surface=surface, source="u.log", host=host, first=first, last=last)
        for surface, host in {(some.surface, some.host) for some in example.rows}
    ]
    return answered(tmp_path, wanted.names(), (), [one], stats)


@pytest.mark.parametrize(("one", "example"), CASES)
def test_example(tmp_path, one, example):
    answer = asking(tmp_path, one, example)
    assert not answer.gaps, [str(each.why) for each in answer.gaps]
    assert bool(answer.groups) == example.finds
    for group in answer.groups:
        assert group.target or "{target}" not in one.because
        places = {"client", "actor", "host", "target", "count", "agent", *group.said}
        assert all(f"{{{name}}}" in one.because for name in group.said)
        assert {part.partition("}")[0] for part in one.because.split("{")[1:]} <= places


def test_each_question_has_examples_of_both_kinds_and_a_known_step():
    for one in baselines():
        assert {example.finds for example in one.example} == {True, False}, one.title
        assert one.step in steps()


def test_the_rows_that_a_question_reads_are_gathered():
    gathering = {rule.id for rule in load((), packaged=True).rules if rule.gathers}
    for one in baselines():
        assert gathering.issuperset(one.rules), one.title
