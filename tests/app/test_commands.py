"""The commands as a user runs them: words in, words and exit codes out."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CASE = ROOT / "demo" / "case"


def tocsin(*words, cwd=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd or ROOT,
        env={**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **environment},
    )


@pytest.fixture(scope="module")
def examined(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    done = tocsin(
        "examine", str(CASE), "-o", str(folder / "out"), "--own-domain", "contoso.example"
    )
    return done, folder / "out"


def test_the_case_is_answered_and_both_files_are_left(examined):
    done, out = examined
    assert done.returncode == 1, done.stderr
    assert "4 Exchange servers" in done.stdout
    assert "Nobody outside can see 2 of them" in done.stdout
    assert (out / "report.html").stat().st_size > 10_000
    run = json.loads((out / "run.json").read_text())
    assert {s["name"].upper(): s["hidden"] for s in run["servers"]} == {
        "EX01.CORP.CONTOSO.EXAMPLE": False,
        "EX02.CORP.CONTOSO.EXAMPLE": False,
        "EX03.CORP.CONTOSO.EXAMPLE": True,
        "HYB01.CORP.CONTOSO.EXAMPLE": True,
    }


def test_the_document_meets_its_schema(examined):
    _, out = examined
    schema = json.loads((ROOT / "docs" / "run.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((out / "run.json").read_text()), schema)


def test_the_schema_in_the_docs_is_that_of_the_types(tmp_path):
    fresh = tmp_path / "schema.json"
    subprocess.run([sys.executable, ROOT / "tools" / "schema.py", fresh], check=True, cwd=ROOT)
    assert fresh.read_text() == (ROOT / "docs" / "run.schema.json").read_text()


def test_every_finding_has_evidence_in_a_source_of_the_run(examined):
    _, out = examined
    run = json.loads((out / "run.json").read_text())
    digests = {each["source"]: each["sha256"] for each in run["sources"]}
    assert run["findings"]
    for finding in run["findings"]:
        assert finding["evidence"]
        for proof in finding["evidence"]:
            assert digests[proof["source"]] == proof["sha256"]
            assert proof["position"]
            assert proof["quote"]


def test_nothing_is_written_over_unasked(examined):
    _, out = examined
    again = tocsin("examine", str(CASE), "-o", str(out))
    assert again.returncode == 2
    assert "run.json" in again.stderr
    assert tocsin("examine", str(CASE), "-o", str(out), "--force").returncode == 1


def test_a_second_run_without_o_takes_a_folder_of_its_own(tmp_path):
    for _ in range(2):
        assert tocsin("inventory", str(CASE), cwd=tmp_path).returncode == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tocsin-report", "tocsin-report-2"]


@pytest.mark.parametrize("name", ["text", "json", "jsonl", "csv", "html"])
def test_a_saved_run_renders_again_as_it_was_printed(examined, name):
    _, out = examined
    first = tocsin("report", "--from", str(out / "run.json"), "--format", name)
    assert first.returncode == 0, first.stderr
    assert "ex03.corp.contoso.example" in first.stdout.lower()
    assert (
        first.stdout == tocsin("report", "--from", str(out / "run.json"), "--format", name).stdout
    )


def test_a_saved_run_renders_in_french(examined):
    _, out = examined
    french = tocsin("report", "--from", str(out / "run.json"), "--lang", "fr").stdout
    assert "serveurs Exchange" in french


def test_json_lines_and_csv_say_how_much_they_hold(examined):
    _, out = examined
    lines = tocsin(
        "report", "--from", str(out / "run.json"), "--format", "jsonl"
    ).stdout.splitlines()
    assert json.loads(lines[-1]) == {"kind": "end", "objects": len(lines) - 1}
    rows = tocsin("report", "--from", str(out / "run.json"), "--format", "csv").stdout.splitlines()
    assert rows[-1].startswith(f"# {len(rows) - 2} rows")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["examine", str(CASE), "--format", "json"], 1),
        (["examine", str(CASE), "--format", "json", "--fail-on", "none"], 0),
        (["examine", "no-such-place", "--format", "json"], 2),
        (["examine"], 2),
        (["frobnicate"], 2),
        (["verdict", "not a build"], 2),
        (["verdict", "15.1.2507.6"], 0),
        (["verdict", "15.1.2507.6", "--fail-on", "critical"], 1),
        (["report", "--from", str(ROOT / "Makefile")], 2),
    ],
)
def test_exit_codes_are_those_of_the_docs(words, code):
    assert tocsin(*words).returncode == code


def test_lost_input_is_partial(tmp_path):
    (tmp_path / "cut.json").write_bytes(
        b'{"kind":"tocsin-evidence","version":1,"command":""}\nnot json\n'
    )
    done = tocsin("examine", str(tmp_path), "--format", "json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["gaps"][0]["position"] == "line 2"


def test_a_run_compared_with_itself_has_not_changed(examined):
    _, out = examined
    run = str(out / "run.json")
    assert "Nothing changed" in tocsin("diff", run, run).stdout


def test_a_patched_server_shows_in_the_difference(examined, tmp_path):
    _, out = examined
    case = tmp_path / "mail.eml"
    mail = (CASE / "mail" / "depot-inventory.eml").read_text()
    case.write_text(mail.replace("15.01.2176.009", "15.01.2507.072"))
    tocsin("examine", str(case), "-o", str(tmp_path / "new"))
    changes = json.loads(
        tocsin(
            "diff", str(out / "run.json"), str(tmp_path / "new/run.json"), "--format", "json"
        ).stdout
    )
    proxyshell = [
        c for c in changes if c["rule"] == "CVE-2021-34473" and c["server"].startswith("EX03")
    ]
    assert [(c["before"], c["after"]) for c in proxyshell] == [("affected", "fixed")]


def test_no_colour_in_a_pipe_and_no_control_characters_from_names(tmp_path):
    mail = (CASE / "mail" / "depot-inventory.eml").read_bytes()
    (tmp_path / "x.eml").write_bytes(mail.replace(b"EX03.corp", b"EX\x1b[31m03.corp"))
    done = tocsin("examine", str(tmp_path), "--format", "text", "-o", str(tmp_path / "o"))
    assert "\x1b" not in done.stdout


def test_version_and_help_answer_without_the_heavy_modules():
    # A proxy for the promise of 0.2 s that does not depend on the machine: what is imported.
    code = (
        "import sys, tocsin.cli\n"
        "try: tocsin.cli.main(['--version'])\n"
        "except SystemExit: pass\n"
        "heavy = {'jinja2','rich','cryptography','ldap3','httpx2','py7zr','asyncio','email.parser'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_since_and_until_leave_dated_evidence_out():
    run = json.loads(
        tocsin("inventory", str(CASE / "mail"), "--format", "json", "--until", "2019-12-31").stdout
    )
    assert {s["name"].lower() for s in run["servers"]} == {
        "ex01.corp.contoso.example",
        "ex03.corp.contoso.example",
    }


def test_clock_of_the_documents_is_utc(examined):
    _, out = examined
    run = json.loads((out / "run.json").read_text())
    assert run["started"].endswith("Z")
    assert time.strptime(run["started"][:19], "%Y-%m-%dT%H:%M:%S")


def test_the_whole_answer_is_cut_where_it_repeats_and_says_how_to_see_the_rest(examined):
    done, out = examined
    run = json.loads((out / "run.json").read_text())
    whole = tocsin("report", "--from", str(out), "-v").stdout
    short = tocsin("report", "--from", str(out)).stdout
    assert len(short.splitlines()) < 260 < len(whole.splitlines())
    assert "(-v, or the report)" in short
    assert "(-v" not in whole

    flat = " ".join(short.split())
    broken = run["hunt"]["incidents"][0]
    for each in ("Planted a web shell", "Used a web shell", "Sent mail in other people's names"):
        assert f"● worked {each}" in flat, "what was gravest, and how it ended, stay"
    first, last = broken["steps"][0]["first"][11:19], broken["steps"][-1]["first"][11:19]
    assert short.index(f"{first}  EX03") < short.index(f"{last}  EX03")
    for each in run["trusts"]["scores"]:
        assert each["name"] in short
    assert short.count("      way      ") == 4
    fails = {e["check"] for e in run["trusts"]["checks"] if e["outcome"] == "fail"}
    assert len([each for each in fails if each in short]) == 18
    assert f"… and {len(fails) - 18} more (-v, or the report)" in short
    assert all(each in whole for each in fails)
    for step in broken["steps"]:
        assert f"{step['first'][11:19]}  EX03" in whole
    assert len(run["plan"]["actions"]) > 5
    assert f"  {len(run['plan']['actions'])}  " in whole

    named = done.stdout.strip().splitlines()[-4:]
    assert named[0].split() == [str(out / "report.html"), str(out / "run.json")]
    assert " ".join(named).count(str(out)) == 2
    assert "beside them, to hand on: recipients.csv, purge.csv" in " ".join(named)


def test_nobody_is_told_to_read_the_mailboxes_where_they_were_read(examined):
    advice = "Run the conversation room over the mailboxes"
    _, out = examined
    run = json.loads((out / "run.json").read_text())
    assert run["conversations"]["judged"]["alert"]
    assert "squirrelwaffle" in [each["chain"] for each in run["hunt"]["incidents"]]
    assert advice not in (out / "run.json").read_text()
    assert advice in tocsin("hunt", str(CASE), "--format", "json").stdout
