"""Hostile mails: nothing raises, nothing is lost, nothing takes quadratic time."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from message_reading import HEAD, everything, messages

from tocsin.formats.syntax.mail_message import records
from tocsin.formats.syntax.mail_parts import parts

PIECES = (
    "From: ", "Content-Type: multipart/mixed; boundary=b\n", "--b\n", "--b--\n", "\n", "\r\n", "\r",
    "=?utf-8?q?", "?=", "=?x?b?AAA", '"', "<", ">", "(", ")", ",", ";", ":", "@", "Received: ",
    "from a by b with mapi id 15.01.2507.061; x\n", "Authentication-Results: a; spf=pass", "\0",
    "Content-Transfer-Encoding: base64\n", "=3D=", "begin 644 x\n", "X-MS-Journal-Report:\n",
    "Sender: a@b\n", "Content-Type: message/rfc822\n\n", "\u00e9", "\ud7ff", "Thread-Index: AAA\n",
    "filename*0*=utf-8''%41; ", "References: <a@b> <", "Subject: Re: [x] Re: ", "\nFrom a 10:00\n",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_mail_gives_one_record(pieces: list[str]):
    mail = "".join(pieces).encode("utf-8", errors="replace")
    assert len(list(messages(everything(mail)))) == 1


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_one_record(data: bytes):
    assert len(list(messages(everything(HEAD.encode() + data)))) == 1


def _fields(value: str, *names: str) -> bytes:
    return "".join(f"{name}: {value}\n" for name in names).encode() + b"\nx"


HOSTILE = {
    "quotes": _fields('"' * 126_000, "From", "To"),
    "brackets": _fields("<" * 126_000, "From", "In-Reply-To", "References", "List-Id"),
    "comments": _fields("(" * 126_000, "From", "Received", "Authentication-Results"),
    "nested comments": _fields("(()" * 42_000, "From", "Received", "Authentication-Results"),
    "separators": _fields("," * 126_000, "From", "To"),
    "signs": _fields("a@" * 60_000, "From", "Received-SPF", "Message-ID"),
    "encoded words": _fields("=?utf-8?q?" * 12_000, "From", "Subject", "References"),
    "short words": _fields("=?utf-8?q?a?= " * 9_000, "From", "Subject"),
    "blanks": _fields("a" + " " * 120_000 + "b", "From", "Subject", "Date", "X-Mailer"),
    "marks": _fields("Re: [" * 25_000, "Subject", "Thread-Topic"),
    "equals": _fields("spf=" * 30_000, "Authentication-Results", "Received-SPF"),
    "clauses": _fields("from by with " * 9_000, "Received"),
    "parameters": _fields('text/plain; a="; b*0*=c' * 5_000, "Content-Type"),
    "delimiters": HEAD.encode()
    + b"Content-Type: multipart/mixed; boundary=-\n\n"
    + b"\n---" * 90_000,
    "base64 pieces": HEAD.encode() + b"Content-Transfer-Encoding: base64\n\n" + b"=A" * 200_000,
    "uuencoded": HEAD.encode() + b"\n" + b"\nbegin 644 a\n" * 20_000,
    "hops": b"Received: from a by b; x\n" * 20_000 + b"\nx",
    "journal": b"X-MS-Journal-Report:\n\nSender: a@b\n" + b"To: a@b, Expanded: c\n" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_mail_takes_long(name: str):
    start = time.process_time()
    parts(HOSTILE[name])
    found = list(messages(everything(HOSTILE[name])))
    assert len(found) == 1
    # Linear, these take milliseconds; quadratic, minutes.
    assert time.process_time() - start < 3


@pytest.mark.shared
def test_mutated_real_mails(shared: Path):
    from message_reading import AT, reading

    real = sorted((shared / "samples/mail/hijack-real").glob("*.eml"))
    if not real:
        pytest.skip("../shared holds no real hijacks")
    chance = random.Random(3)
    for path in real:
        original = path.read_bytes()
        for _ in range(150):
            data = bytearray(original)
            for _ in range(chance.choice((1, 5, 40))):
                place = chance.randrange(len(data))
                data[place : place + chance.randrange(3)] = bytes([chance.randrange(256)])
            assert len(list(messages(list(records(bytes(data), AT, "", reading()))))) == 1
