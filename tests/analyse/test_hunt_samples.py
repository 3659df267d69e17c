"""Real attack logs: what SOURCES.md beside them says must be found, in order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def run(shared, tmp_path_factory):
    """The command's own document of some samples, asked for once each."""
    done = {}

    def ask(*names: str) -> dict:
        if names not in done:
            folder = tmp_path_factory.mktemp("hunt")
            paths = [str(shared / "samples" / "logs" / name) for name in names]
            command = [sys.executable, "-m", "tocsin", "hunt", *paths]
            made = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False,
                env={**os.environ, "NO_COLOR": "1"}, timeout=300,
            )  # fmt: skip
            found = sorted(Path(folder).glob("tocsin-report*/run.json"))
            assert found, made.stderr[-2000:]
            done[names] = json.loads(found[0].read_bytes())["hunt"]
        return done[names]

    return ask


def said(sentence):
    return sentence["template"].format_map({"client": "", **sentence["values"]})


def test_the_published_rows_of_a_real_case_are_one_chain_joined_by_canary_and_time(run):
    hunt = run("exchange/helsecert")
    first = min(hunt["incidents"], key=lambda each: each["first"] or "9")
    assert (first["outcome"], first["level"], first["chain"]) == (
        "success", "critical", "proxylogon-web-shell",
    )  # fmt: skip
    assert "130.255.189.21" in first["clients"]
    by_id = {each["id"]: each for each in hunt["findings"]}
    surfaces = {by_id[each]["surface"] for each in first["findings"]}
    assert {"httpproxy", "ecp-server"} <= surfaces
    names = [each["name"] for each in first["steps"]]
    assert names.index("ssrf") < names.index("webshell-write")
    assert any("canary" in said(each) for each in first["joined"])
    assert any(
        by_id[each]["step"] == "ssrf" and by_id[each]["count"] in (9, 11)
        for each in first["findings"]
    )


def test_those_who_looked_for_shells_of_others_are_not_those_who_broke_in(run):
    hunt = run("exchange/helsecert")
    whose = [each for each in hunt["incidents"] if "139.162.202.236" in each["clients"]]
    assert len(whose) == 1
    assert "130.255.189.21" not in whose[0]["clients"]


def test_the_labs_chain_is_told_in_the_order_of_its_seconds(run):
    hunt = run("json/otrf_proxylogon_ssrf_rce_poc.zip")
    assert len(hunt["incidents"]) == 1
    told = hunt["incidents"][0]
    assert (told["outcome"], told["level"], told["hosts"]) == ("success", "critical", ["MXS01"])
    assert told["chain"] == "proxylogon-web-shell"
    assert told["missing"] == []
    order = list(dict.fromkeys(each["name"] for each in told["steps"]))
    assert [each for each in order if each in ("ssrf", "webshell-write", "webshell-use")] == [
        "ssrf", "webshell-write", "webshell-use",
    ]  # fmt: skip
    by_id = {each["id"]: each for each in hunt["findings"]}
    cited = [
        (event["when"], event["fields"].get("EventID", ""), event["raw"])
        for each in told["findings"]
        for event in by_id[each]["events"]
    ]
    seconds = {
        "Control Panel": "01:40:11",
        "Set-OabVirtualDirectory": "01:40:12",
        "ohyeah.aspx": "01:40:13",
        "Remove-OabVirtualDirectory": "01:40:14",
        "New-OabVirtualDirectory": "01:40:17",
        ".compiled": "01:40:15",
        "whoami": "01:40:15",
    }
    for words, at in seconds.items():
        assert any(at in when and words in raw for when, _, raw in cited), words
    firsts = [by_id[each]["first"] for each in told["findings"]]
    assert firsts == sorted(firsts)


def test_thousands_of_rows_of_one_tunnel_are_one_finding(run):
    hunt = run("iis/tunna_webshell_tunnel_iis.log")
    grave = [each for each in hunt["findings"] if each["level"] in ("high", "critical")]
    assert [(each["count"], each["clients"]) for each in grave] == [(4298, ["10.0.2.17"])]
    assert len(hunt["incidents"]) == 1


def test_a_shop_that_was_not_attacked(run):
    hunt = run("iis/benign_webshop_2016.log")
    assert hunt["incidents"] == []
    assert {each["level"] for each in hunt["findings"]} <= {"informational"}


def test_a_token_stolen_at_home_and_used_in_the_cloud_is_one_intrusion(run):
    hunt = run(
        "json/otrf_goldensaml_AADAuditEvents.zip",
        "json/otrf_goldensaml_OfficeActivityEvents.zip",
        "json/otrf_goldensaml_WindowsEvents.zip",
    )
    told = hunt["incidents"][0]
    by_id = {each["id"]: each for each in hunt["findings"]}
    assert {by_id[each]["surface"] for each in told["findings"]} == {"windows", "m365"}
    assert [each["name"] for each in told["steps"]][-1] == "mail-theft"
