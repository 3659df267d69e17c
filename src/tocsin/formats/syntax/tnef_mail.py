"""What Exchange and Outlook put into a mail's TNEF part, brought into the mail: texts, files, ids.

The part stays among the files. Its attachments stand before it, named as the reader of Outlook sees
them; those of a part that lies in an attached mail, or in another file, behind that one's name and a
`!`. Outlook shows the text of the part, other programs the one beside it: both are judged where they
differ.
"""

from __future__ import annotations

import msgspec

from tocsin.formats.syntax.mail_parts import TEXT_LIMIT, Part, Parts
from tocsin.formats.syntax.mail_texts import joined
from tocsin.formats.syntax.mapi_mail import parts_of
from tocsin.formats.syntax.tnef import MAGIC, mail_of
from tocsin.formats.syntax.tnef_limits import DEEP, DEPTH_LIMIT, LONG_TEXT, Room
from tocsin.model.text import N_, Sentence

FIELDS = ("message-id", "in-reply-to", "references", "thread-index", "thread-topic")
"""Fields that are taken from the part where the mail has none of the name."""

_DECLARED = ("application/ms-tnef", "application/vnd.ms-tnef")
_NO_STREAM = N_(
    "the Outlook data (winmail.dat) of this mail does not begin as such and was not read"
)


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
        plain, html = joined((plain, html), (inner.plain, inner.html))
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
