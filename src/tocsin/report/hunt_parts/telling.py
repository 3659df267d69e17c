"""The hunt's answer as its reports tell it: what stands in which order, and in which words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from tocsin.knowledge.steps import steps
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.finding import LEVELS
from tocsin.model.hunt import Cited, Hunt, HuntFinding, Incident, LogCoverage, Outcome, stance
from tocsin.model.text import N_
from tocsin.report.html_parts.timeline import aware

OUTCOME: dict[Outcome, str] = {
    "success": N_("worked"),
    "attempt": N_("tried"),
    "unknown": N_("unclear"),
}
"""The word beside a mark; `unclear`: the log cannot tell whether it worked."""

MARK: dict[Outcome, str] = {"success": "●", "attempt": "○", "unknown": "◐"}
"""The same as a mark: full, empty, half. Never without its word or a legend."""

OUTCOMES: tuple[Outcome, ...] = ("success", "unknown", "attempt")
"""The best first."""

_PLACE = re.compile(r"(line|record) (\d{1,18})")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents and findings outside of them, sorted by what the reader must make of them.

    alone: findings outside of incidents that may mean something; minor: those that mean little.
    attempts: findings that are only attempts, inside incidents of attempts and outside.
    """

    broken: tuple[Incident, ...]
    doubtful: tuple[Incident, ...]
    tried: tuple[Incident, ...]
    alone: tuple[HuntFinding, ...]
    minor: tuple[HuntFinding, ...]
    attempts: tuple[HuntFinding, ...]


def told(found: Hunt) -> Told:
    """Sort a hunt, in the order of the document: worst first."""
    of = {name: each for each in found.incidents for name in each.findings}
    spent = {each.id for each in found.incidents if stance(each) in ("tried", "minor")}
    single = [each for each in found.findings if each.id not in of]
    return Told(
        broken=tuple(each for each in found.incidents if stance(each) == "in"),
        doubtful=tuple(each for each in found.incidents if stance(each) == "check"),
        tried=tuple(each for each in found.incidents if each.id in spent),
        alone=tuple(each for each in single if stance(each) in ("in", "check")),
        minor=tuple(each for each in single if stance(each) == "minor"),
        attempts=tuple(
            each
            for each in found.findings
            if stance(each) == "tried" and (each.id not in of or of[each.id].id in spent)
        ),
    )


def attackers(found: Iterable[HuntFinding]) -> int:
    """How many addresses stand behind findings; a finding without one counts as nobody's."""
    return len({client for each in found for client in each.clients})


def by_id(found: Hunt) -> dict[str, HuntFinding]:
    """The findings by their fingerprints."""
    return {each.id: each for each in found.findings}


def rows_of(findings: Iterable[HuntFinding]) -> int:
    """How many rows of logs stand behind findings. Several rules match the same rows: of one log,
    client, account and target the rule with the most rows counts."""
    by_rule: dict[tuple[object, ...], Counter[str]] = {}
    for each in findings:
        key = (each.surface, each.host, each.clients, each.actors, each.target)
        by_rule.setdefault(key, Counter())[each.rule] += each.count
    return sum(max(counts.values()) for counts in by_rule.values())


def proof(names: Iterable[str], known: dict[str, HuntFinding]) -> Cited | None:
    """The row that a step is shown by: the first one of the finding that tells most."""
    found = [known[name] for name in names if name in known and known[name].events]
    if not found:
        return None
    best = min(found, key=lambda each: (OUTCOMES.index(each.outcome), -LEVELS.index(each.level)))
    return best.events[0]


def utc(when: datetime) -> datetime:
    """A time in UTC; one without a zone is UTC already, as the run promises."""
    return aware(when).astimezone(UTC)


def entered(each: Incident) -> datetime | None:
    """When the first thing worked; the first sign of all where nothing did."""
    worked = [step.first for step in each.steps if step.outcome == "success" and step.first]
    return min(map(utc, worked), default=each.first)


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """That a server of the inventory was broken into. number: of the incident, worst first."""

    number: int
    since: datetime | None


def breaches(found: Hunt | None) -> dict[str, Breach]:
    """By the server's id: those on which something worked in an incident that somebody got in by."""
    fallen: dict[str, Breach] = {}
    known = by_id(found) if found else {}
    for number, incident in enumerate(told(found).broken if found else (), 1):
        worked: dict[str, list[datetime]] = {}
        for name in incident.findings:
            each = known.get(name)
            if each is not None and each.server and each.outcome == "success":
                worked.setdefault(each.server, []).extend([utc(each.first)] if each.first else [])
        for server, times in worked.items():
            fallen.setdefault(server, Breach(number=number, since=min(times, default=None)))
    return fallen


def place(each: Cited) -> str:
    """Where a row stands, as every report writes it."""
    return f"{each.source}#{each.position}"


def numbered(each: Cited) -> dict[str, int]:
    """The same as a number under its word, `line` or `record`; nothing for another position."""
    match = _PLACE.fullmatch(each.position)
    return {match[1]: int(match[2])} if match else {}


def surface_title(name: str) -> str:
    """What a kind of log is called; its short name when nothing is known of it."""
    known = surfaces().get(name)
    return known.title if known else name


def step_titles(found: Hunt) -> dict[str, str]:
    """Names of steps to the templates of their titles, as the incidents tell them, else as known."""
    known = {name: each.title for name, each in steps().items()}
    missing = {e.name: e.title.template for each in found.incidents for e in each.missing}
    seen = {e.name: e.title.template for each in found.incidents for e in each.steps}
    return known | missing | seen


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one kind of log, all hosts together. noise: as `LogCoverage` has it."""

    surface: str
    hosts: tuple[str, ...]
    files: int
    rows: int
    lost: int
    noise: int
    noise_estimated: bool
    first: datetime | None
    last: datetime | None


def read(coverage: Iterable[LogCoverage]) -> Iterator[Read]:
    """The coverage, a line for each kind of log in the order of the document."""
    kinds: dict[str, list[LogCoverage]] = {}
    for each in coverage:
        kinds.setdefault(each.surface, []).append(each)
    for surface, parts in kinds.items():
        yield Read(
            surface=surface,
            hosts=tuple(dict.fromkeys(each.host for each in parts if each.host)),
            files=sum(each.files for each in parts),
            rows=sum(each.rows for each in parts),
            lost=sum(each.lost for each in parts),
            noise=sum(each.noise for each in parts),
            noise_estimated=any(each.noise_estimated for each in parts),
            first=min((each.first for each in parts if each.first), default=None),
            last=max((each.last for each in parts if each.last), default=None),
        )
