"""What every line on the hunt needs: names that are cut, times, counts, the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tocsin.model.hunt import HuntFinding, Step
from tocsin.model.text import N_, Sentence
from tocsin.report import Translate
from tocsin.report.advisory_parts.inert import inert
from tocsin.report.hunt_parts.telling import MARK, OUTCOME, utc
from tocsin.report.text_parts.lines import Style, cut, visible

NAMES = 4
"""Servers, addresses, accounts named in one line."""
NAME_LIMIT = 60
SENTENCE_LIMIT = 320
"""Characters of a name and of a sentence; the report has more of it."""
THOUSAND, MILLION = 10_000, 1_000_000
"""From ten thousand on a count is rounded; the report has it whole."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What every line of the block needs: the findings by id, the reader's words, the length."""

    known: dict[str, HuntFinding]
    translate: Translate
    style: Style
    verbose: bool
    brief: bool = False

    def say(self, sentence: Sentence, limit: int = SENTENCE_LIMIT) -> str:
        """A sentence in the reader's language, without life, cut."""
        return cut(inert(sentence.render(self.translate)), limit)

    def outcome(self, each: HuntFinding | Step) -> str:
        """Mark and word, padded to one width."""
        room = max(len(self.translate(word)) for word in OUTCOME.values())
        return f"{MARK[each.outcome]} {self.translate(OUTCOME[each.outcome]):<{room}}"


def short(text: str, limit: int = NAME_LIMIT) -> str:
    """A name without life, cut."""
    return cut(inert(text), limit)


def named(names: Sequence[str], translate: Translate) -> str:
    """The first names, and how many more there are."""
    words = ", ".join(visible(short(each)) for each in names[:NAMES])
    if len(names) > NAMES:
        words += " " + translate(N_("and {count} more")).format(count=len(names) - NAMES)
    return words


def moment(when: datetime | None, translate: Translate) -> str:
    """A time to the second, in UTC; `undated` for none."""
    return f"{utc(when):%Y-%m-%d %H:%M:%S} UTC" if when else translate(N_("undated"))


def amount(count: int) -> str:
    """A count that a tired reader takes in: exact below ten thousand, then `988 k`, `2.4 M`."""
    if count < THOUSAND:
        return str(count)
    return f"{count / 1000:.0f} k" if count < MILLION else f"{count / MILLION:.1f} M"
