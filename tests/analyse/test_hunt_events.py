"""Events of Windows are searched for what events of their number can need: nothing is lost by it."""

import io
import json
import random

import pytest

from tocsin.analyse.hunt import by_number
from tocsin.analyse.hunt.whole import HuntPart
from tocsin.app.hunting import HuntJob, HuntWish, hunt_file
from tocsin.formats import recognise
from tocsin.model.locator import Locator

RULES = """
title: A program was started
id: 7d0f9a52-1111-4222-8333-123456789a01
level: high
logsource: {product: windows, category: process_creation}
detection:
  odd: {CommandLine|contains: oddword}
  condition: odd
---
title: A file was written
id: 7d0f9a52-1111-4222-8333-123456789a02
level: high
logsource: {product: windows, category: file_event}
detection:
  odd: {TargetFilename|contains: oddword}
  condition: odd
---
title: Anything of the security log
id: 7d0f9a52-1111-4222-8333-123456789a03
level: high
logsource: {product: windows, service: security}
detection:
  odd: {TargetUserName|contains: oddname}
  condition: odd
"""
SYSMON = "Microsoft-Windows-Sysmon/Operational"
KINDS = {
    "7d0f9a52-1111-4222-8333-123456789a01": (1, SYSMON, "CommandLine", "run oddword"),
    "7d0f9a52-1111-4222-8333-123456789a02": (11, SYSMON, "TargetFilename", "C:\\oddword.txt"),
    "7d0f9a52-1111-4222-8333-123456789a03": (4624, "Security", "TargetUserName", "oddname"),
}


def event(number: int, channel: str, field: str, value: str) -> str:
    provider = "Microsoft-Windows-Sysmon" if channel == SYSMON else "Microsoft-Windows-Security"
    system = {
        "Provider": {"#attributes": {"Name": provider}},
        "EventID": number,
        "TimeCreated": {"#attributes": {"SystemTime": "2026-03-03T10:00:00.000000Z"}},
        "Channel": channel,
        "Computer": "EX01.contoso.example",
    }
    return json.dumps({"Event": {"System": system, "EventData": {field: value}}})


@pytest.fixture(scope="module")
def log() -> tuple[bytes, dict[str, set[str]]]:
    """Events in a mixed order, and by rule the places of those that it matches. Most hold a word of a
    rule for another kind of event."""
    chance = random.Random(9)
    lines, expected = [], {rule: set() for rule in KINDS}
    for place in range(1, 1501):
        rule = chance.choice(list(KINDS))
        number, channel, field, value = KINDS[rule]
        if chance.random() < 0.2:
            expected[rule].add(f"record {place}")
        else:
            field, value = chance.choice([("Other", value), (field, "plain")])
        if chance.random() < 0.1:
            number = chance.randrange(5000, 6000)  # of which no rule here is for files or programs
            expected[rule].discard(f"record {place}")
            if rule.endswith("03") and (field, value) == KINDS[rule][2:]:
                expected[rule].add(f"record {place}")
        lines.append(event(number, channel, field, value))
    return "\n".join(lines).encode() + b"\n", expected


@pytest.mark.parametrize("enough", [1, 50, 10_000])
def test_whatever_is_searched_by_itself(log, enough, tmp_path, monkeypatch):
    monkeypatch.setattr(by_number, "ENOUGH", enough)
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    job = HuntJob(
        wish=HuntWish(folders=(str(tmp_path / "rules.yml"),), packaged=False), spool=str(tmp_path)
    )
    data, expected = log
    part = HuntPart()
    found = recognise(data[:8192])
    rows = hunt_file(job, found, io.BytesIO(data), Locator(source="x"), lambda _: True, part)
    assert rows == 1500
    counted = dict.fromkeys(KINDS, 0)
    places: dict[str, list[str]] = {rule: [] for rule in KINDS}
    for group in part.groups:
        counted[group.rule] += group.count
        places[group.rule] += [each.at.position for each in group.events]
    assert counted == {rule: len(each) for rule, each in expected.items()}
    for rule, told in places.items():
        numbers = [int(each.split()[-1]) for each in told]
        assert numbers == sorted(numbers)
        assert {f"record {each}" for each in numbers} <= expected[rule]
