"""Who wrote, to whom, about what, in answer to what: the fields of a mail's record."""

from datetime import UTC, datetime

import pytest
from message_reading import HEAD, everything, gaps, messages, one

from tocsin.formats.syntax.mail_addresses import parties
from tocsin.formats.syntax.mail_identity import ids, message_id
from tocsin.formats.syntax.mail_subject import topic
from tocsin.formats.syntax.mail_words import header_text
from tocsin.model.message import Party


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        # RFC 2047, section 8
        ("=?ISO-8859-1?Q?a?=", "a"),
        ("=?ISO-8859-1?Q?a?= b", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\n    =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        # as it is met in mail
        ("=?utf-8?b?w7w=?= =?utf-8?b?w6Q=?=", "üä"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),  # a letter split between words
        ("x=?utf-8?q?=C3=BC?=y", "xüy"),
        ("=?utf-8?q?a b?=", "a b"),
        ('=?"utf-8"?q?=C3=BC?=', "ü"),
        ("=?utf-8?q?never closed", "=?utf-8?q?never closed"),
        ("=?utf-8*de?q?gr=C3=BCn?=", "grün"),
    ],
)
def test_encoded_words(raw: str, text: str):
    assert header_text(raw.encode()) == text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("anna@contoso.example", [("", "anna@contoso.example")]),
        ('"Weber, Anna" <Anna@Contoso.Example>', [("Weber, Anna", "anna@contoso.example")]),
        ("Weber, Anna <a@c.example>", [("Weber, Anna", "a@c.example")]),
        ("a@c.example (Anna Weber)", [("Anna Weber", "a@c.example")]),
        ("A <a@c.example>, B <b@c.example>", [("A", "a@c.example"), ("B", "b@c.example")]),
        ("A <a@c.example> B <b@c.example>", [("A", "a@c.example"), ("B", "b@c.example")]),
        ("Team: a@c.example, b@c.example;", [("", "a@c.example"), ("", "b@c.example")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?q?Weber=2C_Anna?= <a@c.example>", [("Weber, Anna", "a@c.example")]),
        ('"=?utf-8?q?Anna_W=C3=A4?=" <a@c.example>', [("Anna Wä", "a@c.example")]),
        ("=?utf-8?q?Anna_=3Ca=40c=2Eexample=3E?=", [("Anna", "a@c.example")]),
        ("'Anna' <mailto:a@c.example>", [("Anna", "a@c.example")]),
        ("anna at contoso.example (Anna)", [("Anna", "anna@contoso.example")]),
        ("boss@c.example <thief@evil.example>", [("boss@c.example", "thief@evil.example")]),
        ("Anna <a@c.example", [("Anna", "a@c.example")]),
        ("Anna (<a@c.example>)", [("Anna", "a@c.example")]),
        ("Anna", [("Anna", "")]),
        ("", []),
    ],
)
def test_mailboxes(raw: str, expected: list[tuple[str, str]]):
    assert [(p.name, p.address) for p in parties(raw.encode())] == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: Offer", ("offer", 1, 0)),
        ("RE: AW: WG: Angebot", ("angebot", 2, 1)),
        ("Re[2]: Offer", ("offer", 1, 0)),
        ("[list] Re: [EXTERNAL] Fwd: Offer", ("offer", 1, 1)),
        ("SV: VS: Antw: Odp: YNT: RIF: R: x", ("x", 7, 0)),
        ("TR: RV: I: PD: Doorst: ENC: x", ("x", 0, 6)),
        ("Re : x", ("x", 1, 0)),
        ("回复：报价", ("报价", 1, 0)),
        ("转发: 答复: 报价", ("报价", 1, 1)),
        ("Regarding: x", ("regarding: x", 0, 0)),
        ("[only a tag]", ("[only a tag]", 0, 0)),
        ("", ("", 0, 0)),
    ],
)
def test_topics(subject: str, expected: tuple[str, int, int]):
    assert topic(subject) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<a@x> <b@x>\n\t<a@x>", ("a@x", "b@x")),
        ("=?utf-8?q?=3Cabc=40x=2Eexample=3E?=", ("abc@x.example",)),
        ('Message from "A" of Friday <a@x>', ("a@x",)),
        ("<a\n b@x>", ("ab@x",)),
        ("a@x b@x", ("a@x", "b@x")),
        ("none", ()),
    ],
)
def test_ids(raw: str, expected: tuple[str, ...]):
    assert ids(raw.encode()) == expected


def test_of_too_many_references_the_first_and_the_last_are_kept():
    found = ids(" ".join(f"<{each}@x>" for each in range(1000)).encode())
    assert len(found) == 200
    assert (found[0], found[-1]) == ("0@x", "999@x")
    assert message_id(b"no brackets") == "nobrackets"


def test_the_fields_of_a_record():
    mail = (
        HEAD.replace("Subject: Offer", "Subject: RE: Offer")
        + "Reply-To: <other@evil.example>\nReturn-Path: <bounce@contoso.example>\n"
        "Sender: secretary@contoso.example\nCc: c@fabrikam.example\n"
        "In-Reply-To: <0@fabrikam.example>\nReferences: <9@f.example> <0@fabrikam.example>\n"
        "Thread-Index: AdcyQVe6JoxLLg0dRlWpjMQpHQXTqQABCu2A\nThread-Topic: Offer\n\nhi\n"
    )
    found = one(mail)
    assert found.sender == Party("Anna Weber", "anna@contoso.example") == found.author
    assert found.header_sender == Party("", "secretary@contoso.example")
    assert found.reply_to == (Party("", "other@evil.example"),)
    assert found.envelope == "bounce@contoso.example"
    assert found.recipients == ("bert@fabrikam.example", "c@fabrikam.example")
    assert (found.topic, found.reply_marks) == ("offer", 1)
    assert found.in_reply_to == ("0@fabrikam.example",)
    assert found.references == ("9@f.example", "0@fabrikam.example")
    assert found.thread_index == "01d7324157ba268c4b2e0d1d4655a98cc4291d05d3a9"
    assert found.date == datetime(2025, 11, 7, 9, tzinfo=UTC)
    assert found.traits == ("missing-received",)
    assert not found.automatic


def test_two_senders_are_counted():
    mail = "From: a@c.example\nFrom: b@c.example, d@c.example\n\nx"
    assert one(mail).more_senders == 2


def test_the_author_behind_a_list():
    mail = (
        "From: Anna Weber via Talk <talk@lists.example>\nReply-To: Anna Weber <anna@contoso.example>\n"
        "To: talk@lists.example\nList-Id: Talk <talk.lists.example>\n"
        "List-Post: <mailto:talk@lists.example>\nSubject: x\n\nx\n"
    )
    found = one(mail)
    assert found.sender.address == "talk@lists.example"
    assert found.author == Party("Anna Weber", "anna@contoso.example")
    assert found.list_id == "talk.lists.example"


def test_a_reply_address_alone_makes_no_other_author():
    mail = HEAD + "Reply-To: other@evil.example\nList-Id: <news.contoso.example>\n\nx"
    assert one(mail).author.address == "anna@contoso.example"


@pytest.mark.parametrize(
    ("field", "automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: no", False),
        ("Precedence: bulk", True),
        ("Precedence: list\nList-Id: <l.example>", False),
        ("X-Auto-Response-Suppress: All", True),
        ("Return-Path: <>", True),
        ("Content-Type: multipart/report; boundary=b", True),
    ],
)
def test_machines(field: str, automatic):
    assert one(f"{HEAD}{field}\n\nx").automatic is automatic


@pytest.mark.parametrize(
    ("fields", "client"),
    [
        ("X-Mailer: Microsoft Outlook 16.0", "outlook-16"),
        ("X-Mailer: Microsoft Office Outlook, Build 11.0.5510", "outlook-11"),
        ("User-Agent: Mozilla/5.0 (X11; rv:102.0) Gecko/20100101 Thunderbird/102.4", "thunderbird"),
        ("User-Agent: Mutt/1.10.1 (2018-07-13)", "mutt"),
        ("X-Mailer: git-send-email 2.25.1", "git-send-email"),
        ("X-Mailer: iPhone Mail (20B110)", "apple-mobile"),
        ("X-Mailer: Apple Mail (2.3654.120.0.1.13)", "apple-mail"),
        ("User-Agent: Roundcube Webmail/1.4.3", "roundcube-webmail"),
        ("X-Mailer: Contoso Sender 4.1 beta", "contoso-sender"),
        ("X-MS-Has-Attach:", "exchange"),
    ],
)
def test_clients(fields: str, client: str):
    assert one(f"{HEAD}{fields}\n\nx").client == client


def test_a_client_by_its_id():
    mail = HEAD.replace(
        "<1@contoso.example>",
        "<CAJ+FrY6C_Hp_b-Pzx2VqUqnonx9Dei8kcXDV7j1abcdefghijk@mail.gmail.com>",
    )
    found = one(mail + "\nx")
    assert (found.client, found.id_form) == ("gmail", "drawn@gmail.com")


def test_an_outlook_that_is_none():
    # As the IcedID mail of March 2021: X-Mailer Outlook, neither Thread-Index nor Outlook's id.
    fake = (
        HEAD.replace("Message-ID: <1@contoso.example>\n", "") + "X-Mailer: Microsoft Outlook 16.0\n"
    )
    assert {"client-mismatch", "no-message-id"} <= set(one(fake + "\nx").traits)
    real = fake + "Thread-Index: AdniGciaeOeZz0n9SRuZfzcLxOftQQ==\n"
    assert "client-mismatch" not in one(real + "\nx").traits


def test_forms_stay_while_what_is_drawn_by_lot_changes():
    def forms(identifier: str, boundary: str) -> tuple[str, str, str]:
        mail = HEAD.replace("<1@contoso.example>", f"<{identifier}@contoso.example>")
        found = one(f'{mail}Content-Type: multipart/mixed; boundary="{boundary}"\n\nx')
        return found.id_form, found.boundary_form, found.header_form

    first = forms("02ee01d9e21a$9beb5aa0$d3c20fe0$", "----=_NextPart_000_02EF_01D9E248.B5A5B980")
    other = forms("14ab01d9e99c$1ce15af1$a3f20fe9$", "----=_NextPart_000_14AC_01D9EF48.A5A5C981")
    assert first == other
    assert first[0] == "x12$x8$x8$@sender"


def test_a_field_longer_than_programs_write_is_told():
    found = everything("From: " + '"a, <b> (c ' * 12_000 + f"\n{HEAD}\nbody")
    assert any("is longer than" in each for each in gaps(found))
    assert len(list(messages(found))) == 1


def test_headers_only_where_no_record_is_asked_for():
    from mail_reading import read

    assert not list(messages(read(HEAD + "\nbody")))
