"""What these logs can show at all: absence of evidence is told, not taken for evidence of absence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tocsin.analyse.hunt.hosts import NO_HOST, Hosts
from tocsin.analyse.hunt.logstats import LogFileStat
from tocsin.analyse.hunt.quiet import Span, missing_days, odd_silences, series
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.finding import Gap
from tocsin.model.hunt import HuntFinding, LogCoverage
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

EXPECTED = ("iis", "httpproxy", "ecp-server", "rps-cmdlet", "ews", "messagetracking", "windows")
"""What an Exchange server writes and a hunt needs, in the order of worth."""

EXCHANGE = frozenset(
    [
        "httpproxy",
        "ecp-server",
        "ecp-activity",
        "oabgen",
        "rps-http",
        "rps-cmdlet",
        "rps-authz",
        "ews",
        "mapihttp",
        "autodiscover",
        "httpfilter",
        "messagetracking",
        "agent",
        "audit-queue",
    ]
)
"""Logs that only an Exchange server writes."""

DAILY = EXCHANGE | {"iis"}
"""Logs in which a day without a row is odd."""

SLACK = timedelta(hours=1)
"""How far around an incident a log is taken for one of its time."""

BACK = timedelta(minutes=10)
"""How far a clock may go back unsaid: some Exchange logs hold rows back for minutes."""

DAYS_NAMED = 5
"""Days without a row that are named; further ones are counted."""

LOGGING_OFF = ("T1562.002", "T1562.008", "T1070.001")
"""ATT&CK techniques by which logs are switched off or emptied."""

_DAYS = N_("{surface} of {host}: no row on {count} of {span} days ({days})")
_SILENT = N_(
    "{surface} of {host}: no row from {start} to {end}, where {count} would be usual: taken out, or not written"
)
_ABSENT = N_("{host}: not among these logs: {surfaces}")
_APART = N_("{host}: {surface} ends {end}, before {others} begins {begin}: no time is seen in both")
_OFF = N_("{host}: logs were emptied or switched off at {when}: what came after may not be here")
_BACK = N_("the clock went back from {start} to {end}: rows around it may be out of order")
_BACK_MANY = N_("the clock went back {count} times, first from {start} to {end}")
_CUT = N_("the last row has no end: the log was copied while it was written, or cut")
_UNSTATED = N_("this log states no columns; they were inferred from its rows")
_MORE_LOST = N_("from here on {count} more rows could not be read")
_NO_HOST = N_("{surface}: {count} log files do not say which server wrote them")


class Logs(msgspec.Struct, frozen=True, kw_only=True):
    """The logs that were read, by kind and host."""

    spans: dict[tuple[str, str], list[tuple[datetime | None, datetime | None]]]

    def read(self, surface: str, host: str, first: datetime | None, last: datetime | None) -> bool:
        """Whether a kind of log was read for a host and a time; logs of no known host may be its."""
        spans = [*self.spans.get((surface, host), ()), *self.spans.get((surface, ""), ())]
        if surface in NO_HOST:
            spans = [
                span for (name, _), each in self.spans.items() if name == surface for span in each
            ]
        return any(
            None in (first, last, *span) or (span[0] - last <= SLACK and first - span[1] <= SLACK)
            for span in spans
        )

    def begins(self, surface: str, host: str) -> datetime | None:
        """The first row of a kind of log of a host."""
        return min(
            (first for first, _ in self.spans.get((surface, host), ()) if first), default=None
        )

    def hosts(self) -> list[str]:
        """Hosts with any log, in order."""
        return sorted({host for _, host in self.spans})

    def of(self, host: str) -> set[str]:
        """The kinds of logs of a host."""
        return {surface for surface, each in self.spans if each == host}


def logs(stats: Iterable[LogFileStat], known: Hosts) -> Logs:
    """The logs by the one name of their host."""
    found: dict[tuple[str, str], list[tuple[datetime | None, datetime | None]]] = {}
    for each in stats:
        host = known.of(each.host, each.source)
        found.setdefault((each.surface, host), []).append((each.first, each.last))
    return Logs(spans=found)


def coverage(stats: Sequence[LogFileStat], known: Hosts) -> tuple[LogCoverage, ...]:
    """What was read, one line for each kind of log of each host."""
    found: dict[tuple[str, str], list[LogFileStat]] = {}
    for each in stats:
        found.setdefault((known.of(each.host, each.source), each.surface), []).append(each)
    return tuple(
        LogCoverage(
            surface=surface,
            host=host,
            files=len({each.source for each in files}),
            rows=sum(each.rows for each in files),
            lost=sum(each.lost for each in files),
            noise=sum(each.noise for each in files),
            noise_estimated=any(each.noise_estimated for each in files),
            first=min((each.first for each in files if each.first), default=None),
            last=max((each.last for each in files if each.last), default=None),
        )
        for (host, surface), files in sorted(found.items())
    )


def gaps(stats: Iterable[LogFileStat], digests: Mapping[str, str]) -> Iterator[Gap]:
    """What is odd about single files, and what of them could not be read, with the place."""
    for each in sorted(stats, key=lambda stat: (stat.source, stat.surface)):
        at = Locator(source=each.source, sha256=digests.get(each.source, ""))
        yield from _losses(each, at)
        if each.backwards and each.surface in DAILY:
            start, end = min(each.backwards)
            many = len(each.backwards) > 1
            why = say(_BACK, start=shown(start), end=shown(end))
            if many:
                why = say(_BACK_MANY, count=len(each.backwards), start=shown(start), end=shown(end))
            yield Gap(at=at, why=why, kind="undecided")
        if each.ends_cut and each.surface in DAILY:
            yield Gap(at=at, why=say(_CUT), kind="undecided")
        if not each.stated and each.surface in DAILY:
            yield Gap(at=at, why=say(_UNSTATED), kind="undecided")


def _losses(stat: LogFileStat, at: Locator) -> Iterator[Gap]:
    """Lost rows by their places; those that are not named one by one as a number."""
    for loss in stat.losses:
        place = msgspec.structs.replace(at, position=loss.position)
        yield Gap(at=place, why=loss.why)
        if loss.count > 1:
            yield Gap(at=place, why=say(_MORE_LOST, count=loss.count - 1))


def blind(
    stats: Sequence[LogFileStat], known: Hosts, found: Iterable[HuntFinding]
) -> tuple[Sentence, ...]:
    """What these logs together cannot show."""
    read = logs(stats, known)
    return (
        *_absent(read),
        *_days(stats, known),
        *_silent(stats, known),
        *_apart(read),
        *_switched_off(found, known),
        *_nameless(stats, known),
    )


def _absent(read: Logs) -> Iterator[Sentence]:
    for host in read.hosts():
        have = read.of(host)
        if not host or not have & EXCHANGE:
            continue
        nameless = read.of("")
        lacking = [each for each in EXPECTED if each not in have | nameless]
        if lacking:
            yield say(_ABSENT, host=host, surfaces=", ".join(map(titled, lacking)))


def titled(surface: str) -> str:
    """A kind of log's own name."""
    known = surfaces().get(surface)
    return known.title if known else surface


def _days(stats: Iterable[LogFileStat], known: Hosts) -> Iterator[Sentence]:
    """Days without a row, between the first and the last that has some."""
    spans: dict[tuple[str, str], list[Span]] = {}
    for one in series(stats, known, DAILY):
        spans.setdefault((one.host, one.surface), []).extend(one.spans())
    for (host, surface), each in sorted(spans.items()):
        each.sort()
        lacking = missing_days(each)
        if lacking:
            more = f" (+{len(lacking) - DAYS_NAMED})" if len(lacking) > DAYS_NAMED else ""
            yield say(
                _DAYS,
                surface=titled(surface),
                host=host or "?",
                count=len(lacking),
                span=(max(end for _, end in each).date() - each[0][0].date()).days + 1,
                days=", ".join(day.isoformat() for day in lacking[:DAYS_NAMED]) + more,
            )


def _silent(stats: Iterable[LogFileStat], known: Hosts) -> Iterator[Sentence]:
    """Stretches without a row that are not the log's habit."""
    for one in series(stats, known, DAILY):
        for (start, end), usual in odd_silences(one):
            yield say(
                _SILENT,
                surface=titled(one.surface),
                host=one.host or "?",
                start=shown(start),
                end=shown(end),
                count=usual,
            )


def _apart(read: Logs) -> Iterator[Sentence]:
    """Kinds of logs of one host that never show the same time."""
    for host in read.hosts():
        whole = []
        for surface in sorted(read.of(host)):
            spans = read.spans[surface, host]
            firsts = [first for first, _ in spans if first]
            lasts = [last for _, last in spans if last]
            if firsts and lasts and surface not in NO_HOST:
                whole.append((min(firsts), max(lasts), surface))
        whole.sort()
        if not whole:
            continue
        ends, earliest = min((last, surface) for _, last, surface in whole)
        later = [(begins, surface) for begins, _, surface in whole if begins > ends]
        if later:
            yield say(
                _APART,
                host=host or "?",
                surface=titled(earliest),
                end=shown(ends),
                others=", ".join(titled(surface) for _, surface in later),
                begin=shown(later[0][0]),
            )


def _switched_off(found: Iterable[HuntFinding], known: Hosts) -> Iterator[Sentence]:
    said = {}
    for each in found:
        off = set(each.attack) & set(LOGGING_OFF)
        if off and each.first and each.outcome != "attempt" and each.level != "informational":
            host = known.of(each.host) or "?"
            said[host, each.first] = say(_OFF, host=host, when=shown(each.first))
    yield from (said[key] for key in sorted(said))


def _nameless(stats: Iterable[LogFileStat], known: Hosts) -> Iterator[Sentence]:
    count: dict[str, int] = {}
    for each in stats:
        if each.surface not in NO_HOST and not known.of(each.host, each.source):
            count[each.surface] = count.get(each.surface, 0) + 1
    for surface, files in sorted(count.items()):
        yield say(_NO_HOST, surface=titled(surface), count=files)


def shown(when: datetime) -> str:
    """A time as a sentence shows it: to the second, in UTC."""
    return when.strftime("%Y-%m-%d %H:%M:%SZ")
