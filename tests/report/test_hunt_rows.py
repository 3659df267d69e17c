"""The hunt as JSON lines, as rows, for Timesketch and for the Navigator: read as their readers do."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from typing import Any

import msgspec
import pytest
from golden import kept
from sample_hunt import calm, hostile, hunt, hunt_run, large
from sample_run import sample_run

from tocsin.model.hunt import Hunt
from tocsin.model.run import Run
from tocsin.report import output


def rendered(name: str, found: Hunt | None = None, *, servers: bool = False) -> str:
    return output(name).render(hunt_run(found, servers=servers), lambda words: words, "en")


def objects(found: Hunt | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rendered("jsonl", found).splitlines()]


def rows(name: str, found: Hunt | None = None, *, servers: bool = False) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rendered(name, found, servers=servers))))


def hunted(kind: str, found: Hunt | None = None) -> list[dict[str, Any]]:
    return [each for each in objects(found) if each["kind"] == kind and each.get("room") == "hunt"]


def test_one_object_for_each_finding_and_incident_and_a_count_at_the_end() -> None:
    every = objects()
    assert len(hunted("incident")) == 2
    assert len(hunted("finding")) == 9 + 2 + 37
    assert every[-1] == {"kind": "end", "objects": len(every) - 1}
    assert every[0]["hunt"]["findings"] == every[0]["hunt"]["incidents"] == []
    assert every[0]["hunt"]["rules"] == 412


@pytest.mark.parametrize("kind", ["finding", "incident"])
def test_both_answer_to_the_same_words(kind: str) -> None:
    for each in hunted(kind):
        assert each["status"] in ("attempt", "success", "unknown")
        assert each["level"] in ("informational", "low", "medium", "high", "critical")
        words = {"rule", "time", "host", "actor", "client", "attack", "events"}
        assert words <= each.keys()


def test_each_event_has_its_file_its_line_or_record_and_the_row_itself() -> None:
    by_step = {each["step"]: each for each in hunted("finding") if each["incident"] == "inc-1"}
    event = by_step["proxyshell"]["events"][0]
    assert event["file"].endswith("HttpProxy_2026110902-1.LOG")
    assert event["line"] == 418
    assert event["raw"].startswith("2026-11-09T02:14:07.119Z,9f1c1f0e")
    assert event["time"] == "2026-11-09T02:14:07Z"
    dump = by_step["credentials"]["events"][0]
    assert dump["record"] == 9120441
    assert "line" not in dump
    assert dump["decoded"] == {
        "command.base64": r"rundll32 comsvcs.dll, #24 684 C:\ProgramData\d.tmp full"
    }
    tunnel = by_step["tunnel"]
    assert (tunnel["count"], tunnel["status"], len(tunnel["events"])) == (4298, "success", 25)
    assert (tunnel["client"], tunnel["attack"]) == ("10.20.4.13", ["T1505.003", "T1572"])


def test_an_incident_names_its_steps_with_the_row_that_shows_each() -> None:
    incident = hunted("incident")[0]
    assert incident["rule"] == "proxyshell-ransomware"
    assert [each["step"] for each in incident["steps"]][:3] == [
        "probe",
        "proxyshell",
        "act-as-user",
    ]
    assert len(incident["events"]) == 9
    assert incident["missing"][1] == {
        "step": "impact", "title": "Prepared or did damage", "seen_in": ["windows"], "read": False,
    }  # fmt: skip
    assert incident["time"] == "2026-11-05T03:11:02Z"
    assert len(incident["findings"]) == 9


def test_the_lines_are_those_that_were_reviewed() -> None:
    small = msgspec.structs.replace(
        hunt(), findings=hunt().findings[:2], incidents=hunt().incidents[:1], coverage=()
    )
    lines = rendered("jsonl", small).splitlines()
    text = "\n".join(line for line in lines if '"room":"hunt"' in line) + "\n"
    assert text == kept("hunt.jsonl", text)


def test_hostile_words_stay_one_line_each() -> None:
    lines = rendered("jsonl", hostile()).encode("utf-8").decode().split("\n")
    assert all(json.loads(line) for line in lines if line)


def test_findings_stand_in_the_columns_that_the_table_has() -> None:
    every = rows("csv", servers=True)
    found = [each for each in every if each["status"] in ("attempt", "success", "unknown")]
    assert len(found) == 48
    by_rule = {each["title"]: each for each in found}
    shell = by_rule["Web Shell in aspnet_client"]
    assert shell["server"] == "EX03.corp.contoso.example"
    assert shell["build_label"] == "2016 CU19"
    assert shell["level"] == "critical"
    assert "client:198.51.100.7" in shell["tags"]
    assert "rows:14" in shell["tags"]
    assert shell["evidence"].startswith(
        "EX03/inetpub/logs/LogFiles/W3SVC1/u_ex261109.log#line 88240"
    )
    assert by_rule["Known Scanner"]["server"].startswith("EX0")
    assert every[-1]["rank"] == f"# {len(every) - 1} rows"


def test_timesketch_takes_every_dated_row_in_order() -> None:
    found = rows("timesketch")
    assert list(found[0])[:3] == ["message", "datetime", "timestamp_desc"]
    times = [datetime.fromisoformat(each["datetime"]) for each in found]
    assert times == sorted(times)
    assert all(time.utcoffset() is not None for time in times)
    kept_rows = sum(len(each.events) for each in hunt().findings)
    assert len(found) == kept_rows, "one row without a time is told in the last one"
    assert found[-1]["message"] == "Rows without a time that are left out here: 1"
    assert all(each["message"] and each["timestamp_desc"] for each in found)
    for each in found[:-1]:
        assert json.loads(each["tag"])[0] == each["outcome"]
    text = rendered("timesketch", msgspec.structs.replace(hunt(), findings=hunt().findings[:9]))
    assert text == kept("hunt.timesketch.csv", text)


def test_no_cell_is_a_formula_and_no_row_breaks() -> None:
    for name in ("timesketch", "csv"):
        text = rendered(name, hostile())
        table = list(csv.reader(io.StringIO(text)))
        assert {len(row) for row in table} == {len(table[0])}
        cells = [value for row in table[1:] for value in row]
        assert any(value.startswith("'=cmd") for value in cells)
        assert not [value for value in cells if value[:1] in "=+-@\t\r＝＋－＠" and value]
        assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", text)


def layer(found: Hunt | None = None) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(rendered("navigator", found))
    return made


def test_the_layer_has_what_its_format_demands() -> None:
    made = layer()
    assert made["versions"] == {"attack": "18", "navigator": "5.1.0", "layer": "4.5"}
    assert made["domain"] == "enterprise-attack"
    assert made["gradient"]["minValue"] < made["gradient"]["maxValue"]
    assert all(re.fullmatch("#[0-9a-f]{6}", each) for each in made["gradient"]["colors"])
    ids = [each["techniqueID"] for each in made["techniques"]]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", each) for each in ids)
    assert rendered("navigator") == kept("hunt.navigator.json", rendered("navigator"))


def test_a_technique_has_the_score_of_its_best_outcome_and_counts_beside() -> None:
    by_id = {each["techniqueID"]: each for each in layer()["techniques"]}
    assert by_id["T1505.003"]["score"] == 100
    assert by_id["T1569.002"]["score"] == 60
    assert by_id["T1595.002"]["score"] == 20
    assert "worked: 4313" in by_id["T1505.003"]["comment"]
    assert "EX03, EX05" in by_id["T1505.003"]["comment"]
    assert "tried: 114" in by_id["T1595.002"]["comment"]
    assert by_id["T1505"] == {"techniqueID": "T1505", "showSubtechniques": True}


def test_a_technique_that_is_none_is_left_out() -> None:
    assert [each["techniqueID"] for each in layer(hostile())["techniques"]] == ["T1190"]


@pytest.mark.parametrize("name", ["jsonl", "csv", "timesketch", "navigator", "stix"])
@pytest.mark.parametrize("run", [sample_run(), hunt_run(calm()), hunt_run(large(50, 3))])
def test_every_output_says_something_of_every_run(name: str, run: Run) -> None:
    assert output(name).render(run, str, "fr").endswith("\n")
