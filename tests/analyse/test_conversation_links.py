"""What counts as a link's place, and how old an answered mail says that it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.analyse.conversation import copies as copies_module
from tocsin.analyse.conversation.ages import answered_at
from tocsin.analyse.conversation.copies import Copies
from tocsin.analyse.conversation.keys import hashing
from tocsin.analyse.conversation.links import below, deep, everybodys, meeting, placed, shows_code
from tocsin.analyse.conversation.sheet import place_of, site_of
from tocsin.formats.syntax.links import links
from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.message import Attribution, Link, MailText, Message


def link(url: str) -> Link:
    return links(f"see {url} there", "", (), subject="")[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://docs.fabrikam.example/a1", "https://www.fabrikam.example/products/pump-7",
        "https://fabrikam.example/2021/11/10/101", "https://git.fabrikam.example/x",
        "https://fabrikam.example/de/aktuelles/messe.html",
    ],
)  # fmt: skip
def test_ordinary_sites_order_their_pages(url: str):
    assert placed(link(url))


@pytest.mark.parametrize(
    "url",
    [
        # Forms of the families' links as they are published, at invented hosts.
        "https://fabrikam.example/quiqui/et.zip", "https://fabrikam.example/xx/?291826",
        "https://fabrikam.example/dmii/?redir=1696500000", "https://fabrikam.example/",
        "https://docs.google.com/document/d/1AbCdEfGhIjKlMnOpQrStUvWxYz012345/edit",
    ],
)  # fmt: skip
def test_what_was_put_somewhere_has_no_place(url: str):
    assert not placed(link(url))


def test_a_front_page_is_not_deep_but_where_anybody_can_have_one():
    assert not deep(link("https://www.fabrikam.example/"), "ann@contoso.example")
    assert deep(link("https://www.fabrikam.example/x"), "ann@contoso.example")
    assert deep(link("https://secure-login.weebly.com/"), "ann@contoso.example")
    assert not deep(link("https://annlarsen.github.io/"), "annlarsen@contoso.example")


def test_a_document_is_the_same_however_it_is_opened():
    one = link("https://docs.google.com/document/d/1AbCdEfGhIjKlMnOpQrStUvWxYz012345/edit#x")
    two = link("https://docs.google.com/document/d/1AbCdEfGhIjKlMnOpQrStUvWxYz012345")
    other = link("https://docs.google.com/document/d/1ZZZdEfGhIjKlMnOpQrStUvWxYz012345")
    assert place_of(one) == place_of(two) != place_of(other)
    assert everybodys(one)
    assert site_of(link("https://contoso-my.sharepoint.com/:u:/g/x")) == "contoso-my.sharepoint.com"


def test_below_a_signature_line():
    where = link("https://www.fabrikam.example/me")
    assert below(where, "Yes.\n\n-- \nAnn\nhttps://www.fabrikam.example/me\n")
    assert below(where, "Yes.\n_______________\nhttps://www.fabrikam.example/me\n")
    assert not below(where, "See https://www.fabrikam.example/me\n-- \nAnn\n")
    assert not below(where, "See https://www.fabrikam.example/me\n")


@pytest.mark.parametrize(
    "url",
    [
        "https://meet.google.com/abc-defg-hij", "https://us02web.zoom.us/j/8123456789?pwd=x",
        "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0",
        "https://contoso.webex.com/meet/ann.larsen",
        "https://calendly.com/ann-larsen/30min", "https://fabrikam.atlassian.net/browse/OPS-12",
    ],
)  # fmt: skip
def test_an_invitation_to_talk(url: str):
    assert meeting(link(url), {})


@pytest.mark.parametrize(
    "url",
    [
        "https://meet.google.com/", "https://zoom.us/", "https://docs.zoom.us/doc/x",
        "https://meet.google.com.fabrikam.example/abc-defg-hij", "https://teams.microsoft.com/l/file/x",
    ],
)  # fmt: skip
def test_what_is_no_invitation(url: str):
    assert not meeting(link(url), {})


def test_a_board_of_tasks_is_shown_to_those_who_are_known():
    board = link("https://trello.com/c/TvDO8f5l/42-plan")
    assert meeting(board, {"address-new": 1.0})
    assert not meeting(board, {"address-new": 1.0, "domain-new": 1.0})


def test_code_that_is_shown_and_code_that_is_fetched():
    assert shows_code(link("https://bitbucket.org/fabrikam/pump/src/main/"))
    assert shows_code(link("https://gist.github.com/ann/9ccff3c804cc69a9f857c580f1f545a9"))
    assert shows_code(link("https://github.com/fabrikam/pump/pull/7"))
    assert not shows_code(link("https://github.com/fabrikam/pump/releases/download/v1/pump.zip"))
    assert not shows_code(link("https://bitbucket.org/fabrikam/pump/downloads/pump.zip"))
    assert not shows_code(link("https://pastebin.com/raw/EoBL0a2p"))
    assert placed(link("https://review.fabrikam.example/c/pump/+/1234"))
    assert not placed(link("https://fabrikam.example/wp-includes/index.html"))


def day(message: Message) -> str:
    at = answered_at(message)
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d") if at else ""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mon, 3 Jul 2023 14:53:41 +0000", "2023-07-03"),
        ("Friday, August 18, 2023 22:24", "2023-08-18"),
        ("Montag, 12. März 2021 09:14", "2021-03-12"),
        ("jeudi 4 février 2021 à 10:02", "2021-02-04"),
        ("2022-01-08 12:55", "2022-01-08"),
        # The fourth of May or the fifth of April: the younger.
        ("04/05/2021 10:00", "2021-05-04"),
        ("29.5.2020", "2020-05-29"),
        ("24-07-22", "2024-07-22"),
        ("the other day, 2019", "2019-12-31"),
        ("yesterday", ""),
        ("99/99/2021", ""),
    ],
)
def test_the_date_above_a_quote(written: str, read: str):
    quoted = MailText(attributions=(Attribution(name="Ann", date=written),))
    assert day(Message(text=quoted)) == read


@pytest.mark.parametrize(
    ("parent", "read"),
    [
        ("20200605153321.GM17541@contoso.example", "2020-06-05"),
        ("24577536.1842643.1640004636102@mail.contoso.example", "2021-12-20"),
        ("1557771437-26366-1-git-send-email@contoso.example", "2019-05-13"),
        ("CAD5BALRn3QuPW20200605@contoso.example", ""),
    ],
)
def test_the_date_in_a_message_id(parent: str, read: str):
    assert day(Message(in_reply_to=(parent,))) == read


def test_copies_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(copies_module, "COPIES_KEPT", 10)
    copies = Copies(hashing(b"k" * 32))

    def mail(number: int) -> Evidence:
        return Evidence(
            at=Locator(source="mail.eml"), body=Message(message_id=f"{number}@contoso.example")
        )

    assert not copies.seen(mail(0))
    assert copies.seen(mail(0))
    for number in range(1, 21):
        copies.seen(mail(number))
    assert not copies.seen(mail(0))
    assert copies.seen(mail(20))
