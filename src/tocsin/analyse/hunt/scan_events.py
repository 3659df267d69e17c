"""One log of records (events of Windows, exports), held against all rules: see `scan`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tocsin.analyse.hunt.by_number import ByNumber, apart
from tocsin.analyse.hunt.folding import Folding
from tocsin.analyse.hunt.matcher import BITS
from tocsin.analyse.hunt.plan import ENCODED, NUL, Plan
from tocsin.analyse.hunt.scan import DOUBTFUL, MASK, asked_of
from tocsin.formats.syntax.log_rows import Layout, LogFault, LogRecord, RecordLog
from tocsin.model.event import Event

BATCH_RECORDS = 4000
BATCH_BYTES = 4 << 20
"""Records that are searched together, up to either."""

Found = list[tuple[int, set[int]]]
"""Places of records in a batch, and the patterns that each holds."""


def scan_records(
    records: Iterable[LogRecord | LogFault], log: RecordLog, plan: Plan, out: Folding
) -> None:
    """Search the records of a log."""
    layout = Layout(surface=plan.surface.name, columns=())

    def event(text: bytes, _layout: Layout) -> Event | None:
        return log.event(text)

    asking = _Asking(plan)
    searches = ByNumber(plan)
    for batch in _batches(records, out):
        out.batch(batch, log)
        number = log.number
        numbers = [None] * len(batch) if number is None else [number(each.text) for each in batch]
        found, noise = _searched(batch, numbers, searches, every=bool(plan.always))
        out.stat.noise += noise
        for place, marks in found:
            record = batch[place]
            if marks == {NUL} and not plan.always:
                continue
            asked = asking.of(record.text, marks, numbers[place])
            if asked or number is None or marks & DOUBTFUL:
                out.row(record.text, record.position, event, layout, plan, asked, marks)


def _searched(
    batch: Sequence[LogRecord],
    numbers: Sequence[str | None],
    searches: ByNumber,
    *,
    every: bool,
) -> tuple[Found, int]:
    """Which patterns each record holds, in the records' order; and how many rows are noise. every: the
    records that hold none as well."""
    found: Found = []
    noise = 0
    groups = apart(numbers)
    for number, places in groups:
        search = searches.of(number)
        texts = [batch[place].text for place in places]
        matches, probes = search.matcher.scan(b"\n" + b"\n".join(texts) + b"\n")
        noise += probes
        own = search.numbers
        found += [
            (places[at], {own[each] for each in marks})
            for at, marks in _marked(matches, texts, every=every)
        ]
    if len(groups) > 1:
        found.sort(key=lambda each: each[0])
    return found, noise


def _marked(
    matches: Sequence[int], texts: Sequence[bytes], *, every: bool
) -> Iterator[tuple[int, set[int]]]:
    """Which texts patterns were found in, and which patterns. every: the other texts as well."""
    index, stop = -1, 0
    marks: set[int] = set()
    for each in matches:
        at = (each >> BITS) - 1  # the last byte found: it may be the line feed
        while at > stop:
            if index >= 0 and (marks or every):
                yield index, marks
                marks = set()
            index += 1
            stop += len(texts[index]) + 1
        marks.add(each & MASK)
    if index >= 0:
        yield index, marks
    if every:
        yield from ((index, set()) for index in range(index + 1, len(texts)))


ASKED_LIMIT = 20_000
"""Sets of patterns for which it is remembered which rules they ask for."""


class _Asking:
    """Which rules are asked of a record, by the patterns found in it and the number of its event."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[tuple[frozenset[int], str | None], tuple[int, ...]] = {}

    def of(self, text: bytes, marks: set[int], number: str | None) -> tuple[int, ...]:
        """Their places in the plan. marks: changed where the record is searched again decoded."""
        if ENCODED in marks:
            return self._possible(asked_of(text, marks, self._plan), number)
        key = frozenset(marks), number
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= ASKED_LIMIT:
                self._known.clear()
            found = self._known[key] = self._possible(asked_of(text, marks, self._plan), number)
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
