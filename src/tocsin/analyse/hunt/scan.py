"""One log, or one piece of it, held against all rules: a pure function of its bytes.

All rows are searched at once for what the rules need; only the few rows in which something was
found are read as events and judged exactly. What a rule matched is folded at once, so that memory
does not grow with the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from tocsin.analyse.hunt.decoded import decoded_again
from tocsin.analyse.hunt.folding import Folding
from tocsin.analyse.hunt.matcher import BITS
from tocsin.analyse.hunt.plan import ENCODED, FOLDED, NUL, ODD, OWN, TURN, Plan
from tocsin.analyse.hunt.settled import Settled
from tocsin.formats.syntax.log_blocks import Cut
from tocsin.formats.syntax.log_rows import Layout, LineLog
from tocsin.knowledge.sigma.anchors import anchors_hold
from tocsin.knowledge.surfaces import Surface

MASK = (1 << BITS) - 1

ASKED_LIMIT = 4096
"""Sets of patterns whose rules are remembered."""

COUNTED = 16
COUNTED_OF = 16
"""Blocks (of half a megabyte) from the beginning in which Exchange's own probes are counted one by one;
behind them they are in one of so many."""

LOOKED_AT = 8
"""Of so many blocks the first and last rows of one are read for the time that the log spans; of the last
block always."""


def scan_lines(
    blocks: Iterable[bytes | Cut], log: LineLog, layout: Layout, plan: Plan, out: Folding
) -> Layout:
    """Search the rows of a log of lines; the layout that holds behind them.

    blocks: each begins with a line feed that is not the log's, then whole lines, each with its end.
    """
    number = 0
    last = b""
    probes = _Probes(plan.surface)
    place = -1
    for block in blocks:
        if isinstance(block, Cut):
            out.cut(number)
            continue
        place += 1
        out.pass_by(block)
        last = block
        if place % LOOKED_AT == 0:
            out.block(block, log, layout)
            last = b""
        matches, found = plan.matcher.scan(block, counting=probes.counted(place))
        before = number
        layout, number = _block(block, number, matches, log, layout, plan, out)
        probes.add(place, found, number - before)
    if last:
        out.block(last, log, layout)
    out.stat.noise, out.stat.noise_estimated = probes.all()
    out.stat.lines = number
    out.stat.rows = number - out.turns
    return layout


class _Probes:
    """How many rows are Exchange's own probes'. Telling of each costs as much as the whole search: in a
    big log they are counted in one block of some, and the rest is reckoned from those."""

    def __init__(self, surface: Surface) -> None:
        self._any = bool(surface.noise)
        self._found = self._rows_first = 0
        self._of_some = self._rows_of_some = self._rows_beside = 0

    def counted(self, place: int) -> bool:
        """Whether they are counted in this block."""
        return self._any and (place < COUNTED or place % COUNTED_OF == 0)

    def add(self, place: int, found: int, rows: int) -> None:
        """What a block holds."""
        if place < COUNTED:
            self._found += found
            self._rows_first += rows
        elif self.counted(place):
            self._of_some += found
            self._rows_of_some += rows
        else:
            self._rows_beside += rows

    def all(self) -> tuple[int, bool]:
        """How many there are, and whether that is reckoned."""
        of, rows = self._found + self._of_some, self._rows_first + self._rows_of_some
        if self._rows_of_some:
            of, rows = self._of_some, self._rows_of_some
        beside = round(of / rows * self._rows_beside) if rows else 0
        return self._found + self._of_some + beside, bool(self._any and self._rows_beside)


def _block(
    block: bytes,
    before: int,
    matches: Sequence[int],
    log: LineLog,
    layout: Layout,
    plan: Plan,
    out: Folding,
) -> tuple[Layout, int]:
    """One block. before: lines before it. Returns what holds behind it, and the lines up to there."""
    if plan.always or not anchors_hold(plan.surface.name, layout.columns):
        return _every(block, before, log, layout, plan, out)
    settled = out.settled
    if settled is None or settled.columns != layout.columns:
        settled = out.settled = Settled(layout, plan.surface, plan.rules)
    lines = _Lines(block, before)
    place, total = 0, len(matches)
    find = block.find
    while place < total:
        first = place
        at = (matches[place] >> BITS) - 1  # the last byte found: it may be the row's line feed
        stop = find(b"\n", at)
        beyond = (stop + 2) << BITS
        place += 1
        while place < total and matches[place] < beyond:
            place += 1
        marks = {each & MASK for each in matches[first:place]}
        start = block.rfind(b"\n", 0, at) + 1
        line = block[start:stop].rstrip(b"\r")
        if TURN in marks:
            out.turns += 1
            turned = log.turns(line, layout)
            if turned != layout:
                layout = turned
                if not anchors_hold(plan.surface.name, layout.columns):
                    return _every(block[stop:], lines.number(start), log, layout, plan, out)
                settled = out.settled = Settled(layout, plan.surface, plan.rules)
            continue
        asked = asked_of(line, marks, plan)
        key = settled.key(line, asked)
        if key is not None and key in settled and not marks & DOUBTFUL:
            continue
        where = partial(lines.number, start)
        matched = out.row(line, where, log.event, layout, plan, asked, marks)
        if key is not None and matched is False:
            settled.add(key)
    return layout, before + lines.count


class _Lines:
    """A block's lines, counted: what is left without line feeds is four times as fast as counting them.

    count: without the line feed at the beginning, which is not the log's.
    """

    def __init__(self, block: bytes, before: int) -> None:
        self._block = block
        self._before = before
        self._at = self._passed = 0
        self.count = len(block) - len(block.replace(b"\n", b"")) - 1

    def number(self, start: int) -> int:
        """The number of the line that begins there; none before one that was asked for already."""
        self._passed += self._block.count(b"\n", self._at, start)
        self._at = start
        return self._before + self._passed


def _every(
    block: bytes, before: int, log: LineLog, layout: Layout, plan: Plan, out: Folding
) -> tuple[Layout, int]:
    """The same where some rule must be asked of every row; or all of them, as somebody has put the
    log's columns in another order than its writer."""
    matches, _ = plan.matcher.scan(block, counting=False)
    place, total = 0, len(matches)
    stop = 0
    for number, raw in enumerate(block[1:].split(b"\n")[:-1], before + 1):
        stop += 1 + len(raw)
        beyond = (stop + 2) << BITS
        marks = set()
        while place < total and matches[place] < beyond:
            marks.add(matches[place] & MASK)
            place += 1
        line = raw.rstrip(b"\r")
        if TURN in marks:
            out.turns += 1
            layout = log.turns(line, layout)
        elif line:
            if anchors_hold(plan.surface.name, layout.columns):
                asked = tuple(sorted({*asked_of(line, marks, plan), *plan.always}))
            else:
                asked = tuple(range(len(plan.rules)))
            out.row(line, number.__int__, log.event, layout, plan, asked, marks)
    return layout, before + block.count(b"\n") - 1


DOUBTFUL = {ODD, NUL, FOLDED, ENCODED}
"""Patterns whose rows are always read: they may be damaged, or be written in disguise."""


def asked_of(line: bytes, marks: set[int], plan: Plan) -> tuple[int, ...]:
    """Which rules are asked of a row in which these patterns were found."""
    if ENCODED in marks:
        for text in decoded_again(line):
            again, _ = plan.matcher.scan(b"\n" + text.replace(b"\n", b" ") + b"\n", counting=False)
            marks.update(each & MASK for each in again)
    if FOLDED in marks:
        return tuple(range(len(plan.rules)))
    own = frozenset(mark for mark in marks if mark >= OWN)
    known = plan.asked.get(own)
    if known is None:
        found = {each for mark in own for each in plan.owners[mark - OWN]}
        known = tuple(sorted(found))
        if len(plan.asked) < ASKED_LIMIT:
            plan.asked[own] = known
    return known
