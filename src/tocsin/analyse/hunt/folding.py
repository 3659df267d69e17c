"""What one scan brings back: folded matches, rows for the questions that need every row, counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

import msgspec

from tocsin.analyse.hunt.answers import Answers
from tocsin.analyse.hunt.groups import HEAD, GatheredRow, Group, Room
from tocsin.analyse.hunt.logstats import LogFileStat, Loss
from tocsin.analyse.hunt.plan import NUL, ODD, Plan
from tocsin.analyse.hunt.settled import Settled
from tocsin.analyse.hunt.silences import SILENT, Clock
from tocsin.formats.syntax.log_rows import Layout, LineLog, LogFault, LogRecord, RecordLog
from tocsin.knowledge.sigma import SigmaRule
from tocsin.knowledge.surfaces import Surface
from tocsin.model.event import RAW_LIMIT, Event
from tocsin.model.evidence import Evidence
from tocsin.model.hunt import EVENTS_KEPT, Outcome
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

IDS_LIMIT = 50
"""Ids of one group that are kept to join it with others."""

LOSSES_NAMED = 20
"""Lost rows of one file that are named by place; further ones are counted."""

SILENCES_KEPT = 5
"""Longest stretches without a row of one file that are told."""

BACKWARDS = timedelta(minutes=1)
"""How far a clock may go back before it is told: servers write a few seconds out of order."""

_UNREADABLE = N_("this row is no row of such a log, or half of one")
_LONG = N_("a line longer than is read; its rest was left out")
_ZEROS = N_("rows that hold NUL bytes: the file was damaged or not closed")

Key = tuple[str, ...]
Window = Callable[[datetime | None], bool]
Gather = Callable[[GatheredRow], None]
Parse = Callable[[bytes, Layout], Event | None]
Where = Callable[[], int] | str


class Folding:
    """Takes what a scan finds in one file or piece of it.

    at: the file; piece: which part of it, so that line numbers can be made whole afterwards. gather:
    takes the rows of rules that only gather.
    """

    def __init__(
        self,
        at: Locator,
        surface: str,
        window: Window,
        gather: Gather,
        piece: int | None = None,
    ) -> None:
        self.at = at
        self.window = window
        self.gather = gather
        self.piece = piece
        self.stat = LogFileStat(surface=surface, source=at.source, piece=piece or 0)
        self.groups: dict[tuple[str, Key, bool], Group] = {}
        self.room = Room()
        self.turns = 0
        self.settled: Settled | None = None
        self.answers: Answers | None = None
        self._hosts: dict[str, int] = {}
        self._time: datetime | None = None
        self._clock = Clock()

    def row(
        self,
        line: bytes,
        where: Where,
        parse: Parse,
        layout: Layout,
        plan: Plan,
        asked: tuple[int, ...],
        marks: AbstractSet[int],
    ) -> bool | None:
        """Judge one row in which something was found. where: its place, or what counts its line.

        Whether a rule matched; None where that does not follow from the row's values alone.
        """
        event = parse(line, layout)
        if event is None:
            if line.strip():
                self.lose(self._position(where), say(_ZEROS if NUL in marks else _UNREADABLE))
            return None
        if (ODD in marks and not asked) or not self.window(event.when):
            return None
        if _is_noise(event, plan.surface):
            return None
        if self.answers is None:
            self.answers = Answers(plan.rules)
        matched = self.answers.of(event, asked)
        for place in matched:
            rule = plan.rules[place]
            self._matched(rule, event, self._position(where), plan.surface, layout)
        return bool(matched)

    def _matched(
        self, rule: SigmaRule, event: Event, position: str, surface: Surface, layout: Layout
    ) -> None:
        host = event.host or layout.host or first_told(event, surface.host)
        client, actor = first_told(event, surface.client), first_told(event, surface.actor)
        target = first_told(event, surface.target)
        if rule.gathers or rule.counted:
            self.gather(
                GatheredRow(
                    rule=rule.id,
                    at=event.when.timestamp() if event.when else 0.0,
                    surface=event.surface,
                    host=host,
                    client=client,
                    actor=actor,
                    fields=event.fields,
                    source=self.at.source,
                    position=position,
                    raw=event.raw,
                    outcome=rule.outcome(event),
                )
            )
        if rule.gathers:
            return
        fold = _fold(rule, event, surface) or (client, actor.lower(), target.lower())
        outcome = rule.outcome(event)
        key = (rule.id, (host, *fold), outcome == "attempt")
        group = self.groups.get(key)
        if group is None:
            if not self.room.takes(rule.id, outcome):
                return
            group = self.groups[key] = Group(
                rule=rule.id,
                surface=event.surface,
                host=host,
                client=client,
                actor=actor,
                target=target,
                key=fold,
                tried=outcome == "attempt",
            )
        self._add(group, outcome, event, position, surface)

    def _add(
        self, group: Group, outcome: Outcome, event: Event, position: str, surface: Surface
    ) -> None:
        group.count += 1
        when = event.when
        if when is not None:
            group.first = when if group.first is None else min(group.first, when)
            group.last = when if group.last is None else max(group.last, when)
        group.outcomes[outcome] = group.outcomes.get(outcome, 0) + 1
        if len(group.ids) < IDS_LIMIT:
            for name, field in surface.ids.items():
                value = _value(event, field)
                if value:
                    group.ids.add(f"{name}={value}")
        if len(event.raw) > RAW_LIMIT:
            event = msgspec.structs.replace(event, raw=event.raw[:RAW_LIMIT])
        group.events.append(
            Evidence(
                at=Locator(source=self.at.source, position=position, sha256=self.at.sha256),
                body=event,
                seen=when,
            )
        )
        if len(group.events) > EVENTS_KEPT:
            del group.events[HEAD]

    def lose(self, position: str, why: Sentence, count: int = 1) -> None:
        """Count rows that could not be read."""
        stat = self.stat
        stat.lost += count
        if len(stat.losses) < LOSSES_NAMED:
            stat.losses.append(Loss(position=position, why=why, count=count))
        else:
            last = stat.losses[-1]
            stat.losses[-1] = msgspec.structs.replace(last, count=last.count + count)

    def cut(self, line: int) -> None:
        """A line was too long, of which the beginning was searched."""
        self.lose(self._position(line.__int__), say(_LONG))

    def fault(self, fault: LogFault) -> None:
        """A stretch of records could not be read."""
        self.lose(fault.position, fault.why, fault.count)

    def block(self, block: bytes, log: LineLog, layout: Layout) -> None:
        """Look at the first and the last row of a block, for the time that the log spans."""
        start = 1
        while start < len(block):
            stop = block.find(b"\n", start)
            line = block[start:stop].rstrip(b"\r")
            event = None if line.startswith(log.marks) else log.event(line, layout)
            if event is not None:
                self._dated(event, layout)
                break
            start = stop + 1
            if start > 64 * 1024:
                break
        last = block.rfind(b"\n", 0, len(block) - 1)
        event = log.event(block[last + 1 : -1].rstrip(b"\r"), layout)
        if event is not None:
            self._dated(event, layout)

    def pass_by(self, block: bytes) -> None:
        """Look at a few rows of each block, for days and for stretches without a row."""
        self._clock.look(block)

    def batch(self, batch: Sequence[LogRecord], log: RecordLog) -> None:
        """The same of a batch of records, of which only stretches between batches are seen."""
        layout = Layout(surface=self.stat.surface, columns=())
        before = self._time
        for each in (batch[0], batch[-1]):
            event = log.event(each.text)
            if event is not None:
                self._dated(event, layout)
                if each is batch[0] and before and event.when and event.when - before >= SILENT:
                    self._clock.silences.append((before, event.when))

    def _dated(self, event: Event, layout: Layout) -> None:
        stat = self.stat
        host = event.host or layout.host
        if host:
            self._hosts[host] = self._hosts.get(host, 0) + 1
        stat.version = stat.version or layout.version
        stat.stated = stat.stated and layout.stated
        when, before = event.when, self._time
        if when is None:
            return
        stat.days.add(when.date().isoformat())
        stat.first = when if stat.first is None else min(stat.first, when)
        stat.last = when if stat.last is None else max(stat.last, when)
        if before is not None and before - when > BACKWARDS:
            stat.backwards.append((before, when))
        self._time = when

    def finish(self) -> LogFileStat:
        """The counts, with the host that most of the looked-at rows name."""
        longest = sorted(self._clock.silences, key=lambda span: (span[0] - span[1], span[0]))
        self.stat.silences = longest[:SILENCES_KEPT]
        self.stat.days |= self._clock.days
        self.stat.host = max(self._hosts, key=lambda each: (self._hosts[each], each), default="")
        return self.stat

    def _position(self, where: Where) -> str:
        if isinstance(where, str):
            return where
        line = where()
        return f"line {line}" if self.piece is None else f"piece {self.piece} line {line}"


def first_told(event: Event, names: Sequence[str]) -> str:
    """The first of some fields that is there, plain or decoded; of several values the first."""
    for name in names:
        value = event.fields.get(name) or event.decoded.get(name)
        if value:
            return value.partition("\n")[0].strip()
    return ""


def _fold(rule: SigmaRule, event: Event, surface: Surface) -> Key:
    """The values of what a rule folds by: fields, or who, whence, on what and with what."""
    told = {
        "client": surface.client,
        "actor": surface.actor,
        "target": surface.target,
        "agent": surface.agent,
    }
    return tuple(
        first_told(event, told[name]).lower() if name in told else _value(event, name)
        for name in rule.fold
    )


def _value(event: Event, name: str) -> str:
    value = event.fields.get(name) or event.decoded.get(name, "")
    return value.lower()


def _is_noise(event: Event, surface: Surface) -> bool:
    for each in surface.noise:
        value = event.fields.get(each.field, "").lower()
        if value and any(word in value for word in each.holds):
            return True
    return False
