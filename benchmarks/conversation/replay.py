"""Mails through the conversation room in time order; hijacks are judged and never learnt.

A hijack is put to a room of its own that sees the history of that moment and writes into a copy of
it. The mails of one burst, and the two of a T8, share such a room.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor

import msgspec

from benchmarks.conversation.inject import Hijack, Row
from benchmarks.conversation.lists import Mail, MailList
from tocsin.analyse.conversation.memory import Lesson, Table
from tocsin.analyse.conversation.memory import Row as MemoryRow
from tocsin.analyse.conversation.room import Judged, Room
from tocsin.formats import Reading
from tocsin.formats.syntax.mail_message import message
from tocsin.knowledge.indicators import Indicators, load_indicators
from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.message import Message

KEY = hashlib.sha256(b"benchmark").digest()
TABLES: tuple[Table, ...] = ("facts", "messages", "threads", "marks")
DAY = 86_400
BATCH = 64
CHUNK = 250
WORKERS = 2


class Memories:
    """A history in plain dictionaries; `under` is one that is read and never written."""

    def __init__(self, under: Memories | None = None) -> None:
        self.tables: dict[Table, dict[int, MemoryRow]] = {table: {} for table in TABLES}
        self.under = under
        self.waiting: dict[int, Lesson] = {}

    @property
    def key(self) -> bytes:
        return KEY

    def get(self, table: Table, keys: Sequence[int]) -> dict[int, MemoryRow]:
        rows = self.under.get(table, keys) if self.under else {}
        mine = self.tables[table]
        rows.update((key, mine[key]) for key in keys if key in mine)
        return rows

    def put(self, table: Table, rows: Mapping[int, MemoryRow]) -> None:
        self.tables[table].update(rows)

    def wait(self, lessons: Sequence[Lesson]) -> None:
        self.waiting.update((lesson.message, lesson) for lesson in lessons)

    def due(self, before: int) -> Sequence[Lesson]:
        found = sorted((w for w in self.waiting.values() if w.at < before), key=lambda w: w.at)
        for each in found:
            del self.waiting[each.message]
        return found

    def drop(self, messages: Sequence[int]) -> None:
        for each in messages:
            self.waiting.pop(each, None)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A mail ready to be judged. case: hijacks of one case share a room; empty for real mail."""

    at: int
    evidence: Evidence
    seen_by_gateway: bool
    benign: bool = False
    thread: str = ""
    sender: str = ""
    case: str = ""
    row: Row | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One judged item. at_once: the score when it came; score: after a burst may have raised it.
    judged is None where the view does not show the mail at all."""

    item: Item
    at_once: float
    alert_at_once: bool
    judged: Judged | None

    @property
    def score(self) -> float:
        return self.judged.score.total if self.judged else float("-inf")

    @property
    def alert(self) -> bool:
        return self.judged is not None and self.judged.verdict == "alert"

    @property
    def flagged(self) -> bool:
        return self.judged is not None and self.judged.verdict != "clear"


class Corpus(msgspec.Struct, frozen=True, kw_only=True):
    """A list made ready. items: its own mails; hijacks: injected, by set name, in time order."""

    of: MailList
    items: tuple[Item, ...]
    hijacks: dict[str, tuple[Item, ...]]


def parse(raws: Sequence[tuple[str, bytes]], own: str) -> list[Evidence | None]:
    """The records of mails; None where the reader gave none."""
    if len(raws) < 2 * CHUNK:
        return _parse_chunk((raws, own))
    chunks = [(raws[i : i + CHUNK], own) for i in range(0, len(raws), CHUNK)]
    with ProcessPoolExecutor(WORKERS) as pool:
        return [each for chunk in pool.map(_parse_chunk, chunks) for each in chunk]


def _parse_chunk(given: tuple[Sequence[tuple[str, bytes]], str]) -> list[Evidence | None]:
    raws, own = given
    domains = frozenset({own}) if own else frozenset()
    reading = Reading(own_domains=domains, messages=True, mark_key=KEY)
    found: list[Evidence | None] = []
    for name, raw in raws:
        records = message(raw, Locator(source=name, position=""), "", reading)
        found.append(
            next(
                (e for e in records if isinstance(e, Evidence) and isinstance(e.body, Message)),
                None,
            )
        )
    return found


def prepare(of: MailList, hijacks: Mapping[str, Sequence[Hijack]]) -> Corpus:
    """Read everything once."""
    bodies = parse([(mail.name, mail.raw) for mail in of.mails], of.organisation)
    items = [
        _item(of, mail, evidence)
        for mail, evidence in zip(of.mails, bodies, strict=True)
        if evidence is not None
    ]
    ready = {}
    for name, each in hijacks.items():
        bodies = parse([(h.row.file, h.raw) for h in each], of.organisation)
        found = [_hijack_item(of, h, e) for h, e in zip(each, bodies, strict=True) if e is not None]
        ready[name] = tuple(sorted(found, key=lambda item: item.at))
    return Corpus(of=of, items=tuple(items), hijacks=ready)


def _item(of: MailList, mail: Mail, evidence: Evidence) -> Item:
    people = [party.address for party in mail.people]
    return Item(
        at=mail.at,
        evidence=evidence,
        seen_by_gateway=of.crosses(mail.author.address, people),
        benign=bool(mail.parent),
        thread=mail.thread,
        sender=mail.author.address,
    )


def _hijack_item(of: MailList, hijack: Hijack, evidence: Evidence) -> Item:
    row, body = hijack.row, evidence.body
    assert isinstance(body, Message)
    return Item(
        at=row.date_epoch,
        evidence=evidence,
        seen_by_gateway=of.crosses(row.sender, body.recipients),
        thread=row.thread,
        sender=row.sender,
        case=row.burst or row.pair or row.file,
        row=row,
    )


class Replay:
    """One history, filled in time order."""

    def __init__(self, own: str, indicators: Indicators | None = None) -> None:
        self.own, self.indicators = own, indicators or load_indicators()
        self.memory = Memories()
        self.room = self._room(self.memory, 0)
        self.cases: dict[str, Room] = {}

    def _room(self, memory: Memories, known: int) -> Room:
        own = (self.own,) if self.own else ()
        return Room(memory, self.indicators, own_domains=own, known=known)

    def real(self, items: Sequence[Item]) -> list[Outcome]:
        """Judge and learn."""
        found = []
        for start in range(0, len(items), BATCH):
            found += _judged(self.room, items[start : start + BATCH])
        return found

    def hijack(self, item: Item) -> Outcome | None:
        """Judge, learn nothing."""
        room = self.cases.get(item.case)
        if room is None:
            room = self.cases[item.case] = self._room(Memories(self.memory), self.room.learnt)
        found = _judged(room, [item])
        return found[0] if found else None


def _judged(room: Room, items: Sequence[Item]) -> list[Outcome]:
    judged = room.judge([item.evidence for item in items])
    return [
        Outcome(
            item=items[each.index],
            at_once=each.score.total,
            alert_at_once=each.verdict == "alert",
            judged=each,
        )
        for each in judged
    ]


def run(
    corpus: Corpus, begin: int, end: int, sets: Sequence[str], *, gateway: bool = False, since: int = 0,
    indicators: Indicators | None = None,
) -> list[Outcome]:  # fmt: skip
    """Replay from `since`; what comes before `begin` is history only. Outcomes of [begin, end)."""
    replay = Replay(corpus.of.organisation, indicators)
    injected = [i for name in sets for i in corpus.hijacks.get(name, ()) if begin <= i.at < end]
    unseen = [i for i in injected if gateway and not i.seen_by_gateway]
    found = [
        Outcome(item=i, at_once=float("-inf"), alert_at_once=False, judged=None) for i in unseen
    ]
    shown = [i for i in injected if not gateway or i.seen_by_gateway]
    real = [
        i for i in corpus.items if since <= i.at < end and (i.seen_by_gateway or not gateway)
    ]  # fmt: skip
    through = _through(replay, real, sorted(shown, key=lambda i: i.at))
    return [*found, *(outcome for outcome in through if outcome.item.at >= begin)]


def _through(replay: Replay, real: Sequence[Item], injected: Sequence[Item]) -> Iterator[Outcome]:
    position = 0
    last = {item.case: item.at for item in injected}
    for item in injected:
        upto = position
        while upto < len(real) and real[upto].at <= item.at:
            upto += 1
        yield from replay.real(real[position:upto])
        position = upto
        outcome = replay.hijack(item)
        if outcome is not None:
            yield outcome
        if last[item.case] <= item.at and not (item.row and item.row.burst):
            replay.cases.pop(item.case, None)
    yield from replay.real(real[position:])


def cold_runs(
    corpus: Corpus, begin: int, end: int, sets: Sequence[str], days: int, *, gateway: bool = False,
    indicators: Indicators | None = None,
) -> list[Outcome]:  # fmt: skip
    """The same with at most about `days` of history: the time is cut into windows, each of which
    starts with an empty history `days` before."""
    window = max(7, days // 2) * DAY
    found: list[Outcome] = []
    start = begin
    while start < end:
        stop = min(start + window, end)
        found += run(
            corpus,
            start,
            stop,
            sets,
            gateway=gateway,
            since=start - days * DAY,
            indicators=indicators,
        )
        start = stop
    return found
