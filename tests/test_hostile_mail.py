"""Hostile whole mails: each gives its record, in linear time, and can be judged and written down."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from tocsin.cli import FORMATS, main
from tocsin.formats import HEAD_SIZE, recognise
from tocsin.formats.syntax import mail_parts
from tocsin.formats.syntax.attachments import look
from tocsin.formats.syntax.html_text import read_html
from tocsin.formats.syntax.mail_addresses import parties
from tocsin.formats.syntax.mail_words import PIECES_LIMIT, base64_bytes, text_of

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
MUTATIONS = 300


def _benchmark(name: str) -> ModuleType:
    if str(BENCHMARKS) not in sys.path:
        sys.path.insert(0, str(BENCHMARKS))
    return importlib.import_module(name)


mail_mutations = _benchmark("mail_mutations")
hostile_mail = _benchmark("hostile_mail")


def test_damaged_mails_are_each_read_and_judged():
    """In a process of its own, for a library may end it."""
    result = mail_mutations.collect(mail_mutations.begin(0, MUTATIONS, room=True, whole=False))
    assert not result["failed"], "\n".join(words for _, words in result["faults"])
    assert result["done"] == MUTATIONS
    assert sum(result["judged"].values()) == result["mails"] >= MUTATIONS / 2


def test_the_same_damage_on_every_machine():
    one = [mail_mutations.made(number, whole=False) for number in range(100)]
    assert one == [mail_mutations.made(number, whole=False) for number in range(100)]
    assert len({data for _, _, data in one}) > 90


@pytest.mark.parametrize("data", [b"+2AA-", b"a+2ADcAA-b", b"+3AA- \xff"])
def test_half_a_letter_in_utf_7_can_be_written_down(data: bytes):
    """UTF-7 can spell half of a pair of UTF-16 (RFC 2152), which no output can hold."""
    assert msgspec.json.encode(text_of(data, "utf-7"))


def test_both_halves_in_utf_7_are_one_letter():
    # U+1F600 is D83D DE00 in UTF-16; base64 of those four bytes.
    assert text_of(b"+2D3eAA-", "utf-7") == "\U0001f600"


@pytest.mark.parametrize(
    "first",
    [
        b"In-Reply-To: " + b"<a@contoso.example> " * 500,
        b"From: " + b"a <a@contoso.example>, " * 6000,
        b"To: " + b"a <a@contoso.example>,\n " * 6000,
        b"Authentication-Results: a;" + b"\n dkim=pass header.d=b" * 500,
    ],
)
def test_a_mail_is_known_by_a_first_field_longer_than_what_is_looked_at(first: bytes):
    found = recognise((first + b"\nSubject: x\n\nhello")[:HEAD_SIZE])
    assert found is not None
    assert found.name == "eml"


@pytest.mark.parametrize(
    "mail",
    [
        # What other parsers' collections of hostile mails hold.
        b'Content-Type: multipart/mixed; boundary="1"\n\n--1\n\nhello\n--1--\n',
        b"Content-Type: text/html\nContent-Disposition: inline\n\n<p>hello",
        b"From: <a@contoso.example>\nTo: undisclosed-recipients:;\n\nhello",
    ],
)
def test_a_mail_of_few_fields_is_one(mail: bytes):
    found = recognise(mail)
    assert found is not None
    assert found.name == "eml"


@pytest.mark.parametrize(
    "other",
    [
        b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n<html>",
        b"Content-Type: text/html\nServer: nginx\nDate: Fri, 07 Nov 2025 10:00:00 GMT\n\n<html>",
        b"from: alpine\nto: latest\n\nrun",
        b"date: 2025-11-07\nstatus: open\n\nnotes",
        b"status: " + b"open " * 4000,
    ],
)
def test_other_files_of_names_and_values_are_no_mails(other: bytes):
    assert recognise(other[:HEAD_SIZE]) is None


def test_what_stands_behind_a_tag_of_many_attributes_is_read():
    for many in ("a{0} ", "a{0}='>' ", 'a{0}=">"', "a{0}/"):
        attributes = "".join(many.format(number) for number in range(9000))
        found = read_html(f"<p>one<p {attributes}>two<b c='>'>three")
        assert found.text.split() == ["one", "twothree"]


def test_names_torn_off_by_commas_are_bounded_and_the_mailbox_found():
    (found,) = parties(b"a," * 60_000 + b"Weber <anna@contoso.example>")
    assert found.address == "anna@contoso.example"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        # Each line end could be read in two ways: two to the power of the lines.
        ("a.txt", b"Received: a\r\n" + b" b\r\n" * 39 + b"none"),
        (
            "a.one",
            b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"
            + b"a\0" * 1_000_000,
        ),
    ],
)
def test_no_attachment_takes_long(name: str, data: bytes):
    start = time.process_time()
    look(name, "", data, inline=False, passwords=())
    assert time.process_time() - start < 1


HALVES = """From: =?utf-7?q?+2AA-?= Anna <anna@fabrikam.example>
To: =?utf-7?q?+2AA-?= <bert@contoso.example>
Subject: =?utf-7?q?Re:_+2AA-?= =?utf-8?q?=ED=A0=80?=
Date: Fri, 7 Nov 2025 10:00:00 +0100
Message-ID: <=?utf-7?q?+2AA-?=1@fabrikam.example>
In-Reply-To: <0@contoso.example>
Content-Type: text/html; charset=utf-7

+2AA- &#xd800; please <a href="https://files.evil.test/+2AA-/invoice.zip">open</a> \x1b[2J
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file names")
@pytest.mark.parametrize("form", [each for each in FORMATS if each != "pdf"])
def test_names_and_words_that_are_no_text_stand_in_every_output(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / os.fsdecode(b"f\xff\xfe")
    folder.mkdir()
    (folder / os.fsdecode(b"\xed\xa0\x80.eml")).write_text(HALVES)
    words = ["conversation", "--own-domain", "contoso.example", "--format", form, str(folder)]
    assert main(words) in (0, 1)
    printed = capsys.readouterr().out
    printed.encode()
    if form in ("json", "stix"):
        assert json.loads(printed)
    if form == "json":
        assert json.loads(printed)["inputs"][0].endswith("f\\xff\\xfe")
    if form == "jsonl":
        assert [json.loads(line) for line in printed.splitlines()]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file names")
def test_names_and_words_that_are_no_text_stand_on_paper(tmp_path: Path):
    pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))
    folder = tmp_path / os.fsdecode(b"f\xff\xfe")
    folder.mkdir()
    (folder / os.fsdecode(b"\xed\xa0\x80.eml")).write_text(HALVES)
    printed = subprocess.run(
        [sys.executable, "-m", "tocsin", "conversation", "--format", "pdf", str(folder)],
        capture_output=True,
        check=False,
    )
    assert printed.returncode in (0, 1), printed.stderr
    assert printed.stdout.startswith(b"%PDF-")


def test_mails_in_mails_are_copied_to_a_limit_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mail_parts, "ATTACHED_LIMIT", 50_000)
    found = mail_parts.parts(hostile_mail.CASES["mails in mails"][0](20_000))
    assert [len(each.data) > 0 for each in found.files] == [True, True, False]
    assert [str(why) for why in found.faults] == [
        "attached mails are read up to 50000 bytes of all together"
    ]


def test_a_boundary_that_is_not_declared_is_found_with_blanks_behind_it():
    mail = b"Content-Type: multipart/mixed\n\n--a \t\n\nhello\n--a--\n"
    assert mail_parts.parts(mail).plain == "hello"


@pytest.mark.parametrize("name", hostile_mail.CASES)
def test_hostile_mails_are_judged_in_time(name: str, tmp_path: Path):
    """Smaller than in the benchmark, so that what grows too fast shows as soon as it is there."""
    make, _, size = hostile_mail.CASES[name]
    path = tmp_path / "mail"
    path.write_bytes(make(size))
    result = hostile_mail.judge(path)
    assert not result["failed"]
    assert result["mails"] == hostile_mail.expected(name, size)
    assert result["cpu"] < 1


def test_who_wrote_and_what_stand_below_thousands_of_other_fields():
    mail = (
        b"X-Filler: x\n" * 5000
        + b"From: Anna\n <anna@contoso.example>\nSubject: Offer\nContent-Type: text/html\n\n<p>hello"
    )
    found = mail_parts.parts(mail)
    assert found.first["from"].split() == [b"Anna", b"<anna@contoso.example>"]
    assert found.first["subject"] == b"Offer"
    assert found.html == "<p>hello"
    assert found.faults


def test_pieces_of_base64_are_decoded_each_and_the_rest_not_lost():
    # "A" is QQ== and "BCD" is QkNE.
    assert base64_bytes(b"QQ==\nQQ==\nQkNE\n") == b"AABCD"
    found = base64_bytes(b"QQ==\n" * (PIECES_LIMIT + 10) + b"QkNE")
    assert found[:PIECES_LIMIT] == b"A" * PIECES_LIMIT
    assert len(found) > PIECES_LIMIT + 3
