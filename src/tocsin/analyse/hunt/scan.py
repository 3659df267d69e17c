"""One log, or one piece of it, held against all rules: a pure function of its bytes.

All rows are searched at once for what the rules need; only the few rows in which something was
found are read as events and judged exactly. What a rule matched is folded at once, so that memory
does not grow with the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from io import BytesIO

from tocsin.analyse.hunt.decoded import decoded_again
from tocsin.analyse.hunt.folding import Folding
from tocsin.analyse.hunt.matcher import BITS
from tocsin.analyse.hunt.plan import ENCODED, FOLDED, NUL, ODD, OWN, TURN, Plan
from tocsin.analyse.hunt.settled import Settled
from tocsin.formats.syntax.log_blocks import Cut
from tocsin.formats.syntax.log_rows import Layout, LineLog, LogFault, LogRecord, RecordLog
from tocsin.knowledge.sigma.anchors import anchors_hold
from tocsin.model.event import Event

MASK = (1 << BITS) - 1

LOOKED_AT = 8
"""Of so many blocks the first and last rows of one are read for the time that the log spans; of the last
block always."""

BATCH_RECORDS = 4000
BATCH_BYTES = 4 << 20
"""Records that are searched together, up to either."""


def scan_lines(
    blocks: Iterable[bytes | Cut], log: LineLog, layout: Layout, plan: Plan, out: Folding
) -> Layout:
    """Search the rows of a log of lines; the layout that holds behind them.

    blocks: each begins with a line feed that is not the log's, then whole lines, each with its end.
    """
    number = 0
    last = b""
    for place, block in enumerate(blocks):
        if isinstance(block, Cut):
            out.cut(number)
            continue
        out.pass_by(block)
        last = block
        if place % LOOKED_AT == 0:
            out.block(block, log, layout)
            last = b""
        layout, number = _block(block, number, log, layout, plan, out)
    if last:
        out.block(last, log, layout)
    out.stat.lines = number
    out.stat.rows = number - out.turns
    return layout


def _block(
    block: bytes, before: int, log: LineLog, layout: Layout, plan: Plan, out: Folding
) -> tuple[Layout, int]:
    """One block. before: lines before it. Returns what holds behind it, and the lines up to there."""
    matches, noise = plan.matcher.scan(block)
    out.stat.noise += noise
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
                    return _every(block[stop:], lines.before(start), log, layout, plan, out)
                settled = out.settled = Settled(layout, plan.surface, plan.rules)
            continue
        asked = _asked(line, marks, plan)
        key = settled.key(line, asked)
        if key is not None and key in settled and not marks & DOUBTFUL:
            continue
        where = partial(lines.before, start)
        matched = out.row(line, where, log.event, layout, plan, asked, marks)
        if key is not None and matched is False:
            settled.add(key)
    # Twice as fast as counting line feeds; the first of them is not the log's.
    return layout, before + len(BytesIO(block).readlines()) - 1


class _Lines:
    """Counts a block's lines up to where it is asked, going on from where it was asked last."""

    def __init__(self, block: bytes, before: int) -> None:
        self._block = block
        self._at = 0
        self._lines = before

    def before(self, start: int) -> int:
        """The number of the line that begins there."""
        self._lines += self._block.count(b"\n", self._at, start)
        self._at = start
        return self._lines


def _every(
    block: bytes, before: int, log: LineLog, layout: Layout, plan: Plan, out: Folding
) -> tuple[Layout, int]:
    """The same where some rule must be asked of every row; or all of them, as somebody has put the
    log's columns in another order than its writer."""
    matches, _ = plan.matcher.scan(block)
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
                asked = tuple(sorted({*_asked(line, marks, plan), *plan.always}))
            else:
                asked = tuple(range(len(plan.rules)))
            out.row(line, number.__int__, log.event, layout, plan, asked, marks)
    return layout, before + block.count(b"\n") - 1


DOUBTFUL = {ODD, NUL, FOLDED, ENCODED}
"""Patterns whose rows are always read: they may be damaged, or be written in disguise."""


def _asked(line: bytes, marks: set[int], plan: Plan) -> tuple[int, ...]:
    """Which rules are asked of a row in which these patterns were found."""
    if ENCODED in marks:
        for text in decoded_again(line):
            again, _ = plan.matcher.scan(b"\n" + text.replace(b"\n", b" ") + b"\n")
            marks.update(each & MASK for each in again)
    if FOLDED in marks:
        return tuple(range(len(plan.rules)))
    found = {each for mark in marks if mark >= OWN for each in plan.owners[mark - OWN]}
    return tuple(sorted(found))


def scan_records(
    records: Iterable[LogRecord | LogFault], log: RecordLog, plan: Plan, out: Folding
) -> None:
    """Search the records of a log."""
    layout = Layout(surface=plan.surface.name, columns=())

    def event(text: bytes, _layout: Layout) -> Event | None:
        return log.event(text)

    asking = _Asking(plan, log)
    for batch in _batches(records, out):
        block = b"\n" + b"\n".join([each.text for each in batch]) + b"\n"
        matches, noise = plan.matcher.scan(block)
        out.stat.noise += noise
        out.batch(batch, log)
        for index, marks in _marked(matches, batch, every=bool(plan.always)):
            record = batch[index]
            if marks == {NUL} and not plan.always:
                continue
            asked = asking.of(record.text, marks)
            if asked or log.number is None or marks & DOUBTFUL:
                out.row(record.text, record.position, event, layout, plan, asked, marks)


def _marked(
    matches: Sequence[int], batch: Sequence[LogRecord], *, every: bool
) -> Iterator[tuple[int, set[int]]]:
    """Which records patterns were found in, and which patterns. every: the other records as well."""
    index, stop = -1, 0
    marks: set[int] = set()
    for each in matches:
        at = (each >> BITS) - 1  # the last byte found: it may be the line feed
        while at > stop:
            if index >= 0 and (marks or every):
                yield index, marks
                marks = set()
            index += 1
            stop += len(batch[index].text) + 1
        marks.add(each & MASK)
    if index >= 0:
        yield index, marks
    if every:
        yield from ((index, set()) for index in range(index + 1, len(batch)))


ASKED_LIMIT = 20_000
"""Sets of patterns for which it is remembered which rules they ask for."""


class _Asking:
    """Which rules are asked of a record, by the patterns found in it and the number of its event."""

    def __init__(self, plan: Plan, log: RecordLog) -> None:
        self._plan = plan
        self._number = log.number
        self._known: dict[tuple[frozenset[int], str | None], tuple[int, ...]] = {}

    def of(self, text: bytes, marks: set[int]) -> tuple[int, ...]:
        """Their places in the plan. marks: changed where the record is searched again decoded."""
        number = self._number(text) if self._number is not None else None
        if ENCODED in marks:
            return self._possible(_asked(text, marks, self._plan), number)
        key = frozenset(marks), number
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= ASKED_LIMIT:
                self._known.clear()
            found = self._known[key] = self._possible(_asked(text, marks, self._plan), number)
        return found

    def _possible(self, asked: tuple[int, ...], number: str | None) -> tuple[int, ...]:
        if self._plan.always:
            asked = tuple(sorted({*asked, *self._plan.always}))
        if number is None:
            return asked
        numbers = self._plan.numbers
        return tuple(each for each in asked if (can := numbers[each]) is None or number in can)


def _batches(records: Iterable[LogRecord | LogFault], out: Folding) -> Iterator[list[LogRecord]]:
    batch: list[LogRecord] = []
    size = 0
    for each in records:
        if isinstance(each, LogFault):
            out.fault(each)
            continue
        batch.append(each)
        size += len(each.text)
        if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
            out.stat.rows += len(batch)
            yield batch
            batch, size = [], 0
    if batch:
        out.stat.rows += len(batch)
        yield batch
