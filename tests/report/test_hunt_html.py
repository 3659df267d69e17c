"""The hunt on the page: complete, inert, each claim with its row, nothing without its place."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec
import pytest
from sample_conversations import conversations
from sample_hunt import (
    ATTACKER,
    alone,
    break_in,
    calm,
    hostile,
    hunt,
    hunt_run,
    large,
    probed,
    step_of,
    story,
)
from sample_run import sample_run
from test_html import CODE_POINT, Page

from tocsin.model.hunt import Hunt, Step
from tocsin.model.run import Run
from tocsin.report.html import render
from tocsin.report.html_parts import hunt as limits
from tocsin.report.html_parts.hunt_picture import incident_picture


def english(run: Run) -> str:
    return render(run, lambda words: words, "en")


def page(found: Hunt | None = None, *, servers: bool = False) -> Page:
    return Page(english(hunt_run(found, servers=servers)))


@pytest.fixture(scope="module")
def logs() -> Page:
    return page()


def ids(found: Page) -> list[str]:
    return [attrs["id"] for _, attrs in found.elements if "id" in attrs]


def test_the_answer_comes_first_then_what_to_do_then_the_story(logs: Page) -> None:
    text = logs.text
    order = [
        text.index(part)
        for part in (
            "Incident 1 · EX03, EX05 was broken into",
            "since 2026-11-09 02:14:07 UTC",
            "What to do now, most urgent first Take EX03 and EX05 off the network now",
            "What happened, server by server",
            "In order",
            "Ransomware after ProxyShell: 9 of 11 steps are shown by these logs",
            "What these logs cannot show",
            "Every finding, what weighs most first",
            "Rules that matched: 12",
            "What was read",
            "Rules that could not be used: 1",
        )
    ]
    assert order == sorted(order)


def test_logs_alone_lead_the_page_and_a_break_in_comes_before_the_servers() -> None:
    sections = [key for key in ids(page()) if key in ("hunt", "servers", "conversations")]
    assert sections == ["hunt", "servers"]
    broken = [key for key in ids(page(servers=True)) if key in ("hunt", "servers")]
    assert broken == ["hunt", "servers"]
    quiet = [key for key in ids(page(calm(), servers=True)) if key in ("hunt", "servers")]
    assert quiet == ["servers", "hunt"]
    assert "hunt" not in ids(Page(english(sample_run())))


def test_all_rooms_together_stand_on_one_page() -> None:
    run = msgspec.structs.replace(hunt_run(), conversations=conversations())
    both = Page(english(run))
    assert {"hunt", "servers", "conversations"} <= set(ids(both))
    assert "servers broken into" in both.text
    assert "people to warn" in both.text


def test_every_row_stands_with_its_place_and_what_was_hidden_beside_it(logs: Page) -> None:
    assert "EX03/winevt/Security.evtx record 9120441" in logs.text
    assert r"rundll32 comsvcs.dll, #24 684 C:\ProgramData\d.tmp full" in logs.text
    assert "X-Rps-CAT.sid S-1-5-21-1004336348-1177238915-682003330-500" in logs.text
    assert "powershell -enc cgB1AG4A" in logs.text
    assert "4,290 more rows are not shown" in logs.text


def test_a_step_that_is_missing_says_which_logs_would_show_it(logs: Page) -> None:
    assert "Took data away not shown" in logs.text
    assert "These logs were read and show no trace of it: IIS" in logs.text
    assert "Cannot be told without these logs, which were not among the inputs:" in logs.text


def test_attempts_are_one_row_and_findings_are_not_lost(logs: Page) -> None:
    assert "Further incidents, and attempts that failed: 1" in logs.text
    assert "203.0.113.5 and 32 more" in logs.text
    findings = [key for key in ids(logs) if re.fullmatch(r"h\d+", key)]
    assert len(findings) == 48


def test_every_link_inside_leads_somewhere_and_every_other_one_is_a_rules_reference() -> None:
    for found in (page(), page(servers=True), page(hostile()), page(large())):
        known = set(ids(found))
        links = [attrs["href"] for tag, attrs in found.elements if tag == "a" and "href" in attrs]
        assert not [each for each in links if each[0] == "#" and each[1:] not in known]
        outside = {each for each in links if each[0] != "#"}
        assert all(each.startswith("https://") for each in outside)
    references = {url for each in hunt().findings for url in each.references}
    links = [a["href"] for t, a in page().elements if t == "a" and a.get("href", "#")[0] != "#"]
    assert set(links) == references


def test_no_id_stands_twice() -> None:
    for found in (page(), page(servers=True), page(large())):
        every = ids(found)
        assert len(every) == len(set(every))


def test_a_finding_leads_to_its_rule_its_incident_and_its_server() -> None:
    found = page(servers=True)
    links = {attrs["href"] for tag, attrs in found.elements if tag == "a" and "href" in attrs}
    assert {"#u1", "#i1", "#s1", "#s3", "#h1"} <= links
    assert "since 2026-11-09 02:14:07 UTC · incident 1" in found.text


def test_hostile_words_are_words() -> None:
    text = english(hunt_run(hostile(), servers=False))
    found = Page(text)
    kinds = {tag for tag, _ in found.elements}
    assert not kinds & {"img", "iframe", "object", "embed", "base", "form" * 2}
    assert [tag for tag, _ in found.elements].count("script") == 1
    assert not [a for _, a in found.elements for key in a if key.startswith("on") or key == "style"]
    assert CODE_POINT.search(found.text)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert "alert('name')" not in found.raw["script"]
    assert "… (+" in found.text
    assert "a" * 2001 not in text
    text.encode("utf-8")


def test_what_is_beyond_a_limit_is_counted() -> None:
    found = page(large(scanners=3000, incidents=60))
    whole = [key for key in ids(found) if re.fullmatch(r"ih\d+", key)]
    assert len(whole) == limits.INCIDENT_LIMIT
    assert "Further findings in short: 2,898" in found.text
    assert "898 more stand in run.json." in found.text


def test_the_page_of_many_findings_stays_small() -> None:
    assert len(english(hunt_run(large(), servers=False))) < 3_000_000


def test_a_tunnel_of_thousands_of_rows_is_one_finding(logs: Page) -> None:
    tunnel = hunt().findings[0]
    only = page(msgspec.structs.replace(hunt(), findings=(tunnel,), incidents=()))
    assert [key for key in ids(only) if re.fullmatch(r"h\d+", key)] == ["h1"]
    assert "worked: 4,298" in logs.text


def steps(*names: int) -> tuple[Step, ...]:
    return tuple(step_of(story()[name]) for name in names)


def test_the_picture_keeps_the_order_of_time_and_a_lane_for_each_server() -> None:
    drawn = incident_picture(break_in().steps, lambda words: words)
    assert drawn is not None
    assert [lane.host for lane in drawn.lanes] == ["EX03", "EX05"]
    across = [spot.x for spot in drawn.spots]
    assert across == sorted(across)
    assert min(b - a for a, b in pairwise(across)) >= 2.5
    assert [spot.outcome for spot in drawn.spots].count("unknown") == 1
    assert {spot.y for spot in drawn.spots[7:]} == {drawn.lanes[1].y}
    assert [each.text for each in drawn.days] == ["2026-11-05", "2026-11-09", "2026-11-10"]
    assert "3 d 23 h" in [each.text for each in drawn.pauses]
    assert drawn.spots[8].group == "t6", "a tunnel is steering, whatever technique stands first"
    assert len(drawn.moves) == 1


def test_no_two_labels_cover_each_other() -> None:
    crowd = tuple(
        msgspec.structs.replace(each, host="EX03")
        for each in (*break_in().steps, *break_in().steps)
    )
    drawn = incident_picture(crowd, lambda words: words)
    assert drawn is not None
    rows: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for spot in drawn.spots:
        if spot.row:
            width = len(spot.label) * 0.8
            left = spot.x - width if spot.anchor == "end" else spot.x
            for begin, end in rows.get((spot.y, spot.row), []):
                assert left >= end or begin >= left + width
            rows.setdefault((spot.y, spot.row), []).append((left, left + width))


def test_a_single_step_and_undated_ones_need_no_time() -> None:
    assert incident_picture(steps(1), str) is None
    undated = tuple(msgspec.structs.replace(each, first=None, last=None) for each in steps(1, 2))
    drawn = incident_picture(undated, lambda words: words)
    assert drawn is not None
    assert [spot.x for spot in drawn.spots] == [2.2, 98.5]
    some = incident_picture((*steps(1, 2), undated[0]), lambda words: words)
    assert some is not None
    assert [spot.x for spot in some.spots] == [2.2, 91.0, 95.0]


def test_more_steps_than_can_be_drawn_are_counted_and_what_worked_is_kept() -> None:
    many = steps(*[0] * 60, 1, 2)
    drawn = incident_picture(many, lambda words: words)
    assert drawn is not None
    assert drawn.left_out == 32
    assert [spot.number for spot in drawn.spots][-2:] == [61, 62]


def test_a_screen_reader_hears_every_step(logs: Page) -> None:
    assert "2. 2026-11-09 02:14:07 UTC, EX03: Reached inner services without a login" in logs.text


def test_addresses_and_accounts_are_said(logs: Page) -> None:
    assert ATTACKER in logs.text
    assert r"CONTOSO\svc-archive" in logs.text
    assert alone()[0].title in logs.text


def test_no_trace_is_not_called_a_proof() -> None:
    assert "No trace of a break-in, as far as these logs show." in page(calm()).text
    incident, found = probed()
    tried = msgspec.structs.replace(hunt(), findings=found, incidents=(incident,))
    assert "Some tried, and nobody got in, as far as these logs show." in page(tried).text
