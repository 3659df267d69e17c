"""`tocsin diff` over break-ins, findings in logs, accepted risks and what-ifs, as a user runs it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from conversing import tocsin
from mail_case import ROOT, as_files, case
from trust_case import today, written

LOGS = ROOT / "demo" / "case" / "logs"
FAR = "2099-12-31"


def run_of(folder):
    return json.loads((folder / "run.json").read_text())


def saved(folder, run):
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(run))
    return folder


def changes(*words):
    return json.loads(tocsin("diff", *words, "--format", "json").stdout)


@pytest.fixture(scope="module")
def trusts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trusts")
    exports = written(folder / "case")
    tocsin("trust", exports, "-o", folder / "run")
    return exports, folder / "run"


@pytest.fixture(scope="module")
def hunted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hunted") / "run"
    assert tocsin("hunt", LOGS, "-o", folder).returncode == 1
    return folder


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """The same host's logs on a day on which nothing happens."""
    folder = tmp_path_factory.mktemp("quiet")
    (folder / "logs").mkdir()
    (folder / "logs" / "u_ex.log").write_text(
        "#Software: Microsoft Internet Information Services 10.0\n"
        "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
        "cs(User-Agent) sc-status\n"
        "2026-11-20 08:00:00 10.30.4.13 GET /owa/ - 443 - 10.1.0.7 Mozilla/5.0 200\n"
    )
    tocsin("hunt", folder / "logs", "-o", folder / "run")
    return folder / "run"


def test_a_break_in_that_appeared_is_new_and_counts(quiet, hunted):
    done = tocsin("diff", quiet, hunted, "--fail-on", "critical")
    assert done.returncode == 1
    first = done.stdout.partition("New findings in logs")[0]
    assert "New break-ins" in first
    assert "EX03 was broken into from 203.0.113.77: Used a web shell  [worked]" in first
    assert "/aspnet_client/" not in done.stdout, "its findings are counted, not listed"
    found = changes(quiet, hunted)
    mine = next(e for e in found if e["what"] == "incident" and e["level"] == "critical")
    assert (mine["change"], mine["before"], mine["after"]) == ("new", "", "success")
    parts = [e for e in found if e["what"] == "hunt" and e["of"] == mine["rule"]]
    assert len(parts) == len(
        next(e for e in run_of(hunted)["hunt"]["incidents"] if e["id"] == mine["rule"])["findings"]
    )
    back = tocsin("diff", hunted, quiet, "--fail-on", "low")
    assert back.returncode == 0
    assert "Break-ins that these logs no longer show" in back.stdout


def test_another_outcome_of_a_break_in_is_told(hunted, tmp_path):
    run = run_of(hunted)
    broken = run["hunt"]["incidents"][0]
    assert broken["outcome"] == "success"
    broken["outcome"] = "attempt"
    finding = next(e for e in run["hunt"]["findings"] if e["outcome"] == "success")
    finding["outcome"] = "unknown"
    # It is the same break-in under the id that another first finding gives it.
    broken["id"] = "0" * 32
    before = saved(tmp_path / "before", run)
    done = tocsin("diff", before, hunted, "--fail-on", "high")
    assert done.returncode == 1
    assert "Break-ins of another outcome" in done.stdout
    assert "[tried -> worked]" in done.stdout
    assert "Findings in logs of another outcome" in done.stdout
    assert "[unclear -> worked]" in done.stdout
    assert tocsin("diff", hunted, before, "--fail-on", "low").returncode == 0


def test_logs_that_only_one_run_read_do_not_make_a_break_in_vanish(hunted, trusts):
    done = tocsin("diff", hunted, trusts[1])
    assert "Only the first run read logs: break-ins are not compared." in done.stdout
    assert "no longer show" not in done.stdout
    assert "Only the second run read logs" in tocsin("diff", trusts[1], hunted).stdout


def test_campaigns_are_compared(tmp_path):
    both = case()
    whole = as_files(tmp_path / "whole", both.mails)
    calm = as_files(tmp_path / "calm", tuple(e for e in both.mails if e.id not in both.forged_ids))
    for name, folder in (("a", calm), ("b", whole)):
        tocsin("conversation", folder, "--own-domain", "contoso.example", "-o", tmp_path / name)
    done = tocsin("diff", tmp_path / "a", tmp_path / "b", "--fail-on", "high")
    assert done.returncode == 1
    assert "New campaigns" in done.stdout
    assert {e["rule"] for e in changes(tmp_path / "a", tmp_path / "b")} == {
        e["id"] for e in run_of(tmp_path / "b")["conversations"]["campaigns"]
    }
    back = tocsin("diff", tmp_path / "b", tmp_path / "a", "--fail-on", "low")
    assert back.returncode == 0
    assert "Campaigns that these mails no longer show" in back.stdout


def test_a_what_if_says_so_at_the_top(trusts, tmp_path):
    exports, plain = trusts
    tocsin("trust", exports, "--without", "EX03", "-o", tmp_path / "without")
    done = tocsin("diff", plain, tmp_path / "without")
    first = done.stdout.strip().splitlines()[0].strip()
    assert first == "Compared is a what-if: the second run leaves out EX03."
    head = changes(plain, tmp_path / "without")[0]
    assert (head["what"], head["rule"], head["before"], head["after"]) == (
        "run", "without", "", "EX03",
    )  # fmt: skip
    back = tocsin("diff", tmp_path / "without", plain).stdout
    assert "the first run leaves out EX03" in back
    same = tocsin("diff", tmp_path / "without", tmp_path / "without").stdout
    assert "both runs leave out EX03" in same
    assert "Nothing changed between the two runs." in same


def test_a_risk_that_became_accepted_is_told_and_one_that_is_no_longer_counts(trusts, tmp_path):
    exports, plain = trusts
    check = next(
        e
        for e in run_of(plain)["trusts"]["checks"]
        if e["check"] == "HYB-010" and e["outcome"] == "fail"
    )
    file = tmp_path / "acceptances.toml"
    tocsin("accept", check["fingerprint"], "--reason", "replaced in January", "--owner", "T. Girard",
           "--until", FAR, "--file", file)  # fmt: skip
    taken = tmp_path / "taken"
    tocsin("trust", exports, "--accepted", file, "-o", taken)
    done = tocsin("diff", plain, taken, "--fail-on", "low")
    assert done.returncode == 0
    assert "Accepted as a risk since: 1" in done.stdout
    assert "HYB-010 Old scanners: A connector trusts an IP address alone" in done.stdout
    assert f"until {FAR}, T. Girard: replaced in January" in done.stdout
    back = tocsin("diff", taken, plain, "--fail-on", check["level"])
    assert back.returncode == 1
    assert "No longer accepted: they count again: 1" in back.stdout
    assert f"taken back; it was accepted until {FAR}, T. Girard" in back.stdout

    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    run = run_of(taken)
    mine = next(e for e in run["trusts"]["checks"] if e["fingerprint"] == check["fingerprint"])
    mine["accepted"] |= {"until": yesterday, "on": "2026-01-01"}
    ended = saved(tmp_path / "ended", run)
    assert today() > yesterday
    late = tocsin("diff", ended, plain, "--fail-on", check["level"])
    assert late.returncode == 1
    assert f"ended on {yesterday} (T. Girard: replaced in January)" in late.stdout
    longer = tocsin("diff", ended, taken)
    assert "Accepted otherwise: 1" in longer.stdout


def test_a_run_that_asked_for_no_servers_makes_none_vanish(trusts, hunted):
    _, examined = trusts
    assert run_of(examined)["servers"]
    found = changes(examined, hunted)
    assert {(each["rule"], each["change"]) for each in found if each["what"] == "run"} >= {
        ("servers", "gone")
    }
    assert not [each for each in found if each["what"] in ("server", "finding", "check", "way")]
