"""A mail taken apart: texts, files, attached mails, whatever its bytes are."""

import base64

import pytest
from message_reading import HEAD, everything, gaps, messages, one

from tocsin.formats.syntax.mail_parts import parts

PDF = base64.b64encode(b"%PDF-1.7 invoice").decode()
TWO = (
    HEAD + 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="out er"\n\npreamble\n'
    '--out er\nContent-Type: multipart/alternative; boundary="out er2"\n\n'
    "--out er2\nContent-Type: text/plain; charset=utf-8\n"
    "Content-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=\n=C3=9Fe\n"
    "--out er2\nContent-Type: text/html\n\n<p>Hello</p>\n--out er2--\n"
    "--out er\nContent-Type: application/pdf; name=wrong.pdf\n"
    "Content-Disposition: attachment;\n filename*0*=UTF-8''Rechnung%20;\n filename*1*=%C3%BC.pdf\n"
    f"Content-Transfer-Encoding: base64\n\n{PDF}\n--out er--\nepilogue\n"
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_texts_files_and_structure(newline: str):
    found = parts(TWO.replace("\n", newline).encode())
    assert found.plain.strip() == "Grüße"
    assert found.html.strip() == "<p>Hello</p>"
    assert [(f.declared, f.name, f.data) for f in found.files] == [
        ("application/pdf", "Rechnung ü.pdf", b"%PDF-1.7 invoice")
    ]
    assert found.structure == "mixed(alternative(plain,html),pdf)"
    assert found.boundary == "out er"


def test_texts_in_a_row_are_one_text_and_named_texts_are_files():
    mail = (
        HEAD + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\n"
        "Content-Type: text/plain; name=list.txt\n\nfile\n--b\nContent-Type: text/plain\n\nsecond\n"
    )
    found = parts(mail.encode())
    assert found.plain.split() == ["first", "second"]
    assert [f.name for f in found.files] == ["list.txt"]


def test_the_only_text_is_the_body_even_with_a_name():
    found = parts((HEAD + 'Content-Type: text/html; name="x.html"\n\n<b>body</b>').encode())
    assert found.html == "<b>body</b>"
    assert not found.files


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("iso-8859-1", b"\x80 5", "€ 5"),  # Windows-1252 under its usual wrong label
        ('"u"tf-8', "grüß".encode(), "grüß"),
        ("unknown-8bit", "grüß".encode("cp1252"), "grüß"),
        ("us-ascii", "grüß".encode(), "grüß"),
        ("gb2312", "你好".encode("gb18030"), "你好"),
        ("iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
        ("punycode", b"plain", "plain"),
        ("utf-16", "hello".encode("utf-16"), "hello"),
        ("no-such-set", b"caf\xe9", "café"),
    ],
)
def test_what_a_text_is_written_in(label: str, data: bytes, text: str):
    mail = HEAD.encode() + f"Content-Type: text/plain; charset={label}\n\n".encode() + data
    assert parts(mail).plain == text


@pytest.mark.parametrize(
    ("coded", "data"),
    [
        (b"aGVsbG8", b"hello"),  # padding lost
        (b"aGVs\xff bG8=\n!!", b"hello"),  # foreign characters
        (b"aGVsbG8=aGVsbG8=", b"hellohello"),  # put together of two
        (b"aGVsb", b"hel"),  # torn within a quad
        (b"====", b""),
    ],
)
def test_a_bad_base64_line_loses_no_mail(coded: bytes, data: bytes):
    mail = HEAD.encode() + b"Content-Transfer-Encoding: base64\n\n" + coded
    assert parts(mail).plain.encode() == data


@pytest.mark.parametrize(
    "mail",
    [
        # no closing delimiter; no boundary declared; an inner one that begins like the outer one
        HEAD + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbody\n",
        HEAD
        + "Content-Type: multipart/mixed\n\n--xyz\nContent-Type: text/plain\n\nbody\n--xyz--\n",
        HEAD + "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
        "Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\nbody\n--bb--\n--b--\n",
        # a boundary that never comes; header fields that no blank line ends
        HEAD + "Content-Type: multipart/mixed; boundary=never\n\nbody\n",
        HEAD + "Content-Type: multipart/mixed; boundary=b\n \n--b\n\nbody\n--b--\n",
        HEAD + "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nbody\n",
        HEAD + "body",
    ],
)
def test_a_broken_frame_still_gives_the_body(mail: str):
    assert one(mail).text.new.strip() == "body"


def test_uuencoded_files_in_a_text():
    mail = HEAD + "\nsee below\n\nbegin 644 a.exe\n#0V%T\n`\nend\n"
    assert [(f.name, f.data) for f in parts(mail.encode()).files] == [("a.exe", b"Cat")]


def test_files_of_an_attached_mail_are_seen():
    inner = TWO.replace("Subject: Offer", "Subject: Inner")
    mail = (
        HEAD + "Content-Type: multipart/mixed; boundary=w\n\n--w\n\nsee attached\n--w\n"
        f"Content-Type: message/rfc822\n\n{inner}\n--w--\n"
    )
    found = parts(mail.encode())
    assert [f.name for f in found.files] == ["mail.eml", "mail.eml!Rechnung ü.pdf"]
    assert found.plain.strip() == "see attached"
    assert b"Subject: Inner" in found.messages[0]


def _nested(levels: int) -> bytes:
    head = HEAD.encode() + b"Content-Type: multipart/mixed; boundary=b0\n\n"
    middle = b"".join(
        b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (each - 1, each)
        for each in range(1, levels)
    )
    return head + middle + b"--b%d\n\nbody\n" % (levels - 1)


FLAT = HEAD.encode() + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 20_000
MANY_FILES = (
    HEAD.encode()
    + b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Disposition: attachment; filename=a.txt\n\nx\n" * 1000
)


@pytest.mark.parametrize(
    ("mail", "told"),
    [
        (_nested(10_000), "nested deeper"),
        (FLAT, "more than 10000 parts"),
        (MANY_FILES, "are not looked into"),
        (HEAD.encode() + b"X: y\n" * 5000 + b"\nbody", "header fields"),
        (HEAD.encode() + b"\n" + b"word " * 600_000, "of the text were read"),
    ],
)
def test_what_a_limit_leaves_out_is_told(mail: bytes, told: str):
    found = everything(mail)
    assert len(list(messages(found))) == 1
    assert any(told in each for each in gaps(found))
