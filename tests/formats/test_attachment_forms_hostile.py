"""The forms that lead on or start something, damaged and made to hurt: no exception, bounded work."""

from __future__ import annotations

import random
import time
import zlib

import pytest
from attachment_forms import (
    EML,
    EVIL,
    PDF,
    PNG,
    ace,
    arj,
    calendar,
    lha,
    opendocument,
    related,
    rtf_loaded,
)
from attachment_making import document, zipped

from tocsin.formats.syntax.attachments import LEADS_LIMIT, look
from tocsin.model.message import Attachment

SECONDS = 3
"""What one file may take here; measured below 0.2, the machine of a test is busy."""

MEGA = 1 << 20


def seen(data: bytes, name: str = "x") -> Attachment:
    begun = time.process_time()
    found = look(name, "", data, inline=False, passwords=())
    assert time.process_time() - begun < SECONDS
    return found


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<html>" + b"<a " * (MEGA // 3), "a.html"),
        (b"<html><a " + b"href=//" * (MEGA // 8), "a.html"),
        (b"<html><form " + b"action=" * (MEGA // 8) + b"https://", "a.html"),
        (b"<html><script>unescape" + (b"\\u0041" * 19 + b" ") * 8000, "a.html"),
        (b"<html><script>unescape" + (b"'" + b"a" * 1999 + b"x") * (MEGA // 2000), "a.html"),
        (b"<html>" + b"href=data:" * (MEGA // 10), "a.html"),
        (b"BEGIN:VCALENDAR\r\n" + b"a\r\n " * (MEGA // 4), "a.ics"),
        (b"BEGIN:VCALENDAR\r\nDESCRIPTION" + b';a="b' * (MEGA // 5), "a.ics"),
        (b"BEGIN:VCALENDAR\r\n" + b"A:://\r\n" * (MEGA // 7), "a.ics"),
        (b"|'" * (MEGA // 2) + b"!", "a.csv"),
        (b"=cmd|'a'!" * (MEGA // 9), "a.csv"),
        (b"x|'a'!" * (MEGA // 6), "a.csv"),
        (b"=HYPERLINK(http://a:b" * (MEGA // 20), "a.csv"),
        (b"[InternetShortcut]\r\n" + b"\\\\a" * (MEGA // 8), "a.url"),
        (b"<?xml ?>" * (MEGA // 8), "a.xml"),
        (b"{\\rtf1 " + (b"\\fldinst" + b"\\b" * 500) * 2000, "a.rtf"),
        (b"{\\rtf1 \\objautlink" + b"\\objdata 00" * (MEGA // 11), "a.rtf"),
        (b"%PDF-1.7\n" + b"/URI(" * (MEGA // 5), "a.pdf"),
        (b"%PDF-1.7\n/EmbeddedFile " + b"/F(" * (MEGA // 3), "a.pdf"),
        (b"%PDF-1.7\n" + b"/OpenAction 7 0 R " * (MEGA // 18), "a.pdf"),
        (b"%PDF-1.7\n" + (b"/ObjStm/ASCII85Decode stream\n" + b"zz" * 100_000 + b"~>") * 50, "a.pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"PK\x05\x06" * (MEGA // 4), "a.png"),
        (b"\x16\x00-lh0-" + bytes(15) + (b"\x16\x00-lh0-" + bytes(15)) * 50_000, "a.lzh"),
        (b"begin 644 a\n" + b"#35J0\n" * 200_000, "a.uue"),
        (document(**{"word/_rels/a.rels": "<Relationship TargetMode='External' Type=" * 20_000}), "a.docx"),
        (document(**{"word/document.xml": "<w:instrText>" * 40_000}), "a.docx"),
        (document(**{"xl/worksheets/sheet1.xml": "://" + "<f>HYPERLINK(" * 40_000}), "a.xlsx"),
        (opendocument("<text:a " + "xlink:href=" * 30_000), "a.odt"),
    ],
    ids=range(28),
)  # fmt: skip
def test_long_ones(data: bytes, name: str):
    assert seen(data, name).size == len(data)


def test_a_file_that_leads_to_very_many_places_is_not_known_whole():
    links = "".join(f"<a href='https://h{n}.example/'>" for n in range(5000))
    found = seen(f"<html>{links}".encode(), "a.html")
    assert "uri" in found.traits
    assert found.leads == ()
    few = "".join(f"<a href='https://h{n}.example/'>" for n in range(LEADS_LIMIT))
    assert len(seen(f"<html>{few}".encode(), "a.html").leads) == LEADS_LIMIT


def test_mails_in_mails_are_gone_into_to_a_depth():
    mail = EML
    for _ in range(30):
        mail = b"From: a@b.example\r\nSubject: x\r\nContent-Type: message/rfc822\r\n\r\n" + mail
    assert seen(mail, "a.eml").kind == "mail"
    packed = EML
    for _ in range(8):
        packed = zipped({"a.eml": packed, "b.zip": packed})
    assert "cut" in seen(packed, "a.zip").traits


SEEDS = [
    (calendar("URL:https://evil.example/x", "ATTACH;ENCODING=BASE64;VALUE=BINARY:TVqQAAMAAAA="), "a.ics"),
    (related("oleObject", f"mhtml:{EVIL}"), "a.docx"),
    (b"<?xml version='1.0'?><pkg:package><Relationship Type='a/frame' Target='//x' TargetMode='External'/>", "a.xml"),
    (document(**{"word/document.xml": '<w:instrText> HYPERLINK "https://evil.example/x"</w:instrText>'}), "a.docx"),
    (opendocument(f'<text:a xlink:href="{EVIL}"><draw:object xlink:href="//x.example"/>'), "a.odt"),
    (rtf_loaded(EVIL) + b'{\\field{\\*\\fldinst HYPER}{LINK "https://evil.example/"}', "a.rtf"),
    (EML, "a.eml"),
    (b"a,b\n1,=cmd|'/c calc'!A1\n\"=HYPERLINK(\"\"https://evil.example/\"\")\"\n", "a.csv"),
    (b"WEB\r\n1\r\nhttps://evil.example/q.txt\r\n", "a.txt"),
    (b"full address:s:198.51.100.7\r\n", "a.rdp"),
    (PDF + zipped({"a.js": b"x"}), "a.pdf"),
    (PNG + zipped({"a.js": b"x"}), "a.png"),
    (zipped({"b.txt": b"x"}) + zipped({"a.js": b"x"}), "a.zip"),
    (lha("d.exe") * 3, "a.lzh"),
    (arj("d.exe"), "a.arj"),
    (ace("d.exe"), "a.ace"),
    (b"<html><a href='//b.example'><script>location=atob('aHR0cHM6Ly9ldmlsLmV4YW1wbGUveA==')", "a.html"),
    (b"%PDF-1.7\n<</OpenAction 7 0 R>> 7 0 obj<</S/URI/URI(\\150ttps://a(b)c)>>endobj <</S/GoToR/F(\\\\\\\\a)>>"
     b"/ObjStm/ASCIIHexDecode stream\n" + zlib.compress(b"/URI(x)").hex().encode() + b">", "a.pdf"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_damaged_in_every_way(number: int):
    chance = random.Random(number)
    seed, name = SEEDS[number]
    for round_ in range(150):
        data = bytearray(seed)
        for _ in range(chance.choice((1, 3, 20))):
            at = chance.randrange(len(data))
            if chance.random() < 0.6:
                data[at] = chance.choice((0, 255, chance.randrange(256)))
            elif chance.random() < 0.5:
                data[at : at + 4] = b"\xff\xff\xff\x7f"
            else:
                data[at:at] = data[at : at + chance.randrange(1, 40)]
        seen(bytes(data[: chance.randrange(len(data))] if round_ % 5 == 0 else data), name)
