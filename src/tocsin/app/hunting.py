"""The hunt at work: which rules, one log or piece of it, and what all pieces come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import BinaryIO

import msgspec

from tocsin.analyse.hunt.blocks import as_utf8, blocks, is_wide
from tocsin.analyse.hunt.findings import findings
from tocsin.analyse.hunt.folding import Folding
from tocsin.analyse.hunt.groups import HEAD, GatheredRow, Group
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.analyse.hunt.plan import Plan, plan
from tocsin.analyse.hunt.scan import scan_lines, scan_records
from tocsin.analyse.inventory.room import Inventory
from tocsin.formats import HEAD_SIZE, Format
from tocsin.formats.syntax.log_rows import LineLog, Log
from tocsin.knowledge.sigma import Rules, load
from tocsin.knowledge.sigma.anchors import anchors
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.evidence import Evidence
from tocsin.model.finding import Gap
from tocsin.model.hunt import EVENTS_KEPT, Hunt
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

WEB = frozenset({"iis", "httpproxy", "rps-http", "ews", "autodiscover", "httpfilter", "ecp-server"})
"""Kinds of logs whose rows hold addresses, which may be written percent-encoded."""

_PIECE = re.compile(r"piece (\d+) line (\d+)")

Window = Callable[[datetime | None], bool]


class HuntWish(msgspec.Struct, frozen=True, kw_only=True):
    """Which rules: folders of Sigma rules beside, or instead of, our own."""

    folders: tuple[str, ...] = ()
    packaged: bool = True


class HuntPart(msgspec.Struct, kw_only=True):
    """What the hunt found in some logs."""

    groups: list[Group] = msgspec.field(default_factory=list)
    gathered: list[GatheredRow] = msgspec.field(default_factory=list)
    stats: list[LogFileStat] = msgspec.field(default_factory=list)
    dropped: int = 0


@cache
def rules(wish: HuntWish) -> Rules:
    """The rules, read once in a process."""
    return load(wish.folders, packaged=wish.packaged)


@cache
def _plan(wish: HuntWish, surface: str, marks: tuple[bytes, ...], lines: bool) -> Plan:  # noqa: FBT001
    return plan(
        surfaces()[surface],
        rules(wish).rules,
        anchors,
        marks=marks,
        lines=lines,
        web=surface in WEB,
    )


def plan_for(wish: HuntWish, surface: str, log: Log) -> Plan:
    """The search of one kind of log."""
    marks = log.marks if isinstance(log, LineLog) else ()
    return _plan(wish, surface, marks, isinstance(log, LineLog))


def hunt_file(
    wish: HuntWish, found: Format, stream: BinaryIO, at: Locator, window: Window, part: HuntPart
) -> int:
    """Hunt in one log, read forward only; the number of its rows."""
    log = found.log
    assert log is not None
    if not isinstance(log, LineLog):
        folding = Folding(at, log.surface, window)
        records = log.named(stream, at.source) if log.named else log.records(stream)
        scan_records(records, log, plan_for(wish, log.surface, log), folding)
        return _took(folding, part)
    head = stream.read(HEAD_SIZE)
    stream.seek(0)
    layout = log.begin(_text_head(head))
    if layout is None:
        return 0
    folding = Folding(at, layout.surface, window)
    pieces = as_utf8(stream) if is_wide(head) else blocks(stream)
    scan_lines(pieces, log, layout, plan_for(wish, layout.surface, log), folding)
    return _took(folding, part)


def hunt_piece(
    wish: HuntWish,
    found: Format,
    stream: BinaryIO,
    at: Locator,
    window: Window,
    piece: tuple[int, int, int],
) -> tuple[HuntPart, int]:
    """Hunt in the lines of a big log that begin in [start, end). piece: its number, start, end."""
    part = HuntPart()
    log = found.log
    assert isinstance(log, LineLog)
    number, start, end = piece
    layout = log.begin(_text_head(stream.read(HEAD_SIZE)))
    if layout is None:
        return part, 0
    for line in _turns_before(stream, start, log.marks):
        layout = log.turns(line, layout)
    stream.seek(0)
    folding = Folding(at, layout.surface, window, number)
    scan_lines(
        blocks(stream, start, end), log, layout, plan_for(wish, layout.surface, log), folding
    )
    return part, _took(folding, part)


def in_hunted_pieces(head: bytes, found: Format) -> bool:
    """Whether a big log can be hunted in by many hands: its rows are lines of one byte a sign."""
    return isinstance(found.log, LineLog) and not is_wide(head)


def _took(folding: Folding, part: HuntPart) -> int:
    stat = folding.finish()
    part.stats.append(stat)
    part.groups.extend(folding.groups.values())
    part.gathered.extend(folding.gathered)
    part.dropped += folding.dropped
    return stat.rows


def _text_head(head: bytes) -> bytes:
    if not is_wide(head):
        return head
    from tocsin.formats.syntax.text_stream import head_text

    return head_text(head).encode("utf-8", "replace")


BACK = 8 << 20
"""Bytes that are looked at in one go for the layout that holds where a piece begins."""


def _turns_before(stream: BinaryIO, start: int, marks: tuple[bytes, ...]) -> Iterator[bytes]:
    """The last lines before `start` that may state the layout, in order: those of the last block of
    the file that has any."""
    stop = start
    fields = re.compile(
        rb"^(?:" + b"|".join(re.escape(each) for each in marks) + rb").*", re.MULTILINE
    )
    while stop > 0:
        begin = max(0, stop - BACK)
        stream.seek(begin)
        text = stream.read(min(stop + HEAD_SIZE, start) - begin)
        found = [each.group().rstrip(b"\r") for each in fields.finditer(text)]
        if found:
            yield from found
            return
        stop = begin


class HuntWhole:
    """All parts of a hunt, folded as they come in any order; `gather` takes the gathered rows."""

    def __init__(self, gather: Callable[[list[GatheredRow]], None]) -> None:
        self._gather = gather
        self._groups: dict[tuple[str, str, tuple[str, ...]], Group] = {}
        self._stats: dict[tuple[str, str], list[LogFileStat]] = {}
        self.dropped = 0

    def add(self, part: HuntPart) -> None:
        """Fold one part in."""
        for each in part.groups:
            key = (each.rule, each.host, each.key)
            mine = self._groups.get(key)
            if mine is None:
                self._groups[key] = each
            else:
                _merge(mine, each)
        for stat in part.stats:
            self._stats.setdefault((stat.source, stat.surface), []).append(stat)
        if part.gathered:
            self._gather(part.gathered)
        self.dropped += part.dropped

    def settled(self) -> tuple[list[Group], list[LogFileStat]]:
        """Groups with whole line numbers, and one stat for each log file."""
        offsets: dict[str, dict[int, int]] = {}
        stats = []
        for (source, _), pieces in self._stats.items():
            pieces.sort(key=lambda each: each.piece)
            before = 0
            for each in pieces:
                offsets.setdefault(source, {})[each.piece] = before
                before += each.lines
            stats.append(joined(pieces, offsets[source]))
        groups = [with_lines(each, offsets) for each in self._groups.values()]
        self.offsets = offsets
        return groups, stats


def with_lines(group: Group, offsets: Mapping[str, Mapping[int, int]]) -> Group:
    """The group with the places of its events as lines of the whole file, in order."""
    events = [
        msgspec.structs.replace(
            each,
            at=msgspec.structs.replace(
                each.at, position=whole_line(each.at.position, offsets.get(each.at.source, {}))
            ),
        )
        for each in group.events
    ]
    events.sort(key=_order)
    group.events = events
    return group


def whole_line(position: str, offsets: Mapping[int, int]) -> str:
    """`piece 3 line 12` as the line of the file."""
    match = _PIECE.fullmatch(position)
    if match is None:
        return position
    return f"line {int(match[2]) + offsets.get(int(match[1]), 0)}"


def _order(each: Evidence) -> tuple[float, str, int, str]:
    digits = re.findall(r"\d+", each.at.position)
    when = each.seen.timestamp() if each.seen else 0.0
    return when, each.at.source, int(digits[-1]) if digits else 0, each.at.position


def _merge(mine: Group, other: Group) -> None:
    mine.count += other.count
    times = [each for each in (mine.first, other.first) if each is not None]
    mine.first = min(times, default=None)
    times = [each for each in (mine.last, other.last) if each is not None]
    mine.last = max(times, default=None)
    for outcome, count in other.outcomes.items():
        mine.outcomes[outcome] = mine.outcomes.get(outcome, 0) + count
    mine.ids |= other.ids
    events = sorted([*mine.events, *other.events], key=_order)
    if len(events) > EVENTS_KEPT:
        events = events[:HEAD] + events[-(EVENTS_KEPT - HEAD) :]
    mine.events = events


def joined(pieces: list[LogFileStat], offsets: Mapping[int, int]) -> LogFileStat:
    """The counts of a file out of those of its pieces, in order."""
    whole = pieces[0]
    for each in pieces:
        each.losses = [
            msgspec.structs.replace(loss, position=whole_line(loss.position, offsets))
            for loss in each.losses
        ]
    for each in pieces[1:]:
        whole.host = whole.host or each.host
        whole.version = whole.version or each.version
        for name in ("lines", "rows", "lost", "noise"):
            setattr(whole, name, getattr(whole, name) + getattr(each, name))
        if whole.last and each.first and (each.first - whole.last).total_seconds() >= 7200:
            whole.silences.append((whole.last, each.first))
        whole.first = min((t for t in (whole.first, each.first) if t), default=None)
        whole.last = max((t for t in (whole.last, each.last) if t), default=None)
        whole.days |= each.days
        whole.silences += each.silences
        whole.backwards += each.backwards
        whole.losses += each.losses
        whole.ends_cut = each.ends_cut
    return whole


def dropped(count: int) -> Gap:
    """What is said when there were too many different matches."""
    why = say(
        N_("{count} rows that rules match are not told: too many different ones"), count=count
    )
    return Gap(at=Locator(source="…"), kind="limit", why=why)


def ready(wish: HuntWish) -> None:
    """Load before the workers are forked what each of them would load else."""
    rules(wish)


def hunted(
    wish: HuntWish,
    whole: HuntWhole | None,
    gathered: list[GatheredRow],
    known: Inventory,
    digests: Mapping[str, str],
) -> Hunt | None:
    """What the hunt says of everything that was read; None where no log was."""
    groups, stats = whole.settled() if whole is not None else ([], [])
    if not stats:
        return None
    found = rules(wish)
    servers = {name.lower(): server.id for server in known.servers for name in server.names}
    by_id = {each.id: each for each in found.rules}
    return Hunt(
        findings=findings(groups, by_id, servers, digests),
        incidents=(),
        coverage=(),
        rules=len(found.rules),
    )
