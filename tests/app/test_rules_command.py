"""`tocsin rules`: what its user sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

GOOD = """title: A page that is not ours
id: 7d0f9a52-1111-4222-8333-123456789abc
level: high
status: test
description: A page.
tags: [attack.t1505.003]
logsource: {category: webserver}
detection:
  page: {cs-uri-stem|endswith: /odd-page.aspx}
  worked: {sc-status: 200}
  condition: page
tocsin: {step: webshell-use, outcome: {success: worked}}
tests:
  - event: {cs-uri-stem: /owa/odd-page.aspx, sc-status: 200}
    matches: true
    outcome: success
  - event: {cs-uri-stem: /owa/x.aspx}
    matches: false
"""


def rules(*arguments, language="en"):
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "--lang", language, "rules", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.yml").write_text(GOOD, "utf-8")
    return tmp_path


def test_good_rules_have_no_faults(folder):
    found = rules("check", folder)
    assert found.returncode == 0, found.stdout
    assert found.stdout.endswith("1 rules, 0 correlations, 0 for other logs, 0 faults\n")


def test_a_rule_that_cannot_be_used_is_named_with_its_reason(folder):
    bad = GOOD.replace("1111", "2222").replace("condition: page", "condition: pages")
    (folder / "bad.yml").write_text(bad, "utf-8")
    found = rules("check", folder)
    assert found.returncode == 1
    (line,) = [each for each in found.stdout.splitlines() if "pages, which is no" in each]
    assert line.startswith(f"  {folder}/bad.yml: A page that is not ours: ")


def test_an_example_that_fails_and_an_unknown_step_are_faults(folder):
    bad = GOOD.replace("/owa/odd-page.aspx", "/owa/another.aspx").replace("webshell-use", "dancing")
    (folder / "good.yml").write_text(bad, "utf-8")
    for action in ("test", "check"):
        found = rules(action, folder)
        assert found.returncode == 1
        assert "example 1 does not match" in found.stdout
        assert "there is no step dancing" in found.stdout


def test_the_outcome_of_an_example_is_held_against_the_rule(folder):
    (folder / "good.yml").write_text(GOOD.replace("outcome: success", "outcome: attempt"), "utf-8")
    found = rules("test", folder)
    assert "example 1 gives success where attempt is said" in found.stdout


def test_a_rule_that_reads_every_row_is_told(folder):
    text = GOOD.replace("{category: webserver}", "{product: exchange, service: files}")
    text = text.replace("{cs-uri-stem|endswith: /odd-page.aspx}", "{cs-user-agent: null}")
    (folder / "good.yml").write_text(text, "utf-8")
    found = rules("check", folder)
    assert "nothing of it can be searched for; every row is read in files" in found.stdout


def test_rules_are_listed_as_text_and_as_json(folder):
    found = rules("list", folder)
    assert found.returncode == 0
    assert "high" in found.stdout
    assert "A page that is not ours" in found.stdout
    (told,) = json.loads(rules("list", "--format", "json", folder).stdout)
    assert told["id"] == "7d0f9a52-1111-4222-8333-123456789abc"
    assert told["level"] == "high"
    assert told["step"] == "webshell-use"
    assert "iis" in told["surfaces"]


def test_our_own_rules_pass():
    found = rules("test")
    assert found.returncode == 0, found.stdout[-2000:]
    assert " 0 faults" in found.stdout


@pytest.mark.parametrize(
    ("target", "module", "query"),
    [
        ("splunk", "splunk", '"cs-uri-stem"="*/odd-page.aspx"'),
        ("kusto", "kusto", 'csUriStem endswith "/odd-page.aspx"'),
        ("elasticsearch", "elasticsearch", r"cs-uri-stem:*\/odd\-page.aspx"),
    ],
)
def test_rules_are_converted(folder, target, module, query):
    pytest.importorskip(f"sigma.backends.{module}")
    found = rules("convert", "--target", target, folder)
    assert found.returncode == 0, found.stderr
    head, line = found.stdout.strip().splitlines()
    assert head == "# A page that is not ours"
    assert line == query


def test_a_rule_that_cannot_be_converted_is_named(folder):
    text = GOOD.replace("1111", "2222").replace(
        "cs-uri-stem|endswith: /odd", "x|fieldref|contains: /odd"
    )
    (folder / "other.yml").write_text(text.replace("page.aspx}", "page}"), "utf-8")
    (folder / "none.yml").write_text("title: None\ndetection: {a: {b: c}}\n", "utf-8")
    found = rules("convert", "--target", "elasticsearch", folder)
    assert found.returncode == 3
    assert "None: not converted: " in found.stderr
    assert "# A page that is not ours" in found.stdout


def test_a_missing_backend_is_told(folder, monkeypatch, capsys):
    from argparse import Namespace

    from tocsin.app import rules as command

    monkeypatch.setitem(sys.modules, "sigma.backends.splunk", None)
    arguments = Namespace(action="convert", paths=[str(folder)], target="splunk", translate=str)
    assert command.run(arguments) == 2
    assert "install tocsin[convert]" in capsys.readouterr().err
