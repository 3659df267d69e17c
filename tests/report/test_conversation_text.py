"""Conversations in the terminal, as JSON lines and as rows: what is seen, and that nothing drives."""

from __future__ import annotations

import csv
import io
import json
import re

import msgspec
from sample_conversations import conversation_run, conversations, hostile, large
from sample_run import sample_run

from tocsin.model.conversation import Conversations
from tocsin.report import output
from tocsin.report.text import coloured, plain, render_styled


def text(found: Conversations | None = None, **options: bool) -> str:
    return render_styled(conversation_run(found), lambda words: words, plain, **options)


def block(found: Conversations | None = None, **options: bool) -> str:
    whole = text(found, **options)
    return whole[whole.index("  Conversations ") :].split("  Could not look")[0]


def test_the_block_begins_with_the_four_numbers() -> None:
    first = block().splitlines()[0]
    assert first == "  Conversations   2 campaigns, 16 messages, 20 recipients, 3 answered"


def test_a_campaign_has_its_strongest_reasons_with_quote_and_place() -> None:
    shown = block()
    assert "   1  Squirrelwaffle   12 messages, 2026-11-10 07:12 – 08:08 UTC" in shown
    assert "+4.6     The link leads to a domain that nobody here ever sent or got." in shown
    assert "“hxxps://beratung-example[.]test/qui-qui/et.zip?0”" in shown
    assert "journal/2026-11-10.mbox#message 41, text line 4" in shown
    assert "server EX03.corp.contoso.example" in shown
    order = [shown.index(weight) for weight in ("+4.6", "+3.4", "+3.1", "+6.9")]
    assert order == sorted(order)
    assert "+2.2" not in shown, "three reasons are enough"


def test_an_alert_without_a_campaign_stands_by_itself() -> None:
    assert "-  Re: Rechnung 88-1204   2026-11-14 15:03 UTC" in block()


def test_who_must_be_warned_and_how_it_is_handed_on() -> None:
    shown = " ".join(block().split())
    assert "warn 8 of yours and 12 elsewhere got one; 3 answered or forwarded it" in shown
    assert "5 mailboxes of yours sent it" in shown
    assert "--format FORMAT: recipients, purge, stix, advisory, advisory_html" in shown


def test_watch_is_counted_and_listed_only_when_asked_for() -> None:
    assert "2 more messages stand out in one way alone: no alert (-v lists them)" in block()
    assert "Travel plans" not in block()
    assert "Travel plans" in block(verbose=True)


def test_what_cannot_be_seen_and_the_memory_are_said() -> None:
    shown = " ".join(block().split())
    assert "Cannot be seen: No internal mail was among the inputs before 2026-11-10" in shown
    assert "by a memory of 18204 mails since 2026-03-02" in shown


def test_quiet_leaves_one_line() -> None:
    assert block(quiet=True).partition("  Could not be read")[0].strip().count("\n") == 0


def test_nothing_found_is_one_sentence() -> None:
    calm = msgspec.structs.replace(
        conversations(), messages=(), campaigns=(), judged={"clear": 4120}
    )
    assert "nobody speaks who should not, in 4120 mails" in block(calm)
    without = render_styled(sample_run(), lambda words: words, plain)
    assert "Conversations" not in without


def test_no_word_of_a_mail_drives_the_terminal_and_no_line_is_too_wide() -> None:
    for found in (hostile(), large()):
        shown = block(found, verbose=True)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
        assert "http://" not in shown
        assert "https://" not in shown
        shown.encode("utf-8")
    assert max(map(len, block().splitlines())) <= 100


def test_colour_carries_no_meaning_of_its_own() -> None:
    bare = re.sub(
        "\x1b\\[[0-9;]*m", "", render_styled(conversation_run(), lambda words: words, coloured)
    )
    assert bare == text()


def test_a_large_campaign_stays_short_in_the_terminal() -> None:
    assert len(block(large()).splitlines()) < 60


def lines(found: Conversations | None = None) -> list[dict[str, object]]:
    run = conversation_run(found, servers=False)
    rendered = output("jsonl").render(run, lambda words: words, "en")
    return [json.loads(line) for line in rendered.splitlines()]


def test_each_judged_message_is_one_json_line_with_the_keys_promised() -> None:
    messages = [each for each in lines() if each["kind"] == "message"]
    assert len(messages) == 18
    first = messages[0]
    assert first["message_id"] == "<f0@EX03.corp.contoso.example>"
    assert first["date"] == "2026-11-10T07:12:00Z"
    assert (first["verdict"], first["score"]) == ("alert", 13.3)
    assert (first["identity"], first["payload"], first["burst"]) == (2.2, 7.7, 3.4)
    assert (first["thread"], first["family"], first["campaign"]) == (
        "thr-0",
        "Squirrelwaffle",
        "c-sq",
    )
    indicators = first["indicators"]
    assert isinstance(indicators, list)
    assert indicators[0]["name"] == "link-domain-unseen"
    assert indicators[0]["weight"] == 4.6
    assert indicators[0]["quote"] == "https://beratung-example.test/qui-qui/et.zip?0"
    assert indicators[0]["evidence"]["source"] == "journal/2026-11-10.mbox"
    assert indicators[0]["evidence"]["position"] == "message 41, text line 4"


def test_each_campaign_is_one_json_line_and_the_head_repeats_neither() -> None:
    every = lines()
    campaigns = [each for each in every if each["kind"] == "campaign"]
    assert [each["id"] for each in campaigns] == ["c-sq", "c-em"]
    assert len(campaigns[0]["recipients"]) == 17  # type: ignore[arg-type]
    head = every[0]["conversations"]
    assert isinstance(head, dict)
    assert head["messages"] == head["campaigns"] == []
    assert head["judged"] == {"alert": 16, "watch": 2, "clear": 4102}
    assert every[-1] == {"kind": "end", "objects": len(every) - 1}


def test_messages_stand_in_the_csv_in_the_columns_it_has() -> None:
    rendered = output("csv").render(conversation_run(), lambda words: words, "en")
    every = list(csv.DictReader(io.StringIO(rendered)))
    found = [each for each in every if each["rule"] == "conversation"]
    assert len(found) == 18
    assert found[0]["status"] == "alert"
    assert found[0]["title"] == "RE: Angebot 2231 Kühlregale Filiale Nord"
    assert "campaign:c-sq" in found[0]["tags"]
    assert every[-1]["rank"] == f"# {len(every) - 1} rows"
