"""The stolen thread as the intruder quotes it, in the styles of programs and of families."""

from __future__ import annotations

import email
import html
import random
import re
from datetime import UTC, datetime
from typing import Literal

import msgspec

from benchmarks.conversation.lists import Mail, Party

Quote = Literal[
    "prefix", "outlook", "outlook-line", "gmail", "blockquote", "cite", "pre", "apple", "lotus"
]
QUOTES: tuple[Quote, ...] = (
    "prefix", "outlook", "outlook-line", "gmail", "blockquote", "cite", "pre", "apple", "lotus",
)  # fmt: skip
HTML_ONLY = frozenset({"blockquote", "cite", "pre"})
"""Styles that a text without HTML cannot have."""

TEXT_LIMIT = 30_000
LABELS = {
    "en": ("From", "Sent", "To", "Subject"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
}
TAG = re.compile(
    r"<(?:style|script|head)\b.*?</(?:style|script|head)>|<[^>]{0,2000}>", re.IGNORECASE | re.DOTALL
)
ATTRIBUTION = re.compile(
    r"^(?:On .{5,200} wrote:|-{3,} ?Original Message ?-{3,}|_{20,}|From: .{3,200}|>.*)$",
    re.MULTILINE,
)
SIGNATURE_MARK = re.compile(r"^-- ?$", re.MULTILINE)


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """A quote twice: as it stands in the text part and in the HTML part."""

    style: Quote
    plain: str
    html: str


def text_of(raw: bytes) -> str:
    """The plain text of a mail; HTML stripped where there is no text part."""
    message = email.message_from_bytes(raw)
    best = ""
    for part in message.walk():
        kind = part.get_content_type()
        if part.is_multipart() or kind not in {"text/plain", "text/html"} or part.get_filename():
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes) or not payload.strip():
            continue
        text = _decode(payload, part.get_content_charset() or "utf-8")
        if kind == "text/plain":
            return text[:TEXT_LIMIT].replace("\r\n", "\n")
        best = best or html.unescape(TAG.sub("", text))
    return best[:TEXT_LIMIT].replace("\r\n", "\n")


def new_text_of(text: str) -> str:
    """The part above the first quote, without the list's footer."""
    cut = ATTRIBUTION.search(text)
    return text[: cut.start()].rstrip() if cut else text.rstrip()


def signature_of(mail: Mail) -> str:
    """The last lines of what a sender wrote, if they look like a signature."""
    new = new_text_of(text_of(mail.raw))
    marked = SIGNATURE_MARK.search(new)
    if marked:
        return new[marked.start() :][:400]
    tail = [line for line in new.rstrip().split("\n")[-6:] if len(line) < 60]
    first = mail.author.name.replace(",", " ").split()
    for position, line in enumerate(tail):
        if any(len(part) > 2 and part.lower() in line.lower() for part in first):
            return "\n".join(tail[position:])
    return ""


def quote(
    rng: random.Random, style: Quote, parent: Mail, *, whole: bool, language: str = "en"
) -> Quoted:
    """The parent as `style` quotes it; whole: with all that it quotes itself."""
    text = text_of(parent.raw)
    if not whole:
        text = new_text_of(text) or text[:800]
    head = _head(rng, style, parent, language)
    marked = "\n".join(
        f"> {line}" if not line.startswith(">") else f">{line}" for line in text.split("\n")
    )
    plain = (
        f"{head}\n{text}"
        if style in {"outlook", "outlook-line", "pre", "lotus"}
        else f"{head}\n{marked}"
    )
    return Quoted(style=style, plain=plain, html=_html(style, head, text, marked))


def house_style(mail: Mail) -> Quote:
    """The style that a real mail of the sender has."""
    body = mail.raw[:200_000]
    if b"gmail_quote" in body:
        return "gmail"
    if b"Original Message-----" in body:
        return "outlook-line"
    if b"\nSent: " in body or b"Sent:</b>" in body:
        return "outlook"
    return "prefix"


def _head(rng: random.Random, style: Quote, parent: Mail, language: str) -> str:
    when = datetime.fromtimestamp(parent.at, UTC)
    who = parent.author
    if style in {"outlook", "outlook-line", "lotus"}:
        return _block(style, parent, when, language)
    if style == "pre":
        return ""
    stamp = rng.choice((
        when.strftime("%a, %b %d, %Y at %I:%M %p"),
        when.strftime("%d/%m/%Y %H:%M"),
        when.strftime("%a, %d %b %Y %H:%M:%S +0000"),
    ))  # fmt: skip
    name = f"{who.name} <{who.address}>" if style == "gmail" or not who.name else who.name
    return f"On {stamp}, {name} wrote:" if style != "cite" else f"> On {stamp} {name} wrote:"


def _block(style: Quote, parent: Mail, when: datetime, language: str) -> str:
    who = parent.author
    labels = LABELS.get(language, LABELS["en"])
    to = "; ".join(_shown(party) for party in parent.to[:4]) or who.address
    values = (_shown(who), when.strftime("%A, %B %d, %Y %H:%M"), to, parent.subject)
    lines = "\n".join(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    if style == "lotus":
        stamp = when.strftime("%m/%d/%Y %I:%M %p")
        return f"{who.name} ---{stamp}---{parent.subject}\n\n{lines}\n"
    rule = "-----Original Message-----" if style == "outlook-line" else "_" * 32
    return f"{rule}\n{lines}\n"


def _shown(party: Party) -> str:
    return f"{party.name} <{party.address}>" if party.name else party.address


def _html(style: Quote, head: str, text: str, marked: str) -> str:
    lines, headed = _breaks(text), _breaks(head)
    if style == "pre":
        return f"<pre>{html.escape(text)}</pre>"
    if style == "cite":
        return f'<blockquote type="cite">{html.escape(text)}</blockquote>'
    if style == "gmail":
        inner = f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">{lines}</blockquote>'
        return f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{headed}<br></div>{inner}</div>'
    if style in {"outlook", "outlook-line", "lotus"}:
        top = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
        return f'<div><div style="{top}"><p class="MsoNormal">{headed}</p></div></div><p class="MsoNormal">{lines}</p>'
    if style == "prefix":
        return f"<p>{headed}</p><pre>{html.escape(marked)}</pre>"
    return f'<div>{headed}</div><blockquote type="cite"><div>{lines}</div></blockquote>'


def _breaks(text: str) -> str:
    return html.escape(text).replace("\n", "<br>\n")


def _decode(payload: bytes, charset: str) -> str:
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("latin-1")
