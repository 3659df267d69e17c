"""A partial chain is named with its missing steps; none is forced on what does not resemble it."""

from __future__ import annotations

import pytest
from intruding import ATTACKER, OTHER, T0, Rule, group

from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.analyse.hunt.room import Facts, hunt
from tocsin.knowledge.chains import chains
from tocsin.knowledge.steps import steps

DAY = 24 * 60
RULES = {name: Rule(id=name, title=name, step=name, level="high") for name in steps()}


def told(*rows, stats=()):
    facts = Facts(rules=RULES, steps=steps(), chains=chains())
    return hunt(list(rows), list(stats), facts).hunt


def one(*names, outcome="success", stats=(), **more):
    """The incident that these steps make, one a minute, by one hand."""
    rows = [
        group(name, number, client=ATTACKER, target=f"/{name}", outcome=outcome, **more)
        for number, name in enumerate(names)
    ]
    incidents = told(*rows, stats=stats).incidents
    assert len(incidents) == 1
    return incidents[0]


def test_every_chain_names_known_steps_and_its_source():
    assert {each.id for each in chains()} == {
        "squirrelwaffle", "proxyshell-qakbot-conti", "ransomware-after-proxyshell",
        "scripted-proxyshell", "proxylogon-web-shell", "owassrf-ransomware",
    }  # fmt: skip
    for each in chains():
        assert all(name in steps() for step in each.step for name in step.any)
        assert sum(step.must for step in each.step) >= 2
        assert all(step.evidence for step in each.step)
        assert all(source.startswith("https://") for source in each.source)


@pytest.mark.parametrize("chain", chains(), ids=lambda each: each.id)
def test_a_whole_chain_is_named_and_lacks_nothing(chain):
    found = one(*(step.any[0] for step in chain.step))
    assert found.chain == chain.id
    assert found.missing == ()


@pytest.mark.parametrize("chain", chains(), ids=lambda each: each.id)
def test_its_own_steps_alone_name_it(chain):
    assert one(*(step.any[0] for step in chain.step if step.must)).chain == chain.id


def test_a_beginning_is_named_with_what_is_missing():
    found = one("ssrf", "webshell-write")
    assert found.chain == "proxylogon-web-shell"
    assert [each.name for each in found.missing] == ["webshell-use"]


def test_half_of_the_way_to_ransomware():
    found = one("proxyshell", "role-grant", "webshell-write", "webshell-use", "discovery")
    assert found.chain == "ransomware-after-proxyshell"
    assert [each.name for each in found.missing] == ["tunnel", "lateral", "impact"]


@pytest.mark.parametrize(
    "names",
    [
        ("probe",),
        ("ssrf",),
        ("tunnel",),
        ("password-guessing", "act-as-user", "mail-theft"),
        ("owassrf", "webshell-write", "webshell-use"),
        ("transport-agent", "mail-theft"),
        ("hybrid", "mail-theft"),
    ],
)
def test_none_is_forced(names):
    assert one(*names).chain == ""


def test_what_was_only_tried_is_no_chain():
    assert one("ssrf", "webshell-write", "webshell-use", outcome="attempt").chain == ""


def test_a_missing_step_says_which_logs_would_show_it_and_whether_they_were_read():
    day = T0.replace(hour=0)
    iis = LogFileStat(
        surface="iis", source="u.log", host="EX01", first=day, last=T0.replace(hour=23)
    )
    found = one("ssrf", "webshell-write", stats=[iis])
    assert (found.missing[0].read, found.missing[0].seen_in) == (True, ("iis",))
    found = one("ssrf", "webshell-write", surface="httpproxy")
    assert found.missing[0].read is False
    assert "windows" in found.missing[0].seen_in


def test_the_most_urgent_thing_comes_first():
    found = one("ssrf", "webshell-write", "webshell-use")
    words = [str(each) for each in found.next]
    assert words[0].startswith("Take EX01 off the network now")
    assert words[1].startswith("Keep the logs")
    assert any("Auth certificate" in each for each in words)
    assert len(words) == len(set(words))
    assert str(one("proxyshell", "impact").next[0]).startswith("Switch the network off")


def test_an_attempt_asks_for_no_alarm():
    words = [str(each) for each in one("ssrf", outcome="attempt").next]
    assert words[0] == "Check that EX01 had the update installed when this was tried"
    assert not any("Take EX01 off" in each for each in words)


def test_what_is_missing_to_be_sure():
    logs = [
        LogFileStat(surface="iis", source="u.log", host="EX01", first=T0, last=T0.replace(hour=9)),
        LogFileStat(
            surface="windows", source="s.evtx", host="EX01", first=T0.replace(day=23),
            last=T0.replace(day=29),
        ),
    ]  # fmt: skip
    found = one("webshell-use", "tunnel", outcome="unknown", stats=logs)
    words = "\n".join(str(each) for each in found.data)
    assert "How they came in is not shown" in words
    assert "Not read for EX01 at that time" in words
    assert "Windows event log" in words.partition("at that time: ")[2].partition("\n")[0]
    assert "IIS of EX01 begins at 2021-08-21 03:00:00Z, shortly before the first sign" in words
    assert "Whether it worked is not shown: Used a web shell on EX01" in words


def test_two_hands_are_two_incidents_with_chains_of_their_own():
    rows = [
        group("ssrf", 0, client=ATTACKER), group("webshell-write", 1, client=ATTACKER),
        group("proxyshell", 3 * DAY, client=OTHER), group("act-as-user", 3 * DAY + 1, client=OTHER),
        group("mail-abuse", 3 * DAY + 9, client=OTHER),
    ]  # fmt: skip
    found = told(*rows).incidents
    assert sorted(each.chain for each in found) == ["proxylogon-web-shell", "squirrelwaffle"]


def test_two_days_over_three_machines_are_one_intrusion():
    """As The DFIR Report tells of November 2021: web shells, a tunnel, then the domain."""
    own = {"s-ip": "10.1.1.4"}
    rows = [
        group("proxyshell", 0, client=ATTACKER, target="/autodiscover/autodiscover.json", **own),
        group("role-grant", 1, surface="windows"),
        group("webshell-write", 2, surface="windows", target=r"C:\inetpub\wwwroot\aspnet_client\q1z.aspx"),
        group("webshell-use", 9, client=OTHER, target="/aspnet_client/q1z.aspx", **own),
        group("account", 26 * 60, surface="windows", TargetUserName="DefaultAccount", EventID="4722"),
        group("tunnel", 30 * 60, surface="windows"),
        group("lateral", 40 * 60, host="DC01.contoso.example", surface="windows", client="10.1.1.4"),
        group("credentials", 40.5 * 60, host="DC01", surface="windows"),
        group("impact", 42 * 60, host="DC01", surface="windows"),
        group("probe", 41 * 60, client="192.0.2.200", outcome="attempt"),
    ]  # fmt: skip
    incidents = told(*rows).incidents
    assert [len(each.findings) for each in incidents] == [9, 1]
    assert set(incidents[0].hosts) == {"EX01", "DC01"}
    assert incidents[0].chain == "ransomware-after-proxyshell"
    assert incidents[0].missing == ()
    assert any("Came from EX01" in str(each) for each in incidents[0].joined)
