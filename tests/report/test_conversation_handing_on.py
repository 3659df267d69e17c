"""What is handed on: the advisory in four languages, who must be warned, what to purge."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import msgspec
import pytest
from sample_conversations import HARMFUL, conversation_run, conversations, hostile, lone
from sample_run import sample_run

from tocsin.model.conversation import Conversations
from tocsin.report import output
from tocsin.report.advisory import text as advisory
from tocsin.report.advisory_parts.files import NAMES, files
from tocsin.report.advisory_parts.inert import inert, inert_mail
from tocsin.report.advisory_parts.wording import LANGUAGES, wording

LIVE = re.compile(r"(?i)(?<![a-z])(?:https?|ftps?|file|smb)://|(?<![\w.\[/-])www\.\w")


def rendered(name: str, found: Conversations | None = None, lang: str = "en") -> str:
    return output(name).render(conversation_run(found), lambda text: text, lang)


def rows(name: str, found: Conversations | None = None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rendered(name, found))))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://a.example/x.zip", "hxxp://a[.]example/x.zip"),
        ("HTTPS://203.0.113.5:8080/a?b=1", "hxxps://203[.]0[.]113[.]5:8080/a?b=1"),
        ("hxxps://a[.]example/x", "hxxps://a[.]example/x"),
        ("ftp://a.example", "ftp[://]a[.]example"),
        ("file://198.51.100.7/share", "file[://]198[.]51[.]100[.]7/share"),
        ("see www.a.example now", "see www[.]a[.]example now"),
        ("write to max.muster@a.example", "write to max.muster@a[.]example"),
        (r"open \\198.51.100.7\share", r"open [\\]198.51.100.7\share"),
        ("offer.pdf and PO_1100.zip", "offer.pdf and PO_1100.zip"),
        ("build 15.1.2375.7 at 9:30, e.g. now", "build 15.1.2375.7 at 9:30, e.g. now"),
        ("münchen.example", "münchen[.]example"),
    ],
)
def test_an_address_in_a_mail_loses_its_life_once_and_for_all(given: str, shown: str) -> None:
    assert inert_mail(given) == shown
    assert inert_mail(inert_mail(given)) == shown


def test_addresses_are_taken_apart_in_linear_time() -> None:
    for evil in ("a." * 50_000, "http" * 50_000, "a" * 100_000, "\\\\" * 50_000, "x@" * 50_000):
        assert len(inert_mail(inert(evil))) < 500_000


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_advisory_tells_these_mails_by_what_a_reader_sees(lang: str) -> None:
    text = rendered("advisory", lang=lang)
    words = " ".join(text.split())
    assert "RE: Angebot 2231 Kühlregale Filiale Nord" in words
    assert "Robert Lang" in words
    assert "info@tailspin[.]example" in words
    assert "robert.lang@fabrikam-offers[.]example" in words
    assert "hxxps://beratung-example[.]test/qui-qui/et.zip" in words
    assert "PO_1100.zip" in words
    assert "2026" in words
    assert wording(lang).subject in words
    for each in (*wording(lang).todo_list, *wording(lang).already_list):
        assert each in words


def test_the_four_languages_say_the_same_in_words_of_their_own() -> None:
    texts = {lang: rendered("advisory", lang=lang) for lang in LANGUAGES}
    assert len({text.count("\n  - ") for text in texts.values()}) == 1
    assert texts["en"].startswith("Subject: Please read:")
    assert texts["fr"].startswith("Objet : À lire :")
    assert texts["de"].startswith("Betreff: Bitte lesen:")
    assert texts["it"].startswith("Oggetto: Da leggere:")
    assert "1er décembre" in _on_the_first("fr")
    assert "1. Dezember" in _on_the_first("de")
    assert rendered("advisory", lang="nl") == texts["en"]
    assert rendered("advisory", lang="de_CH") == texts["de"]


def _on_the_first(lang: str) -> str:
    found = conversations()
    assert found.campaigns[0].last is not None
    late = found.campaigns[0].last.replace(month=12, day=1)
    campaign = msgspec.structs.replace(found.campaigns[0], last=late)
    return advisory(msgspec.structs.replace(found, campaigns=(campaign,)), lang, "c-sq")


def test_there_is_one_advisory_for_each_campaign_too() -> None:
    text = advisory(conversations(), "en", "c-em")
    assert "PO_1100.zip" in text
    assert "qui-qui" not in text
    assert "kind 1 of" not in text
    alone = advisory(conversations(), "en", "")
    assert "nina.hartmann@fabrlkam[.]example" in alone
    assert "They carry neither a link nor an attachment." in alone


def test_a_true_mailbox_and_a_borrowed_name_are_told_apart() -> None:
    words = " ".join(rendered("advisory").split())
    assert "Marc Weber, marc.weber@contoso[.]example: name and address are right" in words
    assert "“Robert Lang” is shown, but the real address is info@tailspin[.]example" in words


def test_nothing_to_warn_of_is_said() -> None:
    for found in (None, msgspec.structs.replace(conversations(), messages=(), campaigns=())):
        run = msgspec.structs.replace(sample_run(), conversations=found)
        assert "nothing to warn of" in output("advisory").render(run, str, "en")
        assert "nothing to warn of" in output("advisory_html").render(run, str, "en")
        assert len(output("recipients").render(run, str, "en").splitlines()) == 1
        assert len(output("purge").render(run, str, "en").splitlines()) == 1
        assert files(run, str, "en") == {}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["advisory", "advisory_html"])
def test_no_advisory_holds_anything_that_lives(name: str, lang: str) -> None:
    for found in (conversations(), hostile()):
        text = rendered(name, found, lang)
        text.encode("utf-8")
        policy = "http-equiv" if name == "advisory_html" else "\0"
        lines = [line for line in text.splitlines() if policy not in line]
        assert not [line for line in lines if LIVE.search(line)]
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_advisory_as_html_has_no_link_no_script_and_no_picture() -> None:
    for found in (conversations(), hostile()):
        page = Tags(rendered("advisory_html", found, "fr"))
        names = {tag for tag, _ in page.tags}
        assert names <= {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul",
                         "li", "code", "bdi"}  # fmt: skip
        assert not [attrs for _, attrs in page.tags if {"href", "src", "style"} & attrs.keys()]
        assert page.tags[0] == ("html", {"lang": "fr"})


def test_those_who_answered_come_first_and_each_has_why_when_and_how_often() -> None:
    found = rows("recipients")
    assert [row["answered_or_forwarded"] for row in found[:4]] == ["yes", "yes", "yes", "no"]
    paul = next(row for row in found if row["address"] == "paul.morel@contoso.example")
    assert paul == {
        "address": "paul.morel@contoso.example",
        "own_or_external": "own",
        "why": "received",
        "campaign": "c-sq",
        "family": "Squirrelwaffle",
        "first": "2026-11-10 07:17:07Z",
        "last": "2026-11-10 08:08:17Z",
        "messages": "3",
        "answered_or_forwarded": "yes",
        "subject": "RE: Planning des livraisons semaine 46",
        "sender": "Élise Roux <elise.roux@contoso.example>",
    }
    external = {row["address"] for row in found if row["own_or_external"] == "external"}
    assert external == {f"sales{number}@fabrikam.example" for number in range(12)}
    assert {row["address"] for row in found if row["why"] == "sent"} == {
        "marc.weber@contoso.example",
        "elise.roux@contoso.example",
        "priya.nair@contoso.example",
        "jonas.frei@contoso.example",
        "anna.keller@contoso.example",
    }
    assert not [row for row in found if "northwind" in row["sender"]], "watch warns nobody"
    alone = [row for row in found if row["campaign"] == ""]
    assert [row["address"] for row in alone] == ["einkauf@contoso.example"]


def test_one_who_answered_but_stands_in_no_list_of_recipients_is_warned() -> None:
    found = conversations()
    shy = msgspec.structs.replace(found.campaigns[1], answered=("bcc@contoso.example",))
    found = msgspec.structs.replace(found, campaigns=(found.campaigns[0], shy))
    row = next(r for r in rows("recipients", found) if r["address"] == "bcc@contoso.example")
    assert row["answered_or_forwarded"] == "yes"


def test_the_purge_list_has_each_message_with_the_mailboxes_that_hold_it() -> None:
    found = rows("purge")
    assert len(found) == 16
    assert found[0] == {
        "message_id": "<f0@EX03.corp.contoso.example>",
        "mailboxes": "lena.vogt@contoso.example; marc.weber@contoso.example",
        "elsewhere": "sales0@fabrikam.example",
        "date": "2026-11-10 07:12:00Z",
        "subject": "RE: Angebot 2231 Kühlregale Filiale Nord",
        "sender": "Marc Weber <marc.weber@contoso.example>",
        "verdict": "alert",
        "campaign": "c-sq",
        "source": "journal/2026-11-10.mbox#message 41",
    }


def test_no_address_passes_for_two_mailboxes_to_purge() -> None:
    """RFC 5321, 4.1.2: a quoted local part may hold whatever is printable."""
    found = conversations()
    evil = (
        '"x; boss@contoso.example; y"@contoso.example',
        '"x;boss@contoso.example"@fabrikam.example',
    )
    first = msgspec.structs.replace(found.messages[0], recipients=("a@contoso.example", *evil))
    found = msgspec.structs.replace(found, messages=(first, *found.messages[1:]))
    row = next(each for each in rows("purge", found) if each["message_id"] == first.message_id)
    inside = [each.strip() for each in row["mailboxes"].split(";")]
    assert inside[:2] == [
        "a@contoso.example", r'"x\x3b boss@contoso.example\x3b y"@contoso.example'
    ]  # fmt: skip
    assert row["elsewhere"] == r'"x\x3bboss@contoso.example"@fabrikam.example'
    assert "boss@contoso.example" not in inside


def test_copies_that_only_the_campaign_knows_are_purged_too() -> None:
    found = conversations()
    more = (*found.campaigns[0].message_ids, "<copy@EX03.corp.contoso.example>")
    campaign = msgspec.structs.replace(found.campaigns[0], message_ids=more)
    found = msgspec.structs.replace(found, campaigns=(campaign, found.campaigns[1]))
    assert rows("purge", found)[-1]["message_id"] == "<copy@EX03.corp.contoso.example>"


@pytest.mark.parametrize("name", ["recipients", "purge", "csv"])
def test_no_cell_is_a_formula_and_no_character_hides(name: str) -> None:
    bad = ("=HYPERLINK(1)", "+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", " =1+1")
    found = conversations()
    messages = tuple(
        msgspec.structs.replace(
            each,
            message_id=bad[place % len(bad)],
            recipients=(*bad, *each.recipients),
            shown=msgspec.structs.replace(
                each.shown, subject=bad[place % len(bad)], sender=bad[(place + 1) % len(bad)]
            ),
        )
        for place, each in enumerate(found.messages)
    )
    for case in (msgspec.structs.replace(found, messages=messages), hostile()):
        text = rendered(name, case)
        text.encode("utf-8")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
        for row in csv.reader(io.StringIO(text)):
            assert not [cell for cell in row if cell.lstrip().startswith(tuple("=+@-＝"))]


def test_all_files_are_named_beforehand() -> None:
    written = files(conversation_run(), lambda text: text, "en")
    assert tuple(sorted(written)) == tuple(sorted(NAMES))
    assert written["advisory-it.txt"].startswith("Oggetto")
    assert '"type": "bundle"' in written["indicators.stix.json"]


def test_hostile_subjects_are_quoted_and_cut() -> None:
    text = advisory(hostile(), "en")
    assert "<script>alert('name')</script>" in text
    assert "‹U+202E›" in text
    assert "x" * 300 not in text
    assert HARMFUL[-1] not in text


def test_a_name_that_looks_like_a_place_to_fill_is_left_alone() -> None:
    alone = lone()
    named = msgspec.structs.replace(
        alone, shown=msgspec.structs.replace(alone.shown, sender="{address} {x} <a@b.example>")
    )
    found = msgspec.structs.replace(conversations(), messages=(named,), campaigns=())
    assert "“{address} {x}”, with the address a@b[.]example" in advisory(found, "en")
