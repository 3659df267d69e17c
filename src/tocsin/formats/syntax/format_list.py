"""Text as PowerShell prints objects: Format-List blocks, Format-Table tables, and consoles' copies.

A list prints `Name : value` with all colons in one column; a long value goes on below, indented to
the column behind it. A table prints names, dashes below them, and a line for each object. Both are
cut or wrapped to the width of the window, which loses characters; what was lost is marked by
`...` and stays marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from tocsin.formats.syntax.printed_table import Table, is_rule
from tocsin.formats.syntax.records import Object, Record, Value
from tocsin.formats.syntax.text_stream import Line
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

LINE_LIMIT = 64 * 1024
"""Longest line read, in characters; consoles are at most a few thousand wide."""

INDENT_LIMIT = 16
"""Columns by which copied text may be indented."""

BLOCK_LIMIT = 4 * 1024 * 1024
"""Characters kept of one object."""

PROMPT = re.compile(r"\s*(?:\[[^\]]{1,80}\]:? ?)?(?:PS ?)?(?:[A-Za-z]:\\|\\\\|~|/)[^>]{0,250}> ?")
"""`[PS] C:\\Windows\\system32>`, `PS C:\\>`, `[ex01]: PS C:\\Users\\admin\\Documents>`."""

_BREAKS_LOOKED_AT = 20
_WIDTHS = frozenset(width - less for width in (80, 100, 120, 132, 150, 160, 200) for less in (0, 1))
"""Lines of windows as wide as most are."""

_COMMAND = re.compile(r"\s*\(?(?:\$\w{1,60} *= *)?\(?(?:get-\w)", re.IGNORECASE)
_CMDLET = re.compile(r"\bget-[a-z]{2,60}", re.IGNORECASE)
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
_LABEL = re.compile(r"(?P<label>[^\s:](?:[^:]{0,120}?[^\s:])?)(?P<pad> *): ?(?P<value>.*)")
_PROPERTY = re.compile(r"[^\W\d][\w.\-]{0,80}")
_FILE_LABELS = frozenset(
    """
    File InternalName OriginalFilename FileVersion FileDescription Product ProductVersion Debug
    Patched PreRelease PrivateBuild SpecialBuild Language
    """.split()  # noqa: SIM905
)
"""What a FileVersionInfo prints of itself, with the colon close to the name."""


class _Field(msgspec.Struct):
    """One property while its value's lines arrive."""

    label: str
    parts: list[str]
    ends: list[int]

    def heads(self) -> Iterator[str]:
        """The value up to each of the first places where it was broken."""
        text = self.parts[0]
        for part in self.parts[1:_BREAKS_LOOKED_AT]:
            yield text
            text += part


def _inside_element(text: str) -> bool:
    """Whether a list was broken inside an element: `{FreeBusy, SecureMai`, and below it `l, Photos}`.

    Between words it would have been broken behind a comma, unless an element holds a blank.
    """
    if not text.startswith("{") or text.endswith((",", "}")):
        return False
    elements = text[1:].split(", ")
    return len(elements) > 1 and not any(" " in each for each in elements)


class _Block:
    """One object of a list."""

    def __init__(self, line: int, column: int, indent: int) -> None:
        self.line = line
        self.column = column
        self.indent = indent
        self.fields: list[_Field] = []
        self.size = 0
        self.width = 0

    @property
    def full(self) -> bool:
        """Whether no more is kept of the object."""
        return self.size > BLOCK_LIMIT

    def holds(self, label: str) -> bool:
        """Whether the object has the property already, so that another object begins."""
        return any(field.label == label for field in self.fields)

    def add(self, label: str, value: str, length: int) -> None:
        """Begin a property; `length` is that of the whole line, to tell how it was wrapped."""
        self.fields.append(_Field(label, [value.strip()], [length]))
        self._count(length)

    def go_on(self, text: str) -> None:
        """A further line of the last value; left out when the object is full."""
        if self.full:
            return
        self.fields[-1].parts.append(text.strip())
        self.fields[-1].ends.append(len(text))
        self._count(len(text))

    def _count(self, length: int) -> None:
        self.size += length + 1
        self.width = max(self.width, length)

    def object(self) -> Object:
        """The object, values joined again."""
        properties: dict[str, Value] = {}
        hard = self._is_hard()
        for field in self.fields:
            properties.setdefault(field.label, self._joined(field, hard=hard))
        return Object(properties=properties)

    def _is_hard(self) -> bool:
        """Whether values were broken wherever the window ended, not between words."""
        if any(_inside_element(part) for field in self.fields for part in field.heads()):
            return True
        broken = [end for field in self.fields for end in field.ends[:-1]]
        if any(end != self.width for end in broken):
            return False
        return len(broken) > 1 or self.width in _WIDTHS

    def _joined(self, field: _Field, *, hard: bool) -> str:
        text = field.parts[0]
        for i, part in enumerate(field.parts[1:]):
            # A word longer than the window is broken inside, whatever the rule.
            long_word = field.ends[i] == self.width and " " not in field.parts[i]
            together = hard or long_word or text.endswith("=")
            text += part if together else f" {part}"
        return text.strip()


def read_printed(source: Iterable[Line], at: Locator) -> Iterator[Record | Gap]:
    """Every object of the text in order; prompts, headings and other words are passed over."""
    block: _Block | None = None
    table: Table | None = None
    before = Line(0, "")
    asked = ""
    for line in source:
        if line.cut:
            place = msgspec.structs.replace(at, position=f"line {line.number}")
            why = say(N_("a line longer than {limit} characters, cut"), limit=LINE_LIMIT)
            yield Gap(at=place, why=why, kind="limit")
        text = _plain(line.text)
        if table is not None:
            row = table.row(line.number, text)
            yield from _stamped(row.records, asked)
            if row.taken:
                continue
            table = None
        if is_rule(text) and len(before.text.strip()) > 0:
            if block is not None:
                yield from _stamped(_finished(block, without=before.text), asked)
                block = None
            table = Table(_plain(before.text), text)
        else:
            was_full = block is not None and block.full
            ended, block = _list_line(block, line.number, text)
            yield from _stamped(ended, asked)
            asked = _asked(text, asked)
            if block is not None and block.full and not was_full:
                place = msgspec.structs.replace(at, position=f"line {line.number}")
                why = say(N_("an object of more than {limit} characters, cut"), limit=BLOCK_LIMIT)
                yield Gap(at=place, why=why, kind="limit")
        before = line
    if table is not None:
        yield from _stamped(table.end(), asked)
    yield from _stamped(_finished(block), asked)


def _asked(text: str, before: str) -> str:
    """The cmdlet that a command line ends with; what was asked before for any other line."""
    prompt = PROMPT.match(text)
    command = text[prompt.end() :] if prompt else text
    if not _COMMAND.match(command):
        # Another command prints something else.
        return "" if prompt and command.strip() else before
    named: list[str] = _CMDLET.findall(command)
    return named[-1] if named else ""


def _stamped(records: Iterable[Record], cmdlet: str) -> Iterator[Record]:
    """The records with what printed them."""
    for each in records:
        yield msgspec.structs.replace(each, cmdlet=cmdlet) if cmdlet else each


def _plain(text: str) -> str:
    """The line as a console shows it, colours left out."""
    return _COLOUR.sub("", text).expandtabs(8).rstrip()


def _list_line(
    block: _Block | None, number: int, text: str
) -> tuple[Iterator[Record], _Block | None]:
    """What a line ends and what it begins or goes on with."""
    if not text:
        return _finished(block), None
    if PROMPT.match(text):
        return _finished(block), None
    if block is not None and _goes_on(block, text):
        block.go_on(text)
        return iter(()), block
    found = _labelled(text, block)
    if found is None:
        return _finished(block), None
    label, column, value = found
    if block is not None and not block.holds(label) and not block.full:
        block.add(label, value, len(text))
        return iter(()), block
    new = _Block(number, column, _indent(text))
    new.add(label, value, len(text))
    return _finished(block), new


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _goes_on(block: _Block, text: str) -> bool:
    return _indent(text) >= max(block.column, block.indent + 1)


def _labelled(line: str, block: _Block | None) -> tuple[str, int, str] | None:
    """Label, the colon's column, value; None for a line that is no property.

    In a block the colon stands in one column, whatever the label's language and spaces; elsewhere
    the label must be able to be a property's name. Text that was copied may be indented as a whole.
    """
    indent = _indent(line)
    if (block is not None and indent != block.indent) or indent > INDENT_LIMIT:
        return None
    column = block.column if block is not None else 0
    if column and line[column : column + 1] == ":" and line[column - 1] == " ":
        return line[:column].strip(), column, line[column + 1 :]
    found = _unaligned(line[indent:])
    return None if found is None else (found[0], found[1] + indent, found[2])


def _unaligned(text: str) -> tuple[str, int, str] | None:
    match = _LABEL.fullmatch(text)
    if match is None:
        return None
    label, value = match["label"], match["value"]
    if label in _FILE_LABELS and not match["pad"]:
        return label, match.start("value") - 1, value
    # `Name : value` and the filled-up `Name   : value`, not `12:30` or `https://`.
    if not match["pad"] or not _PROPERTY.fullmatch(label):
        return None
    if value and not text[match.end("pad") + 1 :].startswith(" "):
        return None
    return label, match.end("pad"), value


def _finished(block: _Block | None, without: str = "") -> Iterator[Record]:
    """The block as a record; `without` is a last line that turned out to head a table."""
    if block is None:
        return
    if without and len(block.fields) == 1 and not block.fields[0].parts[0]:
        return
    yield Record(f"line {block.line}", block.object())
