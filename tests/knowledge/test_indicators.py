"""Mail indicators as data: the loader is strict, and every name in a file is one that there is."""

import ast
import re
from importlib import resources
from pathlib import Path
from string import Formatter

import pytest

from tocsin.analyse.conversation import identity, links, payload, room, scoring, telling
from tocsin.analyse.conversation.links import _LINK_TRAITS
from tocsin.analyse.conversation.payload import _KINDS, _RISKY
from tocsin.analyse.conversation.traits import TRAITS
from tocsin.formats import syntax
from tocsin.knowledge import indicators as module
from tocsin.knowledge import lexicon
from tocsin.knowledge.indicators import Indicator, IndicatorError, load_indicators, read_indicators
from tocsin.model.locator import Locator
from tocsin.model.message import Attachment, Link, Message, Party

PAGE = Path(__file__).resolve().parents[2] / "docs" / "indicators.md"
FOLDER = resources.files(module.__package__) / "data"
SHARED = (FOLDER / "conversation.toml").read_text("utf-8")
GOOD = """
id = "good"
title = "A good one"
axis = "payload"
group = "link"
needs = ["link-new", "short"]
lacks = ["stale"]
weight = 1.5
likelihood = { benign = 0.01, hijack = 0.2 }
sentence = "It leads to {link_domain}."
source = "Made up"

[[examples]]
observations = { link-new = 1.0, short = 0.5 }
stands = true

[[examples]]
observations = { link-new = 1.0, short = 1.0, stale = 0.5 }
stands = false
"""

ALL = load_indicators().all
every = pytest.mark.parametrize("each", ALL, ids=lambda each: each.id)


def read(text: str, name: str = "good.toml", shared: str = SHARED):
    return read_indicators({name: text}, shared)


def test_a_good_file_is_read():
    (each,) = read(GOOD).all
    assert (each.id, each.axis, each.weight) == ("good", "payload", 1.5)
    assert each.strength({"link-new": 1.0, "short": 0.5}) == 0.5
    assert each.strength({"link-new": 1.0}) == 0.0
    assert each.strength({"link-new": 1.0, "short": 1.0, "stale": 0.1}) == 0.0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('group = "link"\n', "", "group"),
        ('axis = "payload"', 'axis = "colour"', "$.axis"),
        ("weight = 1.5", 'weight = "much"', "$.weight"),
        ("weight = 1.5", "weight = 1.5\nwheight = 2.0", "wheight"),
        ("benign = 0.01", "benign = true", "$.likelihood.benign"),
        ("stands = true", 'stands = "yes"', "$.examples[0].stands"),
        ("weight = 1.5", "weight = -0.5", "below zero"),
        ('needs = ["link-new", "short"]', "needs = []", "needs nothing"),
        ('id = "good"', 'id = "better"', "better"),
        ("stands = true", "stands = false", "example 1"),
        ("stale = 0.5 }\nstands = false", "stale = 0.5 }\nstands = true", "example 2"),
        ('title = "A good one"', "title = ", "good.toml"),
    ],
)
def test_a_fault_names_the_file_and_the_place(old: str, new: str, said: str):
    assert old in GOOD
    with pytest.raises(IndicatorError) as fault:
        read(GOOD.replace(old, new, 1))
    assert str(fault.value).startswith("good.toml: ")
    assert said in str(fault.value)


def test_all_faults_are_told_at_once():
    bad = GOOD.replace("weight = 1.5", "weight = -1")
    with pytest.raises(IndicatorError) as fault:
        read_indicators({"good.toml": bad, "other.toml": "id = 3"}, "alert = 1")
    assert [line.partition(":")[0] for line in str(fault.value).splitlines()] == [
        "good.toml",
        "other.toml",
        "conversation.toml",
    ]


@pytest.mark.parametrize("kept", [True, False])
def test_both_kinds_of_example_are_needed(*, kept: bool):
    one, other = GOOD.split("[[examples]]")[1:]
    text = GOOD.split("[[examples]]", maxsplit=1)[0] + "[[examples]]" + (one if kept else other)
    with pytest.raises(IndicatorError, match="an example that stands and one that does not"):
        read(text)


@pytest.mark.parametrize(
    ("old", "new"), [("watch", "wach"), ("delay_hours = 48", 'delay_hours = "2d"')]
)
def test_a_fault_in_what_all_share_is_told(old: str, new: str):
    assert old in SHARED
    with pytest.raises(IndicatorError, match=r"^conversation\.toml: "):
        read(GOOD, shared=SHARED.replace(old, new, 1))


def test_the_shared_thresholds_are_in_order():
    judging = load_indicators().judging
    assert 0 < judging.watch < judging.alert
    assert judging.identity_alone > 0
    assert judging.payload_least > 0
    assert judging.delay_hours == 48
    assert judging.retention_days >= 30


def test_every_file_of_the_folder_is_one():
    files = {each.name for each in (FOLDER / "indicators").iterdir()}
    assert files == {f"{each.id}.toml" for each in ALL}


@every
def test_an_indicator_is_whole(each: Indicator):
    assert re.fullmatch(r"[a-z][a-z0-9-]*", each.id)
    assert each.weight >= 0
    assert 0 <= each.likelihood.benign <= 1
    assert 0 <= each.likelihood.hijack <= 1
    assert each.title
    assert each.source
    assert {example.stands for example in each.examples} == {True, False}
    assert each.sentence.endswith(".")
    assert "  " not in each.sentence


def constants(*paths: str) -> set[str]:
    """Every word written in those modules."""
    return {
        node.value
        for path in paths
        for node in ast.walk(ast.parse(Path(path).read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def composed(*paths: str) -> set[str]:
    """Every name that is put together when it is observed, with `{}` for what is filled in."""
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(Path(path).read_text("utf-8"))):
            if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.JoinedStr):
                continue
            parts = node.slice.values
            found.add("".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts))
    return found


OBSERVERS = (identity.__file__, links.__file__, payload.__file__, room.__file__)


def observations() -> set[str]:
    return (
        constants(*OBSERVERS)
        | {f"{trait}-new" for trait in TRAITS}
        | {f"domain-{trait}-new" for trait in TRAITS}
        | {f"link-{trait}" for trait in _LINK_TRAITS}
    )


def test_no_other_observation_is_put_together():
    assert composed(*OBSERVERS) == {"{}-new", "domain-{}-new", "link-{}"}


@every
def test_what_an_indicator_needs_is_observed_somewhere(each: Indicator):
    known = observations()
    assert [name for name in (*each.needs, *each.lacks) if name not in known] == []
    for example in each.examples:
        assert [name for name in example.observations if name not in known] == []


def syntax_words(*starts: str) -> set[str]:
    folder = Path(syntax.__file__).parent
    return constants(*(str(path) for start in starts for path in folder.glob(f"{start}*.py")))


def test_every_trait_that_is_looked_for_is_one_that_a_reader_gives():
    given = syntax_words("link", "attachment", "passwords")
    for name in ("file-kinds", "link-hosts"):
        given |= set(
            re.findall(r"[a-z][a-z0-9-]+", (FOLDER / "mail" / f"{name}.toml").read_text("utf-8"))
        )
    named = {each for each in _RISKY if each.startswith("named-")}
    assert [each for each in _RISKY if each not in given | named] == []
    assert [each for each in named if each[6:] not in given] == []
    assert [each for each in _LINK_TRAITS if each not in given] == []
    assert [each for each in _KINDS if each not in given] == []


def test_every_cue_that_is_looked_for_is_one_of_the_lexicon():
    files = (resources.files(lexicon.__package__) / "data" / "lexicon").iterdir()
    cues = {each.name.removesuffix(".toml") for each in files}
    assert set(payload._CUES) <= cues


def judged() -> room.Judged:
    score = scoring.Score(0.0, 0.0, 0.0, ())
    return room.Judged(
        index=0, number=0, key=1, thread=1, parent=0, parent_at=0, by="new", at=0, message_id="",
        date=None, verdict="watch", score=score, observed={}, answers=True, inside=True,
        known_before=False, account="anna.weber@contoso.example",
    )  # fmt: skip


FULL = Message(
    message_id="1@contoso.example",
    author=Party(name="Anna Weber", address="anna.weber@contoso.example"),
    links=(Link(url="https://a.test/x", host="a.test", domain="a.test"),),
    attachments=(Attachment(name="a.zip", declared="application/zip", kind="zip"),),
)


@every
def test_what_is_told_of_an_indicator_can_be_filled_and_has_a_place(each: Indicator):
    one = telling._Telling(judged(), FULL)
    places = {name for _, name, _, _ in Formatter().parse(each.sentence) if name}
    assert places <= set(one.values)
    hit = one.hit(scoring.Reason(each, 1.0), Locator(source="a.eml"))
    assert "{" not in str(hit.sentence)
    assert hit.at.position
    # An empty mail has no place to point at, and must break nothing.
    bare = telling._Telling(judged(), Message()).hit(
        scoring.Reason(each, 1.0), Locator(source="a.eml")
    )
    assert bare.name == each.id


def test_the_groups_that_telling_knows_are_groups():
    groups = {each.group for each in ALL}
    assert set(telling._HEADER_OF) <= groups
    ids = {each.id for each in ALL}
    assert [name for name in telling._FIELD if name not in ids] == []


@pytest.mark.parametrize("group", sorted({each.group for each in ALL}))
def test_all_of_one_group_are_of_one_axis(group: str):
    """Of a group two count: they must say much the same thing."""
    assert len({each.axis for each in ALL if each.group == group}) == 1


@every
def test_an_indicator_is_on_the_page(each: Indicator):
    if not PAGE.exists():
        pytest.skip("docs/indicators.md is not written yet")
    assert f"`{each.id}`" in PAGE.read_text("utf-8")
