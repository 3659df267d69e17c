"""CLIXML, PowerShell's own serialisation ([MS-PSRP] 2.2.5), read as a stream of objects.

Nothing is ever deserialised into behaviour: elements become plain values. Document types and
entities are refused. What .NET's BinaryFormatter wrote (`SerializationData`) and secrets (`SS`)
are passed over unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NoReturn
from xml.parsers import expat

import msgspec

from tocsin.formats.syntax.clixml_builder import Builder, Loss
from tocsin.formats.syntax.records import Record
from tocsin.formats.syntax.text_stream import decoded, head_text
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

TOKEN_LIMIT = 4 * 1024 * 1024
"""Longest tag, comment or processing instruction, in bytes; the text of values has its own."""

NAMESPACE = "http://schemas.microsoft.com/powershell/2004/04"

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ROOT = re.compile(r"<(?:\w{1,20}:)?Objs[\s/>]")
_BEFORE = re.compile(rb"\A(?:\xef\xbb\xbf|\s)*(?:#<\s*CLIXML)?(?:\xef\xbb\xbf|\s)*")
"""Marks, blanks, and the line that powershell.exe prints before objects it writes to a pipe."""

_ANOTHER = (
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT],
    expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI],
)


def looks_like(head: bytes) -> bool:
    """Whether a file that begins with `head` is CLIXML, by its root element and namespace."""
    text = head_text(head)
    start = text.lstrip("\ufeff \t\r\n")
    if not start.startswith(("<", "#<")):
        return False
    root = _ROOT.search(text)
    return root is not None and NAMESPACE in text[root.start() : root.start() + 1000]


def read_objects(stream: BinaryIO, at: Locator) -> Iterator[Record | Gap]:
    """Every top-level object in order, and a `Gap` for each loss; never an exception."""
    return read_text(decoded(stream), at)


def read_text(pieces: Iterable[str], at: Locator) -> Iterator[Record | Gap]:
    """The same from decoded text; several documents in one file are read one after another."""
    document = _Document(line=1, objects=0)
    for piece in pieces:
        raw = _FORBIDDEN.sub("\ufffd", piece).encode("utf-8")
        while raw:
            raw = document.feed(raw)
            yield from _located(document.builder.taken(), at)
            if document.stopped:
                return
            if raw:
                document = _Document(line=document.line(), objects=document.builder.objects)
    document.feed(b"", final=True)
    yield from _located(document.builder.taken(), at)


def _located(items: Iterable[Record | Loss], at: Locator) -> Iterator[Record | Gap]:
    for item in items:
        if isinstance(item, Record):
            yield item
        else:
            place = msgspec.structs.replace(at, position=item.position)
            yield Gap(at=place, why=item.why, kind=item.kind)


class _Refusal(Exception):  # noqa: N818 - a decision, not an error
    """The document is not read further."""


class _Document:
    """One `Objs` element while its text arrives, in UTF-8."""

    def __init__(self, line: int, objects: int) -> None:
        self.first_line = line
        self.fed = 0
        self.begun = False
        self.stopped = False
        self.parser = expat.ParserCreate("utf-8")
        self.builder = Builder(self.line, objects)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.builder.start
        self.parser.EndElementHandler = self.builder.end
        self.parser.CharacterDataHandler = self.builder.characters
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse

    def line(self) -> int:
        """The line of the file that is being read."""
        return self.first_line + self.parser.CurrentLineNumber - 1

    def feed(self, raw: bytes, *, final: bool = False) -> bytes:
        """Read on; gives back what stands behind the document's end."""
        if not self.begun:
            begun = _BEFORE.sub(b"", raw, count=1)
            self.first_line += raw[: len(raw) - len(begun)].count(b"\n")
            raw = begun
            if not raw and not final:
                return b""
            self.begun = bool(raw)
        if final and not self.begun:
            return b""
        try:
            self.parser.Parse(raw, final)
        except _Refusal:
            self._stop(
                Loss(
                    self._position(),
                    say(N_("a document type or entity is declared, which no export does: refused")),
                )
            )
        except expat.ExpatError as error:
            if error.code in _ANOTHER and self.builder.closed:
                return raw[max(0, self.parser.ErrorByteIndex - self.fed) :]
            self._broken(error, final=final)
        self.fed += len(raw)
        if not self.stopped and self.fed - self.parser.CurrentByteIndex > TOKEN_LIMIT:
            why = say(N_("a tag or comment is longer than {limit} bytes"), limit=TOKEN_LIMIT)
            self._stop(Loss(self._position(), why, "limit"))
        return b""

    def _broken(self, error: expat.ExpatError, *, final: bool) -> None:
        if final and not self.builder.closed:
            why = say(N_("the file ends in the middle: what was complete is kept"))
        else:
            why = say(
                N_("not well-formed from here on ({fault}): what was complete is kept"),
                fault=expat.ErrorString(error.code) or str(error.code),
            )
        self._stop(Loss(self._position(), why))

    def _position(self) -> str:
        return f"line {self.line()}"

    def _stop(self, loss: Loss) -> None:
        self.stopped = True
        self.builder.give_up()
        self.builder.lose(loss)


def _refuse(*_: object) -> NoReturn:
    raise _Refusal
