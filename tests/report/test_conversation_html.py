"""Conversations in report.html: what is seen, what is said, and that hostile mail stays asleep."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import msgspec
import pytest
from sample_conversations import HARMFUL, conversation_run, conversations, hostile, large
from test_html import CODE_POINT, Page, names_of

from tocsin.model.conversation import Conversations
from tocsin.model.run import Run
from tocsin.report.html import render
from tocsin.report.html_parts.conversations import FULL_LIMIT
from tocsin.report.html_parts.conversations_thread import picture
from tocsin.report.html_parts.visible import one_line, visible


def english(run: Run) -> str:
    return render(run, lambda text: text, "en")


def section(found: Conversations | None = None) -> str:
    page = english(conversation_run(found))
    return page[page.index("<section id=conversations") :].split("</section>")[0]


@pytest.fixture(scope="module")
def shown() -> str:
    return section()


def test_the_first_screen_says_it_and_leads_there() -> None:
    page = english(conversation_run())
    head = Page(page[: page.index("<section id=servers")]).text
    assert "Somebody is answering your conversations from EX03.corp.contoso.example." in head
    assert "20 people to warn forged messages: 16 answered or forwarded: 3" in re.sub(
        r"people to warn (\d+) ", r"\1 people to warn ", head
    )
    assert 'href="#conversations"' in page


def test_the_numbers_of_the_section(shown: str) -> None:
    text = Page(shown).text
    assert "forged messages 16 conversations used: 6" in text
    assert "campaigns 2 Squirrelwaffle, Emotet" in text
    assert "people to warn 20 of yours: 8, elsewhere: 12" in text
    assert "answered or forwarded it 3" in text
    assert "Cannot be seen: No internal mail was among the inputs" in text


def test_mails_alone_come_before_the_servers_that_are_not_there() -> None:
    page = english(conversation_run(servers=False))
    assert page.index("<section id=conversations") < page.index("<section id=servers")
    assert "<title>Conversations" in page
    assert Page(page).text.count("people to warn") == 1


def test_a_campaign_card_says_who_what_when_and_whom(shown: str) -> None:
    text = Page(shown[shown.index("id=k1") : shown.index("id=k2")]).text
    assert "Campaign 1 · Squirrelwaffle" in text
    assert "All of them answer a true conversation with a link of the same form." in text
    assert "2026-11-10 07:12 UTC – 2026-11-10 08:08 UTC" in text
    assert "Sent by the servers EX03.corp.contoso.example" in text
    assert "Élise Roux <elise.roux@contoso.example>" in text
    assert "RE: Minutes of the budget meeting" in text
    assert "hxxps://beratung-example[.]test/qui-qui/et.zip?0" in text
    assert "paul.morel@contoso.example answered" in text
    assert "on 12 of 12 messages" in text
    assert shown.count("<code>hxxps://beratung-example[.]test/qui-qui/et.zip?0</code>") >= 1


def test_the_advisory_can_be_read_in_the_page_in_four_languages(shown: str) -> None:
    for lang, word in (("en", "Subject:"), ("fr", "Objet"), ("de", "Betreff:"), ("it", "Oggetto:")):
        assert f'<pre lang="{lang}" tabindex=0>{word}' in shown
        # One for everything, one for each of the two campaigns.
        assert shown.count(f'<pre lang="{lang}"') == 3


def test_genuine_and_forged_stand_side_by_side_and_what_differs_is_marked(shown: str) -> None:
    alert = shown[shown.index("id=m13") : shown.index("id=m14")]
    assert "The genuine message and the forged one, side by side" in Page(alert).text
    rows = re.findall(r"<tr(?: class=df)?>.*?</tr>", alert, re.DOTALL)
    by_name = {Page(row).words[0]: row for row in rows if "<th scope=row>" in row}
    marked = [row for row in rows if row.startswith("<tr class=df>")]
    assert len(marked) == 8
    sender = next(row for row in marked if "From</th>" in row)
    assert "≠" in sender
    assert "differs:" in Page(sender).text
    assert "robert.lang@fabrikam.example" in sender.split("</td>")[0]
    assert "<mark><bdi>Robert Lang &lt;info@tailspin.example&gt;</bdi></mark>" in sender
    assert "To" in by_name
    assert "≠" not in by_name["To"]


def test_without_a_genuine_message_the_forged_one_stands_alone(shown: str) -> None:
    alert = shown[shown.index("id=m16") :]
    assert "No genuine message of this conversation is among the inputs." in Page(alert).text
    assert "<tr class=df>" not in alert.split("</table>")[0]


def test_reasons_have_weight_sentence_quote_and_place_heaviest_first(shown: str) -> None:
    alert = shown[shown.index("id=m1>") : shown.index("id=m2>")]
    reasons = alert[alert.index("<ol class=reasons>") :].split("</ol>")[0]
    assert re.findall(r"[+-]\d\.\d", reasons) == ["+4.6", "+3.4", "+3.1", "+2.2"]
    text = Page(reasons).text
    assert "The link leads to a domain that nobody here ever sent or got." in text
    assert "<blockquote>X-Originating-IP: [10.20.4.13]</blockquote>" in reasons
    assert "journal/2026-11-10.mbox message 41, header 9" in text
    assert "who writes 2.2 + what it wants 7.7 + how many at once 3.4 = 13.3" in Page(alert).text


def test_a_place_leads_to_its_source_with_the_digest() -> None:
    run = conversation_run()
    at = run.conversations.messages[12].hits[0].at  # type: ignore[union-attr]
    source = msgspec.structs.replace(run.sources[0], source=at.source)
    page = english(msgspec.structs.replace(run, sources=(source, *run.sources[1:])))
    assert f"<a href=#q1>{at.source}</a>" in page


def test_the_thread_is_a_picture_that_can_also_be_heard(shown: str) -> None:
    alert = shown[shown.index("id=m13") : shown.index("id=m14")]
    figure = alert[alert.index("<figure") : alert.index("</figure>")]
    assert "role=img" in figure
    assert 'aria-labelledby="tt13 td13"' in figure
    assert "<title id=tt13>The conversation: who wrote when</title>" in figure
    described = re.search(r"<desc id=td13>(.*?)</desc>", figure)
    assert described
    assert described[1].endswith("2026-11-12 07:12: Robert Lang, forged")
    assert described[1].count(";") == 3
    assert "Robert Lang</b> (the stranger)<span>info@tailspin.example" in figure
    # Three genuine mails are circles, the forged one a diamond with a ring: not by colour alone.
    drawing = figure[figure.index("<svg class=th") : figure.index("<p class=legend>")]
    assert drawing.count("class=gn") == 3
    assert drawing.count("<path class=fd") == 1
    assert drawing.count("class=hr") == 1


def test_a_colleague_whose_mailbox_was_used_is_no_stranger(shown: str) -> None:
    alert = shown[shown.index("id=m1>") : shown.index("id=m2>")]
    assert "(the stranger)" not in alert


def test_mails_of_one_minute_are_drawn_apart_in_their_order_and_undated_ones_beside() -> None:
    events = conversations().messages[0].timeline
    close = tuple(msgspec.structs.replace(each, when=events[0].when) for each in events)
    drawn = picture(close, "", lambda text: text)
    assert drawn is not None
    xs = [dot.x for dot in drawn.dots]
    assert xs == sorted(xs)
    assert min(b - a for a, b in pairwise(xs)) >= 2.9
    assert drawn.spread
    undated = picture(
        tuple(msgspec.structs.replace(each, when=None) for each in events), "", lambda text: text
    )
    assert undated is not None
    assert {dot.x for dot in undated.dots} == {97.0}
    assert picture(events[:1], "", lambda text: text) is None


def test_a_long_thread_is_cut_and_keeps_the_forged_mail() -> None:
    base = conversations().messages[12].timeline
    many = tuple(
        msgspec.structs.replace(base[1], address=f"p{number}@contoso.example", answers=None)
        for number in range(300)
    )
    drawn = picture((*many, base[-1]), base[-1].message_id, lambda text: text)
    assert drawn is not None
    assert len(drawn.lanes) <= 8
    assert sum(dot.forged for dot in drawn.dots) == 1
    assert drawn.left_out == 301 - len(drawn.dots)
    assert all(0 <= dot.x <= 100 for dot in drawn.dots)


def test_watch_is_folded_and_no_alert(shown: str) -> None:
    folded = shown[shown.index("To watch, no alert: 2") :]
    assert "Kim Sato never used this mail program before." in Page(folded).text
    assert "Travel plans" not in shown[: shown.index("To watch, no alert: 2")]


def test_hostile_words_make_no_elements_no_links_and_stay_readable() -> None:
    page = Page(english(conversation_run(hostile())))
    counts = Counter(tag for tag, _ in page.elements)
    assert (counts["script"], counts["style"], counts["img"], counts["iframe"]) == (1, 1, 0, 0)
    for tag, attrs in page.elements:
        assert not any(key.startswith("on") or key in ("style", "src") for key in attrs), tag
        target = attrs.get("href", "#")
        if tag == "a" and not target.startswith("#"):
            assert target.startswith("https://msrc.microsoft.com/")
        else:
            assert target.startswith(("#", "data:,"))
    for words in (*HARMFUL[:5], "javascript:alert(document.domain)"):
        assert words in page.text
    assert "nul‹U+0000› and ‹U+2066›isolate‹U+2069›" in page.text


def test_no_shapeless_character_and_no_live_address_reaches_the_section() -> None:
    for found in (hostile(), conversations()):
        shown = section(found)
        shown.encode("utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]", shown)
        assert "http://" not in shown
        assert "https://" not in shown
        assert "x" * 2100 not in shown


def test_every_link_inside_the_page_arrives_and_no_place_exists_twice() -> None:
    for found in (conversations(), hostile(), large()):
        page = Page(english(conversation_run(found)))
        ids = Counter(attrs["id"] for _, attrs in page.elements if "id" in attrs)
        assert [name for name, count in ids.items() if count > 1] == []
        wanted = {
            attrs["href"][1:] for _, attrs in page.elements if attrs.get("href", "").startswith("#")
        }
        assert wanted <= set(ids)


def test_five_hundred_alerts_stay_a_page_one_can_open_and_the_limit_is_said() -> None:
    page = english(conversation_run(large(500, 400)))
    assert len(page.encode()) < 5_000_000
    assert len(re.findall(r"<details id=m\d+>", page)) == FULL_LIMIT
    text = Page(page).text
    assert "Further forged messages in short: 304" in text
    assert "Only 200 are shown with everything" in text
    assert "To watch, no alert: 400" in text


def test_a_large_campaign_does_not_hide_a_small_one_or_a_lone_alert() -> None:
    page = english(conversation_run(large(500)))
    full = page[page.index("id=alert-list") :].split("</ol>\n<details")[0]
    assert "Offer for shelf lighting" in full
    assert "nina.hartmann@fabrlkam.example" in full


def test_every_word_of_the_section_passes_through_the_translation() -> None:
    run = conversation_run(servers=False)
    marked = render(run, lambda text: f"⟦{text}⟧", "fr")
    marked = re.sub(r"<pre lang=.*?</pre>", "", marked, flags=re.DOTALL)
    page = Page(marked)
    attributes = " ".join(
        attrs[key]
        for _, attrs in page.elements
        for key in ("aria-label", "data-text", "data-dark", "data-light", "data-of")
        if key in attrs
    )
    left = f"{page.text} {attributes}"
    while "⟧" in left:
        left = re.sub(r"⟦[^⟦⟧]*⟧", " ", left)
    words = set(re.findall(r"[^\W\d_]{3,}", CODE_POINT.sub(" ", left)))
    shown = [show(name) for name in names_of(run) for show in (one_line, visible)]
    own = set(re.findall(r"[^\W\d_]{3,}", CODE_POINT.sub(" ", "\n".join(shown))))
    format_names = {"tocsin", "report", "from", "run", "json", "format", "advisory", "html",
                    "recipients", "purge", "stix", "hxxps", "accept"}  # fmt: skip
    languages = {"English", "Français", "Deutsch", "Italiano"}
    assert sorted(words - own - format_names - languages - {"Tocsin", "SHA", "UTC"}) == []


def test_nothing_found_and_nothing_judged() -> None:
    calm = msgspec.structs.replace(conversations(), messages=(), campaigns=())
    text = Page(section(calm)).text
    assert "Nobody speaks inside your conversations who should not" in text
    assert "To hand on" not in text
    only = msgspec.structs.replace(
        conversations(), messages=conversations().messages[-2:], campaigns=()
    )
    assert "No message is an alert. Some stand out in one way alone." in Page(section(only)).text
