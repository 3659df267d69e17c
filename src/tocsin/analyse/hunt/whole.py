"""All parts of a hunt become one, in whatever order they come."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from tocsin.analyse.hunt.groups import Group, Room
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.analyse.hunt.merging import best, kept_events, merged

_PIECE = re.compile(r"piece (\d+) line (\d+)")


class HuntPart(msgspec.Struct, kw_only=True):
    """What the hunt found in some logs. dropped: rows for which there was no room, by rule."""

    groups: list[Group] = msgspec.field(default_factory=list)
    stats: list[LogFileStat] = msgspec.field(default_factory=list)
    dropped: dict[str, int] = msgspec.field(default_factory=dict)


class HuntWhole:
    """All parts of a hunt, folded as they come in any order."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, str, tuple[str, ...], bool], Group] = {}
        self._stats: dict[tuple[str, str], list[LogFileStat]] = {}
        self.offsets: dict[str, dict[int, int]] = {}
        self.room = Room()

    def add(self, part: HuntPart) -> None:
        """Fold one part in."""
        for each in part.groups:
            key = (each.rule, each.surface, each.host, each.key, each.tried)
            mine = self._groups.get(key)
            if mine is None:
                if self.room.takes(each.rule, best(each.outcomes), each.count):
                    self._groups[key] = each
            else:
                self._groups[key] = merged(mine, each)
        for stat in part.stats:
            self._stats.setdefault((stat.source, stat.surface), []).append(stat)
        for rule, rows in part.dropped.items():
            self.room.drop(rule, rows)

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
        self.offsets = offsets
        return [self.placed(each) for each in self._groups.values()], stats

    def placed(self, group: Group) -> Group:
        """A group with the places of its events as lines of whole files; after `settled`."""
        return with_lines(group, self.offsets)


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
    group.events = kept_events(events)
    return group


def whole_line(position: str, offsets: Mapping[int, int]) -> str:
    """`piece 3 line 12` as the line of the file."""
    match = _PIECE.fullmatch(position)
    if match is None:
        return position
    return f"line {int(match[2]) + offsets.get(int(match[1]), 0)}"


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
        whole.noise_estimated |= each.noise_estimated
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
