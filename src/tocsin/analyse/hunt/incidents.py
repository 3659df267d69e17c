"""From findings to incidents: one intrusion each, told in the order of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tocsin.analyse.hunt.findings import order, several
from tocsin.analyse.hunt.joining import HIGH, MEDIUM, Cluster
from tocsin.analyse.hunt.links import Link
from tocsin.analyse.hunt.merging import BEST, LATE
from tocsin.analyse.hunt.proof import doubtful
from tocsin.analyse.hunt.told import StepFact
from tocsin.analyse.hunt.traces import Trace
from tocsin.model.finding import LEVELS, fingerprint
from tocsin.model.hunt import TENANT, TENANT_LOGS, HuntFinding, Incident, Outcome, Step
from tocsin.model.text import N_, Sentence, Value, say

TOGETHER = timedelta(minutes=5)
"""Findings of one step on one host, with nothing else in between, that begin so near to one another
are one line of the story."""

MOMENT = timedelta(seconds=10)
"""The same where there is something else in between: done by a script, all at once."""

SPOKE, RAN = "probe", "execution"
"""The steps of findings that say that somebody asked, not what for; that a program ran, not what it did."""

JOINED_LIMIT = 30
"""Reasons why findings belong together that are written down; alike ones are one."""

_BROKEN = N_("{host} was broken into from {client}: {step}")
_BROKEN_BY = N_("{host} was broken into: {step}")
_SIGNS = N_("Signs of an intrusion on {host} from {client}: {step}; whether it worked is not shown")
_SIGNS_BY = N_("Signs of an intrusion on {host}: {step}; whether it worked is not shown")
_TRIED = N_("Attempt on {host} from {client}: {step}; nothing shows that it worked")
_TRIED_BY = N_("Attempt on {host}: {step}; nothing shows that it worked")

_UNNAMED: dict[Outcome, tuple[str, str]] = {
    "success": (
        N_("A server was broken into from {client}: {step}"),
        N_("A server was broken into: {step}"),
    ),
    "unknown": (
        N_("Signs of an intrusion from {client}: {step}; whether it worked is not shown"),
        N_("Signs of an intrusion: {step}; whether it worked is not shown"),
    ),
    "attempt": (
        N_("Attempt from {client}: {step}; nothing shows that it worked"),
        N_("Attempt: {step}; nothing shows that it worked"),
    ),
}
"""Where no log names the server."""

_EITHER = N_("{actor} on {host}: {step}. An intruder or an administrator")
_EITHER_BY = N_("On {host}: {step}. An intruder or an administrator")
_EITHER_UNNAMED = N_("{actor}: {step}. An intruder or an administrator")
_EITHER_SOMEBODY = N_("{step}. An intruder or an administrator")

_TITLES: dict[Outcome, tuple[str, str]] = {
    "success": (_BROKEN, _BROKEN_BY),
    "unknown": (_SIGNS, _SIGNS_BY),
    "attempt": (_TRIED, _TRIED_BY),
}


def is_incident(members: Iterable[Trace]) -> bool:
    """Whether a cluster is more than a note: something in it is at least of medium level."""
    return any(each.weighs >= MEDIUM for each in members)


def incident(traces: Sequence[Trace], cluster: Cluster, steps: Mapping[str, StepFact]) -> Incident:
    """One cluster told, without what chains and coverage have to say."""
    members = [traces[at] for at in (*cluster.members, *cluster.support)]
    found = [each.finding for each in members]
    worst = sorted((traces[at].finding for at in cluster.members), key=order)
    clients = _unique(client for each in members for client in sorted(each.clients))
    told = Incident(
        id=fingerprint("incident", worst[0].id),
        title=Sentence(template=""),
        level=max((each.level for each in found), key=LEVELS.index),
        outcome=outcome_of(members),
        hosts=_unique(each.host or each.finding.host for each in members),
        servers=_unique(each.server for each in found),
        actors=_unique(actor for each in found for actor in each.actors),
        clients=clients or _unique(client for each in found for client in each.clients),
        first=min((each.first for each in found if each.first), default=None),
        last=max((each.last for each in found if each.last), default=None),
        steps=timeline(told_apart(members), steps),
        findings=tuple(each.finding.id for each in sorted(members, key=lambda e: _when(e, steps))),
        joined=reasons(cluster.links),
    )
    either = told.outcome != "attempt" and doubtful(told.steps)
    told = msgspec.structs.replace(told, doubtful=either)
    return msgspec.structs.replace(told, title=_title(members, told, clients, steps))


def told_apart(members: Sequence[Trace]) -> list[Trace]:
    """The members that have a line of their own: not those that only say that a script spoke to the
    server, where a graver one says what the same address did at that time, nor those that only say that a
    program ran, where others say of the same rows what it did."""
    grave = [each for each in members if each.weighs >= MEDIUM]
    done = {
        row for each in members if each.weighs and each.finding.step != RAN for row in _rows(each)
    }
    return [
        each
        for each in members
        if not (_only_spoke(each) and any(_meanwhile(each, other) for other in grave))
        and not (each.finding.step == RAN and _rows(each) <= done and _whole(each))
    ]


def _only_spoke(trace: Trace) -> bool:
    found = trace.finding
    return found.step == SPOKE and found.outcome == "unknown" and not trace.weighs


def _meanwhile(trace: Trace, other: Trace) -> bool:
    """Whether the other one came from the same address at that time."""
    return (
        bool(trace.clients & other.clients)
        and trace.first - other.told <= TOGETHER
        and other.first - trace.last <= TOGETHER
    )


def _rows(trace: Trace) -> set[tuple[str, str]]:
    return {(each.source, each.position) for each in trace.finding.events}


def _whole(trace: Trace) -> bool:
    """Whether all its rows are written down."""
    return trace.finding.count == len(trace.finding.events)


def reasons(links: Iterable[Link]) -> tuple[Sentence, ...]:
    """Why findings belong together; reasons that differ only in the value they rest on are one."""
    values: dict[tuple[str, tuple[tuple[str, Value], ...]], list[str]] = {}
    for each in links:
        rest = tuple(sorted((k, v) for k, v in each.why.values.items() if k != "value"))
        values.setdefault((each.why.template, rest), []).append(
            str(each.why.values.get("value", ""))
        )
    return tuple(
        say(template, **dict(rest), value=several(_unique(found)))
        if "{value}" in template
        else say(template, **dict(rest))
        for (template, rest), found in values.items()
    )[:JOINED_LIMIT]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in names if each))


def outcome_of(members: Iterable[Trace]) -> Outcome:
    """What the grave findings show. Where those were only tried and something lesser worked, it is
    not known what that was."""
    by_weight: dict[bool, set[Outcome]] = {True: set(), False: set()}
    for each in members:
        if each.weighs >= MEDIUM:
            by_weight[each.weighs >= HIGH].add(each.finding.outcome)
    grave, lesser = (
        next((each for each in BEST if each in by_weight[which]), None) for which in (True, False)
    )
    if grave == "attempt" and lesser in ("success", "unknown"):
        return "unknown"
    return grave or lesser or "unknown"


def _title(
    members: Sequence[Trace],
    told: Incident,
    clients: Sequence[str],
    steps: Mapping[str, StepFact],
) -> Sentence:
    def telling(each: Trace) -> tuple[int, int, int, datetime, str]:
        step = steps.get(each.finding.step)
        rank = step.rank if step else 0
        worked = BEST.index(each.finding.outcome)
        return worked, -each.weighs, -rank, each.first, each.finding.id

    shown = min((each for each in members if each.weighs >= MEDIUM), key=telling).finding
    step = steps.get(shown.step)
    host = several(told.hosts) or (TENANT if shown.surface in TENANT_LOGS else "")
    values: dict[str, Value] = {"step": step.title if step else shown.title}
    if host:
        values["host"] = host
    if told.doubtful and told.actors:
        return say(_EITHER if host else _EITHER_UNNAMED, actor=several(told.actors), **values)
    if told.doubtful:
        return say(_EITHER_BY if host else _EITHER_SOMEBODY, **values)
    with_client, without = (_TITLES if host else _UNNAMED)[told.outcome]
    if not clients:
        return say(without, **values)
    return say(with_client, client=several(clients), **values)


def timeline(members: Iterable[Trace], steps: Mapping[str, StepFact]) -> tuple[Step, ...]:
    """The findings as steps in the order of time. What one host shows of one step is one line: at one
    moment, and for longer as long as it shows nothing else in between."""
    last: dict[str, list[Trace]] = {}
    open_ones: dict[tuple[str, str], list[Trace]] = {}
    lines: list[list[Trace]] = []
    for each in sorted(members, key=lambda trace: _when(trace, steps)):
        key = (each.host, each.finding.step or each.finding.rule)
        line = open_ones.get(key)
        window = TOGETHER if line is not None and last.get(each.host) is line else MOMENT
        if line is not None and each.told - line[-1].told <= window:
            line.append(each)
        else:
            open_ones[key] = line = [each]
            lines.append(line)
        last[each.host] = line
    told = [_step(line, steps) for line in lines]
    return tuple(sorted(told, key=lambda step: _story(step, steps)))


def _when(trace: Trace, steps: Mapping[str, StepFact]) -> tuple[datetime, int, str]:
    """In time; at one moment in the order in which an intrusion goes."""
    fact = steps.get(trace.finding.step)
    return trace.told, fact.rank if fact else 0, trace.finding.id


def _story(step: Step, steps: Mapping[str, StepFact]) -> tuple[datetime, int, str, str]:
    """At one moment, in the order in which an intrusion goes."""
    fact = steps.get(step.name)
    return step.first or LATE, fact.rank if fact else 0, step.host, step.findings[0]


def _step(line: Sequence[Trace], steps: Mapping[str, StepFact]) -> Step:
    found = sorted((each.finding for each in line), key=order)
    shown: HuntFinding = found[0]
    fact = steps.get(shown.step)
    attack = _unique(technique for each in found for technique in each.attack)
    return Step(
        name=shown.step,
        title=Sentence(template=fact.title if fact else shown.title),
        attack=attack or (fact.attack if fact else ()),
        first=min((each.told for each in line if each.told != LATE), default=None),
        last=max((each.last for each in found if each.last), default=None),
        host=line[0].host or line[0].finding.host,
        outcome=min((each.outcome for each in found), key=BEST.index),
        level=shown.level,
        said=shown.because,
        findings=tuple(each.id for each in found),
    )
