"""What the engine counts of one log file while it searches it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.model.text import Sentence


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a file that could not be read: where the first of them is, why, how many."""

    position: str
    why: Sentence
    count: int = 1


class LogFileStat(msgspec.Struct, kw_only=True):
    """One log file, or one piece of it (`piece`, from 0); pieces of a file are joined afterwards.

    rows: lines or records. noise: rows of Exchange's own probes (noise_estimated: reckoned
    from a part of the file). first, last: the earliest and the
    latest time seen. days: `YYYY-MM-DD` on which a row stands (looked at every few megabytes, and at
    both ends). silences: the longest stretches without a row as (from, to), at that grain.
    backwards: times at which the clock went back by more than a minute, as (from, to). ends_cut: the
    last line has no end. stated: whether the file states its columns.
    """

    surface: str
    source: str
    host: str = ""
    version: str = ""
    piece: int = 0
    lines: int = 0
    rows: int = 0
    lost: int = 0
    noise: int = 0
    noise_estimated: bool = False
    first: datetime | None = None
    last: datetime | None = None
    days: set[str] = msgspec.field(default_factory=set)
    silences: list[tuple[datetime, datetime]] = msgspec.field(default_factory=list)
    backwards: list[tuple[datetime, datetime]] = msgspec.field(default_factory=list)
    losses: list[Loss] = msgspec.field(default_factory=list)
    ends_cut: bool = False
    stated: bool = True
