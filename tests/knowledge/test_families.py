"""Families: every trait holds its examples; real hijacks are named, honest mails are not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from tocsin.formats import Reading
from tocsin.formats.syntax.mail_message import build
from tocsin.formats.syntax.mail_parts import parts
from tocsin.knowledge.families import match, payload_shape, problems
from tocsin.knowledge.family_files import FamilyError, families, packaged, parse
from tocsin.model.message import Attachment, Link, MailText, Message

PAGE = Path(__file__).resolve().parents[2] / "docs" / "families.md"


def read(path: Path) -> Message:
    raw = path.read_bytes()
    return build(parts(raw), len(raw), Reading(messages=True))[0]


def link(url: str, *traits: str, shape: str = "", quoted: bool = False) -> Link:
    return Link(
        url=url, host="fabrikam.example", domain="fabrikam.example", shape=shape, traits=traits,
        quoted=quoted,
    )  # fmt: skip


def reply(when: str = "2021-10-01", **parts: object) -> Message:
    day = datetime.fromisoformat(when).replace(tzinfo=UTC)
    return msgspec.structs.replace(Message(date=day, subject="RE: Offer", reply_marks=1), **parts)


LATIN = link(
    "https://fabrikam.example/qui-qui/et.zip", "archive", "latin-words", shape="/w-w/w.zip"
)


def test_every_trait_holds_its_own_examples() -> None:
    assert problems(packaged()) == []


def test_the_families_are_those_that_answer_stolen_conversations() -> None:
    software = {family.id: family.software for family in families()}
    assert software == {
        "emotet": "S0367", "qakbot": "S0650", "squirrelwaffle": "S1030", "icedid": "S0483",
        "ursnif": "S0386", "pikabot": "S1145", "darkgate": "S1111", "bumblebee": "S1039",
        "bazarloader": "S0534", "danabot": "", "bec-continuation": "",
    }  # fmt: skip


def test_every_family_has_sources_and_a_section_of_the_page() -> None:
    page = PAGE.read_text("utf-8")
    for family in families():
        section = page.partition(f"\n## {family.name}\n")[2].partition("\n## ")[0]
        assert section, family.name
        assert [source.url for source in family.sources if source.url not in section] == []
        assert [trait.id for trait in family.traits if f"`{trait.id}`" not in section] == []
        assert str(family.since) in section


@pytest.mark.shared
def test_the_real_emotet_answer_is_named_and_the_genuine_one_is_not(shared: Path) -> None:
    folder = shared / "samples" / "mail" / "hijack-real"
    forged = match(read(folder / "emotet-2020-09-03-hijack.eml"))
    assert (forged[0].name, forged[0].strong, forged[0].returned) == ("Emotet", True, False)
    assert match(read(folder / "emotet-2020-09-03-legit-original.eml")) == ()


@pytest.mark.shared
def test_the_real_icedid_answer_is_named_on_two_grounds(shared: Path) -> None:
    path = shared / "samples" / "mail" / "hijack-real" / "icedid-2021-03-15-attachment-removed.eml"
    told = match(read(path))[0]
    assert (told.name, told.strong) == ("IcedID", False)
    assert {trait.looks_at for trait in told.traits} == {"attachment", "header"}


def test_a_squirrelwaffle_link_is_named_and_quoted() -> None:
    told = match(reply(links=(LATIN,)))[0]
    assert (told.family, told.strong) == ("squirrelwaffle", True)
    assert told.traits[0].quote == LATIN.url


def test_a_link_that_somebody_else_wrote_names_no_family() -> None:
    quoted = msgspec.structs.replace(LATIN, quoted=True)
    assert match(reply(links=(quoted,))) == ()


def test_a_family_is_not_named_before_it_was_seen_and_returns_after() -> None:
    assert match(reply("2019-01-01", links=(LATIN,))) == ()
    assert match(reply("2026-01-01", links=(LATIN,)))[0].returned


def test_one_weak_trait_or_two_of_one_kind_name_no_family() -> None:
    file = Attachment(name="Claim-Copy-1862767600.zip", kind="zip")
    parents = {"in_reply_to": ("1@contoso.example",)}
    assert match(reply(attachments=(file,), **parents)) == ()
    note = Attachment(name="note.one", kind="onenote")
    assert match(reply(attachments=(file, note), **parents)) == ()
    told = match(reply(attachments=(file,), passwords=("U4613",), **parents))
    assert [each.family for each in told] == ["qakbot"]


def test_a_changed_account_in_a_reply_is_payment_diversion() -> None:
    text = MailText(cues=("bank", "payment", "payment-change"), new_words=30)
    assert match(reply(text=text))[0].family == "bec-continuation"
    assert payload_shape(reply(text=text)) == "text payment-change"


def test_a_mail_that_carries_nothing_is_of_no_family() -> None:
    assert match(reply(text=MailText(style="pre", cues=("document",)))) == ()
    assert payload_shape(reply(text=MailText(cues=("document",)))) == ""


def test_mails_of_one_campaign_have_one_shape() -> None:
    other = link(
        "https://contoso.example/vel-omnis/quod.zip", "archive", "random", shape="/w-w/w.zip"
    )
    assert payload_shape(reply(links=(LATIN,))) == payload_shape(reply(links=(other,)))
    first = Attachment(name="a.zip", kind="zip", traits=("encrypted",), inside=("x.doc",))
    second = Attachment(name="b.zip", kind="zip", traits=("encrypted",), inside=("y.doc",))
    assert payload_shape(reply(attachments=(first,))) == payload_shape(reply(attachments=(second,)))


def test_a_path_that_any_site_has_is_only_one_campaign_on_one_domain() -> None:
    plain = payload_shape(
        reply(links=(link("https://fabrikam.example/company/team", shape="/w/w"),))
    )
    assert "fabrikam.example" in plain
    assert payload_shape(reply(links=(link("https://fabrikam.example/", shape="/"),))) == ""


def test_a_risky_file_goes_before_a_link_and_an_image_is_no_payload() -> None:
    file = Attachment(name="a.html", kind="html", traits=("smuggling",))
    assert payload_shape(reply(links=(LATIN,), attachments=(file,))).startswith("file html")
    image = Attachment(name="logo.png", kind="image", inline=True)
    assert payload_shape(reply(attachments=(image,))) == ""


SOUND = """
id = "x"
name = "X"
about = "a"
since = 2020-01-01
sources = [{ url = "https://contoso.example/", of = 2020-01-01, says = "s" }]
[[traits]]
id = "t"
looks_at = "password"
strength = "weak"
means = "m"
password = '^a$'
gives = [{ password = "a" }]
spares = [{ password = "b" }]
"""


def test_a_sound_file_is_read() -> None:
    assert parse("x.toml", SOUND).since == date(2020, 1, 1)
    assert problems({"x.toml": SOUND}) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "x"', 'id = "y"', "id"),
        ("about", "abaut", "abaut"),
        ("'^a$'", "'('", "traits.t.password"),
        ('spares = [{ password = "b" }]', "spares = []", "examples of both kinds"),
        ('"weak"', '"middling"', "strength"),
        ("password = '^a$'\n", "", "no condition"),
    ],
)
def test_a_fault_names_file_and_key(old: str, new: str, said: str) -> None:
    with pytest.raises(FamilyError, match=r"x\.toml") as fault:
        parse("x.toml", SOUND.replace(old, new))
    assert said in str(fault.value)


def test_the_linter_names_an_example_that_does_not_hold() -> None:
    broken = SOUND.replace('{ password = "b" }', '{ password = "a" }')
    assert problems({"x.toml": broken}) == ["x.toml: traits.t.spares: example 1 does not hold"]


@pytest.mark.parametrize(
    "path", ["/" * 2000, "/" + "a-" * 1000, "/?" + "1" * 2000, "/a/" + "b" * 1990]
)
def test_long_links_and_names_are_cheap(path: str) -> None:
    url = f"https://fabrikam.example{path}"
    file = Attachment(name=path, kind="zip", traits=("encrypted",), inside=(path,) * 50)
    many = reply(links=(link(url, "latin-words"),) * 200, attachments=(file,) * 50)
    assert match(many) is not None
