"""What the logs cannot show is said: absent, silent, cut, switched off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from intruding import ATTACKER, Rule, group

from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.analyse.hunt.room import Facts, hunt
from tocsin.knowledge.steps import steps

START = datetime(2021, 8, 1, tzinfo=UTC)
RULES = {
    "cleared": Rule(id="cleared", title="Cleared", step="defence-off", tags=("attack.t1070.001",)),
    "use": Rule(id="use", title="Used", step="webshell-use"),
}


def log(surface="iis", host="EX01", begins=0.0, days=0.99, **more) -> LogFileStat:
    """A file of a log that begins so many days after `START`."""
    first = START + timedelta(days=begins)
    source = more.pop("source", f"{host}/{surface}/{begins}.log")
    return LogFileStat(
        surface=surface, source=source, host=host, rows=more.pop("rows", 10), first=first,
        last=first + timedelta(days=days), **more,
    )  # fmt: skip


def hunted(*stats, groups=()):
    return hunt(list(groups), list(stats), Facts(rules=RULES, steps=steps()))


def words(*stats, groups=()):
    return "\n".join(str(each) for each in hunted(*stats, groups=groups).hunt.blind)


def test_each_kind_of_log_of_each_host_is_counted():
    found = hunted(log(noise=3), log(begins=1, lost=2), log("httpproxy", "ex01.contoso.example"))
    assert [(each.host, each.surface, each.files) for each in found.hunt.coverage] == [
        ("EX01", "httpproxy", 1),
        ("EX01", "iis", 2),
    ]
    iis = found.hunt.coverage[1]
    assert (iis.rows, iis.lost, iis.noise, iis.first) == (20, 2, 3, START)


def test_missing_days_are_named():
    said = words(log(), log(begins=1), log(begins=4), log(begins=5))
    assert "IIS of EX01: no row on 2 of 6 days (2021-08-03, 2021-08-04)" in said


def test_a_day_taken_out_of_one_file_is_missed():
    gap = (START + timedelta(days=1, hours=20), START + timedelta(days=3, hours=4))
    said = words(log(days=6, silences=[gap]))
    assert "IIS of EX01: no row on 1 of 7 days (2021-08-03)" in said


def test_a_silence_that_is_not_the_logs_habit():
    gap = (START + timedelta(hours=9), START + timedelta(hours=13))
    busy = log(days=2, silences=[gap], rows=50_000)
    assert (
        "IIS of EX01: no row from 2021-08-01 09:00:00Z to 2021-08-01 13:00:00Z, where 4545 would be"
        in words(busy)
    )
    assert "no row from" not in words(log(days=2, silences=[gap], rows=90))


def test_nights_are_a_habit():
    nights = [(START + timedelta(days=n, hours=22), START + timedelta(days=n + 1, hours=5)) for n in range(5)]  # fmt: skip
    assert "no row from" not in words(log(days=6, silences=nights, rows=50_000))


def test_hourly_files_of_which_some_are_missing():
    files = [
        log("httpproxy", begins=hour / 24, days=0.99 / 24, rows=2000)
        for hour in range(24)
        if hour not in (9, 10, 11)
    ]
    said = words(*files)
    assert "Exchange HttpProxy of EX01: no row from 2021-08-01 08:59:24Z to 2021-08-01 12:00:00Z" in said  # fmt: skip


def test_a_file_of_a_whole_month_misses_no_day():
    assert "no row on" not in words(log(days=31), log(begins=31))


def test_many_missing_days_are_counted():
    said = words(log(), log(begins=40))
    assert "no row on 39 of 41 days" in said
    assert "(+34)" in said


def test_logs_that_an_exchange_server_writes_and_that_are_not_there():
    said = words(log(), log("httpproxy"))
    assert "EX01: not among these logs: Exchange ECP Server" in said
    assert "Windows event log" in said
    assert "not among" not in words(log())


def test_times_that_do_not_meet():
    said = words(log("httpproxy"), log("windows", begins=9))
    assert "Exchange HttpProxy ends 2021-08-01 23:45:36Z, before Windows event log begins" in said
    assert "before" not in words(log("httpproxy"), log("windows", begins=0.5))


def test_logs_switched_off():
    at = (START - datetime(2021, 8, 21, 3, tzinfo=UTC)).total_seconds() / 60
    said = words(log("windows"), groups=[group("cleared", at, surface="windows")])
    assert "EX01: logs were emptied or switched off at 2021-08-01 00:00:00Z" in said


def test_a_clock_that_goes_back_and_a_cut_file_are_gaps_with_their_place():
    late = START + timedelta(hours=3)
    found = hunted(
        log(source="a.log", backwards=[(late, START)]), log(source="b.log", ends_cut=True)
    )
    said = [(each.at.source, str(each.why)) for each in found.gaps]
    assert ("a.log", "the clock went back from 2021-08-01 03:00:00Z to 2021-08-01 00:00:00Z: rows around it may be out of order") in said  # fmt: skip
    assert any(source == "b.log" and "has no end" in why for source, why in said)
    assert all(each.kind == "undecided" for each in found.gaps)


def test_logs_of_no_known_host_are_said():
    said = words(log(host=""), log("httpproxy", "EX01"), log("httpproxy", "EX02"))
    assert "IIS: 1 log files do not say which server wrote them" in said


def test_a_folder_named_after_a_server_says_whose_log_it_is():
    found = hunted(
        log(host="10.1.1.4", source="case/EX02/W3SVC1/u_ex210801.log"),
        log("httpproxy", "EX01"),
        log("httpproxy", "EX02"),
        log("httpproxy", "EX03"),
    )
    assert ("EX02", "iis") in {(each.host, each.surface) for each in found.hunt.coverage}


def test_the_inventorys_server_is_named_however_the_log_spells_it():
    facts = Facts(rules=RULES, steps=steps(), servers={"EX01.contoso.example": "server-1"})
    rows = [group("use", n, client=ATTACKER, host=each, target=f"/{n}.aspx")
            for n, each in enumerate(("ex01", "EX01", "ex01.CONTOSO.example."))]  # fmt: skip
    found = hunt(rows, [], facts).hunt
    assert {each.server for each in found.findings} == {"server-1"}
    assert found.incidents[0].servers == ("server-1",)
