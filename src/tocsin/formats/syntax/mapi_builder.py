"""Puts a mail together from the pieces in which `pst_walk` writes it."""

from __future__ import annotations

from tocsin.formats.syntax.mapi_mail import (
    EMBEDDED,
    FILE_METHOD,
    MapiFile,
    MapiMail,
    Value,
    value_of,
)
from tocsin.model.text import N_, say

HOLDING = frozenset((b"P", b"R", b"A", b"D", b"B", b"C", b"T"))
"""Kinds of frames that are pieces of the message which ends them."""

_CUT = say(N_("part of this message is damaged or beyond a limit and was left out"))
_UNOPENED = say(N_("a message attached to this one cannot be opened in a data file"))


class MapiBuilder:
    """Takes frames until the message is finished, then begins anew."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.open = [MapiMail({}, [], [], [])]
        self.target: dict[int, Value] = self.open[-1].properties
        self.size = 0
        self.touched = False

    def take(self, kind: bytes, place: str, data: bytes) -> None:
        """One piece. One that does not fit where it stands is passed over."""
        self.touched = True
        self.size += len(data)
        mail = self.open[-1]
        if kind == b"P":
            try:
                tag = int(place, 16)
            except ValueError:
                return
            value = value_of(tag & 0xFFFF, data)
            if value is not None:
                self.target.setdefault(tag >> 16, value)
        elif kind == b"R":
            self.target = {}
            mail.recipients.append(self.target)
        elif kind == b"A":
            self.target = {}
            mail.files.append(MapiFile(self.target))
        elif kind == b"D" and mail.files:
            mail.files[-1].data = data
        elif kind == b"B" and mail.files:
            inner = MapiMail({}, [], [], [])
            mail.files[-1].mail = inner
            self.open.append(inner)
            self.target = inner.properties
        elif kind == b"C" and len(self.open) > 1:
            self.open.pop()
        elif kind == b"T" and _CUT not in self.open[0].faults:
            self.open[0].faults.append(_CUT)

    def finished(self) -> tuple[MapiMail | None, int]:
        """The mail, None when no piece of it was written, and its bytes."""
        mail = self.open[0] if self.touched else None
        if mail is not None and any(
            each.mail is None and each.properties.get(FILE_METHOD) == EMBEDDED
            for each in mail.files
        ):
            mail.faults.append(_UNOPENED)
        size = self.size
        self._begin()
        return mail, size
