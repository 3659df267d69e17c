"""What others wrote into runs, tables, rules and folders is refused in words that cannot be misread."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trust_case import written

from tocsin.cli import main

EVIL = "\x1b[2Jevil\u202e\r\ntocsin: nothing was found"
RULE = """title: Good one
id: 11111111-1111-4111-8111-111111111111
status: test
level: high
logsource: {category: webserver}
detection: {a: {cs-uri-query|contains: "found me"}, condition: a}
"""


def _fault(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command that refuses says; nothing that a terminal obeys, no line that is not ours."""
    assert main([*words, "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert not [sign for sign in "\x1b\r\u202e\x07" if sign in said]
    lines = said.splitlines()
    assert lines[0].startswith("tocsin: ")
    assert all(line.startswith("  ") for line in lines[1:])
    return said


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("saved")
    main(
        ["trust", str(written(folder / "case")), "-o", str(folder / "out"), "-q", "--workers", "1"]
    )
    run: dict[str, Any] = json.loads((folder / "out" / "run.json").read_text())
    return run


@pytest.mark.parametrize("command", [("report", "--from", "RUN"), ("diff", "RUN", "RUN")])
def test_the_names_in_a_hostile_run_do_not_drive_the_terminal(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    run = tmp_path / "run.json"
    run.write_text(json.dumps({EVIL: 1}))
    said = _fault(capsys, *(str(run) if each == "RUN" else each for each in command))
    assert r"\x1b[2Jevil\u202e" in said


def _late(run: dict[str, Any]) -> None:
    run["finished"] = "9999-12-31T23:59:59-23:59"


def _early(run: dict[str, Any]) -> None:
    run["started"] = "0001-01-01T00:00:00+23:59"


def _torn(run: dict[str, Any]) -> None:
    run["trusts"]["paths"][0]["target"] = "nobody"


@pytest.mark.parametrize("spoil", [_late, _early, _torn])
def test_a_run_that_contradicts_itself_is_refused_and_named(
    spoil: Callable[[dict[str, Any]], None],
    saved: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    run = json.loads(json.dumps(saved))
    spoil(run)
    file = tmp_path / "spoilt.json"
    file.write_text(json.dumps(run))
    assert "spoilt.json" in _fault(capsys, "report", "--from", str(file), "--without", "EX03")


def test_a_date_wider_than_the_page_is_shown(
    saved: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    run = json.loads(json.dumps(saved))
    run["knowledge"]["date"] = "\x1b" + "x" * 300
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert main(["report", "--from", str(tmp_path / "run.json"), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "x" * 300 in said
    assert "\x1b" not in said


def test_an_answer_is_not_written_through_a_link_that_was_laid_for_it(tmp_path: Path):
    out, victim = tmp_path / "out", tmp_path / "victim"
    out.mkdir()
    victim.write_text("mine")
    for name in ("run.json", "report.html"):
        (out / f"{name}.partial").symlink_to(victim)
    (tmp_path / "case").mkdir()
    main(["inventory", str(tmp_path / "case"), "-o", str(out), "-q"])
    assert victim.read_text() == "mine"
    assert json.loads((out / "run.json").read_text())["format"] == "tocsin-run"
    assert not (out / "run.json").is_symlink()


def test_evidence_is_not_written_through_a_link_that_leads_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    link, victim = tmp_path / "evidence.jsonl", tmp_path / "victim"
    link.symlink_to(victim)
    assert "exists already" in _fault(capsys, "collect", "probe", "192.0.2.1", "-o", str(link))
    assert not victim.exists()


def test_a_table_of_another_encoding_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "cves.csv").write_bytes("cve,näme\n".encode("latin-1"))
    for words in (("knowledge", "check"), ("verdict", "15.1.2507.6", "--knowledge")):
        assert "cves.csv: not UTF-8 text" in _fault(capsys, *words, str(tmp_path))


@pytest.mark.parametrize("target", ["splunk", "kusto"])
def test_a_rule_that_the_library_trips_over_does_not_keep_back_the_others(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "good.yml").write_text(RULE)
    odd = f"title: {json.dumps(EVIL)}\nid: 5\nlogsource: 7\ndetection: {{a: 7, condition: [[1]]}}\n"
    (tmp_path / "odd.yml").write_text(odd)
    assert main(["rules", "convert", "--lang", "en", "--target", target, str(tmp_path)]) == 3
    said = capsys.readouterr()
    assert "found me" in said.out
    assert r"\x1b[2Jevil\u202e" in said.err
    assert "\x1b" not in said.err + said.out
    assert main(["rules", "check", "--lang", "en", str(tmp_path)]) == 1
    assert "odd.yml" in capsys.readouterr().out


def test_a_pipe_among_rules_or_tables_is_named_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A pack of rules is unpacked from somebody's archive, and an archive may hold pipes."""
    rules, tables = tmp_path / "rules", tmp_path / "tables"
    for folder, name in ((rules, "a.yml"), (tables, "cves.csv")):
        folder.mkdir()
        os.mkfifo(folder / name)
    (rules / "good.yml").write_text(RULE)
    assert main(["rules", "check", "--lang", "en", str(rules)]) == 1
    said = capsys.readouterr().out
    assert "a.yml" in said
    assert "1 rules" in said
    assert "cves.csv" in _fault(capsys, "knowledge", "check", str(tables))
    assert "cves.csv" in _fault(capsys, "verdict", "15.1.2507.6", "--knowledge", str(tables))
