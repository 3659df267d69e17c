"""Which server a row of a log belongs to, where names are short or the same."""

from __future__ import annotations

import json

from tocsin.analyse.hunt.findings import by_name, server_of
from tocsin.analyse.hunt.hosts import _named
from tocsin.cli import main

ONE, OTHER = "ex01.ad.contoso.example", "ex01.ad.fabrikam.example"


def test_a_short_name_of_several_servers_is_none_of_them() -> None:
    known = by_name({"ex01": "", ONE: "srv-1", OTHER: "srv-2"})
    assert server_of("EX01", known) == ""
    assert server_of(ONE.upper(), known) == "srv-1"
    assert server_of(OTHER, known) == "srv-2"


def test_a_host_keeps_its_domain_where_another_server_has_its_short_name() -> None:
    """The log knows one of them, the inventory both."""
    assert _named({ONE}, {"ex01": "", ONE: "srv-1", OTHER: "srv-2"}) == {ONE: ONE}
    assert _named({ONE}, {"ex01": "srv-1", ONE: "srv-1"}) == {ONE: "ex01"}
    assert _named({ONE}, {}) == {ONE: "ex01"}


def test_what_an_administrator_may_have_done_is_no_break_in(tmp_path, capsys) -> None:
    event = {
        "EventID": 4756, "Channel": "Security", "ProviderName": "Microsoft-Windows-Security-Auditing",
        "Computer": "dc1.contoso.example", "TimeCreated": "2026-03-03T10:00:00Z",
        "TargetUserName": "Organization Management", "MemberName": "CN=x,DC=contoso,DC=example",
        "SubjectUserName": "admin",
    }  # fmt: skip
    (tmp_path / "e.json").write_text(json.dumps(event))
    main(["hunt", str(tmp_path / "e.json"), "--fail-on", "none", "-o", str(tmp_path / "out")])
    said = capsys.readouterr().out
    run = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    (incident,) = run["hunt"]["incidents"]
    assert incident["doubtful"]
    assert "was broken into" not in " ".join(said.split())
    assert "the logs cannot tell whether somebody got in" in " ".join(said.split())
