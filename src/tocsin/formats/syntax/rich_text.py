"""Outlook's compressed rich text (MS-OXRTFCP), and the HTML or text that lies in it (MS-OXRTFEX).

Messages that Outlook saved often have no other body. Nothing of it is shown or run: words, breaks
and, where the text was made from HTML, its tags are taken out.
"""

from __future__ import annotations

import re
import struct

from tocsin.formats.syntax.mail_words import text_of

RICH_LIMIT = 2 * 1024 * 1024
"""Bytes of rich text that are unpacked."""

DEPTH_LIMIT = 200
"""Groups within groups; deeper ones are read as if they were that deep."""

LINK_LIMIT = 4096
"""Bytes of a field's instruction in which a link is looked for."""

_LINK = re.compile(rb'HYPERLINK\s+(?:\\[a-z]\s+)*"?([^"\s]+)', re.IGNORECASE)
"""A link as rich text writes it, apart from the words that are clicked."""

_PRESET = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_COMPRESSED = b"LZFu"
_STORED = b"MELA"

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,9})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|[\r\n]+"
    rb"|([^\\{}\r\n]+)|\\",
    re.DOTALL,
)
_SKIPPED = frozenset((
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer",
    b"mhtmltag", b"listtable", b"listoverridetable", b"generator", b"themedata", b"nonshppict",
))  # fmt: skip
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"row": "\n", b"cell": "\t",
           b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c",
           b"rdblquote": "\u201d", b"bullet": "\u2022", b"endash": "\u2013",
           b"emdash": "\u2014"}  # fmt: skip


def unpacked(data: bytes) -> tuple[bytes, bool]:
    """The rich text, and whether all of it: damage and `RICH_LIMIT` end it early."""
    if data[:5] == b"{\\rtf":
        return data[:RICH_LIMIT], len(data) <= RICH_LIMIT
    if len(data) < 16:
        return b"", not data
    size, raw_size, kind = struct.unpack_from("<II4s", data)
    if kind == _STORED:
        return data[16 : 16 + min(raw_size, RICH_LIMIT)], raw_size <= RICH_LIMIT
    if kind != _COMPRESSED:
        return b"", False
    return _decompressed(data, min(len(data), size + 4), raw_size)


def _decompressed(data: bytes, end: int, raw_size: int) -> tuple[bytes, bool]:
    """Runs of eight tokens, each a byte or a reference into the 4,096 bytes before."""
    out = bytearray(_PRESET)
    start = len(_PRESET)
    limit = start + min(raw_size, RICH_LIMIT)
    position = 16
    while position < end and len(out) < limit:
        control = data[position]
        position += 1
        for bit in range(8):
            if position >= end:
                break
            if not control >> bit & 1:
                out.append(data[position])
                position += 1
                continue
            if position + 2 > end:
                return bytes(out[start:limit]), False
            reference = data[position] << 8 | data[position + 1]
            position += 2
            offset, length = reference >> 4, (reference & 15) + 2
            distance = (len(out) - offset) % 4096
            if distance == 0:  # the write position itself: the end
                return bytes(out[start:limit]), raw_size <= RICH_LIMIT
            if distance > len(out):
                return bytes(out[start:limit]), False
            for _ in range(length):
                out.append(out[-distance])
    return bytes(out[start:limit]), raw_size <= RICH_LIMIT


class _State:
    """What a group inherits from the one around it."""

    __slots__ = ("field", "skip", "tag", "unicode_skip")

    def __init__(
        self, *, skip: bool = False, tag: bool = False, field: bool = False, unicode_skip: int = 1
    ) -> None:
        self.skip = skip
        self.tag = tag
        self.field = field  # within \fldinst
        self.unicode_skip = unicode_skip


class _Reader:
    """One pass over the tokens."""

    def __init__(self, rich: bytes) -> None:
        self.html = b"\\fromhtml" in rich[:4096]
        codepage = re.search(rb"\\ansicpg(\d{1,5})", rich[:4096])
        self.charset = f"cp{int(codepage[1])}" if codepage else "cp1252"
        self.out: list[str] = []
        self.held = bytearray()
        self.field = bytearray()
        self.states = [_State()]
        self.starred = False
        self.hidden = False  # between \htmlrtf and \htmlrtf0: for readers of rich text only
        self.pending = 0  # characters to pass over behind \u

    def read(self, rich: bytes) -> str:
        for word, number, code, escaped, brace, plain in _TOKEN.findall(rich):
            if brace:
                self._brace(brace)
            elif word:
                self._word(word.lower(), number)
            elif code:
                self._bytes(bytes([int(code, 16)]))
            elif escaped == b"*":
                self.starred = True
            elif escaped in (b"\\", b"{", b"}"):
                self._bytes(escaped)
            elif escaped == b"~":
                self._text("\u00a0")
            elif plain:
                self._bytes(plain)
        self._release()
        return "".join(self.out)

    def _brace(self, brace: bytes) -> None:
        state = self.states[-1]
        if brace == b"{":
            if len(self.states) < DEPTH_LIMIT:
                self.states.append(
                    _State(
                        skip=state.skip,
                        tag=state.tag,
                        field=state.field,
                        unicode_skip=state.unicode_skip,
                    )
                )
        elif len(self.states) > 1:
            self.states.pop()
            if state.field and not self.states[-1].field:
                self._link()
        self.starred = False
        self.pending = 0

    def _word(self, word: bytes, number: bytes) -> None:
        state = self.states[-1]
        starred, self.starred = self.starred, False
        if word == b"fldinst":
            state.skip = state.field = True
        elif word == b"htmltag":
            state.tag, state.skip = True, False
        elif word in _SKIPPED or starred:
            state.skip = True
        elif word == b"htmlrtf":
            self.hidden = number != b"0"
        elif word == b"uc" and number:
            state.unicode_skip = min(max(int(number), 0), 10)
        elif word == b"u" and number:
            value = int(number) & 0xFFFF
            self._text(chr(value) if not 0xD800 <= value < 0xE000 else "\ufffd")
            self.pending = state.unicode_skip
        elif word in _BREAKS and not (self.html and state.tag and word == b"cell"):
            self._text(_BREAKS[word])

    def _shown(self) -> bool:
        state = self.states[-1]
        return not state.skip and (state.tag or not self.hidden)

    def _bytes(self, data: bytes) -> None:
        if self.pending:
            dropped = min(self.pending, len(data))
            self.pending -= dropped
            data = data[dropped:]
        if self._shown():
            self.held += data
        elif self.states[-1].field and len(self.field) < LINK_LIMIT:
            self.field += data

    def _text(self, text: str) -> None:
        if self._shown():
            self._release()
            self.out.append(text)

    def _link(self) -> None:
        """Before the words that lead there; the tags of HTML say it themselves."""
        found = _LINK.search(bytes(self.field))
        self.field.clear()
        if found and not self.html:
            self._text(f"<{text_of(found[1], self.charset)}> ")

    def _release(self) -> None:
        if self.held:
            self.out.append(text_of(bytes(self.held), self.charset))
            self.held.clear()


def plain_and_html(rich: bytes) -> tuple[str, str]:
    """The text of it, or the HTML that it was made from; the other one is empty."""
    reader = _Reader(rich)
    text = reader.read(rich)
    return ("", text) if reader.html else (text, "")
