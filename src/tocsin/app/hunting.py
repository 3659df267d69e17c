"""The hunt at work: which rules, one log or piece of it, and what all pieces come to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO

import msgspec

from tocsin.analyse.hunt.folding import Folding
from tocsin.analyse.hunt.groups import GatheredRow
from tocsin.analyse.hunt.plan import Plan, plan, turning
from tocsin.analyse.hunt.room import Facts, by_id, hunt
from tocsin.analyse.hunt.scan import scan_lines
from tocsin.analyse.hunt.scan_events import scan_records
from tocsin.analyse.hunt.whole import HuntPart
from tocsin.analyse.inventory.room import Inventory
from tocsin.app.parts import Whole
from tocsin.formats import HEAD_SIZE, Format, recognise, stated
from tocsin.formats.syntax.log_blocks import as_utf8, blocks, is_wide
from tocsin.formats.syntax.log_rows import Layout, LineLog, Log
from tocsin.formats.syntax.text_stream import head_text
from tocsin.knowledge.baselines import asked_fields, baselines
from tocsin.knowledge.chains import chains
from tocsin.knowledge.sigma import Rules
from tocsin.knowledge.sigma.choosing import table_of
from tocsin.knowledge.sigma.kept_anchors import anchors_of
from tocsin.knowledge.sigma.kept_rules import rules_of
from tocsin.knowledge.steps import steps
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.finding import Gap
from tocsin.model.hunt import Hunt
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say
from tocsin.store.gathered_rows import Asked, Gathering, asked
from tocsin.store.row_questions import answered

Window = Callable[[datetime | None], bool]


class HuntWish(msgspec.Struct, frozen=True, kw_only=True):
    """Which rules: folders of Sigma rules beside, or instead of, our own."""

    folders: tuple[str, ...] = ()
    packaged: bool = True


class HuntJob(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker that hunts must know. spool: folder for the rows of questions that need all."""

    wish: HuntWish
    spool: str


@cache
def rules(wish: HuntWish) -> Rules:
    """The rules, read once in a process."""
    return rules_of(wish.folders, packaged=wish.packaged)


@cache
def _plan(wish: HuntWish, surface: str, marks: tuple[bytes, ...], lines: bool) -> Plan:  # noqa: FBT001
    known = anchors_of(rules(wish), surface)
    return plan(
        surfaces()[surface],
        rules(wish).rules,
        lambda rule, _surface: known[rule.id],
        marks=marks,
        lines=lines,
        web=surface not in table_of().json_surfaces,  # text, which decoders take apart
    )


def plan_for(wish: HuntWish, surface: str, log: Log) -> Plan:
    """The search of one kind of log."""
    marks = log.marks if isinstance(log, LineLog) else ()
    return _plan(wish, surface, marks, isinstance(log, LineLog))


@cache
def _gathering(job: HuntJob, process: int) -> Gathering:
    return Gathering(Path(job.spool), str(process), wanted(job.wish))


def _gather(job: HuntJob) -> Callable[[GatheredRow], None]:
    return _gathering(job, os.getpid()).append


def written(job: HuntJob | None) -> None:
    """See to it that what was gathered in this process can be read by another."""
    if job is not None:
        _gathering(job, os.getpid()).flush()


@cache
def wanted(wish: HuntWish) -> Asked:
    """Which fields the questions that need every row ask for."""
    return asked(rules(wish).correlations, asked_fields())


def hunt_file(
    job: HuntJob, found: Format, stream: BinaryIO, at: Locator, window: Window, part: HuntPart
) -> int:
    """Hunt in one log, read forward only; the number of its rows."""
    log = found.log
    assert log is not None
    if not isinstance(log, LineLog):
        folding = Folding(at, log.surface, window, _gather(job))
        records = log.named(stream, at.source) if log.named else log.records(stream)
        scan_records(records, log, plan_for(job.wish, log.surface, log), folding)
        if log.aside and not folding.stat.rows:
            return 0
        return _took(folding, part)
    head = stream.read(HEAD_SIZE)
    stream.seek(0)
    layout = log.begin(_text_head(head))
    if layout is None:
        return 0
    folding = Folding(at, layout.surface, window, _gather(job))
    pieces = as_utf8(stream) if is_wide(head) else blocks(stream)
    scan_lines(pieces, log, layout, plan_for(job.wish, layout.surface, log), folding)
    return _took(folding, part)


def hunt_piece(
    job: HuntJob,
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
    known = _REACHED.pop((job.spool, at.source), (0, layout))
    if known[0] > start:
        known = (0, layout)
    layout = _layout_before(stream, start, log, layout, known)
    stream.seek(0)
    folding = Folding(at, layout.surface, window, _gather(job), number)
    layout = scan_lines(
        blocks(stream, start, end), log, layout, plan_for(job.wish, layout.surface, log), folding
    )
    _REACHED[job.spool, at.source] = end, layout
    while len(_REACHED) > REACHED_LIMIT:
        del _REACHED[next(iter(_REACHED))]
    return part, _took(folding, part)


REACHED_LIMIT = 16
"""Big logs of which it is remembered how far this process has come, and what held there."""

_REACHED: dict[tuple[str, str], tuple[int, Layout]] = {}
"""Without it each piece would look through all before it: of a log of 10 GB, 140 GB together."""


def in_hunted_pieces(head: bytes, found: Format) -> bool:
    """Whether a big log can be hunted in by many hands: its rows are lines of one byte a sign."""
    if not isinstance(found.log, LineLog) or is_wide(head):
        return False
    # Where lines end in a carriage return alone, a piece would not find the beginning of its first.
    return head.count(b"\r") <= 2 * head.count(b"\n")


def _took(folding: Folding, part: HuntPart) -> int:
    stat = folding.finish()
    part.stats.append(stat)
    part.groups.extend(folding.groups.values())
    for rule, rows in folding.room.dropped.items():
        part.dropped[rule] = part.dropped.get(rule, 0) + rows
    return stat.rows


def _text_head(head: bytes) -> bytes:
    if not is_wide(head):
        return head
    return head_text(head).encode("utf-8", "replace")


BACK = 1 << 20
"""Bytes that are looked at in one go for the layout that holds where a piece begins."""


def _layout_before(
    stream: BinaryIO, start: int, log: LineLog, layout: Layout, known: tuple[int, Layout]
) -> Layout:
    """The layout that holds where a piece begins: what the nearest lines before it made of the
    file's first one, looked for from there backwards. known: up to where somebody has been, and the
    layout that held there."""
    fields = re.compile(rb"^(?:" + b"|".join(map(re.escape, log.marks)) + rb").*", re.MULTILINE)
    turns = turning(log.marks)
    stop = start
    while stop > known[0]:
        begin = max(known[0], stop - BACK)
        # What stands there may be the end of a line, whose beginning somebody has read.
        stream.seek(max(0, begin - 1))
        text = stream.read(min(stop + HEAD_SIZE, start) - max(0, begin - 1))
        # Most stretches of a log hold no such line, which is told far quicker than where one is.
        if begin == 0 or turns.scan(text)[0]:
            turned = layout
            for each in fields.finditer(text, 0 if begin == 0 else 1):
                turned = log.turns(each.group().rstrip(b"\r"), turned)
            if turned != layout:
                return turned
        stop = begin
    return known[1]


def dropped(rule: str, count: int) -> Gap:
    """What is said when there were too many different matches of a rule."""
    why = say(
        N_("{count} rows that this rule matches are not told: too many different ones"), count=count
    )
    return Gap(at=Locator(source=rule), kind="limit", why=why)


LOOKED_AT = 40
"""Files whose kinds are looked at before the workers are forked."""


def ready(wish: HuntWish, first: Sequence[str]) -> bool:
    """Load before the workers are forked what each would load else: the rules, and the searches of
    the kinds of logs that the first files are. Whether all of those say themselves what they are."""
    rules(wish)
    all_stated = True
    for path in first[:LOOKED_AT]:
        with suppress(OSError), open(path, "rb") as stream:
            head = stream.read(HEAD_SIZE)
            found = recognise(head)
            all_stated = all_stated and stated(head) is not None
            if found is None or found.log is None:
                continue
            surface = _surface(found.log, head)
            if surface:
                plan_for(wish, surface, found.log)
    return all_stated


def _surface(log: Log, head: bytes) -> str:
    if not isinstance(log, LineLog):
        return log.surface
    layout = log.begin(_text_head(head))
    return layout.surface if layout is not None else ""


def _ids(known: Inventory) -> dict[str, str]:
    """Ids of servers by name in lower case; empty for a name that several of them have."""
    found: dict[str, str] = {}
    for server in known.servers:
        for name in {each.lower().rstrip(".") for each in server.names}:
            found[name] = "" if name in found else server.id
    return found


def hunted(job: HuntJob, whole: Whole, known: Inventory, *, mails: bool) -> Hunt | None:
    """What the hunt says of everything that was read; None where no log was.

    mails: whether mails were judged beside it, so that nobody need be told to do so.
    """
    parts = whole.hunt
    groups, stats = parts.settled() if parts is not None else ([], [])
    if parts is None or not stats:
        return None
    found = rules(job.wish)
    answer = answered(
        Path(job.spool), wanted(job.wish).names(), found.correlations, baselines(), stats
    )
    for gap in answer.gaps:
        whole.gap(gap)
    titles = {each.id: each.title for each in found.rules}
    for rule, count in sorted(parts.room.dropped.items()):
        whole.gap(dropped(titles.get(rule, rule), count))
    groups += [parts.placed(each) for each in answer.groups]
    told = hunt(
        groups,
        stats,
        Facts(
            rules=by_id(found.rules, found.correlations, baselines()),
            steps=steps(),
            chains=chains(unread=not mails),
            servers=_ids(known),
            digests=whole.digests,
            problems=tuple(found.problems),
        ),
    )
    for gap in told.gaps:
        whole.gap(gap)
    return told.hunt
