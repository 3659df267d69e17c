"""The hunt in the terminal: the answer in the first lines, then the proof, and nothing that drives it."""

from __future__ import annotations

import re

import msgspec
from golden import kept
from sample_hunt import alone, break_in, calm, hostile, hunt, hunt_run, large, probed, story
from sample_run import sample_run

from tocsin.model.hunt import Hunt
from tocsin.report.text import coloured, plain, render_styled


def text(found: Hunt | None = None, *, servers: bool = False, **options: bool) -> str:
    return render_styled(hunt_run(found, servers=servers), lambda words: words, plain, **options)


def block(found: Hunt | None = None, **options: bool) -> str:
    whole = text(found, **options)
    return whole[whole.index("  Hunt ") :].split("  Could not look")[0]


def test_the_whole_answer_is_the_one_that_was_reviewed() -> None:
    assert block() == kept("hunt.txt", block())


def test_five_lines_say_which_server_since_when_what_worked_and_what_to_do() -> None:
    first, gap, *lines = block().splitlines()
    assert first.startswith("  Hunt   1 break-in, 2 things to look at, 37 addresses only tried")
    assert gap == ""
    told = " ".join(" ".join(lines[:9]).split())
    assert told.startswith("1 EX03, EX05 was broken into from 198.51.100.7")
    order = [told.index(part) for part in ("EX03", "since 2026-11-09 02:14:07 UTC", "worked",
                                           "do now Take EX03 and EX05 off the network")]  # fmt: skip
    assert order == sorted(order)
    assert "Moved on to other machines" not in told, "what is unclear did not work"


def test_since_is_the_first_thing_that_worked_not_the_first_that_was_tried() -> None:
    assert "2026-11-05" not in block().split("do now")[0]


def test_each_step_has_time_host_mark_sentence_and_the_row_that_proves_it() -> None:
    shown = block()
    for place in (
        "u_ex261105.log#line 40212",
        "HttpProxy_2026110902-1.LOG#line 418",
        "Security.evtx#record 9120441",
        "u_ex261110.log#line 1204",
    ):
        assert place in shown
    assert "03:11:02  EX03  ○ tried    Looked for a hole   3 rows, until 03:11:04" in shown
    assert "04:02:18  EX05  ◐ unclear  Moved on to other machines" in shown
    assert "23:50:00  EX05  ● worked   Opened a way in from outside   4298 rows" in shown
    times = re.findall(r"^      (\d\d:\d\d:\d\d)", shown, re.MULTILINE)
    assert len(times) == 9


def test_a_tunnel_of_thousands_of_rows_is_one_line() -> None:
    assert block().count("4298 rows") == 1


def test_who_only_tried_is_folded() -> None:
    shown = block()
    assert "37 addresses tried, none got in" in shown
    assert "Known Scanner (37)" in shown
    assert "203.0.113." not in shown


def test_what_the_logs_cannot_show_and_what_was_read_is_said() -> None:
    shown = " ".join(block().split())
    assert "Took data away: no trace in what was read: IIS" in shown
    assert "Prepared or did damage: cannot be told without" in shown
    assert "9 of 11 steps of: Ransomware after ProxyShell" in shown
    assert "blind No log of MAIL was among the inputs" in shown
    assert "IIS of EX01, EX03, EX05: 2.4 M rows, 2026-11-01 – 2026-11-12" in shown
    assert "; 2.1 M of Exchange's own health probes left out" in shown
    assert "; about 3.4 M of Exchange's own health probes left out" in shown
    assert "rule Odd Rule of rules/web/odd.yml: the modifier windash2 is not known" in shown


def test_what_is_doubtful_stands_with_its_place_what_weighs_little_is_counted() -> None:
    shown = block()
    assert "2026-11-07 11:20:44 UTC  EX01  ◐ unclear  Mail Read as Somebody Else" in shown
    assert "undated                  EX01  ◐ unclear  Transport Agent Outside" in shown
    little = tuple(msgspec.structs.replace(each, level="low") for each in alone())
    shown = block(msgspec.structs.replace(hunt(), findings=(*story(), *little)))
    assert "2 findings of little weight (-v lists them)" in shown
    assert "Transport Agent" not in shown


def test_quiet_leaves_one_line_and_verbose_tells_every_incident() -> None:
    assert block(quiet=True).partition("  Could not be read")[0].strip().count("\n") == 0
    many = large(scanners=10, incidents=12)
    assert "… and 6 more (-v, or the report)" in block(many)
    assert block(many, verbose=True).count("do now") == 13


def test_no_break_in_is_said_and_nothing_is_promised() -> None:
    assert block(calm()).splitlines()[0] == "  Hunt   no break-in found, 412 rules on 8.4 M rows"
    incident, found = probed()
    tried = msgspec.structs.replace(hunt(), findings=found, incidents=(incident,))
    assert "no break-in found, 37 addresses only tried" in block(tried)
    assert "Hunt" not in render_styled(sample_run(), lambda words: words, plain)


def test_the_server_that_was_broken_into_says_so() -> None:
    shown = text(servers=True).split("  Hunt ")[0]
    assert shown.count("broken into, since 2026-11-09 02:14:07 UTC: first do what") == 1
    assert shown.count("broken into, since") == 2


def test_no_word_of_a_log_drives_the_terminal_and_no_line_is_too_wide() -> None:
    for found in (hostile(), large()):
        shown = block(found, verbose=True)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
        assert "http://" not in shown
        assert "… (+" in block(hostile())
        shown.encode("utf-8")
    assert max(map(len, block().splitlines())) <= 100


def test_colour_carries_no_meaning_of_its_own() -> None:
    run = hunt_run(servers=False)
    bare = re.sub("\x1b\\[[0-9;]*m", "", render_styled(run, lambda words: words, coloured))
    assert bare == text()


def test_many_incidents_stay_short() -> None:
    assert len(block(large()).splitlines()) < 240


def test_an_incident_without_times_or_servers_can_still_be_told() -> None:
    bare = msgspec.structs.replace(
        break_in(), hosts=(), first=None, last=None, clients=(), next=(), chain_title=None,
        steps=tuple(msgspec.structs.replace(each, first=None, last=None, host="")
                    for each in break_in().steps),
    )  # fmt: skip
    shown = block(msgspec.structs.replace(hunt(), incidents=(bare,)))
    assert "since    undated" in shown
