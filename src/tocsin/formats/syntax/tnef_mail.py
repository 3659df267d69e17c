"""What Exchange and Outlook put into a mail's TNEF part, brought into the mail: texts, files, ids.

The part stays among the files. Its attachments stand before it, named as the reader of Outlook sees
them; those of a part that lies in an attached mail, or in another file, behind that one's name and a
`!`. Outlook shows the text of the part, other programs the one beside it: both are judged where they
differ.
"""

from __future__ import annotations

import re
from html import escape
from itertools import islice

import msgspec

from tocsin.formats.syntax import shingles
from tocsin.formats.syntax.html_text import read_html
from tocsin.formats.syntax.mail_parts import TEXT_LIMIT, Part, Parts
from tocsin.formats.syntax.mapi_mail import parts_of
from tocsin.formats.syntax.tnef import MAGIC, mail_of
from tocsin.formats.syntax.tnef_limits import DEEP, DEPTH_LIMIT, LONG_TEXT, Room
from tocsin.model.text import N_, Sentence

FIELDS = ("message-id", "in-reply-to", "references", "thread-index", "thread-topic")
"""Fields that are taken from the part where the mail has none of the name."""

COMPARED = 64 * 1024
"""First characters of two texts whose words are compared."""

COMPARED_LINKS = 100
"""Links of one text that are sought in the other; with more, both texts are kept."""

MOST = 0.75
"""Share of the words of the mail's own text: with so many, the part says the same, or more."""

NEARLY_ALL = 0.9
"""Share of the words of the part's text: with so many, the mail's own says the same, or more."""

_DECLARED = ("application/ms-tnef", "application/vnd.ms-tnef")
_NO_STREAM = N_(
    "the Outlook data (winmail.dat) of this mail does not begin as such and was not read"
)
_LINK = re.compile(r"https?://[^\s<>\"'?&)\]]{1,300}", re.IGNORECASE)


def is_tnef(part: Part) -> bool:
    """Whether a file is such a part, or says that it is one."""
    return part.data.startswith(MAGIC) or (part.declared in _DECLARED and bool(part.data))


def opened(taken: Parts) -> Parts:
    """The mail with what its TNEF parts hold; the same object where there is none."""
    if not any(is_tnef(each) for each in taken.files):
        return taken
    opener = _Opener()
    for each in taken.files:
        opener.add(each, "", 0)
    plain, html = taken.plain, taken.html
    first = dict(taken.first)
    for inner in opener.mails:
        plain, html = _joined((plain, html), (inner.plain, inner.html))
        for name in FIELDS:
            if name in inner.first:
                first.setdefault(name, inner.first[name])
    if max(len(plain), len(html)) > TEXT_LIMIT:
        opener.room.fault(LONG_TEXT, limit=TEXT_LIMIT)
    return msgspec.structs.replace(
        taken,
        first=first,
        plain=plain[:TEXT_LIMIT],
        html=html[:TEXT_LIMIT],
        files=tuple(opener.files),
        messages=(*taken.messages, *(inner for each in opener.mails for inner in each.messages)),
        faults=(*taken.faults, *opener.room.faults.values(), *opener.faults),
    )


def without_streams(taken: Parts) -> Parts:
    """A mail that was opened without the parts that were: what they held stands beside them."""
    files = tuple(each for each in taken.files if not each.data.startswith(MAGIC))
    return msgspec.structs.replace(taken, files=files)


class _Opener:
    """Goes through the files. mails: what the mail's own TNEF parts hold."""

    def __init__(self) -> None:
        self.room = Room()
        self.files: list[Part] = []
        self.mails: list[Parts] = []
        self.faults: list[Sentence] = []

    def add(self, part: Part, path: str, depth: int) -> None:
        """One file, after those within. depth: how many TNEF parts it lies in."""
        name = path + part.name
        if is_tnef(part):
            self._open(part, name, depth)
        self.files.append(msgspec.structs.replace(part, name=name) if path else part)

    def _open(self, part: Part, name: str, depth: int) -> None:
        if depth >= DEPTH_LIMIT:
            self.room.fault(DEEP, limit=DEPTH_LIMIT)
            return
        mail = mail_of(part.data, self.room) if self.room.another_stream() else None
        if mail is None:
            if self.room.streams >= 0:
                self.room.fault(_NO_STREAM)
            return
        found = parts_of(mail)
        self.faults += [why for why in found.faults if why not in self.faults]
        if depth:
            path = f"{name or 'winmail.dat'}!"
        else:
            before, mark, _ = name.rpartition("!")
            path = before + mark
            if not mark:
                self.mails.append(found)
        for each in found.files:
            self.add(each, path, depth + 1)


def _joined(own: tuple[str, str], inner: tuple[str, str]) -> tuple[str, str]:
    """Plain text and HTML of the mail and of its part as one of each.

    HTML beside plain text of the same words is what any mail has. Where the words differ, or a link
    of the mail's own text is nowhere in the part's, the part's text comes first and the other after.
    """
    plain, html = own
    inner_plain, inner_html = inner[0].replace("\0", ""), inner[1].replace("\0", "")
    shown = inner_plain if inner_plain.strip() else read_html(inner_html).text
    if not shown.strip():
        return own
    if html.strip():
        added = inner_html or f"<pre>{escape(inner_plain)}</pre>"
        html = html if _holds(html, shown, NEARLY_ALL) else f"{added}\n{html}"
    else:
        html = inner_html
    if not plain.strip() or plain.strip() in inner_plain:
        return inner_plain, html
    if shown.strip() in plain or _repeats(shown, plain, plain, NEARLY_ALL):
        return plain, html
    if _repeats(plain, shown, inner_html or inner_plain, MOST):
        return (plain if inner_html else inner_plain), html
    return f"{shown.rstrip()}\n\n{plain}", html


def _repeats(text: str, other: str, source: str, share: float) -> bool:
    """Whether the other text says what this one says, its links included.

    source: the other one as written, with the links of HTML.
    """
    links = {each[0] for each in islice(_LINK.finditer(text), COMPARED_LINKS + 1)}
    if len(links) > COMPARED_LINKS or not all(each in source for each in links):
        return False
    return _holds(other, text, share)


def _holds(text: str, other: str, share: float) -> bool:
    """Whether so large a share of the other text's words stands in this one."""
    words = set(shingles.words_of(other[:COMPARED]))
    return len(words.intersection(shingles.words_of(text[: 2 * COMPARED]))) >= share * len(words)
