"""The text of a hijack: lure, payload, closing, signature, quote; once plain, once as HTML."""

from __future__ import annotations

import html as html_text
import random
from collections.abc import Sequence

import msgspec

from benchmarks.conversation.attachments import Attached, attachment
from benchmarks.conversation.choosing import Choice
from benchmarks.conversation.lures import Purpose, Scene, Set, lure, password_line
from benchmarks.conversation.lures import password as draw_password
from benchmarks.conversation.payloads import url
from benchmarks.conversation.quoting import Quoted, new_text_of, signature_of, text_of
from benchmarks.conversation.styles import Envelope

LINK_WORDS = ("View document", "here", "Open", "DOWNLOAD", "Document", "link")
PURPOSES: dict[str, Purpose] = {
    "file": "file",
    "download": "link",
    "latin": "link",
    "hosting": "link",
    "credential": "credential",
    "bank": "bank",
    "harmless": "harmless",
}
SHORT = 120
"""Characters of new text below which the words are taken from the whole mail."""

FILES_OF_INSIDERS = {"T4": ("html-smuggling", "one", "html-form", "svg", "pdf-link")}


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Both bodies, the files, and what the manifest says of them."""

    plain: str
    html: str
    attached: tuple[Attached, ...]
    lure: str
    language: str
    payload: str


def write(  # noqa: PLR0913
    rng: random.Random,
    which: Set,
    payload: str,
    *,
    choice: Choice,
    frame: Envelope,
    quoted: Quoted,
    copy_signature: bool,
    known: Sequence[str],
) -> Written:
    """The whole text."""
    scene = _scene(choice, frame)
    text = lure(rng, which, PURPOSES[payload], scene)
    link, files, family = _bait(rng, which, payload, choice, known)
    secret = next((f.password for f in files if f.password), "")
    if payload == "download" and link and rng.random() < 0.2:
        secret = draw_password(rng)
    secret_line = password_line(rng, which, text.language, secret) if secret else ""
    tail = [text.closing, _signature(rng, choice, copy=copy_signature)]
    before = [text.text, secret_line if rng.random() < 0.5 else ""]
    after = ["" if before[1] else secret_line, *tail]
    plain_link, html_link = _link(rng, link, choice)
    plain = _joined([*before, plain_link, *after])
    page = (
        "".join(_paragraph(p) for p in before) + html_link + "".join(_paragraph(p) for p in after)
    )
    return Written(
        plain=f"{plain}\n\n{quoted.plain}",
        html=f"<html><body>{page}<br>{quoted.html}</body></html>",
        attached=tuple(files),
        lure=text.family,
        language=text.language,
        payload=family,
    )


def _scene(choice: Choice, frame: Envelope) -> Scene:
    parent = choice.parent
    reader = parent.author.name.replace(",", " ").split()
    whole = text_of(parent.raw)
    new = new_text_of(whole)
    return Scene(
        reader=reader[0] if reader else parent.author.address.partition("@")[0],
        writer=choice.writer.name,
        subject=frame.topic,
        quoted=new if len(new) > SHORT else whole,
    )


def _bait(
    rng: random.Random, which: Set, payload: str, choice: Choice, known: Sequence[str]
) -> tuple[str, list[Attached], str]:
    """Link, files, and the family's name."""
    if payload in {"bank", "harmless"}:
        return "", [], payload
    if payload == "file":
        only = FILES_OF_INSIDERS["T4"] if choice.voice == "colleague" else ()
        made = attachment(rng, which, only=only)
        return "", [made], made.family
    found = url(rng, which, kind=payload, victim=choice.parent.author.address, known=known)
    return found.url, [], found.family


def _link(rng: random.Random, link: str, choice: Choice) -> tuple[str, str]:
    if not link:
        return "", ""
    form = rng.random()
    safe = html_text.escape(link, quote=True)
    if form < 0.5:
        shown = safe
    elif form < 0.8:
        shown = rng.choice(LINK_WORDS)
    else:
        shown = f"https://{choice.writer.domain}/docs/{rng.randrange(1000, 99999)}"
    return link, f'<p><a href="{safe}">{shown}</a></p>'


def _signature(rng: random.Random, choice: Choice, *, copy: bool) -> str:
    if copy:
        real = signature_of(choice.model.mail)
        if real:
            return real
    name, address = choice.writer.name, choice.writer.address
    if choice.voice == "stolen" and rng.random() < 0.6:
        return f"{name}\n{address}"
    return rng.choice((name, name, name.partition(" ")[0], f"{name}\n{address}", ""))


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _paragraph(text: str) -> str:
    if not text:
        return ""
    lines = html_text.escape(text).replace("\n\n", "<br><br>").replace("\n", "<br>")
    return f"<p>{lines}</p>"
