"""What the hunt says, as it is written down in the document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.model.finding import LEVELS, Level
from tocsin.model.text import Sentence
from tocsin.model.trusts import Acceptance

Outcome = Literal["attempt", "success", "unknown"]
"""Whether what a rule describes was tried, worked, or the log cannot tell."""

Stance = Literal["in", "check", "tried", "minor"]
"""What the reader must make of it: somebody got in; somebody may have; it failed; it means little."""

TENANT_LOGS = frozenset({"m365", "graph-activity", "message-trace"})
"""Logs of a whole tenant: what happened there happened on no server."""

TENANT = "Microsoft 365 tenant"
"""What that is called in the place of a server, in every language."""

EVENTS_KEPT = 25
"""Rows of one finding that are written down; the others are counted."""


class Cited(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row that a finding rests on. position: `line 12`, `record 3`. raw: the row itself, cut.

    fields: those that the rule asked for and those that say who, whence and what; decoded: what was
    hidden in the row, in plain words.
    """

    source: str
    position: str
    sha256: str
    when: datetime | None
    surface: str
    host: str
    raw: str
    fields: dict[str, str] = {}
    decoded: dict[str, str] = {}


class HuntFinding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All rows that one rule matched on one host by one actor and client: one finding.

    id: fingerprint, stable between runs. rule, title: of the Sigma rule. outcome: the best that any
    row shows (`success` over `unknown` over `attempt`). step: the rule's step of an intrusion, a
    name of `knowledge/data/steps.toml`; empty where it names none. attack: ATT&CK technique ids
    (`T1190`). server: id of the inventory's server, where it knows the host. target: what was asked
    for or acted on (page, mailbox, group, file). events: at most `EVENTS_KEPT`, first and last ones.
    accepted: while somebody answers for it.
    """

    id: str
    rule: str
    title: str
    level: Level
    outcome: Outcome
    because: Sentence
    surface: str
    host: str
    server: str = ""
    step: str = ""
    attack: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    target: str = ""
    first: datetime | None
    last: datetime | None
    count: int
    outcomes: dict[Outcome, int]
    events: tuple[Cited, ...]
    references: tuple[str, ...] = ()
    remediation: Sentence | None = None
    incident: str = ""
    accepted: Acceptance | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of an incident's timeline: a finding seen as a step. name: as in `steps.toml`.

    repeated findings of one step at one time stand together: findings names them all.
    """

    name: str
    title: Sentence
    attack: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    host: str
    outcome: Outcome
    level: Level
    said: Sentence
    findings: tuple[str, ...]


class Missing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step that the chain has and these logs do not show. read: whether any log that would show it
    was among the inputs for that host and time; seen_in: those that were, else all that would."""

    name: str
    title: Sentence
    seen_in: tuple[str, ...]
    read: bool


class Incident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One intrusion, told in order. chain: id of the known chain that it resembles most, or empty.

    doubtful: an administrator may have done all that worked. joined: why its findings belong together, one
    sentence a link. missing: steps that are not shown.
    data: what is missing to be sure. next: what to do, most urgent first.
    """

    id: str
    title: Sentence
    level: Level
    outcome: Outcome
    doubtful: bool = False
    chain: str = ""
    chain_title: Sentence | None = None
    hosts: tuple[str, ...]
    servers: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    first: datetime | None
    last: datetime | None
    steps: tuple[Step, ...]
    findings: tuple[str, ...]
    joined: tuple[Sentence, ...] = ()
    missing: tuple[Missing, ...] = ()
    data: tuple[Sentence, ...] = ()
    next: tuple[Sentence, ...] = ()
    accepted: Acceptance | None = None


class LogCoverage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was read of one kind of log of one host. noise: rows of Exchange's own health probes;
    noise_estimated: reckoned from parts of files that are large."""

    surface: str
    host: str
    files: int
    rows: int
    lost: int
    noise: int
    noise_estimated: bool = False
    first: datetime | None
    last: datetime | None


class RuleProblem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that could not be used, and why."""

    source: str
    rule: str
    why: Sentence


class Hunt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hunt's answer. findings, incidents: worst first. rules: how many were held against the logs.

    blind: what these inputs cannot show (logs that are absent, silent, cut or switched off).
    """

    findings: tuple[HuntFinding, ...]
    incidents: tuple[Incident, ...]
    coverage: tuple[LogCoverage, ...]
    rules: int
    problems: tuple[RuleProblem, ...] = ()
    blind: tuple[Sentence, ...] = ()


def stance(each: HuntFinding | Incident) -> Stance:
    """What a finding or an incident is to its reader.

    `in`: it worked and is high or critical. `check`: it is at least medium, and worked or cannot be
    told, or an administrator may have done it all. `tried`: it did not work. `minor`: the rest.
    """
    weight = LEVELS.index(each.level)
    if each.outcome == "attempt":
        return "tried"
    either = isinstance(each, Incident) and each.doubtful
    if each.outcome == "success" and weight >= LEVELS.index("high") and not either:
        return "in"
    return "check" if weight >= LEVELS.index("medium") else "minor"


def place_of(found: Iterable[HuntFinding]) -> str:
    """Where findings of which no log names the server were: `TENANT`, or a server without a name, the
    empty text."""
    surfaces = {each.surface for each in found}
    return TENANT if surfaces and surfaces <= TENANT_LOGS else ""


def fallen(each: Incident, known: Mapping[str, HuntFinding]) -> set[str]:
    """Where something worked: servers by name, `TENANT`, and the empty text for a server without one.
    known: findings by id."""
    worked = [step for step in each.steps if step.outcome == "success"]
    if not worked:
        return set(each.hosts) or {place_of(_members(each.findings, known))}
    return {step.host or place_of(_members(step.findings, known)) for step in worked}


def _members(names: Iterable[str], known: Mapping[str, HuntFinding]) -> list[HuntFinding]:
    return [known[name] for name in names if name in known]
