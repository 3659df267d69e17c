"""What stands in a mail's TNEF part (winmail.dat) is read as if it stood in the mail (MS-OXTNEF)."""

import base64
import json
import struct
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from attachment_making import zipped
from message_reading import HEAD, everything, gaps, messages, one
from tnef_making import (
    BINARY,
    BODY,
    BOOLEAN,
    DATA,
    EIGHT_BIT,
    FILE_BEGINS,
    FILE_PROPERTIES,
    FROM,
    HTML,
    IN_REPLY_TO,
    INDEX,
    INTEGER,
    INTERNET_CODEPAGE,
    LONG_NAME,
    MEDIA_TYPE,
    MESSAGE_ID,
    PROPERTIES,
    RECIPIENTS,
    REFERENCES,
    RICH,
    STORAGE,
    SUBJECT,
    TEXT,
    TOPIC,
    UNICODE,
    attached,
    attached_message,
    attribute,
    listed,
    mailed,
    named,
    stream,
)

from tocsin.formats.syntax.mail_parts import parts
from tocsin.formats.syntax.tnef_mail import opened
from tocsin.model.message import Message

LURE = "Please look at the new order and tell me what you think of it by tomorrow: "
LINK = "https://files.partner.test/r/invoice_4711.zip"
QUOTED = (
    "\n\nFrom: Bert <bert@fabrikam.example>\nSent: Thursday, November 6, 2025 4:12 PM\n"
    "To: Anna Weber\nSubject: Offer\n\nWhen may we expect the offer for the pumps?\n"
)
ZIP = zipped({"invoice.pdf.js": b"var a = 1;\n" * 50})


def links(found: Message) -> list[tuple[str, bool]]:
    return [(each.url, each.quoted) for each in found.links]


def names(found: Message) -> list[tuple[str, str]]:
    return [(each.name, each.kind) for each in found.attachments]


def rich(text: str) -> bytes:
    """Compressed rich text in its stored form (MS-OXRTFCP, 2.1.3.1)."""
    data = text.encode("ascii")
    return struct.pack("<II4sI", len(data) + 12, len(data), b"MELA", 0) + data


BODIES = {
    "plain": ((BODY, UNICODE, LURE + LINK + QUOTED),),
    "8 bits": ((BODY, EIGHT_BIT, (LURE + LINK + QUOTED).encode() + b"\0"),),
    "HTML": (
        (HTML, BINARY, f"<p>{LURE}<a href='{LINK}'>the order</a></p>".encode()
         + QUOTED.replace("<", "&lt;").replace("\n", "<br>").encode()),
    ),
    "rich text": ((RICH, BINARY, rich(r"{\rtf1\ansi " + LURE + LINK + QUOTED.replace("\n", r"\par ") + "}")),),
    "HTML in rich text": (
        (RICH, BINARY, rich(r"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}" + LURE
                            + r"{\*\htmltag84 <a href='" + LINK + r"'>}the order{\*\htmltag92 </a></p>}"
                            + r"{\*\htmltag84 <br><br>}" + QUOTED.strip().replace("\n", r"{\*\htmltag84 <br>}") + "}")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", BODIES)
def test_the_text_is_read_in_each_form(form: str):
    mail = mailed(stream(*BODIES[form]), HEAD)
    found = one(mail)
    assert found.text.new.startswith(LURE.strip())
    assert found.text.quoted_words >= 9
    assert (LINK, False) in links(found)
    assert gaps(everything(mail)) == []


def test_a_part_alone_is_the_whole_mail():
    """As Exchange keeps mail between its own servers, and in a journal."""
    data = stream((BODY, UNICODE, LURE + LINK), files=(attached("ORDER~1.ZIP", ZIP),))
    mail = (
        f"{HEAD}Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(data).decode()
    )
    found = one(mail)
    assert links(found) == [(LINK, False)]
    assert names(found) == [("ORDER~1.ZIP", "zip"), ("", "tnef")]


def test_attachments_are_looked_into_under_the_names_that_outlook_shows():
    files = (
        attached("INVOIC~1.ZIP", ZIP, (LONG_NAME, UNICODE, "Invoice März.zip"),
                 (MEDIA_TYPE, EIGHT_BIT, b"application/zip\0")),
        attached("old.txt", b"a plain text of some words"),
        attribute(2, FILE_BEGINS, bytes(14)) + attribute(2, FILE_PROPERTIES, listed(
            (LONG_NAME, UNICODE, "second.zip"), (DATA, BINARY, ZIP))),
    )  # fmt: skip
    found = one(mailed(stream((BODY, UNICODE, LURE), files=files), HEAD))
    assert names(found) == [
        ("Invoice März.zip", "zip"), ("old.txt", "text"), ("second.zip", "zip"), ("winmail.dat", "tnef"),
    ]  # fmt: skip
    assert found.attachments[0].declared == "application/zip"
    assert found.attachments[0].inside == ("invoice.pdf.js",)
    assert "risky-inside" in found.attachments[0].traits
    assert found.attachments[2].sha256 == found.attachments[0].sha256


def test_an_object_is_a_file_and_what_stands_for_it_is_not():
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    found = one(mailed(stream(files=(attached_message("sheet", data, STORAGE),)), HEAD))
    assert next((each.name, each.size) for each in found.attachments) == ("sheet", 512)


def test_names_and_texts_in_the_code_page_of_the_stream():
    files = (attached("счёт.zip", ZIP, page="cp1251"),)
    text = "Добрый день, посмотрите новый счёт"
    data = stream((BODY, EIGHT_BIT, text.encode("cp1251") + b"\0"), files=files, page=1251)
    found = one(mailed(data, HEAD))
    assert found.text.new == text
    assert found.attachments[0].name == "счёт.zip"


def test_html_in_the_code_page_that_its_property_names():
    html = "<p>Prosimy o sprawdzenie załączonej faktury w ciągu dwóch dni</p>"
    # 28592 is Windows' number of ISO 8859-2 (Microsoft's list of code page identifiers).
    for page, charset in ((1250, "cp1250"), (28592, "iso-8859-2"), (65001, "utf-8")):
        body = ((INTERNET_CODEPAGE, INTEGER, page), (HTML, BINARY, html.encode(charset)))
        assert one(mailed(stream(*body), HEAD)).text.new == html[3:-4]


def test_properties_that_nobody_wants_are_passed_over():
    """Named ones, those of many values, values without any: the next must still be found."""
    before = (
        named(UNICODE, "Keywords and more", "three of them")
        + struct.pack("<HHI", 0x1002, 0x6001, 3) + struct.pack("<HxxHxxHxx", 1, 2, 3)
        + struct.pack("<HHI", 0x101F, 0x6002, 2) + 2 * (struct.pack("<I", 6) + "ab\0".encode("utf-16-le") + b"\0\0")
        + struct.pack("<HHHH", 0x0002, 0x6003, 1, 0xFFFF) + struct.pack("<HHd", 0x0005, 0x6004, 1.5)
        + struct.pack("<HH16s", 0x0048, 0x6005, bytes(16)) + struct.pack("<HHI", 0x0001, 0x6006, 0)[:4]
    )  # fmt: skip
    found = listed((0x7FFE, BOOLEAN, 0xFFFF0001), (BODY, UNICODE, LURE))
    data = struct.pack("<I", 9) + before + found[4:]
    mail = mailed(stream(more=attribute(1, PROPERTIES, data)), HEAD)
    assert one(mail).text.new == LURE.strip()
    assert gaps(everything(mail)) == []


def test_both_texts_are_judged_where_they_differ():
    other = "A harmless sentence that has nothing to do with the other one at all."
    data = stream((HTML, BINARY, f"<p>{LURE}<a href='{LINK}'>here</a></p>".encode()))
    found = one(mailed(data, HEAD, text=f"{other} http://elsewhere.test/a"))
    assert LURE.strip() in found.text.new
    assert other in found.text.new
    assert {url for url, quoted in links(found) if not quoted} == {LINK, "http://elsewhere.test/a"}


@pytest.mark.parametrize("footer", ["", "\n-- \nYou are subscribed to a list\nwith a footer\n"])
@pytest.mark.parametrize("form", BODIES)
def test_the_same_text_counts_once(form: str, footer: str):
    own = LURE + LINK + QUOTED
    beside = one(mailed(stream(*BODIES[form]), HEAD, text=own + footer))
    alone = one((HEAD + "\n" + own + footer).encode())
    assert beside.text.new_words == alone.text.new_words
    assert beside.text.quoted_words == alone.text.quoted_words
    assert {url for url, _ in links(beside)} == {LINK}


def test_the_mails_own_ids_count_and_the_parts_only_where_it_has_none():
    index = base64.b64decode("AdfO7Xb0ZZ5GQ0p7TYGQmIuJb5p1Xg==")
    data = stream(
        (MESSAGE_ID, UNICODE, "<inner@contoso.example>"), (IN_REPLY_TO, UNICODE, "<q@fabrikam.example>"),
        (REFERENCES, UNICODE, "<p@fabrikam.example> <q@fabrikam.example>"), (TOPIC, UNICODE, "Offer"),
        (INDEX, BINARY, index),
    )  # fmt: skip
    found = one(mailed(data, HEAD))
    assert found.message_id == "1@contoso.example"
    assert found.in_reply_to == ("q@fabrikam.example",)
    assert found.references == ("p@fabrikam.example", "q@fabrikam.example")
    assert found.thread_topic == "Offer"
    plain = one(HEAD + "Thread-Index: AdfO7Xb0ZZ5GQ0p7TYGQmIuJb5p1Xg==\nThread-Topic: Offer\n\nx")
    assert found.thread_index == plain.thread_index
    assert found.header_form == one(mailed(stream(), HEAD)).header_form
    mine = one(mailed(data, HEAD + "In-Reply-To: <own@contoso.example>\n"))
    assert mine.in_reply_to == ("own@contoso.example",)


def test_attached_messages_and_their_files():
    inner = stream(
        (BODY, UNICODE, "the older mail"), (MESSAGE_ID, UNICODE, "<old@contoso.example>"),
        files=(attached("order.zip", ZIP), attached_message("deeper", stream(files=(attached("a.zip", ZIP),)))),
    )  # fmt: skip
    found = one(
        mailed(stream((BODY, UNICODE, LURE), files=(attached_message("Old", inner),)), HEAD)
    )
    assert [each.name for each in found.attachments] == [
        "Old.msg", "Old.msg!order.zip", "Old.msg!deeper.msg", "Old.msg!deeper.msg!a.zip", "winmail.dat",
    ]  # fmt: skip
    assert found.text.new == LURE.strip()


def test_a_part_in_an_attached_mail_gives_that_mails_files():
    within = mailed(stream((BODY, UNICODE, LURE), files=(attached("a.zip", ZIP),)), HEAD)
    mail = HEAD.encode() + (
        b"Content-Type: multipart/mixed; boundary=o\n\n--o\n\nSee the mail attached.\n--o\n"
        b'Content-Type: message/rfc822; name="old.eml"\n\n' + within + b"\n--o--\n"
    )
    found = one(mail)
    assert [each.name for each in found.attachments] == [
        "old.eml",
        "old.eml!a.zip",
        "old.eml!winmail.dat",
    ]
    assert found.text.new == "See the mail attached."


def test_a_journal_report_whose_original_is_such_a_mail():
    data = stream((BODY, UNICODE, LURE + LINK), files=(attached("a.zip", ZIP),))
    report = (
        b"X-MS-Journal-Report:\nFrom: <j@contoso.example>\nContent-Type: multipart/mixed; boundary=j\n\n--j\n\n"
        b"Sender: anna@contoso.example\nTo: bert@fabrikam.example\nMessage-Id: <1@contoso.example>\n"
        b"--j\nContent-Type: message/rfc822\n\n"
    )  # fmt: skip
    found = one(report + mailed(data, HEAD) + b"\n--j--\n")
    assert found.journal is not None
    assert found.journal.recipients == ("bert@fabrikam.example",)
    assert links(found) == [(LINK, False)]
    assert names(found)[0] == ("a.zip", "zip")


ENVELOPE = "Sender: anna@contoso.example\nSubject: Offer\nTo: bert@fabrikam.example\n"


def test_a_journal_report_that_was_sent_as_such_a_mail():
    """What a journal mailbox outside gets where its remote domain has TNEF switched on."""
    original = stream(
        (BODY, UNICODE, LURE + LINK), (MESSAGE_ID, UNICODE, "<1@contoso.example>"),
        files=(attached("a.zip", ZIP),), more=attribute(1, SUBJECT, b"Offer\0") + _from("Anna", "anna@contoso.example"),
    )  # fmt: skip
    data = stream((BODY, UNICODE, ENVELOPE), files=(attached_message("Offer", original),))
    head = "X-MS-Journal-Report:\nFrom: <j@contoso.example>\n"
    found = one(mailed(data, head, text=ENVELOPE))
    assert found.journal is not None
    assert found.journal.sender == "anna@contoso.example"
    assert found.message_id == "1@contoso.example"
    assert (found.subject, found.author.address) == ("Offer", "anna@contoso.example")
    assert links(found) == [(LINK, False)]
    assert names(found) == [("a.zip", "zip")]
    shown = stream((BODY, UNICODE, LURE + LINK), files=(attached_message("Offer", original),))
    assert one(mailed(shown, head, text=ENVELOPE)).journal is None


def _from(name: str, address: str) -> bytes:
    """attFrom: a triple of lengths, name and address (MS-OXTNEF, 2.1.3.3.3)."""
    parts = (name.encode() + b"\0", f"SMTP:{address}".encode() + b"\0")
    sizes = (len(parts[0]), len(parts[1]))
    return attribute(
        1, FROM, struct.pack("<HHHH", 4, sum(sizes) + 16, *sizes) + b"".join(parts) + bytes(8)
    )


def test_recipients_and_legacy_attributes_of_an_attached_message():
    row = listed(
        (0x3001, UNICODE, "Bert"), (0x39FE, UNICODE, "bert@fabrikam.example"), (0x0C15, INTEGER, 1)
    )
    inner = stream(more=attribute(1, SUBJECT, b"Offer\0") + _from("Anna", "anna@contoso.example")
                   + attribute(1, TEXT, b"hello there\0")
                   + attribute(1, RECIPIENTS, struct.pack("<I", 2) + row + row))  # fmt: skip
    mail = opened(parts(mailed(stream(files=(attached_message("Offer", inner),)), HEAD)))
    (found,) = mail.messages
    assert found.first["from"] == b'"Anna" <anna@contoso.example>'
    assert found.first["to"].count(b"bert@fabrikam.example") == 2
    assert found.first["subject"] == b"Offer"
    assert found.plain == "hello there"


def test_a_mail_without_such_a_part_is_left_as_it_is():
    taken = parts(mailed(b"nothing", HEAD, media="application/octet-stream"))
    assert opened(taken) is taken


def test_what_the_command_says_of_a_lure_in_such_a_part(tmp_path: Path):
    """Bert has asked Anna something each day for a month; then a stranger answers in his name."""
    start = datetime(2026, 9, 1, 9, tzinfo=UTC)
    stranger = "Bert Roth <b.roth@orchid.example>"
    for day in range(30):
        head = _head(day, "Bert Roth <bert@fabrikam.example>", start + timedelta(days=day))
        (tmp_path / f"{day}.eml").write_text(
            f"{head}\nWhen may we expect the offer for pump {day} in the hall?\n"
        )
    head = (
        _head(99, stranger, start + timedelta(days=29, hours=8))
        + "In-Reply-To: <29@mail.example>\n"
    )
    lure = "Good day, please see the attached contract and open it today here: "
    data = stream(
        (BODY, UNICODE, lure + "https://tulip-garden.example/lorem/ipsum-4821.zip"),
        files=(attached("CONTRA~1.ZIP", zipped({"contract.pdf.js": b"var a = 1;\n"}),
                        (LONG_NAME, UNICODE, "contract_4821.zip")),),
    )  # fmt: skip
    (tmp_path / "lure.eml").write_bytes(mailed(data, head))
    said = subprocess.run(
        [sys.executable, "-m", "tocsin", "--lang", "en", "conversation", tmp_path, "--own-domain", "contoso.example",
         "--format", "jsonl", "--workers", "1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    judged = [json.loads(line) for line in said.stdout.splitlines()]
    (found,) = [each for each in judged if each.get("message_id") == "99@mail.example"]
    assert found["verdict"] == "alert"
    told = {(each["evidence"]["position"], each["quote"]) for each in found["indicators"]}
    assert ("body, link", "hxxps://tulip-garden[.]example/lorem/ipsum-4821.zip") in told
    assert any(place == "attachment contract_4821.zip" for place, _ in told)


def _head(number: int, sender: str, when: datetime) -> str:
    return (
        "Received: from mail.fabrikam.example (mail.fabrikam.example [192.0.2.7]) by EX01.contoso.example (10.1.2.3)"
        f" with Microsoft SMTP Server id 15.1.2507.6; {format_datetime(when)}\nFrom: {sender}\n"
        f"To: Anna Weber <anna@contoso.example>\nSubject: {'Re: ' if number == 99 else ''}Pumps {min(number, 29)}\n"
        f"Date: {format_datetime(when)}\nMessage-ID: <{number}@mail.example>\n"
    )


@pytest.mark.shared
def test_a_real_one(shared: Path):
    """SpamAssassin's public corpus has one; its rich text says what its plain text says."""
    archive = shared / "samples/mail/ham-spam-spamassassin-2002.tar.xz"
    if not archive.exists():
        pytest.skip("the sample is absent")
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.endswith("00067.23813c5ac6ce66fd892ee5501fd5dbd2.txt"):
                stored = tar.extractfile(member)
                assert stored is not None
                found = everything(stored.read())
                break
    (mail,) = messages(found)
    assert gaps(found) == []
    assert mail.text.new.count("online phone card") == 1
    assert names(mail) == [("", "tnef")]
