"""Records of Windows that are passed over by their number or answered as an alike one was: nothing is lost."""

import json
import random

import hunt_cases
import pytest

from tocsin.analyse.hunt import answers
from tocsin.analyse.hunt import plan as plans
from tocsin.analyse.hunt.whole import HuntPart
from tocsin.app import hunting
from tocsin.formats import recognise
from tocsin.formats.syntax.event_number import number_of
from tocsin.formats.syntax.event_record import event_of
from tocsin.knowledge.sigma.event_numbers import event_numbers
from tocsin.model.locator import Locator

WINDOWS = [case for case in hunt_cases.cases() if case.kind == "windows"]
SYSTEM = {"Provider": "Microsoft-Windows-Sysmon", "EventID": 11, "Channel": "x", "Computer": "EX01"}


@pytest.mark.parametrize(
    ("record", "number"),
    [
        ({"Event": {"System": SYSTEM, "EventData": {"EventID": 1, "Id": 7}}}, "11"),
        ({"Event": {"System": {**SYSTEM, "EventID": {"#text": 4688, "#attributes": {}}}}}, "4688"),
        ({"System": SYSTEM, "EventID": 1}, "11"),
        (
            {"winlog": {"event_id": "13", "channel": "x"}, "event": {"code": "1"}, "EventID": 5},
            "13",
        ),
        ({"EventID": 4624, "Id": 3, "Channel": "Security"}, "4624"),
        ({"EventID": "4624", "Event": None, "Channel": "Security"}, "4624"),
        ({"EventID": 4, "_source": {"EventID": 5, "Channel": "x"}}, None),
        ({"EventID": 4, "winlog.event_id": 5, "winlog.channel": "x"}, None),
        ({"EventID": 0, "EventId": 1, "Channel": "x"}, None),
        ({"Id": 4624, "LogName": "Security"}, None),
        ({"Event": "4624", "EventID": 4}, None),
        ({"EventID": "a"}, None),
        ([], None),
    ],
)
def test_the_number_is_the_one_that_the_whole_record_tells(record, number):
    text = json.dumps(record).encode()
    assert number_of(text) == number
    event = event_of(text)
    if number is not None:
        assert event.fields["EventID"] == number


def test_no_damaged_record_has_a_number_of_its_own():
    text = json.dumps({"Event": {"System": SYSTEM, "EventData": {"EventID": 12}}}).encode()
    for at in range(len(text)):
        for damaged in (text[:at], text[:at] + text[at + 1 :], text[:at] + b'"' + text[at:]):
            number, event = number_of(damaged), event_of(damaged)
            assert number is None or event is None or number == event.fields["EventID"]


def told(folder, spool):
    hunting._plan.cache_clear()
    part = HuntPart()
    job = hunting.HuntJob(wish=hunting.HuntWish(), spool=str(spool))
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            found = recognise(stream.read(8192))
            stream.seek(0)
            at = Locator(source=path.name)
            hunting.hunt_file(job, found, stream, at, lambda _: True, part)
    return sorted((group.rule, group.host, group.count, group.outcomes) for group in part.groups)


def test_what_is_passed_over_would_have_matched_nothing(tmp_path, monkeypatch):
    folder, spool = tmp_path / "logs", tmp_path / "spool"
    folder.mkdir()
    spool.mkdir()
    for number, case in enumerate(WINDOWS, 1):
        hunt_cases.write(case, number, folder)
    quick = told(folder, spool)
    monkeypatch.setattr(plans, "event_numbers", lambda _: None)
    assert quick == told(folder, spool)
    monkeypatch.undo()
    hunting._plan.cache_clear()
    assert len(quick) > 200


def crossed(folder):
    """Records of the cases, some of them with one value of another record of their number."""
    lines = [line for path in sorted(folder.iterdir()) for line in path.read_text().splitlines()]
    trees = [tree for line in lines if "Event" in (tree := json.loads(line))]
    alike = {}
    for tree in trees:
        alike.setdefault(tree["Event"]["System"]["EventID"], []).append(tree)
    chance = random.Random(3)
    for _ in range(4000):
        tree = json.loads(json.dumps(chance.choice(trees)))
        other = chance.choice(alike[tree["Event"]["System"]["EventID"]])["Event"]["EventData"]
        mine = tree["Event"]["EventData"]
        name = chance.choice(sorted(mine)) if mine else ""
        if name in other:
            mine[name] = other[name]
        yield json.dumps(tree)


def test_events_alike_are_answered_as_each_would_be(tmp_path, monkeypatch):
    folder, mixed, spool = tmp_path / "logs", tmp_path / "mixed", tmp_path / "spool"
    for each in (folder, mixed, spool):
        each.mkdir()
    for number, case in enumerate(WINDOWS):
        hunt_cases.write(case, 2 * number + 1, folder)
    (mixed / "events.json").write_text("\n".join(crossed(folder)) + "\n")
    asked = []
    thorough = answers.Answers._asked
    monkeypatch.setattr(answers.Answers, "_asked", lambda *a: asked.append(1) or thorough(*a))
    quick, few = told(mixed, spool), len(asked)
    monkeypatch.setattr(answers, "LEAST", 1 << 20)
    assert quick == told(mixed, spool)
    assert len(quick) > 100
    assert few < 0.8 * (len(asked) - few)


def test_most_rules_on_windows_name_their_events():
    asked = [rule for rule in hunting.rules(hunting.HuntWish()).rules if "windows" in rule.surfaces]
    known = [numbers for rule in asked if (numbers := event_numbers(rule)) is not None]
    assert len(known) > len(asked) * 0.7
    assert frozenset({"1", "4688"}) in known
