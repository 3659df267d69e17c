"""What is new and what is quoted in HTML, as the mail programs write it."""

from __future__ import annotations

import pytest

from tocsin.formats.syntax.html_text import read_html
from tocsin.formats.syntax.mail_text import Split, split

KEY = b"k" * 32
NEW_LINK = '<a href="https://files.fabrikam.example/new">the new file</a>'
OLD_LINK = '<a href="https://wiki.contoso.example/old">the old page</a>'
BLOCK = (
    "<p><b>Von:</b> Ada Winter &lt;ada@contoso.example&gt;<br><b>Gesendet:</b> 4. März 2021 10:22"
    "<br><b>An:</b> Bo<br><b>Betreff:</b> Vertrag</p>"
)


def taken(html: str, plain: str = "") -> Split:
    return split(plain, html, subject="AW: Vertrag", names=(), key=KEY)


PROGRAMS = {
    "gmail": (
        "gmail",
        (
            '<div dir="ltr">My answer. {new}</div><br><div class="gmail_quote"><div dir="ltr" '
            'class="gmail_attr">On Thu, Mar 4, 2021 at 10:22 AM Ada Winter &lt;<a href="mailto:ada@'
            'contoso.example">ada@contoso.example</a>&gt; wrote:<br></div><blockquote '
            'class="gmail_quote" style="border-left:1px solid">An old line {old}</blockquote></div>'
        ),
    ),
    "gmail forward": (
        "gmail",
        (
            '<div dir="ltr">My answer. {new}</div><div class="gmail_quote">---------- Forwarded '
            "message ---------<br>From: Ada Winter<br>An old line {old}</div>"
        ),
    ),
    "apple": (
        "apple",
        (
            '<body>My answer. {new}<div><br><blockquote type="cite"><div>On 4 Mar 2021, at 10:22, '
            "Ada Winter wrote:</div>An old line {old}</blockquote></div></body>"
        ),
    ),
    "thunderbird": (
        "apple",
        (
            '<p>My answer. {new}</p><div class="moz-cite-prefix">Am 04.03.21 um 10:22 schrieb Ada '
            'Winter:<br></div><blockquote type="cite"><p>An old line {old}</p></blockquote>'
        ),
    ),
    "outlook": (
        "outlook",
        (
            "<div class=WordSection1><p class=MsoNormal>My answer. {new}</p><div><div "
            'style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">{block}'
            "</div></div><p class=MsoNormal>An old line {old}</p></div>"
        ),
    ),
    "outlook on the web": (
        "outlook",
        (
            '<div>My answer. {new}</div><div id="appendonsend"></div><hr tabindex="-1"><div '
            'id="divRplyFwdMsg">{block}</div><div>An old line {old}</div>'
        ),
    ),
    "outlook in a language we do not know": (
        "outlook",
        (
            '<div>My answer. {new}</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">'
            "<b>Xxxx:</b> Ada<br><b>Yyyy:</b> 4<br></div><div>An old line {old}</div>"
        ),
    ),
    "yahoo": (
        "other",
        (
            '<div>My answer. {new}</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On '
            "Thursday, 4 March 2021, 10:22:11 GMT, Ada Winter wrote:</div>An old line {old}</div>"
        ),
    ),
    "proton": (
        "other",
        (
            '<div>My answer. {new}</div><div class="protonmail_quote">On Thursday, March 4th, 2021 at '
            '10:22 AM, Ada Winter wrote:<br><blockquote class="protonmail_quote" type="cite">An old '
            "line {old}</blockquote></div>"
        ),
    ),
    "zimbra": (
        "other",
        (
            '<div>My answer. {new}</div><hr id="zwchr" data-marker="__DIVIDER__"><div '
            'data-marker="__HEADERS__">{block}</div><div data-marker="__QUOTED_TEXT__">An old line '
            "{old}</div>"
        ),
    ),
    "a rule and a header block": (
        "outlook",
        ("<p>My answer. {new}</p><hr>{block}<p>An old line {old}</p>"),
    ),
    "a bot's pre": (
        "pre",
        (
            "My answer. {new}<br><br><pre><!DOCTYPE HTML><TITLE>Re: x</TITLE><P>An old line {old}</P>"
            "</pre>"
        ),
    ),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_each_program_quotes(program: str) -> None:
    style, form = PROGRAMS[program]
    found = taken(form.format(new=NEW_LINK, old=OLD_LINK, block=BLOCK))
    assert found.new == "My answer. the new file"
    assert "An old line the old page" in found.quoted
    assert found.text.style == style
    links = {anchor.url: anchor.quoted for anchor in found.anchors if "mailto" not in anchor.url}
    assert links == {
        "https://files.fabrikam.example/new": False,
        "https://wiki.contoso.example/old": True,
    }
    assert found.anchors[0].text == "the new file"


def test_an_answer_between_two_blockquotes_is_new() -> None:
    found = taken(
        '<div class="gmail_quote"><div>On Thu, Mar 4, 2021 at 10:22 AM Ada wrote:</div>'
        '<blockquote class="gmail_quote">First?</blockquote><div>One answer.</div>'
        '<blockquote class="gmail_quote">Second?</blockquote><div>And another.</div></div>'
    )
    assert found.new == "One answer.\n\nAnd another."
    assert found.text.inline


def test_a_moved_paragraph_is_no_quote() -> None:
    found = taken(
        '<div>Look:</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px">indented'
        "</blockquote>"
    )
    assert found.new == "Look:\nindented"


def test_plain_text_is_preferred_and_links_still_come_from_the_html() -> None:
    _, form = PROGRAMS["gmail"]
    plain = "My answer. the new file\n\nOn 4 March 2021 10:22, Ada wrote:\n> An old line, here\n"
    found = taken(form.format(new=NEW_LINK, old=OLD_LINK, block=""), plain)
    assert found.quoted == "An old line, here"
    assert [anchor.quoted for anchor in found.anchors if "https" in anchor.url] == [False, True]


@pytest.mark.parametrize("plain", ["Please enable HTML to read this message.", "A harmless note."])
def test_a_plain_part_that_says_something_else_is_not_believed(plain: str) -> None:
    found = taken("<p>Kindly transfer the outstanding balance to our account today.</p>", plain)
    assert "outstanding balance" in found.new


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">{}</div>', '<span style="font-size: 0px">{}</span>',
        '<div style="DISPLAY: none !important">{}</div>', '<p style="visibility:hidden">{}</p>',
        '<span style="color:#ffffff">{}</span>', '<span style="mso-hide:all">{}</span>',
    ],
)  # fmt: skip
def test_hidden_text_is_counted(hidden: str) -> None:
    words = "turbinesrotterdamcustoms"
    found = taken(f"<p>My answer stands here in plain sight.</p>{hidden.format(words)}")
    assert found.text.hidden == len(words)
    assert taken("<p style='color:#333;font-size:10pt'>My answer</p>").text.hidden == 0


def test_zero_width_characters_are_hidden_text() -> None:
    assert taken("<p>pass\u200bword\u200d for\ufeff you</p>").text.hidden == 3


def test_a_hidden_element_is_not_in_the_new_text() -> None:
    found = taken('<p>Visible answer.</p><div style="display:none">unseen filler</div>')
    assert found.new == "Visible answer."


def test_script_style_and_comments_are_not_text() -> None:
    found = taken("<style>p{}</style><script>x()</script><!-- c --><p>My answer.</p>")
    assert found.new == "My answer."


def test_our_own_marks_cannot_be_forged() -> None:
    found = taken(
        "<p>new &#xE000;&#57345; &#xE004; text \ue004 &#xE002;0\ue003 "
        '<a href="https://fabrikam.example/a">link</a></p>'
    )
    assert found.text.quoted_words == 0
    assert [anchor.quoted for anchor in found.anchors] == [False]


def test_half_an_address_may_stand_in_the_head() -> None:
    """A browser puts both together (HTML, 4.2.3), so that a filter that reads links alone sees none."""
    page = (
        '<html><head><base href="https://evil.example/in/"></head><body><p>Your file: '
        '<a href="x7Kd/">report.pdf</a> <a href="https://contoso.example/a">site</a></p></body></html>'
    )
    assert [url for url, _ in read_html(page).links] == [
        "https://evil.example/in/x7Kd/",
        "https://contoso.example/a",
    ]
    for base in ("javascript:x", "http://[bad", ""):
        page = f'<base href="{base}"><a href="x7Kd/">report.pdf</a>'
        assert [url for url, _ in read_html(page).links] == ["x7Kd/"]


@pytest.mark.parametrize(
    "page",
    [
        '<form action="https://evil.example/x"><input type="submit" value="Open"></form>',
        '<button formaction="https://evil.example/x">Open</button>',
        '<svg><a xlink:href="https://evil.example/x"><text>Open</text></a></svg>',
        '<a href="ht\ntps://evil.example/x">Open</a>',
        '<a href="https:\t//evil.example/x">Open</a>',
    ],
)
def test_whatever_sends_its_reader_somewhere_is_a_link(page: str) -> None:
    assert [url for url, _ in read_html(page).links] == ["https://evil.example/x"]


DRAWING = (
    '<v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="https://evil.example/x"'
    ' style="height:40px"><w:anchorlock/><center>Open</center></v:roundrect>'
)


@pytest.mark.parametrize(
    "comment",
    [
        f"<!--[if mso]>{DRAWING}<![endif]-->",
        f"<!--[if gte mso 9]>{DRAWING}<![endif]-->",
        f"<!--[if true]>{DRAWING}<![endif]-->",
        f"<!--[if (mso)&!(IE)]>{DRAWING}<![endif]-->",
        f"<!--[if mso{' ' * 90}]>{DRAWING}<![endif]-->",
        f"<!--[IF mso | IE]>{DRAWING}<![ENDIF]-->",
        f"<!--[if mso]>{DRAWING.replace('v:', 'q:').replace('xmlns:v', 'xmlns:q')}<![endif]-->",
        DRAWING,
        '<!--[if mso]><a href="https://evil.example/x">Open</a><![endif]-->',
    ],
)
def test_what_outlook_alone_shows_is_read(comment: str) -> None:
    """Elsewhere the button leads to a page that everybody knows."""
    button = '<a href="https://www.contoso.example/">Open</a>'
    found = read_html(
        f"<p>Grüße. İ</p>{comment}<!--[if !mso]><!-->{button}<!--<![endif]--><p>End</p>"
    )
    assert ("https://evil.example/x", "Open") in found.links
    assert ("https://www.contoso.example/", "Open") in found.links
    assert "End" in found.text


@pytest.mark.parametrize(
    "comment",
    [
        f"<!--{DRAWING}-->",
        f"<!--[if !mso]>{DRAWING}<![endif]-->",
        f"<!--[if lt IE 9]>{DRAWING}<![endif]-->",
    ],
)
def test_what_nobody_shows_is_no_link(comment: str) -> None:
    assert read_html(f"<p>Hello</p>{comment}").links == ()


def test_a_style_sheet_beside_a_drawing_is_no_link() -> None:
    page = f'<head><link href="https://cdn.example/a.css"></head><body>{DRAWING}</body>'
    assert [url for url, _ in read_html(page).links] == ["https://evil.example/x"]


BOX = 'style="border-left:2px solid #0078d4"'
CARD = '<p>Hi,</p>{before}<blockquote {how}>{inside}<a href="https://evil.example/x">Open</a></blockquote><p>Tom</p>'


def test_a_box_with_a_link_is_no_quote() -> None:
    page = CARD.format(
        before="", how='style="border-left:2px solid #0078d4"', inside="<b>Plan.pdf</b><br>"
    )
    found = taken(page)
    assert "Plan.pdf" in found.text.new
    assert [each.quoted for each in found.anchors] == [False]


@pytest.mark.parametrize(
    "page",
    [
        CARD.format(before="<p>Anna wrote:</p>", how="", inside=""),
        CARD.format(before="", how='type="cite"', inside=""),
        CARD.format(before="", how='class="my_quote"', inside=""),
        CARD.format(before="", how="", inside="<b>From: </b>Anna<br><b>To: </b>Tom<br><br>"),
        CARD.format(before="", how="", inside=""),
        CARD.format(before="", how=BOX, inside="What Anna said, at length. " * 20),
        CARD.format(
            before="<div>Boris Novak &lt;boris@contoso.example&gt;, 19 Feb 2026</div>",
            how=BOX,
            inside="",
        ),
        CARD.format(before="<p>19.02.2026 10:12 Boris Novak napisal(a)</p>", how=BOX, inside=""),
        f'<p>Thanks, fine.</p><blockquote {BOX}><a href="https://evil.example/x">Open</a></blockquote>',
        f'<p>On Monday Anna wrote:</p><div><blockquote {BOX}><a href="https://evil.example/x">x</a></blockquote></div><p>Yes</p>',
    ],
)
def test_what_somebody_else_wrote_is_one(page: str) -> None:
    assert [each.quoted for each in taken(page).anchors] == [True]
