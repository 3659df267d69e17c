"""A mail as MAPI keeps it (MS-OXPROPS), in .msg and .pst: properties instead of fields and parts.

Where the mail was transported its own header block is among them and is what counts; what that
lacks is written from the other properties. A sent copy or a draft has no block at all.
"""

from __future__ import annotations

import binascii
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec

from tocsin.formats.syntax.mail_headers import trimmed
from tocsin.formats.syntax.mail_parts import Part, Parts, split_header
from tocsin.formats.syntax.mail_texts import joined
from tocsin.formats.syntax.mail_words import text_of
from tocsin.formats.syntax.rich_text import RICH_LIMIT, plain_and_html, unpacked
from tocsin.model.text import N_, Sentence, say

Value = str | bytes | int | datetime

SUBJECT = 0x0037
SUBMITTED = 0x0039
DELIVERED = 0x0E06
CONVERSATION_INDEX = 0x0071
CONVERSATION_TOPIC = 0x0070
HEADERS = 0x007D
SENDER = (0x0C1A, 0x5D01, 0x0C1F)
"""Who sent it: name, SMTP address, address of whatever kind."""
REPRESENTED = (0x0042, 0x5D02, 0x0065)
"""In whose name."""
BODY = 0x1000
RICH_BODY = 0x1009
HTML_BODY = 0x1013
MESSAGE_ID = 0x1035
REFERENCES = 0x1039
IN_REPLY_TO = 0x1042
CODEPAGE = 0x3FDE
"""Of the HTML body, and of 8-bit texts where `TEXT_CODEPAGE` is not stated."""
TEXT_CODEPAGE = 0x3FFD
MESSAGE_CLASS = 0x001A
RECIPIENT = (0x3001, 0x39FE, 0x3003)
RECIPIENT_KIND = 0x0C15
FILE_NAMES = (0x3707, 0x3704, 0x3001)
FILE_TYPE = 0x370E
FILE_DATA = 0x3701
FILE_METHOD = 0x3705
EMBEDDED = 5
"""The method of a file that is a message (MS-OXCMSG, 2.2.2.9)."""
CONTENT_ID = 0x3712
HIDDEN_FILE = 0x7FFE

WANTED = frozenset((
    SUBJECT, SUBMITTED, DELIVERED, CONVERSATION_INDEX, CONVERSATION_TOPIC, HEADERS, *SENDER,
    *REPRESENTED, BODY, RICH_BODY, HTML_BODY, MESSAGE_ID, REFERENCES, IN_REPLY_TO, CODEPAGE,
    TEXT_CODEPAGE, MESSAGE_CLASS,
    *RECIPIENT, RECIPIENT_KIND, *FILE_NAMES, FILE_TYPE, FILE_METHOD, CONTENT_ID, HIDDEN_FILE,
))  # fmt: skip
"""Every property that is read, a file's data aside."""

UNICODE, EIGHT_BIT, BINARY = 0x001F, 0x001E, 0x0102
_INTEGER, _SHORT, _BOOLEAN, _TIME = 0x0003, 0x0002, 0x000B, 0x0040
FIXED = frozenset((_INTEGER, _SHORT, _BOOLEAN, _TIME))
"""Kinds of property (MS-OXCDATA, 2.11.1): texts, bytes, and those of a fixed size."""

RECIPIENTS_LIMIT = 5000
"""Recipients of one mail that are kept."""

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_NO_MAIL = ("ipm.contact", "ipm.appointment", "ipm.task", "ipm.stickynote", "ipm.activity",
            "ipm.distlist", "ipm.abchperson", "ipm.microsoft", "ipm.configuration")  # fmt: skip
_KINDS = {1: "to", 2: "cc", 3: "bcc"}


class MapiFile(msgspec.Struct):
    """An attachment: its properties, and its data or the mail that it is."""

    properties: dict[int, Value]
    data: bytes = b""
    mail: MapiMail | None = None


class MapiMail(msgspec.Struct):
    """One mail: its properties by number, those of its recipients, its attachments."""

    properties: dict[int, Value] = {}
    recipients: list[dict[int, Value]] = []
    files: list[MapiFile] = []
    faults: list[Sentence] = []


def parts_of(mail: MapiMail) -> Parts:
    """The mail as if it had been taken apart."""
    block = _bytes(mail.properties.get(HEADERS))
    stated = split_header(trimmed(block))[0] if block else []
    known = {name for name, _ in stated}
    added = [each for each in _written(mail) if each[0] not in known]
    headers = [*stated, *added]
    plain, html, faults = _bodies(mail.properties)
    files: list[Part] = []
    messages: list[Parts] = []
    faults = [*mail.faults, *faults]
    for why in _files(mail, files, messages):
        if why not in faults:
            faults.append(why)
    return Parts(
        headers=headers,
        first=dict(reversed(headers)),
        header_size=len(block),
        plain=plain,
        html=html,
        files=tuple(files),
        messages=tuple(messages),
        structure="",
        faults=tuple(faults),
        written=bool(stated),
    )


def value_of(kind: int, data: bytes) -> Value | None:
    """A property's bytes as a value; None for a kind that is not read, or nonsense.

    An 8-bit text stays bytes until the message's code page is known. A time is a FILETIME (100 ns
    since 1601; MS-DTYP, 2.3.3).
    """
    if kind == UNICODE:
        return data.decode("utf-16-le", errors="replace")
    if kind in (EIGHT_BIT, BINARY):
        return data
    if kind == _TIME:
        try:
            return _EPOCH + timedelta(microseconds=int.from_bytes(data[:8], "little") // 10)
        except OverflowError:
            return None
    if kind in FIXED:
        return int.from_bytes(data[:4], "little")
    return None


def is_mail(mail: MapiMail) -> bool:
    """Whether an item is a mail, or what is sent as one; not a contact, an appointment, a note."""
    said = _text(mail.properties.get(MESSAGE_CLASS)).lower()
    return not said.startswith(_NO_MAIL)


def _charset(said: dict[int, Value]) -> str:
    codepage = said.get(TEXT_CODEPAGE) or said.get(CODEPAGE)
    return f"cp{codepage}" if isinstance(codepage, int) and codepage != 65001 else "utf-8"


def _bytes(value: Value | None) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace")
    return value if isinstance(value, bytes) else b""


def _text(value: Value | None, charset: str = "") -> str:
    """A text property; one of 8 bits is in the message's own code page."""
    if isinstance(value, bytes):
        return text_of(value, charset).replace("\0", "")
    return value.replace("\0", "") if isinstance(value, str) else ""


def _written(mail: MapiMail) -> list[tuple[str, bytes]]:
    """Fields made of the properties; in the order in which a program might write them."""
    said = mail.properties
    charset = _charset(said)
    sender = _mailbox(said, SENDER, charset)
    represented = _mailbox(said, REPRESENTED, charset)
    found = [("from", represented or sender)]
    if sender and represented and sender != represented:
        found.append(("sender", sender))
    for kind, name in _KINDS.items():
        boxes = [
            _mailbox(each, RECIPIENT, charset)
            for each in mail.recipients[:RECIPIENTS_LIMIT]
            if each.get(RECIPIENT_KIND, 1) == kind
        ]
        found.append((name, b", ".join(each for each in boxes if each)))
    moment = said.get(SUBMITTED) or said.get(DELIVERED)
    if isinstance(moment, datetime):
        found.append(("date", format_datetime(moment).encode()))
    for field, number in (
        ("subject", SUBJECT), ("message-id", MESSAGE_ID), ("in-reply-to", IN_REPLY_TO),
        ("references", REFERENCES), ("thread-topic", CONVERSATION_TOPIC),
    ):  # fmt: skip
        found.append((field, " ".join(_text(said.get(number), charset).split()).encode()))
    index = said.get(CONVERSATION_INDEX)
    if isinstance(index, bytes) and len(index) >= 22:
        found.append(("thread-index", binascii.b2a_base64(index, newline=False)))
    return [(name, value) for name, value in found if value]


def _mailbox(said: dict[int, Value], which: tuple[int, int, int], charset: str) -> bytes:
    """`"name" <address>`; an Exchange address (`/o=…`) counts only where there is no other."""
    name, *addresses = (" ".join(_text(said.get(each), charset).split()) for each in which)
    address = next((each for each in addresses if "@" in each), "")
    if not address:
        address = next((each for each in addresses if each), "")
    name = name.replace("\\", "").replace('"', "'")
    address = address.replace("<", "").replace(">", "")
    if not name and not address:
        return b""
    return (f'"{name}" <{address}>' if name else f"<{address}>").encode("utf-8", errors="replace")


def _bodies(said: dict[int, Value]) -> tuple[str, str, list[Sentence]]:
    plain = _text(said.get(BODY), _charset(said)).replace("\r\n", "\n")
    html_value = said.get(HTML_BODY)
    codepage = said.get(CODEPAGE)
    charset = f"cp{codepage}" if isinstance(codepage, int) and codepage != 65001 else "utf-8"
    html = (
        text_of(html_value, charset) if isinstance(html_value, bytes) else _text(html_value)
    ).replace("\r\n", "\n")  # fmt: skip
    faults: list[Sentence] = []
    rich = said.get(RICH_BODY)
    if isinstance(rich, bytes):
        # Outlook shows this one, other programs one of the others.
        text, whole = unpacked(rich)
        plain, html = joined((plain, html), plain_and_html(text))
        if not whole:
            why = say(
                N_("the rich text of this message is damaged or longer than {limit} bytes"),
                limit=RICH_LIMIT,
            )
            faults.append(why)
    return plain, html, faults


def _files(mail: MapiMail, files: list[Part], messages: list[Parts]) -> list[Sentence]:
    """The attachments, and those of attached mails behind their names; what is wrong with the latter."""
    faults: list[Sentence] = []
    for each in mail.files:
        said = each.properties
        attached = each.mail is not None or said.get(FILE_METHOD) == EMBEDDED
        name = next((text for number in FILE_NAMES if (text := _text(said.get(number)))), "")
        declared = _text(said.get(FILE_TYPE)).lower() or "application/octet-stream"
        identity = _text(said.get(CONTENT_ID))
        shown = "inline" if identity and said.get(HIDDEN_FILE) else "attachment"
        if each.mail is not None:
            inner = parts_of(each.mail)
            name = name if name.lower().endswith((".eml", ".msg")) else f"{name or 'mail'}.msg"
            files.append(Part("message/rfc822", name, "attachment", identity, _eml(inner)))
            messages.append(inner)
            faults += inner.faults
            files.extend(
                Part(f.declared, f"{name}!{f.name}", f.disposition, f.content_id, f.data)
                for f in inner.files
            )
            continue
        if attached:  # one that could not be read
            declared, each.data = "message/rfc822", b""
        files.append(Part(declared, name, shown, identity, each.data))
    return faults


def _eml(inner: Parts) -> bytes:
    """The mail within, as far as it can be written as one: what a digest is made of."""
    lines = [name.encode() + b": " + value for name, value in inner.headers]
    text = inner.plain or inner.html
    return b"\n".join(lines) + b"\n\n" + text.encode("utf-8", errors="replace")
