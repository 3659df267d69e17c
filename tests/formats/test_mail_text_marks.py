"""Marks: a text is known again however it is quoted; and hostile mails cost no more than long ones."""

from __future__ import annotations

import time

import pytest

from tocsin.formats.syntax.mail_text import split
from tocsin.formats.syntax.shingles import marks, words_of

KEY = b"k" * 32
PARENT = """\
Hello Bo,

the test of the second turbine showed vibrations above 40 Hz (see chapter 3), so we'd better
replace the bearing before the customer comes on Thursday: could you ask the supplier whether he
has one in stock? The drawing is at https://wiki.contoso.example/drawings/bearing-12 as usual.

Regards
Ada
"""


def kept(body: str, html: str = "") -> tuple[tuple[int, ...], tuple[int, ...]]:
    text = split(body, html, subject="Re: turbine", names=(), key=KEY).text
    return text.marks, text.quoted_marks


def prefixed(text: str, prefix: str) -> str:
    return "".join(f"{prefix}{line}\n" for line in text.splitlines())


HTML = "".join(
    f"<p>{line.replace('turbine', '<b>turbine</b>')}</p>" for line in PARENT.split("\n\n")
)
REWRAPPED = "\n".join(PARENT.replace("\n\n", "\n").split(" "))


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        (f"Yes.\n\nOn 4 March 2021 10:22, Ada wrote:\n{prefixed(PARENT, '> ')}", ""),
        (f"Yes.\n\nOn 4 March 2021 10:22, Ada wrote:\n{prefixed(REWRAPPED, '>')}", ""),
        (f"Yes.\n\nVon: Ada\nGesendet: 4. März 2021\nAn: Bo\nBetreff: x\n\n{PARENT}", ""),
        ("", f"<p>Yes.</p><blockquote type=cite>{HTML}</blockquote>"),
        ("", f'<p>Yes.</p><div id="appendonsend"></div>{HTML.upper()}'),
    ],
)
def test_a_quoted_mail_has_the_marks_it_had_when_it_was_new(plain: str, html: str) -> None:
    new, _ = kept(PARENT)
    _, quoted = kept(plain, html)
    assert len(new) == 16
    assert len(set(new) & set(quoted)) >= 14


def test_half_of_a_mail_is_known_too() -> None:
    new, _ = kept(PARENT)
    _, quoted = kept("Yes.\n\nOn 4 March 2021 10:22, Ada wrote:\n" + prefixed(PARENT[:230], "> "))
    assert len(set(new) & set(quoted)) >= 3


def test_marks_need_the_key_and_say_nothing_without() -> None:
    words = words_of(PARENT)
    first, other = marks(words, b"a" * 32, 16), marks(words, b"b" * 32, 16)
    assert not set(first) & set(other)
    assert list(first) == sorted(first)
    assert all(0 <= mark < 1 << 63 for mark in first)


def test_short_texts() -> None:
    assert marks(words_of("three words only"), KEY, 16) == ()
    assert len(marks(words_of("these are five short words"), KEY, 16)) == 1
    assert marks(words_of("These are five, short words!"), KEY, 16) == marks(
        words_of("> these are\n> five short words"), KEY, 16
    )


def test_a_script_without_spaces_has_marks() -> None:
    old = "涡轮叶片的货物星期一离开鹿特丹港口，海关文件随后寄出。"
    new, _ = kept(old)
    _, quoted = kept(f"好的\n\n> {old[:13]}\n> {old[13:]}\n")
    assert len(set(new) & set(quoted)) >= 10


MIB = 1 << 20
HOSTILE = {
    "one line": "a" * MIB, "prefixes": ">" * MIB, "prefixed lines": ">\n" * (MIB // 2),
    "spread prefixes": "> " * (MIB // 2), "labels": "From: a\n" * (MIB // 8),
    "blocks": "From: a@b.example\nTo: b\nSubject: x\n\n" * (MIB // 40), "colons": ":\n" * (MIB // 2),
    "attributions": "On 1.1.2020 10:00 x@y.example wrote:\n" * (MIB // 40), "spaces": " " * MIB,
    "dashes": "-" * MIB, "rules": "_" * MIB, "alternating": "> a\nb\n" * (MIB // 6),
    "addresses": "a@" * (MIB // 2), "characters": "日本語" * (MIB // 3), "folded": "To: a;\n" + " b;\n" * (MIB // 4),
}  # fmt: skip
DEEP = (
    "<div>", "<blockquote>", "<blockquote type=cite>a<br>", "<pre>", "<pre><title>", "<ul><li>",
    '<div class="gmail_quote">', "<a href=https://a.example>x<div>", "<div id=appendonsend>",
    '<div style="font-size:0">a', "<table><tr><td>", "<!--", "<", "&#xe000;", "<b></i>",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_plain_body_is_read_in_no_time(name: str) -> None:
    assert seconds(HOSTILE[name], "") < 4


@pytest.mark.parametrize("tag", DEEP)
def test_a_hostile_html_body_is_read_in_no_time(tag: str) -> None:
    """Unclosed and nested fifty thousand times: quadratic time would take minutes."""
    assert seconds("", tag * 50_000) < 4


def test_a_closed_pyramid_is_read_in_no_time() -> None:
    assert seconds("", "<blockquote>x" * 20_000 + "</blockquote>" * 20_000) < 4


def seconds(plain: str, html: str) -> float:
    begun = time.process_time()
    split(plain, html, subject="Re: x", names=("a",), key=KEY)
    return time.process_time() - begun
