"""Where in a text somebody is named as quoted: header blocks and attribution lines.

Both are found from the line breaks and colons of a text in linear time; which words mean what is
in `quote_headers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin.formats.syntax.quote_headers import (
    ADDRESS,
    FOLDED,
    ROLES,
    VALUE_LIMIT,
    Role,
    dated,
    from_value,
    named,
    opens,
    says_written,
)
from tocsin.model.message import Attribution

ATTRIBUTION_LIMIT = 400
"""Characters an attribution may have."""

BLOCK_LABELS = 16
"""Lines with a label that one header block may have."""

FOLDED_VALUE = 4000
"""Characters of a value folded over lines: a list of recipients, most often."""

CANDIDATES = 400
"""Labels, and colons at a line's end, that are looked at in one text."""

LABEL_LIMIT = 40
"""Characters of a label."""

_LABEL = re.compile(rf"\n([^\n:：]{{1,{LABEL_LIMIT}}}+)[:：]")
_AROUND = " \t\xa0*_>|\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_COLON = re.compile(r":[ \t\xa0*_>]*+\n")
_WIDE_COLON = re.compile(r"：[ \t\xa0*_>]*+\n")
_TIMED = re.compile(
    r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b.{0,30}\d{1,2}[:.]\d{2}|\d{1,2}:\d{2}.{0,20}\b\d{4}"
)
_PATCH = re.compile(r"\nFrom [0-9a-f]{12,64} \w{3} \w{3} +\d+ [\d:]{8} \d{4}\Z")
_TO_NAME = 40


class Block(msgspec.Struct, frozen=True, gc=False):
    """Where a header block or attribution stands in a text, and whom it names.

    start: the line break before its first line; end: that behind its last. labelled: a header
    block. lotus: its name and date stand above the labels.
    """

    start: int
    end: int
    who: Attribution
    labelled: bool = False
    lotus: bool = False


class _Label(msgspec.Struct, frozen=True, gc=False):
    start: int
    value: int
    role: Role


def blocks(text: str) -> list[Block]:
    """The header blocks of a text, in order."""
    labels = _labels(text)
    found: list[Block] = []
    at = 0
    while at < len(labels):
        size, block = _block(text, labels, at)
        if block is not None:
            found.append(block)
        at += size
    return found


def labelled(text: str) -> bool:
    """Whether a line of the text has a label that only a header block has."""
    return any(each.role in ("from", "date", "subject") for each in _labels(text))


def _labels(text: str) -> list[_Label]:
    if "：" not in text:
        return _plain_labels(text)
    known = ROLES.get
    found: list[_Label] = []
    for line in _LABEL.finditer(text):
        role = known(line.group(1).strip(_AROUND).lower())
        if role is not None:
            found.append(_Label(line.start(), line.end(), role))
            if len(found) >= CANDIDATES:
                break
    return found


def _plain_labels(text: str) -> list[_Label]:
    """The same of a text that has ASCII colons only, of each line the first."""
    known = ROLES.get
    found: list[_Label] = []
    colon = text.find(":")
    while colon >= 0:
        start = text.rfind("\n", max(0, colon - LABEL_LIMIT - 1), colon)
        if start >= 0 and colon > start + 1:
            role = known(text[start + 1 : colon].strip(_AROUND).lower())
            if role is not None:
                found.append(_Label(start, colon + 1, role))
                if len(found) >= CANDIDATES:
                    break
        below = text.find("\n", colon)
        colon = text.find(":", below) if below >= 0 else -1
    return found


def _block(text: str, labels: list[_Label], at: int) -> tuple[int, Block | None]:
    """The header block that begins with a label; how many labels it takes."""
    values: dict[Role, str] = {}
    end = labels[at].start
    size = 0
    for label in labels[at : at + BLOCK_LABELS]:
        if label.start != end or (label.role in values and label.role in ("from", "subject")):
            break
        stop = text.find("\n", label.value)
        stop = len(text) if stop < 0 else stop
        value = text[label.value : min(stop, label.value + FOLDED_VALUE)].strip(" *_\t\xa0")
        values.setdefault(label.role, value)
        following = labels[at + size + 1].start if at + size + 1 < len(labels) else -1
        end = _folded(text, stop, following, label.role)
        size += 1
    block = _of_outlook(text, labels[at].start, end, values)
    if block is None and "from" not in values and "subject" in values and "to" in values:
        block = _of_notes(text, labels[at].start, end, values["subject"])
    return max(size, 1), block


def _folded(text: str, stop: int, following: int, role: Role) -> int:
    """The end of a value that goes on over lines: up to the next label, if only its kind stands
    between; blank lines between the labels do not matter, as conversions from HTML leave them."""
    if following == stop:
        return stop
    if following < 0 or following - stop > FOLDED_VALUE:
        return _listed(text, stop, role)
    between = text[stop:following]
    if not between.strip(_AROUND + "\n"):
        return following if between.count("\n") < 3 else stop
    for line in between.split("\n"):
        if line.strip(_AROUND) and not _goes_on(line, role):
            return stop
    return following


def _listed(text: str, stop: int, role: Role) -> int:
    """The end of the last value of a block."""
    for _ in range(FOLDED * 4):
        below = text.find("\n", stop + 1)
        if below < 0 or not _goes_on(text[stop + 1 : min(below, stop + 1000)], role):
            break
        stop = below
    return stop


def _goes_on(line: str, role: Role) -> bool:
    if not line.strip(_AROUND):
        return False
    if role in ("to", "other"):
        return "@" in line or ";" in line or line[0] in " \t"
    return line[0] in " \t" and len(line) < 200


def _of_outlook(text: str, start: int, end: int, values: dict[Role, str]) -> Block | None:
    if "from" not in values or len(values) < 2:
        return None
    name, address = from_value(values["from"])
    if "date" not in values and not ("to" in values and "subject" in values) and not address:
        return None
    if _PATCH.search(text[max(0, start - 120) : start]):
        return None  # a patch that was pasted in
    who = Attribution(
        name=name,
        address=address,
        date=values.get("date", "")[:VALUE_LIMIT],
        subject=values.get("subject", "")[:VALUE_LIMIT],
    )
    return Block(start, end, who, labelled=True)


def _of_notes(text: str, start: int, end: int, subject: str) -> Block | None:
    """Notes: name and date on lines of their own (or one), then To, cc and Subject."""
    lines = text[max(0, start - 300) : start].rstrip().rsplit("\n", 3)[1:]
    for back, line in enumerate(reversed(lines)):
        when = _TIMED.search(line)
        if when is None:
            continue
        higher = lines[len(lines) - 2 - back] if back + 2 <= len(lines) else ""
        name = line[: when.start()].strip(_AROUND) or higher.strip(_AROUND)
        person, address = from_value(name)
        first = text.rfind(line, 0, start) - 1
        if not line[: when.start()].strip(_AROUND) and 0 < len(higher.strip()) < 2 * _TO_NAME:
            first = text.rfind(higher, 0, first) - 1
        who = Attribution(
            name=person,
            address=address,
            date=line[when.start() :].strip()[:VALUE_LIMIT],
            subject=subject[:VALUE_LIMIT],
        )
        return Block(max(first, 0), end, who, labelled=True, lotus=True)
    return None


def attributions(text: str, *, strong: bool) -> Iterator[Block]:
    """Attribution lines, in order. strong: only those that need no prefixed line below them."""
    colons = _COLON.finditer(text)
    if "：" in text:
        colons = iter(sorted([*colons, *_WIDE_COLON.finditer(text)], key=_end))
    for count, colon in enumerate(colons):
        if count >= CANDIDATES:
            return
        found = attribution(text, colon.end() - 1, strong=strong)
        if found is not None:
            yield found


def _end(found: re.Match[str]) -> int:
    return found.end()


def attribution(text: str, end: int, *, strong: bool) -> Block | None:
    """The attribution whose last line ends at `end`, over one to `FOLDED` lines."""
    lowest = max(0, end - ATTRIBUTION_LIMIT)
    start = text.rfind("\n", lowest, end)
    if start < 0:
        return None
    line = text[start + 1 : end]
    written = says_written(line)
    if not written and "@" not in line and (line.isascii() or not dated(line)):
        return None
    has_date = dated(line)
    for _ in range(FOLDED):
        if has_date and opens(line):
            break
        above = text.rfind("\n", lowest, start)
        higher = text[above + 1 : start] if above >= 0 else ""
        if not higher.strip() or (has_date and not opens(higher)):
            break
        line, start = f"{higher.lstrip(_AROUND)} {line}", above
        has_date = has_date or dated(line)
    addressed = "@" in line and ADDRESS.search(line) is not None
    if strong:
        good = has_date and (written or addressed) and (opens(line) or (written and addressed))
    else:
        good = (written and (has_date or addressed or len(line) < 100)) or (
            has_date and (addressed or opens(line))
        )
    return Block(start, end, named(line)) if good else None
