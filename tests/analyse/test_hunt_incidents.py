"""Findings become one incident per intrusion, each with the reasons why they belong together."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from intruding import ATTACKER, OTHER, T0, group, hunted

DAY = 24 * 60


def proxylogon(client=ATTACKER, at=0.0, page="zxq.aspx", host="EX01"):
    """The way of March 2021: forged request, shell written, shell asked for, command run."""
    return [
        group("ssrf", at, client=client, target="/ecp/y.js", surface="httpproxy", host=host),
        group("write", at + 1, surface="windows", host=host, target=rf"C:\inetpub\{page}"),
        group("use", at + 3, client=client, target=f"/owa/auth/{page}", host=host),
        group("command", at + 3.1, surface="windows", host=f"{host}.contoso.example"),
    ]


def test_an_intrusion_is_one_incident_told_in_order():
    findings, incidents = hunted(proxylogon())
    assert len(incidents) == 1
    told = incidents[0]
    assert [each.name for each in told.steps] == [
        "ssrf", "webshell-write", "webshell-use", "command",
    ]  # fmt: skip
    assert (told.outcome, told.level) == ("success", "critical")
    assert told.hosts == ("EX01",)
    assert told.clients == (ATTACKER,)
    assert told.first == T0
    assert str(told.title) == f"EX01 was broken into from {ATTACKER}: Web shell written"
    assert {each.incident for each in findings} == {told.id}
    reasons = " ".join(map(str, told.joined))
    assert "zxq.aspx" in reasons
    assert ATTACKER in reasons


def test_two_intrusions_days_apart_by_different_hands_stay_two():
    both = proxylogon() + proxylogon(OTHER, 4 * DAY, "other.aspx")
    _, incidents = hunted(both)
    assert len(incidents) == 2
    assert [len(each.findings) for each in incidents] == [4, 4]


def test_a_shell_written_by_one_and_used_by_another_is_one_intrusion():
    _, incidents = hunted(
        [*proxylogon(), group("use", 5 * DAY, client=OTHER, target="/owa/auth/zxq.aspx")]
    )
    assert len(incidents) == 1


def test_an_account_made_in_one_log_and_used_days_later_from_elsewhere_is_one_intrusion():
    made = group("account", 30, surface="windows", MemberName="CN=svc_backup2,CN=Users,DC=x")
    logon = group("command", 4 * DAY, client=OTHER, actor=r"CONTOSO\svc_backup2", surface="windows")
    _, incidents = hunted([*proxylogon(), made, logon])
    assert len(incidents) == 1


def test_scanners_are_not_merged_with_somebody_elses_break_in():
    scans = [
        group("ssrf", n * 0.5, client=f"198.51.100.{n}", target="/ecp/x.js", outcome="attempt")
        for n in range(1, 12)
    ]
    _, incidents = hunted([*proxylogon(), *scans])
    assert incidents[0].outcome == "success"
    assert len(incidents[0].findings) == 4
    assert {each.outcome for each in incidents[1:]} == {"attempt"}
    assert all(len(each.findings) == 1 for each in incidents[1:])
    assert "nothing shows that it worked" in str(incidents[1].title)


def test_what_was_tried_first_by_the_same_hand_belongs_to_it():
    tried = group("ssrf", -300, client=ATTACKER, target="/ecp/a.js", outcome="attempt")
    _, incidents = hunted([tried, *proxylogon()])
    assert len(incidents) == 1
    assert incidents[0].steps[0].outcome == "attempt"


def test_the_same_tool_and_the_same_hour_do_not_make_one_of_two_who_came_in():
    tool = {"cs-user-agent": "python-requests/2.25.1"}
    _, incidents = hunted(
        [
            group("ssrf", 0, client=ATTACKER, target="/ecp/a.js", **tool),
            group("use", 5, client=ATTACKER, target="/owa/auth/aa.aspx", **tool),
            group("ssrf", 15, client=OTHER, target="/ecp/b.js", **tool),
            group("use", 20, client=OTHER, target="/owa/auth/bb.aspx", **tool),
        ]
    )
    assert sorted(len(each.findings) for each in incidents) == [2, 2]


def test_a_change_of_address_with_the_same_tool_is_one_hand():
    tool = {"cs-user-agent": "antSword/v2.1"}
    _, incidents = hunted(
        [
            group("ssrf", 0, client=ATTACKER, target="/ecp/a.js", **tool),
            group("use", 30, client=OTHER, target="/owa/auth/bb.aspx", **tool),
        ]
    )
    assert len(incidents) == 1


def test_informational_findings_make_no_incident_and_glue_nothing():
    notes = [group("note", n * 60, surface="windows") for n in range(100)]
    findings, incidents = hunted(notes)
    assert incidents == ()
    assert len(findings) == 1 or all(not each.incident for each in findings)
    both = proxylogon() + proxylogon(OTHER, 4 * DAY, "other.aspx")
    assert len(hunted(both + notes)[1]) == 2


def test_rows_behind_a_load_balancer_are_not_one_hand():
    balancer = "10.0.0.5"
    rows = [
        group(
            "ssrf", n * 60, client=balancer, target=f"/ecp/{n}.js",
            **{"cs-user-agent": f"tool/{n}"}, outcome="attempt",
        )
        for n in range(8)
    ]  # fmt: skip
    assert len(hunted(rows)[1]) == 8


def test_one_inner_machine_is_one_hand():
    rows = [group("use", n * 60, client="10.0.2.17", target=f"/erp/{n}.aspx") for n in range(3)]
    assert len(hunted(rows)[1]) == 1


def test_loopback_ties_nothing():
    rows = [
        group("use", n * 10 * DAY, client=at, target=f"/erp/{n}.aspx")
        for n, at in enumerate(("127.0.0.1", "127.0.0.1", "::1", "fe80::1%9"))
    ]
    assert len(hunted(rows)[1]) == 4


def test_the_same_request_in_two_logs_is_one_intrusion_whatever_the_addresses():
    request = "request=cde2a2f0-1111-4222-8333-444455556666"
    rows = [
        group("ssrf", 0, client=ATTACKER, surface="httpproxy", ids=(request,)),
        group("use", 5000, client=OTHER, ids=(request.upper().replace("REQUEST", "request"),)),
    ]
    assert len(hunted(rows)[1]) == 1


def test_a_session_seen_in_the_control_panels_log_belongs_to_the_request_that_forged_it():
    mail = "ServerInfo~a]@ex.contoso.example:444/ecp/DDI/DDIService.svc/SetObject?msExchEcpCanary="
    rows = [
        group("ssrf", 0, client=ATTACKER, surface="httpproxy", AnchorMailbox=f"{mail}Qx1%2bZZ09.&a"),
        group("write", 6000, surface="ecp-server", host="OTHER", EventData="S:URL=/ecp/x?msExchEcpCanary=Qx1+ZZ09."),
    ]  # fmt: skip
    assert len(hunted(rows)[1]) == 1


def test_an_address_in_iis_and_a_name_in_http_proxy_are_one_host():
    rows = [
        group("ssrf", 0, client=ATTACKER, host="EX01", surface="httpproxy"),
        group("use", 9, client=OTHER, host="10.1.1.4", target="/owa/auth/q1.aspx"),
        group("command", 10, host="EX01", surface="windows"),
    ]
    _, incidents = hunted(rows)
    assert len(incidents) == 1
    assert incidents[0].hosts == ("EX01",)


def test_one_finding_for_a_tunnel_of_thousands_of_rows():
    findings, incidents = hunted(
        [group("use", 0, client="10.0.2.17", target="/erp/conn.aspx", count=4298)]
    )
    assert len(findings) == len(incidents) == 1
    assert findings[0].count == 4298
    assert len(findings[0].events) == 25


HOSTS = ("EX01", "ex01.contoso.example", "EX02", "10.1.1.4")


def world(seed: int, size: int) -> list:
    """Groups of any kind, on few hosts and hours, so that much may touch."""
    dice = random.Random(seed)
    return [
        group(
            dice.choice(("probe", "ssrf", "write", "use", "command", "account", "odd", "note")),
            dice.choice((0, 1, 5, 30, 61, 200, DAY, 3 * DAY, 9 * DAY)) + dice.randrange(20),
            client=dice.choice(("", "", ATTACKER, OTHER, "10.0.0.5", "192.0.2.4")),
            host=dice.choice(HOSTS),
            actor=dice.choice(("", "", r"CONTOSO\eve", "eve@contoso.example", "Administrator")),
            target=dice.choice(("", "/owa/auth/a1.aspx", "/x/b2.aspx", "/owa/auth/logon.aspx")),
            outcome=dice.choice(("success", "unknown", "attempt")),
            surface=dice.choice(("iis", "windows", "httpproxy")),
            count=dice.choice((1, 3, 40)),
            source=f"log {number}",
        )
        for number in range(size)
    ]


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 24))
def test_no_order_of_the_input_changes_the_answer(seed, size):
    rows = world(seed, size)
    told = hunted(rows)
    shuffled = world(seed, size)
    random.Random(seed + 1).shuffle(shuffled)
    assert hunted(shuffled) == told


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 24))
def test_nothing_is_lost_and_nothing_told_twice(seed, size):
    rows = world(seed, size)
    findings, incidents = hunted(rows)
    assert sum(each.count for each in findings) == sum(each.count for each in rows)
    named = [each for one in incidents for each in one.findings]
    assert len(named) == len(set(named))
    by_id = {each.id: each for each in findings}
    for one in incidents:
        assert {by_id[each].incident for each in one.findings} == {one.id}
        assert sorted(each for step in one.steps for each in step.findings) == sorted(one.findings)
        times = [step.first for step in one.steps]
        assert times == sorted(times)
        assert any(by_id[each].level not in ("informational", "low") for each in one.findings)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 16), st.integers(1, 30))
def test_harmless_rows_change_no_incident(seed, size, noise):
    rows = world(seed, size)
    grave = {one.id: list(one.findings) for one in hunted(rows, *HOSTS)[1]}
    notes = [
        group("note", n * 7, host="EX01", surface="windows", target=f"n{n}") for n in range(noise)
    ]
    findings, incidents = hunted(rows + notes, *HOSTS)
    added = {each.id for each in findings if each.title == "Note" and each.target.startswith("n")}
    assert {
        one.id: [each for each in one.findings if each not in added] for one in incidents
    } == grave


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 10), st.integers(1, 40))
def test_rows_read_in_parts_give_the_same_as_rows_read_in_one(seed, size, cut):
    rows = world(seed, size)
    parts = []
    for each in rows:
        at = cut % len(each.events)
        for events in (each.events[:at], each.events[at:]):
            if not events or each.count > 25:
                continue
            parts.append(
                group(each.rule)
                and type(each)(
                    **{name: getattr(each, name) for name in each.__struct_fields__}
                    | {
                        "events": list(events),
                        "count": len(events),
                        "first": events[0].body.when,
                        "last": events[-1].body.when,
                        "outcomes": {next(iter(each.outcomes)): len(events)},
                    }
                )
            )
        if each.count > 25:
            parts.append(each)
    random.Random(seed).shuffle(parts)
    assert hunted(parts) == hunted(world(seed, size))
