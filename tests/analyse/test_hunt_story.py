"""The story of an incident: what worked stands at the time it did, and nothing stands there twice."""

from __future__ import annotations

import msgspec
from intruding import ATTACKER, OTHER, T0, Rule, group

from tocsin.analyse.hunt.findings import put_together
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.analyse.hunt.room import Facts, hunt
from tocsin.knowledge.chains import chains
from tocsin.knowledge.steps import steps

RULES = {name: Rule(id=name, title=name, step=name, level="high") for name in steps()}
RULES["script"] = Rule(id="script", title="a script asked", step="probe", level="informational")
RULES["odd"] = Rule(id="odd", title="odd folder", step="execution", level="medium")
DAY = 24 * 60


def tried(name: str, minutes: float, count: int = 1):
    made = group(name, minutes, client=ATTACKER, target="/a", outcome="attempt", count=count)
    return msgspec.structs.replace(made, tried=True)


def worked(name: str, minutes: float, count: int = 1):
    return group(name, minutes, client=ATTACKER, target="/a", count=count)


def told(*rows, stats=()):
    facts = Facts(rules=RULES, steps=steps(), chains=chains())
    return hunt(list(rows), list(stats), facts).hunt


def test_what_was_tried_a_day_before_is_told_apart_from_what_worked():
    found = told(tried("proxyshell", 0), worked("proxyshell", DAY, 5))
    assert [(each.outcome, each.count) for each in found.findings] == [
        ("success", 5),
        ("attempt", 1),
    ]
    (one,) = found.incidents
    assert [(each.outcome, each.first) for each in one.steps if each.outcome == "success"] == [
        ("success", T0.replace(day=T0.day + 1))
    ]


def test_what_was_tried_minutes_before_belongs_to_what_worked_which_stands_at_its_own_time():
    found = told(tried("proxyshell", 0, 3), worked("proxyshell", 5, 5))
    (finding,) = found.findings
    assert (finding.outcome, finding.count, finding.outcomes) == (
        "success",
        8,
        {"success": 5, "attempt": 3},
    )
    assert finding.first == T0
    (step,) = found.incidents[0].steps
    assert step.first == T0.replace(minute=T0.minute + 5)


def test_the_order_in_which_they_are_read_does_not_matter():
    rows = [tried("proxyshell", 0, 3), worked("proxyshell", 5, 5)]
    again = [tried("proxyshell", 0, 3), worked("proxyshell", 5, 5)][::-1]
    assert put_together(rows) == put_together(again)


def test_that_a_script_spoke_to_the_server_is_no_line_beside_what_it_said():
    script = group("script", 0, client=ATTACKER, target="/b", outcome="unknown", count=20)
    found = told(script, worked("proxyshell", 0, 5))
    (one,) = found.incidents
    assert [each.name for each in one.steps] == ["proxyshell"]
    assert len(one.findings) == 2
    other = group("script", 0, client=OTHER, target="/b", outcome="unknown", count=20)
    assert len(told(other, worked("proxyshell", 0, 5)).findings) == 2


def test_that_a_program_ran_is_no_line_beside_what_it_did():
    row = {"surface": "windows", "source": "s.evtx"}
    found = told(group("odd", 0, **row), group("tunnel", 0, **row))
    assert [each.name for each in found.incidents[0].steps] == ["tunnel"]
    found = told(group("odd", 0, **row), group("tunnel", 3, **row))
    assert [each.name for each in found.incidents[0].steps] == ["execution", "tunnel"]


def test_damage_long_after_a_break_in_names_the_break_in():
    found = told(worked("webshell-use", 0), group("impact", 20 * DAY, surface="windows"))
    by_step = {each.steps[0].name: each for each in found.incidents}
    words = "\n".join(map(str, by_step["impact"].data))
    assert f"EX01 was broken into on {T0:%Y-%m-%d} already (Used a web shell)" in words
    assert "already" not in "\n".join(map(str, by_step["webshell-use"].data))


def test_a_chain_is_not_named_where_its_own_sign_would_be_seen_and_is_not():
    names = ("proxyshell", "act-as-user")
    rows = [worked(name, number) for number, name in enumerate(names)]
    assert told(*rows).incidents[0].chain == "squirrelwaffle"
    read = LogFileStat(
        surface="messagetracking",
        source="m.log",
        host="EX01",
        first=T0.replace(hour=0),
        last=T0.replace(hour=23),
    )
    assert told(*rows, stats=[read]).incidents[0].chain == ""


def test_what_spreads_is_stopped_before_what_has_left():
    found = told(worked("exfiltration", 0), worked("impact", 9))
    words = [str(each) for each in found.incidents[0].next]
    assert words[0].startswith("Switch the network off")
    assert words[1].startswith("Block the address")
