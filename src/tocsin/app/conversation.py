"""The conversation room at work: mails out of the spool in time order, judged, then told in full.

Two passes. The first judges all mails in flat memory and keeps three numbers of each. The second
fetches only what is shown: the mails that are not clear, what they answer, and their threads.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from tocsin.analyse.conversation.bursts import WINDOW
from tocsin.analyse.conversation.campaigns import Member, campaigns, with_campaign
from tocsin.analyse.conversation.names import person
from tocsin.analyse.conversation.room import Judged, Room
from tocsin.analyse.conversation.views import differing, timeline, view
from tocsin.app.converse_lines import line, told
from tocsin.formats.syntax.domains import registrable
from tocsin.knowledge.families import match
from tocsin.knowledge.free_mail import free_mail
from tocsin.knowledge.indicators import load_indicators
from tocsin.model.conversation import Conversations, HistoryState, MessageVerdict
from tocsin.model.evidence import Evidence
from tocsin.model.message import Message
from tocsin.model.text import N_, Sentence, say
from tocsin.store.spool import Spool

if TYPE_CHECKING:
    from tocsin.store.history import History

BATCH = 1000
"""Mails judged together: their history is asked for in one go."""

TOLD_LIMIT = 5000
"""Mails that are not clear and told in full, worst first; further ones are counted."""

THREAD_LIMIT = 60
"""Mails of one thread that are fetched for its picture."""

SENDERS_LEAST = 2
"""Different senders without which a domain is not taken for the reader's own."""

DELIVERED_SHARE = 0.2
"""Share of the mails that a domain's own hosts must have taken in, to be taken for the reader's."""

FORGOTTEN_EVERY = 7 * 86400
"""Seconds of mail between two times that what is too old is forgotten."""

HISTORY_DAYS = 30
"""Days of history below which its shortness is said."""

decoder = msgspec.msgpack.Decoder(Evidence)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the room. own_domains: given or inferred; since: earlier mails are learnt from
    and not reported; kept: the history is a file, from which what is too old is forgotten."""

    own_domains: tuple[str, ...]
    inferred: bool
    kept: bool = False
    delay_hours: int | None = None
    since: datetime | None = None


class _Track:
    """Of every mail in the spool three numbers, 0 for a copy of another."""

    def __init__(self) -> None:
        self.keys = array("q")
        self.threads = array("q")
        self.parents = array("q")

    def skip_to(self, size: int) -> None:
        """Make room for that many mails."""
        missing = size - len(self.keys)
        if missing > 0:
            for each in (self.keys, self.threads, self.parents):
                each.extend([0] * missing)


class _Judging:
    """The first pass."""

    def __init__(self, wish: Wish, history: History, lines: Spool | None) -> None:
        indicators = load_indicators()
        self.wish = wish
        self.lines = lines
        hours = wish.delay_hours
        self.room = Room(
            history,
            indicators,
            own_domains=wish.own_domains,
            delay=None if hours is None else hours * 3600,
            known=int(history.get_meta("messages") or 0),
        )
        self.track = _Track()
        self.held: deque[Judged] = deque()
        self.seen: dict[int, Evidence] = {}
        self.ordinals: dict[int, int] = {}
        self.flagged: list[Judged] = []
        self.counts: Counter[str] = Counter()
        self.inside = 0
        self.first: datetime | None = None
        self.last: datetime | None = None

    def run(self, spool: Spool) -> None:
        """Judge everything."""
        base = 0
        for batch in _batches(spool):
            evidence = [decoder.decode(each) for each in batch]
            self.track.skip_to(base + len(batch))
            for judged in self.room.judge(evidence):
                self._took(judged, base + judged.index, evidence[judged.index])
            base += len(batch)
            self._settle(self.held[-1].at - WINDOW if self.held else 0)
        self._settle(None)
        self.room.close()

    def _took(self, judged: Judged, ordinal: int, each: Evidence) -> None:
        track = self.track
        track.keys[ordinal] = judged.key
        track.threads[ordinal] = judged.thread
        track.parents[ordinal] = judged.parent
        self.ordinals[judged.number] = ordinal
        self.held.append(judged)
        if self.lines is not None:
            self.seen[ordinal] = each
        message = each.body
        assert isinstance(message, Message)
        if judged.date is not None:
            self.first = min(self.first or judged.date, judged.date)
            self.last = max(self.last or judged.date, judged.date)
        if judged.inside and _stays_inside(message, self.room.own):
            self.inside += 1

    def _settle(self, before: int | None) -> None:
        """Let go of what no burst can raise any more."""
        held = self.held
        while held and (before is None or held[0].at < before):
            judged = held.popleft()
            ordinal = self.ordinals.pop(judged.number)
            each = self.seen.pop(ordinal, None)
            since = self.wish.since
            if since is not None and judged.date is not None and judged.date < since:
                continue
            self.counts[judged.verdict] += 1
            if judged.verdict != "clear":
                judged.index = ordinal
                self.flagged.append(judged)
            elif self.lines is not None and each is not None:
                self.lines.append(ordinal, line(told(judged, each)))


def converse(
    spool: Spool, history: History, wish: Wish, lines: Spool | None = None
) -> Conversations:
    """Judge the mails of a spool. lines: takes one JSON object for each mail, in time order."""
    judging = _Judging(wish, history, lines)
    judging.run(spool)
    state = _state(history, judging, wish)
    flagged = sorted(judging.flagged, key=lambda each: (-each.score.total, each.at, each.number))
    members = _told(spool, judging, flagged[:TOLD_LIMIT])
    found = campaigns(members, judging.room.own)
    messages = with_campaign([each.judged for each in members], found)
    if lines is not None:
        for judged, said in zip(flagged, messages, strict=False):
            lines.append(judged.index, line(said))
        _rest(spool, flagged[TOLD_LIMIT:], lines)
    return Conversations(
        own_domains=wish.own_domains,
        inferred=wish.inferred,
        judged={name: judging.counts[name] for name in ("alert", "watch", "clear")},
        duplicates=judging.room.duplicates,
        history=state,
        messages=messages,
        campaigns=found,
        blind=tuple(_blind(judging, wish, state, len(flagged))),
    )


def inferred_domain(
    senders: Mapping[str, set[int]], delivered: Mapping[str, int], mails: int
) -> tuple[str, ...]:
    """Whose mail this seems to be: no provider's.

    The domain whose own hosts took in a good part of the mails for its people; where none did, the
    one with most different senders.
    """
    free = free_mail()
    taken = {domain: count for domain, count in delivered.items() if domain not in free}
    best = max(taken, key=lambda domain: (taken[domain], domain), default="")
    if best and taken[best] >= DELIVERED_SHARE * mails:
        return (best,)
    counted = {domain: len(known) for domain, known in senders.items() if domain not in free}
    best = max(counted, key=lambda domain: (counted[domain], domain), default="")
    return (best,) if best and counted[best] >= SENDERS_LEAST else ()


def _batches(spool: Spool) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for each in spool.in_order():
        batch.append(each)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _rest(spool: Spool, flagged: list[Judged], lines: Spool) -> None:
    """The lines of those that are too many to be told in full."""
    wanted = {each.index: each for each in flagged}
    for ordinal, data in spool.picked(wanted) if wanted else ():
        lines.append(ordinal, line(told(wanted[ordinal], decoder.decode(data))))


def _told(spool: Spool, judging: _Judging, flagged: list[Judged]) -> list[Member]:
    """The second pass: every mail that is not clear, with what it answers and its thread."""
    track = judging.track
    threads = {each.thread for each in flagged if each.verdict == "alert"}
    parents = {each.parent for each in flagged if each.parent}
    mine = {each.index for each in flagged}
    members: dict[int, list[int]] = {}
    wanted = set(mine)
    for ordinal, (key, thread) in enumerate(zip(track.keys, track.threads, strict=True)):
        if key and thread in threads:
            listed = members.setdefault(thread, [])
            if len(listed) < THREAD_LIMIT or ordinal in mine:
                listed.append(ordinal)
                wanted.add(ordinal)
        if key and key in parents:
            wanted.add(ordinal)
    mails: dict[int, Evidence] = {}
    by_key: dict[int, int] = {}
    for ordinal, data in spool.picked(wanted) if wanted else ():
        mails[ordinal] = decoder.decode(data)
        by_key[track.keys[ordinal]] = ordinal
    verdicts: dict[int, MessageVerdict] = {each.key: each.verdict for each in flagged}
    found = []
    for each in flagged:
        mates = members.get(each.thread, [])
        answered = by_key.get(each.parent, -1)
        before = [mails[index] for index in mates if index < each.index and index not in mine]
        original = _genuine(mails[each.index], before) or mails.get(answered)
        found.append(_member(each, mails, original, mates, track, verdicts))
    return found


def _member(
    judged: Judged,
    mails: Mapping[int, Evidence],
    original: Evidence | None,
    thread: list[int],
    track: _Track,
    verdicts: Mapping[int, MessageVerdict],
) -> Member:
    each = mails[judged.index]
    message = each.body
    assert isinstance(message, Message)
    said = told(judged, each)
    beside = view(original) if original is not None else None
    families = match(message)
    events = timeline(
        [mails[index] for index in thread],
        [track.keys[index] for index in thread],
        [track.parents[index] for index in thread],
        verdicts,
    )
    answered = dict.fromkeys(
        _author(mails[index])
        for index in thread
        if track.parents[index] == judged.key and _author(mails[index]) != message.author.address
    )
    return Member(
        msgspec.structs.replace(
            said,
            family=families[0].name if families else "",
            answered=tuple(answered),
            original=beside,
            differing=differing(said.shown, beside) if _same_person(message, original) else (),
            timeline=events,
        ),
        message,
    )


def _author(each: Evidence) -> str:
    message = each.body
    assert isinstance(message, Message)
    return message.author.address


def _genuine(forged: Evidence, before: list[Evidence]) -> Evidence | None:
    """The last clear mail of the thread by the person whom the forged one claims to be."""
    message = forged.body
    assert isinstance(message, Message)
    return next((each for each in reversed(before) if _same_person(message, each)), None)


def _same_person(message: Message, original: Evidence | None) -> bool:
    """Whether two mails claim one author: only then their differences say anything."""
    if original is None:
        return False
    other = original.body
    assert isinstance(other, Message)
    if other.author.address == message.author.address:
        return True
    name = person(message.author.name)
    return bool(name) and name == person(other.author.name)


def _stays_inside(message: Message, own: frozenset[str]) -> bool:
    recipients = message.recipients
    return bool(recipients) and all(
        registrable(each.rpartition("@")[2]) in own for each in recipients
    )


def _state(history: History, judging: _Judging, wish: Wish) -> HistoryState:
    """What the history holds now; old rows of a kept one are forgotten."""
    room = judging.room
    rules = load_indicators().judging
    first, last = judging.first, judging.last
    if wish.kept and last is not None:
        _forget(history, last, rules.retention_days)
    messages = int(history.get_meta("messages") or 0) + room.learnt
    addresses = int(history.get_meta("addresses") or 0) + room.addresses
    before, after = history.get_meta("first"), history.get_meta("last")
    if before and (first is None or datetime.fromisoformat(before) < first):
        first = datetime.fromisoformat(before)
    if after and (last is None or datetime.fromisoformat(after) > last):
        last = datetime.fromisoformat(after)
    for name, value in (("messages", messages), ("addresses", addresses)):
        history.put_meta(name, str(value))
    for name, moment in (("first", first), ("last", last)):
        if moment is not None:
            history.put_meta(name, moment.isoformat())
    delay = wish.delay_hours
    return HistoryState(
        kept="file" if wish.kept else "run",
        messages=messages,
        addresses=addresses,
        first=first,
        last=last,
        delay_hours=rules.delay_hours if delay is None else delay,
        waiting=history.waiting,
    )


def _forget(history: History, last: datetime, days: int) -> None:
    """Forget what is older than so many days before the last mail, where it was not done lately:
    it reads all that is old. A mail from the future must not make us forget the present."""
    before = int(min(last, datetime.now(UTC)).timestamp()) - days * 86400
    done = int(history.get_meta("forgotten") or 0)
    if before >= done + FORGOTTEN_EVERY:
        history.forget(before)
        history.put_meta("forgotten", str(before))


def _blind(judging: _Judging, wish: Wish, state: HistoryState, flagged: int) -> Iterator[Sentence]:
    """What these inputs cannot show."""
    if not wish.own_domains:
        yield say(
            N_(
                "whose organisation this is could not be told: give --own-domain, so that mails of "
                "your own accounts and servers are known as such"
            )
        )
    elif not judging.inside:
        yield say(
            N_(
                "no mail from one of you to another is among these: an account or a server of yours "
                "that answers inside cannot be seen (a journal shows it)"
            )
        )
    first, last = state.first, state.last
    if first is not None and last is not None and (last - first).days < HISTORY_DAYS:
        yield say(
            N_(
                "days that the history spans: {days}; with less than {least}, much is new that is not "
                "wrong, and who speaks is known less well"
            ),
            days=(last - first).days,
            least=HISTORY_DAYS,
        )
    if flagged > TOLD_LIMIT:
        yield say(
            N_("{count} more mails stand out than the {limit} that are told in full"),
            count=flagged - TOLD_LIMIT,
            limit=TOLD_LIMIT,
        )
