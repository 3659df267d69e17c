"""--since and --until never make a server hidden; private facts work and are named in the run."""

import json
from datetime import UTC, datetime

import pytest

from tocsin.app.commands import day, knowledge_with, window
from tocsin.app.examine import Request, examine
from tocsin.app.verdict import verdict
from tocsin.knowledge import KnowledgeError, load

EXPORT = """Name                : EX01
Fqdn                : ex01.contoso.example
AdminDisplayVersion : Version 15.2 (Build 1748.10)
ServerRole          : Mailbox
"""
BANNER = {
    "ip_str": "192.0.2.9",
    "port": 443,
    "transport": "tcp",
    "hostnames": ["ex01.contoso.example"],
    "timestamp": "2026-05-01T10:00:00.000000",
    "data": "HTTP/1.1 200 OK\r\nX-OWA-Version: 15.2.1748.24\r\nX-FEServer: EX01\r\n\r\n",
    "_shodan": {"module": "https"},
}


def _run(folder, **more):
    (folder / "servers.txt").write_text(EXPORT)
    (folder / "shodan.json").write_text(json.dumps(BANNER) + "\n")
    return examine(Request(paths=(str(folder),), **more), load())


def test_evidence_left_out_for_its_date_does_not_make_a_server_hidden(tmp_path):
    assert [each.hidden for each in _run(tmp_path).servers] == [False]
    run = _run(tmp_path, since=datetime(2026, 6, 1, tzinfo=UTC))
    assert [each.hidden for each in run.servers] == ["unknown"]


def test_an_earlier_run_in_the_folder_changes_nothing(tmp_path):
    from tocsin.report import output
    from tocsin.report.json import pieces

    first = _run(tmp_path)
    (tmp_path / "run.json").write_bytes(b"".join(pieces(first)))
    (tmp_path / "report.html").write_text(output("html").render(first, str, "en"))
    again = _run(tmp_path)
    assert again.servers == first.servers
    assert again.outside == first.outside
    assert {each.source.rpartition("/")[2] for each in again.skipped} == {"run.json", "report.html"}


def test_an_empty_folder_is_an_answer_and_not_a_fault(tmp_path):
    run = examine(Request(paths=(str(tmp_path),)), load())
    assert not run.servers
    assert not run.gaps
    assert str(run.headline[0]).startswith("Nothing was read")
    assert str(run.headline[1]) == "No Exchange server was found in what was given."


def test_an_end_before_the_begin_is_refused():
    with pytest.raises(ValueError, match="after"):
        window("2026-02-01", "2026-01-31")
    assert window("2026-02-01", "2026-02-01")[1] == day("2026-02-01", end=True)


BUILDS = "product,cu,update,build,release_date,kb,source,note\n"
FIXES = (
    "cve,product,cu,first_fixed_build,kb,source,update,fix_date,basis,"
    "alt_first_fixed_build,alt_source,note\n"
)
CVES = (
    "cve,name,class,cvss,cvss_version,msrc_severity,published,kev,kev_added,ransomware,cwe,"
    "config_check,summary,source\n"
)


@pytest.fixture
def private(tmp_path):
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "exchange-builds.csv").write_text(
        BUILDS + "2016,CU23,Priv1,15.1.2507.900,2026-12-08,KB1,own,\n"
    )
    (folder / "exchange-cve-fixes.csv").write_text(
        FIXES + "CVE-2026-99999,2016,CU23,15.1.2507.900,KB1,own,Priv1,2026-12-08,own,,,\n"
    )
    (folder / "cves.csv").write_text(
        CVES + "CVE-2026-99999,,RCE,9.8,3.1,Critical,2026-12-08,yes,2026-12-09,,,,Own.,own\n"
    )
    return folder


def test_a_private_build_and_its_cve_are_judged_and_the_run_says_so(private, tmp_path):
    knowledge = knowledge_with([str(private)])
    before, after = (
        {j.cve: j.status for j in verdict(f"15.1.2507.{n}", knowledge).judgements}
        for n in (899, 900)
    )
    # 899 was never published: it lies between the last packaged update and the private one.
    assert before["CVE-2026-99999"] == "under_investigation"
    assert after["CVE-2026-99999"] == "fixed"
    low = {j.cve: j.status for j in verdict("15.1.2507.6", knowledge).judgements}
    assert low["CVE-2026-99999"] == "affected"
    case = tmp_path / "case"
    case.mkdir()
    (case / "servers.txt").write_text(EXPORT)
    run = examine(Request(paths=(str(case),)), knowledge)
    assert run.knowledge.private == (str(private),)
    assert run.knowledge.digest != load().digest


def test_a_private_row_with_too_few_cells_is_named(tmp_path):
    (tmp_path / "exchange-builds.csv").write_text(BUILDS + "2016,CU23,X,15.1.2507.901,2026-12-08\n")
    with pytest.raises(KnowledgeError, match=r"exchange-builds\.csv, line 2"):
        knowledge_with([str(tmp_path)])
