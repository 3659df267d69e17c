"""Mails whole out of mailbox files, Outlook's messages and data files."""

import io
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from message_reading import AT, HEAD, gaps, messages, reading

from tocsin.formats import eml, mbox, msg, pst
from tocsin.formats.syntax.mail_message import records_of
from tocsin.formats.syntax.mail_parts import Part
from tocsin.formats.syntax.mapi_mail import MapiFile, MapiMail, parts_of
from tocsin.formats.syntax.rich_text import plain_and_html, unpacked
from tocsin.model.message import Message

LINE = "From a@contoso.example Fri Nov  7 10:00:00 2025\n"


def whole(form, data: bytes) -> list[tuple[str, Message]]:
    found = form.read(io.BytesIO(data), AT, reading())
    return [(e.at.position, e.body) for e in found if isinstance(getattr(e, "body", 0), Message)]


BOX = "".join(
    f"{LINE}{HEAD.replace('<1@', f'<{number}@')}\n{body}\n\n"
    for number, body in enumerate(
        ("first", ">From the start\n>>From before\n\nFrom here on\n", "last"), 1
    )
).encode()


def test_bodies_of_a_mailbox_are_read_and_unquoted():
    found = whole(mbox, BOX)
    assert [m.message_id for _, m in found] == [f"{n}@contoso.example" for n in (1, 2, 3)]
    assert found[0][0] == "offset 0"
    text = found[1][1].text.new
    assert "From the start" in text
    assert "From here on" in text
    assert found[2][1].text.new.strip() == "last"


def test_a_mailbox_in_pieces_gives_the_same():
    expected = whole(mbox, BOX)
    for cut in range(0, len(BOX), 37):
        found = []
        for start, end in ((0, cut), (cut, len(BOX))):
            part = mbox.read_range(io.BytesIO(BOX), AT, reading(), start, end)
            found += [
                (e.at.position, e.body) for e in part if isinstance(getattr(e, "body", 0), Message)
            ]
        assert found == expected


def test_a_mail_is_the_same_in_every_wrapping():
    mail = (HEAD + "\nThe offer is attached.\n").encode()
    (alone,) = messages(list(eml.read(io.BytesIO(mail), AT, reading())))
    ((_, boxed),) = whole(mbox, LINE.encode() + mail)
    assert boxed == alone


def test_a_mailbox_takes_no_more_memory_than_a_mail(monkeypatch):
    monkeypatch.setattr(mbox, "MAIL_LIMIT", 5_000_000)
    big = LINE.encode() + HEAD.encode() + b"\n" + b"line of text\n" * 900_000 + b"\n"
    found = whole(mbox, big + BOX)
    assert [m.message_id for _, m in found] == [f"{n}@contoso.example" for n in (1, 1, 2, 3)]
    assert found[0][1].size == 5_000_001


# MS-OXRTFCP, section 3.1: its own example.
SPECIFIED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
    "0af32068656c090020627705b06c647d0a800fa0"
)


def test_the_specifications_own_rich_text():
    rich, complete = unpacked(SPECIFIED)
    assert rich == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert complete
    assert plain_and_html(rich) == ("hello world", "")


def test_stored_and_damaged_rich_text():
    text = b"{\\rtf1 hi}"
    stored = struct.pack("<II4sI", len(text) + 12, len(text), b"MELA", 0) + text
    assert unpacked(stored) == (text, True)
    assert unpacked(b"nonsense that is none") == (b"", False)
    for cut in range(len(SPECIFIED)):
        unpacked(SPECIFIED[:cut])


def test_html_within_rich_text():
    # MS-OXRTFEX, section 2.1.3: tags in \htmltag, what is for readers of rich text in \htmlrtf.
    rich = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 {\fonttbl{\f0 Arial;}}{\*\htmltag64 <p>}"
        rb"\htmlrtf {\b\htmlrtf0 Gr\'fc\u223\'dfe\htmlrtf }\htmlrtf0{\*\htmltag72 </p>}"
        rb"{\*\htmltag84 <a href=\'22http://contoso.example\'22>}link{\*\htmltag92 </a>}}"
    )
    assert plain_and_html(rich) == ("", '<p>Grüße</p><a href="http://contoso.example">link</a>')


def test_a_sent_copy_without_transport_headers():
    inner = MapiMail({0x0037: "Inner", 0x1000: "within"}, [], [], [])
    mail = MapiMail(
        properties={
            0x0037: "AW: Angebot", 0x0C1A: 'Weber, "Anna"', 0x5D01: "anna@contoso.example",
            0x0039: datetime(2025, 11, 7, 9, tzinfo=UTC), 0x1035: "<1@contoso.example>",
            0x1042: "<0@fabrikam.example>", 0x0071: bytes(range(1, 28)), 0x3FFD: 1252,
            0x1000: b"Gr\xfc\xdfe",
        },
        recipients=[
            {0x3001: "Bert", 0x39FE: "bert@fabrikam.example", 0x0C15: 1},
            {0x39FE: "c@fabrikam.example", 0x0C15: 2},
        ],
        files=[MapiFile({0x3707: "a.zip"}, b"PK"), MapiFile({0x3001: "Inner"}, b"", inner)],
        faults=[],
    )  # fmt: skip
    found = parts_of(mail)
    assert found.first == {
        "from": b"\"Weber, 'Anna'\" <anna@contoso.example>",
        "to": b'"Bert" <bert@fabrikam.example>',
        "cc": b"<c@fabrikam.example>",
        "date": b"Fri, 07 Nov 2025 09:00:00 +0000",
        "subject": b"AW: Angebot",
        "message-id": b"<1@contoso.example>",
        "in-reply-to": b"<0@fabrikam.example>",
        "thread-index": b"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRob",
    }
    assert found.plain == "Grüße"
    assert found.files[0] == Part("application/octet-stream", "a.zip", "attachment", "", b"PK")
    assert (found.files[1].name, found.files[1].declared) == ("Inner.msg", "message/rfc822")
    assert not found.written


RICH_LURE = (
    rb"{\rtf1\ansi\ansicpg1252 Please pay the invoice today, it is here:\par "
    rb'{\field{\*\fldinst{HYPERLINK "https://evil.test/invoice.zip"}}{\fldrslt the invoice}}}'
)


def read_mapi(mail: MapiMail) -> tuple[Message, list[str]]:
    """The mail's record and what is told of it, as of one in a .msg or .pst."""
    found = list(records_of(parts_of(mail), 100, AT, reading()))
    (record,) = messages(found)
    return record, gaps(found)


@pytest.mark.parametrize("beside", [0x1000, 0x1013])
def test_rich_text_that_outlook_shows_is_judged_beside_a_decoy(beside: int):
    mail = MapiMail({0x1009: RICH_LURE, beside: "Nothing but thanks for the lovely dinner"})
    record, _ = read_mapi(mail)
    assert "pay the invoice today" in record.text.new
    assert "https://evil.test/invoice.zip" in [each.url for each in record.links]
    if beside == 0x1000:
        assert "lovely dinner" in record.text.new


def test_html_in_rich_text_is_judged_beside_decoys():
    rich = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag64 <p>}Please pay the invoice today "
        rb"{\*\htmltag84 <a href=\'22https://evil.test/i.zip\'22>}here{\*\htmltag92 </a>}}"
    )
    for decoys in ((0x1000,), (0x1013,), (0x1000, 0x1013)):
        said = dict.fromkeys(decoys, "Nothing but thanks for the lovely dinner")
        record, _ = read_mapi(MapiMail({0x1009: rich, **said}))
        assert "pay the invoice today" in record.text.new
        assert "https://evil.test/i.zip" in [each.url for each in record.links]


def test_the_same_text_in_two_properties_counts_once():
    plain = (
        "Please pay the invoice today, it is here:\nthe invoice <https://evil.test/invoice.zip>\n"
    )
    record, _ = read_mapi(MapiMail({0x1009: RICH_LURE, 0x1000: plain}))
    assert record.text.new.count("pay the invoice today") == 1
    assert [each.url for each in record.links] == ["https://evil.test/invoice.zip"]


def test_damage_in_an_attached_message_is_told():
    inner = MapiMail({0x1000: "within", 0x1009: b"nonsense that is none"})
    outer = MapiMail({0x1000: "around"}, [], [MapiFile({0x3001: "Inner"}, b"", inner)])
    (why,) = read_mapi(outer)[1]
    assert "the rich text of this message is damaged" in why


@pytest.mark.shared
def test_real_outlook_files(shared: Path, tmp_path: Path):
    import tarfile

    archive = shared / "samples/mail/msg-pst-mbox.tar.xz"
    if not archive.is_file():
        pytest.skip("../shared holds no Outlook samples")
    with tarfile.open(archive) as samples:
        samples.extractall(tmp_path, filter="data")
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ((_, chinese),) = whole(msg, files["tika-testMSG_chinese.msg"])
    assert "MSG 格式測試" in chinese.subject
    ((_, attached),) = whole(msg, files["tika-testMSG_att_msg.msg"])
    assert next(a.name for a in attached.attachments) == "Test Attachment.msg"
    assert not whole(msg, files["tika-testMSG_Contact.msg"])
    found = [m for _, m in whole(pst, files["tika-testPST.pst"])]
    assert len(found) == 7
    assert found[0].sender.address == "kottmann@gmail.com"
    assert found[0].text.new_words > 10
    assert all(m.thread_index for m in found)
