"""Sigma's correlations over gathered rows, against a plain reading of the specification
(https://sigmahq.io/sigma-specification/specification/sigma-correlation-rules-specification.html)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.analyse.hunt.groups import GatheredRow
from tocsin.knowledge.sigma.correlation import Correlation, Counted
from tocsin.store.gathered_rows import Gathering, asked
from tocsin.store.row_questions import answered

BASE = 1_629_514_800.0


def correlation(kind="event_count", gte=3, **more) -> Correlation:
    return Correlation(
        title="Often",
        kind=kind,
        **{"id": "c1", "rules": ("a",), "group_by": ("c-ip",), "timespan": 60}
        | ({"counted": (Counted(operator="gte", number=gte),)} if gte else {})
        | more,
    )


def row(at, rule="a", client="203.0.113.9", number=0, source="u.log", **fields) -> GatheredRow:
    return GatheredRow(
        rule=rule, at=BASE + at, surface="iis", host="EX01", client=client, actor="",
        fields={"c-ip": client, **fields}, source=source, position=f"line {number or int(at) + 1}",
        raw=f"raw {at}",
    )  # fmt: skip


def groups(tmp_path, rows, *correlations, parts=1):
    wanted = asked(correlations, {})
    for part in range(parts):
        gathering = Gathering(tmp_path, f"part {part}", wanted)
        for each in rows[part::parts]:
            gathering.append(each)
        gathering.close()
    answer = answered(tmp_path, wanted.names(), correlations, ())
    assert not answer.gaps, [str(each.why) for each in answer.gaps]
    for left in tmp_path.iterdir():
        if left.is_file():
            left.unlink()
    return answer.groups


def test_rows_within_the_timespan_are_one_group(tmp_path):
    found = groups(tmp_path, [row(at) for at in (0, 30, 59, 500)], correlation())
    assert len(found) == 1
    assert (found[0].count, found[0].client, found[0].host) == (3, "203.0.113.9", "EX01")
    assert found[0].first.timestamp() == BASE
    assert [each.at.position for each in found[0].events] == ["line 1", "line 31", "line 60"]


def test_too_few_or_too_far_apart_are_none(tmp_path):
    assert groups(tmp_path, [row(0), row(30), row(61)], correlation()) == ()


def test_each_client_is_counted_for_itself(tmp_path):
    rows = [row(at, client=f"203.0.113.{at % 3}") for at in range(6)]
    assert groups(tmp_path, rows, correlation()) == ()
    assert len(groups(tmp_path, rows, correlation(gte=2))) == 3


def test_different_values_are_counted_once(tmp_path):
    asked_of = correlation("value_count", 3, fields=("cs-uri-stem",))
    same = [row(at, **{"cs-uri-stem": "/a.aspx"}) for at in range(9)]
    other = [row(at, **{"cs-uri-stem": f"/{at}.aspx"}) for at in range(9)]
    assert groups(tmp_path, same, asked_of) == ()
    assert groups(tmp_path, other, asked_of)[0].target == "/0.aspx, /1.aspx, /2.aspx (+6)"


def test_all_rules_together_in_any_order(tmp_path):
    asked_of = correlation("temporal", 2, rules=("a", "b"))
    assert len(groups(tmp_path, [row(20), row(0, "b")], asked_of)) == 1
    assert groups(tmp_path, [row(0), row(90, "b")], asked_of) == ()
    assert groups(tmp_path, [row(0), row(9)], asked_of) == ()


def test_one_rule_without_another(tmp_path):
    asked_of = correlation(
        "temporal", 0, rules=("a", "b"), expression="x and not y", named={"x": "a", "y": "b"}
    )
    assert len(groups(tmp_path, [row(0)], asked_of)) == 1
    assert groups(tmp_path, [row(0), row(9, "b")], asked_of) == ()


def test_rules_one_after_another(tmp_path):
    asked_of = correlation("temporal_ordered", 3, rules=("a", "b", "c"))
    assert len(groups(tmp_path, [row(0), row(10, "b"), row(20, "c")], asked_of)) == 1
    assert groups(tmp_path, [row(0, "c"), row(10, "b"), row(20)], asked_of) == ()
    assert groups(tmp_path, [row(0), row(10, "b"), row(70, "c")], asked_of) == ()


def test_an_alias_is_another_field_in_another_rule(tmp_path):
    asked_of = correlation(
        "temporal", 2, rules=("a", "b"), group_by=("who",),
        aliases={"who": {"a": "cs-username", "b": "User"}},
    )  # fmt: skip
    rows = [row(0, **{"cs-username": "CONTOSO\\eve"}), row(9, "b", User="contoso\\Eve")]
    assert len(groups(tmp_path, rows, asked_of)) == 1


def test_a_correlation_over_another(tmp_path):
    inner = correlation(gte=3)
    outer = Correlation(
        id="c2", title="Again", kind="event_count", rules=("c1",), group_by=("c-ip",),
        timespan=3600, counted=(Counted(operator="gte", number=2),),
    )  # fmt: skip
    once = [row(at) for at in (0, 1, 2)]
    again = [row(at) for at in (900, 901, 902)]
    assert [each.rule for each in groups(tmp_path, once, outer, inner)] == ["c1"]
    assert {each.rule for each in groups(tmp_path, once + again, outer, inner)} == {"c1", "c2"}


def test_rows_without_the_value_take_no_part(tmp_path):
    rows = [row(at, client="") for at in range(9)]
    assert groups(tmp_path, rows, correlation()) == ()
    assert len(groups(tmp_path, rows, correlation(group_by=()))) == 1


@pytest.mark.parametrize("text", ["\0", "\ud83d", '"', "\n", "é" * 3000, "'; DROP TABLE rows; --"])
def test_odd_text_is_text(tmp_path, text):
    rows = [row(at, **{"cs-uri-stem": text}, source=f"{text}.log"[:90]) for at in range(3)]
    assert groups(tmp_path, rows, correlation())[0].count == 3
    hostile = correlation(
        group_by=(text[:20],), id=text[:20], fields=(text[:9],), kind="value_count"
    )
    assert groups(tmp_path, rows, hostile) == ()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_as_a_plain_reading_of_the_rows_would_say(seed, tmp_path_factory):
    dice = random.Random(seed)
    rows = [
        row(
            dice.randrange(400), client=f"203.0.113.{dice.randrange(3)}", number=number + 1,
            source=f"log {dice.randrange(2)}",
        )
        for number in range(60)
    ]  # fmt: skip
    gte = dice.randrange(2, 12)
    folder = tmp_path_factory.mktemp("spool")
    found = groups(folder, rows, correlation(gte=gte), parts=1)
    expected = {}
    for client in {each.client for each in rows}:
        times = sorted(each.at for each in rows if each.client == client)
        begins = [at for at in times if sum(at <= one <= at + 60 for one in times) >= gte]
        inside = [one for one in times if any(at <= one <= at + 60 for at in begins)]
        if inside:
            expected[client] = len(inside)
    assert {each.client: each.count for each in found} == expected
    dice.shuffle(rows)
    assert groups(folder, rows, correlation(gte=gte), parts=3) == found
