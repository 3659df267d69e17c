"""The body of an injected mail: MIME by hand, so that its form is the imitated program's."""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Callable, Sequence
from email.header import Header
from typing import Literal

import msgspec

from benchmarks.conversation.attachments import Attached
from benchmarks.conversation.renewing import token

Boundary = Callable[[random.Random, int], str]


class BodyForm(msgspec.Struct, frozen=True, kw_only=True):
    """How a program packs a mail. boundary: of the nth multipart; footer: what a list adds."""

    structure: Literal["plain", "html", "alternative"] = "alternative"
    boundary: Boundary
    encoding: Literal["quoted-printable", "base64", "8bit"] = "quoted-printable"
    charset: str = "utf-8"
    parameters: str = ""
    footer: str = ""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that belong to the body, and its bytes."""

    content_type: str
    transfer: str
    content: bytes


def like(sample: str) -> Boundary:
    """Boundaries of the same form as a real one."""

    def make(rng: random.Random, level: int) -> str:
        new = token(rng, sample)
        return (
            new
            if not level
            else f"{new[:-1]}{level}"
            if sample.startswith(("b1_", "----="))
            else new
        )

    return make


def compose(
    rng: random.Random, form: BodyForm, plain: str, html: str, attached: Sequence[Attached]
) -> Body:
    """The whole body in that form."""
    parts = [_content(rng, form, plain, html, single=not attached)]
    mixed = [*parts, *(_file(each) for each in attached)]
    if form.footer and (attached or form.structure == "alternative"):
        boundary = "===============" + "".join(rng.choices("0123456789", k=19)) + "=="
        if attached:
            boundary = form.boundary(rng, 1)
        mixed.append(_text("plain", form.footer, BodyForm(boundary=form.boundary, encoding="8bit")))
        return _multipart("mixed", boundary, mixed)
    if attached:
        return _multipart("mixed", form.boundary(rng, 1), mixed)
    return parts[0]


def render(fields: Sequence[tuple[str, str]], body: Body) -> bytes:
    """The mail: fields in their order, the body's own in the places kept for them."""
    lines = []
    placed = set()
    for key, value in fields:
        low = key.lower()
        if low == "content-type":
            lines.append(f"{key}: {body.content_type}")
        elif low == "content-transfer-encoding":
            if body.transfer:
                lines.append(f"{key}: {body.transfer}")
        else:
            lines.append(f"{key}: {value}" if value else f"{key}:")
        placed.add(low)
    if "content-type" not in placed:
        lines.append(f"Content-Type: {body.content_type}")
    if body.transfer and "content-transfer-encoding" not in placed:
        lines.append(f"Content-Transfer-Encoding: {body.transfer}")
    head = "\n".join(lines).encode("utf-8", "surrogateescape")
    return head + b"\n\n" + body.content


def encoded_words(text: str) -> str:
    """A header text as RFC 2047 wants it; ASCII stays as it is."""
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=70).encode()


def shown(name: str, address: str) -> str:
    """A mailbox for a From, To or Cc field."""
    if not name:
        return address
    word = encoded_words(name)
    if word == name and not name.replace(" ", "").isalnum():
        word = '"' + name.replace("\\", "").replace('"', "'") + '"'
    return f"{word} <{address}>"


def _content(rng: random.Random, form: BodyForm, plain: str, html: str, *, single: bool) -> Body:
    if form.structure == "alternative":
        parts = [_text("plain", plain, form), _text("html", html, form)]
        return _multipart("alternative", form.boundary(rng, 0), parts)
    text = html if form.structure == "html" else plain
    if form.structure == "plain" and form.footer and single:
        text = f"{text}\n{form.footer}"
    return _text(form.structure, text, form)


def _text(kind: str, text: str, form: BodyForm) -> Body:
    raw = text.encode(form.charset, "replace")
    if form.encoding == "base64":
        raw = base64.encodebytes(raw)
    elif form.encoding == "quoted-printable":
        raw = quopri.encodestring(raw)
    charset = form.charset if kind == "html" else f"{form.charset}{form.parameters}"
    quoted = f'"{form.charset}"' if not form.parameters else charset
    transfer = "7bit" if form.encoding == "8bit" and raw.isascii() else form.encoding
    return Body(content_type=f"text/{kind}; charset={quoted}", transfer=transfer, content=raw)


def _file(each: Attached) -> Body:
    name = encoded_words(each.name)
    return Body(
        content_type=f'{each.kind}; name="{name}"',
        transfer=f'base64\nContent-Disposition: attachment; filename="{name}"',
        content=base64.encodebytes(each.content),
    )


def _multipart(kind: str, boundary: str, parts: Sequence[Body]) -> Body:
    pieces = []
    for part in parts:
        transfer = f"Content-Transfer-Encoding: {part.transfer}\n" if part.transfer else ""
        head = f"--{boundary}\nContent-Type: {part.content_type}\n{transfer}\n".encode()
        pieces.append(head + part.content.rstrip(b"\n") + b"\n\n")
    content = b"".join((*pieces, f"--{boundary}--\n".encode()))
    return Body(
        content_type=f'multipart/{kind}; boundary="{boundary}"', transfer="", content=content
    )
