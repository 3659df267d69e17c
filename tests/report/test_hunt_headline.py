"""The verdict in words, and the exit code that goes with it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from sample_hunt import alone, break_in, calm, hunt, hunt_run, large, probed, story

from tocsin.app.exits import exit_code
from tocsin.assess.headline import hunt_headline
from tocsin.model.hunt import Hunt


def words(found: Hunt | None, *, asked: bool = True) -> str:
    return " ".join(str(each) for each in hunt_headline(found, asked=asked))


def only(*, findings: tuple = (), incidents: tuple = ()) -> Hunt:
    return msgspec.structs.replace(hunt(), findings=findings, incidents=incidents)


def test_server_day_and_the_gravest_step_that_worked() -> None:
    assert words(hunt()).startswith(
        "EX03, EX05 were broken into, first on 2026-11-09: Took passwords."
    )
    one = msgspec.structs.replace(
        break_in(), hosts=("EX03",), steps=break_in().steps[:6], findings=break_in().findings[:6]
    )
    assert words(only(findings=story()[:6], incidents=(one,))) == (
        "EX03 was broken into on 2026-11-09: Used a web shell."
    )


def test_servers_that_were_only_probed_are_counted_once() -> None:
    incident, found = probed()
    assert words(only(findings=found, incidents=(incident,))) == (
        "No trace of a break-in was found in the logs. 2 servers were only probed."
    )
    both = only(findings=(*story(), *found), incidents=(break_in(), incident))
    assert words(both).endswith("Took passwords. 1 further server was only probed.")


def test_what_cannot_be_told_is_not_called_clean() -> None:
    assert words(only(findings=alone())) == (
        "On one server the logs cannot tell whether somebody got in."
    )


def test_what_may_have_happened_in_the_tenant_alone_is_said() -> None:
    tenant = [msgspec.structs.replace(each, host="", surface="m365") for each in alone()]
    assert words(only(findings=tuple(tenant))) == (
        "In the Microsoft 365 tenant the logs cannot tell whether somebody got in."
    )
    unnamed = [msgspec.structs.replace(each, host="") for each in alone()]
    assert words(only(findings=tuple(unnamed))) == (
        "On one server the logs cannot tell whether somebody got in."
    )


def test_a_tenant_that_was_only_probed_is_no_server() -> None:
    incident, found = probed()
    tenant = tuple(msgspec.structs.replace(each, host="", surface="m365") for each in found)
    steps = tuple(msgspec.structs.replace(each, host="") for each in incident.steps)
    tried = msgspec.structs.replace(incident, hosts=(), steps=steps)
    assert words(only(findings=tenant, incidents=(tried,))) == (
        "No trace of a break-in was found in the logs. "
        "At the Microsoft 365 tenant somebody tried, and did not get in."
    )


def test_a_finding_without_an_incident_still_names_its_server() -> None:
    said = words(only(findings=story()[5:7]))
    assert said == "EX03 was broken into on 2026-11-09: Memory of LSASS Written to a File."


def test_many_break_ins_stay_short() -> None:
    said = words(large())
    assert said.count("broken into") == 3
    assert "Further break-ins: 58." in said


def test_no_log_is_said_when_logs_were_asked_for_only() -> None:
    assert words(None) == "No log was found in what was given."
    assert words(None, asked=False) == ""
    assert words(calm()) == "No trace of a break-in was found in the logs."


@pytest.mark.parametrize(
    ("found", "fail_on", "code"),
    [
        (hunt(), "critical", 1),
        (calm(), "informational", 0),
        (only(findings=probed()[1]), "low", 0),
        (only(findings=probed()[1]), "informational", 1),
        (only(findings=story()[:1]), "medium", 0),
        (only(findings=story()[:1]), "low", 1),
        (only(incidents=(break_in(),)), "high", 1),
        (hunt(), "none", 0),
    ],
)
def test_what_the_hunt_found_counts_with_its_own_level(
    found: Hunt, fail_on: str, code: int
) -> None:
    run = msgspec.structs.replace(hunt_run(found, servers=False), gaps=())
    assert exit_code(run, fail_on) == code


def test_a_period_in_which_no_log_lies_is_no_all_clear() -> None:
    dated = tuple(each for each in hunt().coverage if each.first and each.last)
    calm_hunt = msgspec.structs.replace(only(), coverage=dated)
    later, earlier = datetime(2030, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)
    outside = "No row of the logs that were read lies in the period that was asked for."
    for period in ((later, None), (None, earlier)):
        said = " ".join(map(str, hunt_headline(calm_hunt, asked=True, period=period)))
        assert said == outside
    said = " ".join(map(str, hunt_headline(calm_hunt, asked=True, period=(earlier, later))))
    assert said == "No trace of a break-in was found in the logs."
