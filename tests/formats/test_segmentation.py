"""Statements of segmentation: dated, with a source, and none of them trusted when it is wrong."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats import Reading, recognise, segmentation
from tocsin.model.evidence import Evidence, Inquiry, Look, Setting
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator

GOOD = """\
# Kept by the network team.

[[segment]]
server = "EX03.corp.contoso.com"
blocks = ["foothold", "cloud"]
until = 2027-03-01
reference = "firewall export of 2026-11-02, rules 210-214"
owner = "network team"
"""

SECOND = GOOD.partition("\n\n")[2].replace("EX03", "EX04").replace("2027-03-01", '"2027-04-01"')


def read(text: str, encoding: str = "utf-8") -> list[Evidence | Gap]:
    stream = io.BytesIO(text.encode(encoding))
    return list(segmentation.read(stream, Locator(source="segmentation.toml"), Reading()))


def statements(text: str, encoding: str = "utf-8") -> list[Setting]:
    found = [each.body for each in read(text, encoding) if isinstance(each, Evidence)]
    return [each for each in found if isinstance(each, Setting)]


def gaps(text: str) -> list[tuple[str, str]]:
    found = [each for each in read(text) if isinstance(each, Gap)]
    return [(each.at.position, str(each.why)) for each in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_statement_in_every_encoding_that_editors_write(encoding: str):
    text = GOOD.replace("\n", "\r\n")
    found = recognise(text.encode(encoding)[:8192])
    assert found is not None
    assert found.name == "segmentation"
    (statement,) = statements(text, encoding)
    assert statement.properties == {
        "Server": "EX03.corp.contoso.com",
        "Blocks": ["foothold", "cloud"],
        "Until": "2027-03-01",
        "Reference": "firewall export of 2026-11-02, rules 210-214",
        "Owner": "network team",
    }
    assert (statement.server, statement.side) == ("EX03.corp.contoso.com", "on-premises")


def test_an_inquiry_and_a_look_end_the_file():
    *_, inquiry, look = [each.body for each in read(GOOD + SECOND) if isinstance(each, Evidence)]
    assert inquiry == Inquiry(kind="Segmentation", side="on-premises", found=2)
    assert look == Look(seen_by="export", records=2)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("until = 2027-03-01\n", "", "the entry does not say “until”"),
        ("owner", "untill = 1\nowner", "the entry says “untill”, which is not known"),
        ("2027-03-01", '"soon"', "“until” of the entry is not a day such as 2027-03-01"),
        ("2027-03-01", "20270301", "“until” of the entry is not a day such as 2027-03-01"),
        ('"EX03.corp.contoso.com"', '" "', "“server” of the entry is not a text"),
        ('"network team"', "7", "“owner” of the entry is not a text"),
        (
            '"cloud"',
            '"everything"',
            "“blocks” of the entry is not a list out of foothold, internet, cloud",
        ),
        (
            '["foothold", "cloud"]',
            "[]",
            "“blocks” of the entry is not a list out of foothold, internet, cloud",
        ),
        (
            '["foothold", "cloud"]',
            '[["foothold"]]',
            "“blocks” of the entry is not a list out of foothold, internet, cloud",
        ),
    ],
)
def test_a_wrong_entry_is_told_and_is_no_statement_and_the_next_holds(
    old: str, new: str, told: str
):
    text = GOOD.replace(old, new, 1) + SECOND
    assert gaps(text) == [("line 3", told)]
    assert [each.name for each in statements(text)] == ["EX04.corp.contoso.com"]


def test_an_entry_that_is_no_toml_costs_only_itself():
    text = GOOD.replace("blocks = [", "blocks = (") + SECOND
    ((place, told),) = gaps(text)
    assert place == "line 3"
    assert told.startswith("the entry is no TOML: ")
    assert [each.properties["Until"] for each in statements(text)] == ["2027-04-01"]


def test_what_stands_before_the_first_entry_is_told():
    assert gaps('owner = "nobody"\n' + GOOD) == [
        ("", "something stands before the first [[segment]]")
    ]


@pytest.mark.parametrize(
    "head", [b"[[segments]]\n", b"segment = 1\n", b"a [[segment]]\n", b"# x\n"]
)
def test_other_files_are_not_taken(head: bytes):
    assert segmentation.recognise(head) == 0


def test_a_file_that_is_too_long_is_told():
    text = GOOD + "#" * segmentation.SIZE_LIMIT
    assert [place for place, _ in gaps(text)] == [""]
    assert len(statements(text)) == 1


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.integers(0, len(GOOD)))
def test_any_text_is_survived(text: str, at: int):
    for each in (text, GOOD[:at] + text + GOOD[at:], "[[segment]]\n" + text):
        data = each.encode("utf-8", "replace")
        segmentation.recognise(data)
        list(segmentation.read(io.BytesIO(data), Locator(source="x"), Reading()))


def test_deep_nesting_is_survived():
    assert len(gaps("[[segment]]\nserver = " + "[" * 100_000)) == 1
