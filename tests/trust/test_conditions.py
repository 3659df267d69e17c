"""The language of conditions: what its page says of it is what it does."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from situating import setting

from tocsin.analyse.trust.conditions import STATES, VERBS, Looked, every, parse
from tocsin.analyse.trust.settings import Item, Settings
from tocsin.knowledge.checks import ExampleSetting

DOCS = Path(__file__).resolve().parents[2] / "docs"
TODAY = date(2026, 11, 20)
CELLS = re.compile(r"`((?:[^`\\]|\\.)*)`")


def item(properties: dict, **more: object) -> Item:
    null = tuple(name for name, value in properties.items() if value is None)
    kept = {name: value for name, value in properties.items() if value is not None}
    example = ExampleSetting(kind="InboundConnector", properties=kept, null=null, **more)
    return Settings([setting(example)]).items("InboundConnector")[0]


def rows() -> list[tuple]:
    text = (DOCS / "checks.md").read_text("utf-8")
    table = text.partition("| condition | holds for |")[2].partition("\n\n")[0]
    found = []
    for line in table.splitlines()[2:]:
        cells = [each.replace("\\\\", "\\").replace("\\|", "|") for each in CELLS.findall(line)]
        condition, holds, fails, unknown = cells
        group = json.loads(condition) if condition.startswith("[") else condition
        found.append((group, json.loads(holds), json.loads(fails), json.loads(unknown)))
    return found


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row[0]))
def test_the_page_says_what_a_condition_does(row: tuple):
    group, holds, fails, unknown = row
    conditions = [group if isinstance(group, str) else tuple(group)]
    told = [every(conditions, item(each), Looked(today=TODAY)) for each in (holds, fails, unknown)]
    assert told == [True, False, None]


def test_the_page_has_every_verb_and_state():
    conditions = [
        parse(each)
        for group, *_ in rows()
        for each in ([group] if isinstance(group, str) else group)
    ]
    assert {each.verb for each in conditions} == set(VERBS)
    assert set(STATES) <= {each.value for each in conditions}


@pytest.mark.parametrize(
    "text", ["", "Enabled", "Enabled is", "Enabled equals true", "is true", "Name matches ("]
)
def test_what_is_no_condition_is_refused(text: str):
    with pytest.raises(ValueError, match=r"condition|regular"):
        parse(text)


@pytest.mark.parametrize(
    ("conditions", "properties", "expected"),
    [
        (["A is 1", "B is 1"], {"A": 1, "B": 1}, True),
        (["A is 1", "B is 1"], {"A": 1}, None),
        (["A is 1", "B is 1"], {"A": 2}, False),
        (["B is 1", "A is 1"], {"A": 2}, False),
        ([("A is 1", "B is 1")], {"A": 1}, True),
        ([("A is 1", "B is 1")], {"A": 2}, None),
        ([("A is 1", "B is 1")], {"A": 2, "B": 2}, False),
        ([("A is 1", "B is 1"), "C is 1"], {"A": 1, "C": 2}, False),
    ],
)
def test_unknown_is_neither_true_nor_false(conditions, properties, expected):
    assert every(conditions, item(properties), Looked(today=TODAY)) is expected


def test_a_value_that_did_not_survive_the_export_is_unknown():
    cut = item({"A": ["x"]}, lost={"A": "cut"})
    looked = Looked(today=TODAY)
    assert every(["A has x"], cut, looked) is None
    assert looked.missing == ("A",)


def test_it_says_what_was_missing_and_what_decided():
    looked = Looked(today=TODAY)
    every(["A is 1", ("B is 1", "C is 2")], item({"A": 1, "C": 2}), looked)
    assert [each.name for each in looked.held] == ["A", "C"]
    assert looked.missing == ("B",)
    assert [each.name for each in looked.answers] == ["A", "B", "C"]
