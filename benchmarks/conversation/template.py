"""What a real mail of a sender looks like, taken apart so that it can be imitated.

A mail that came through a list has an inner part, written by the author's program and its path, and
an outer part, written by the list (the organisation's own side).
"""

from __future__ import annotations

import email
import re
from email.message import Message

import msgspec

from benchmarks.conversation.compose import BodyForm, like
from benchmarks.conversation.lists import BY, Mail, MailList, header_block

LIST_FIELDS = re.compile(
    r"^(?:list-.*|x-mailman.*|x-beenthere|precedence|errors-to|sender|x-message-id-hash|"
    r"message-id-hash|x-mailfrom|archived-at|x-content-filtered-by|x-mailman-approved-at)$"
)
FOOTER = re.compile(
    r"\n_{20,}\n[^\n]{0,200}list[^\n]{0,200}(?:\n[^\n]{0,200}){0,3}\s*$", re.IGNORECASE
)
FROM_HOST = re.compile(r"^\s*from\s+(\S+)(?:\s+\(([^()\[\]]*?)\s*\[([^\]]+)\]\))?", re.IGNORECASE)


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A real mail as a pattern. outer: how many of the first fields the own side wrote."""

    mail: Mail
    fields: tuple[tuple[str, str], ...]
    outer: int
    form: BodyForm
    helo: str = ""
    peer: str = ""

    @property
    def exchange(self) -> bool:
        """Whether an Exchange server took this mail from its author."""
        return any(
            key.lower() == "received" and ("mapi id" in value or "Microsoft SMTP Server" in value)
            for key, value in self.fields[self.outer :]
        )


def template(mail: Mail, of: MailList) -> Template:
    """The mail taken apart."""
    fields, _ = header_block(mail.raw)
    outer, helo, peer = 0, "", ""
    for position, (key, value) in enumerate(fields):
        found = BY.search(value) if key.lower() == "received" else None
        if found and found[1] in of.servers:
            outer = position + 1
            came = FROM_HOST.search(value)
            helo, peer = (came[1], came[3] or "") if came else ("", "")
    return Template(
        mail=mail, fields=tuple(fields), outer=outer, form=_form(mail.raw), helo=helo, peer=peer
    )


def _form(raw: bytes) -> BodyForm:
    message = email.message_from_bytes(raw)
    footer, inner = _unwrapped(message)
    texts = [p for p in inner.walk() if p.get_content_maintype() == "text" and not p.get_filename()]
    kinds = {p.get_content_subtype() for p in texts}
    first = texts[0] if texts else inner
    transfer = str(first.get("Content-Transfer-Encoding", "")).strip().lower()
    charset = (first.get_content_charset() or "utf-8").lower()
    flowed = "; format=flowed" if "flowed" in str(first.get("Content-Type", "")) else ""
    boundary = inner.get_boundary() or "=_0123456789abcdef0123456789abcdef"
    if not footer and not message.is_multipart():
        payload = message.get_payload(decode=True)
        found = FOOTER.search(payload.decode("latin-1")) if isinstance(payload, bytes) else None
        footer = found[0] if found else ""
    return BodyForm(
        structure="alternative" if {"plain", "html"} <= kinds else "html" if "html" in kinds else "plain",
        boundary=like(boundary),
        encoding="base64" if transfer == "base64" else "8bit" if transfer in {"8bit", "7bit", ""} else "quoted-printable",
        charset=charset if charset in {"utf-8", "iso-8859-1", "windows-1252"} else "utf-8",
        parameters=flowed,
        footer=footer,
    )  # fmt: skip


def _unwrapped(message: Message) -> tuple[str, Message]:
    """The footer that a list added as a part of its own, and what it was added to."""
    parts = message.get_payload()
    if (
        message.get_content_type() != "multipart/mixed"
        or not isinstance(parts, list)
        or len(parts) < 2
    ):
        return "", message
    last = parts[-1]
    payload = last.get_payload(decode=True) if not last.is_multipart() else None
    text = payload.decode("latin-1") if isinstance(payload, bytes) else ""
    if "_______" not in text or len(text) > 1500:
        return "", message
    inner = parts[0]
    return text, inner if len(parts) == 2 and isinstance(inner, Message) else message
