"""What the page shows of the hunt: incidents told in order, every finding with its rows, the ground."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tocsin.knowledge.attack import matrix
from tocsin.knowledge.surfaces import surfaces
from tocsin.model.finding import LEVELS, Level
from tocsin.model.hunt import (
    TENANT,
    Cited,
    Hunt,
    HuntFinding,
    Incident,
    LogCoverage,
    Missing,
    Outcome,
    Stance,
    Step,
    fallen,
    place_of,
    stance,
)
from tocsin.model.run import Run
from tocsin.model.text import Sentence
from tocsin.report.html_parts.hunt_picture import IncidentPicture, group_of, incident_picture
from tocsin.report.html_parts.visible import link, visible
from tocsin.report.hunt_parts.telling import (
    OUTCOMES,
    attackers,
    by_id,
    entered,
    proof,
    rows_of,
    step_titles,
    surface_title,
    told,
    utc,
)

INCIDENT_LIMIT = 20
"""Incidents told step by step; further ones, and those that only tried, in one row each."""
STEP_LIMIT = 60
"""Steps of one incident; the others are counted."""
FULL_LIMIT = 150
SHORT_LIMIT = 2000
"""Findings with everything, and further ones in one row each; what is beyond is counted."""
EVENT_LIMIT = 8
"""Rows shown of one finding; run.json has more of them."""
RAW_LIMIT = 1200
VALUE_LIMIT = 300
FIELD_LIMIT = 24
"""Characters of a row and of one of its values, and how many values."""
RULE_LIMIT = 500
CHOICE_LIMIT = 60
"""Rules explained; servers and steps to choose from."""


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a log. source: its row among the sources of the report, or 0."""

    cited: Cited
    source: int
    raw: str
    decoded: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...]
    more_fields: int


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a timeline. findings: numbers of those that stand on the page."""

    number: int
    step: Step
    group: str
    rows: int
    new_day: bool
    event: EventView | None
    findings: tuple[int, ...]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the chain. step: number of the first step that is it; 0: not shown by the logs."""

    title: Sentence
    step: int
    outcome: Outcome | None
    missing: Missing | None
    logs: tuple[tuple[str, str], ...]


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """One incident. since: when the first thing worked."""

    number: int
    incident: Incident
    stance: Stance
    since: datetime | None
    steps: tuple[StepView, ...]
    steps_left: int
    picture: IncidentPicture | None
    chain: tuple[Link, ...]
    seen: int
    rows: int


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. host, step: numbers among what can be chosen, 0 for none of those."""

    number: int
    finding: HuntFinding
    group: str
    incident: int
    rule: int
    host: int
    step: int
    step_title: str
    techniques: tuple[tuple[str, str], ...]
    events: tuple[EventView, ...]
    more: int


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that matched: what it is, and on how much."""

    number: int
    rule: str
    title: str
    level: Level
    techniques: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    references: tuple[str, ...]
    remediation: Sentence | None
    findings: int
    outcomes: Mapping[Outcome, int]


class HuntView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the section needs. brief: incidents in a row each; short: findings likewise."""

    found: Hunt
    incidents: tuple[IncidentView, ...]
    brief: tuple[IncidentView, ...]
    findings: tuple[FindingView, ...]
    short: tuple[FindingView, ...]
    left: int
    rules: tuple[RuleView, ...]
    hosts: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    coverage: tuple[tuple[LogCoverage, str], ...]
    broken: int
    broken_servers: int
    broken_tenant: bool
    doubtful: int
    tried: int
    rows: int
    noise: int
    noise_estimated: bool


class _Pages(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to number and translate: findings by id, and where each stands."""

    translate: Callable[[str], str]
    known: dict[str, HuntFinding]
    number_of: dict[str, int]
    sources: Mapping[str, int]


class _Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What findings are filtered by and lead to. steps: name and title."""

    rules: dict[str, RuleView]
    hosts: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    incident_of: dict[str, int]


def hunt_view(run: Run, translate: Callable[[str], str]) -> HuntView | None:
    """Fold what the hunt found; None when no log was read."""
    found = run.hunt
    if found is None:
        return None
    parts = told(found)
    weighty = (*parts.broken, *parts.doubtful)
    ordered = _ordered(found, weighty)
    pages = _Pages(
        translate=translate,
        known=by_id(found),
        number_of={each.id: place for place, each in enumerate(ordered[:FULL_LIMIT], 1)},
        sources={each.source: place for place, each in enumerate(run.sources, 1)},
    )
    incidents = tuple(
        _incident(number, each, pages) for number, each in enumerate((*weighty, *parts.tried), 1)
    )
    whole = min(len(weighty), INCIDENT_LIMIT)
    inside = {place for each in parts.broken for place in fallen(each, pages.known)}
    choices = _choices(found, ordered, incidents, translate)
    views = tuple(
        _finding(number, each, choices, pages)
        for number, each in enumerate(ordered[: FULL_LIMIT + SHORT_LIMIT], 1)
    )
    return HuntView(
        found=found,
        incidents=incidents[:whole],
        brief=incidents[whole:],
        findings=views[:FULL_LIMIT],
        short=views[FULL_LIMIT:],
        left=max(0, len(ordered) - len(views)),
        rules=tuple(choices.rules.values()),
        hosts=choices.hosts,
        steps=choices.steps,
        coverage=tuple((each, translate(surface_title(each.surface))) for each in found.coverage),
        broken=len(parts.broken),
        broken_servers=len(inside - {TENANT}),
        broken_tenant=TENANT in inside,
        doubtful=len(parts.doubtful) + len(parts.alone),
        tried=attackers(parts.attempts),
        rows=sum(each.rows for each in found.coverage),
        noise=sum(each.noise for each in found.coverage),
        noise_estimated=any(each.noise_estimated for each in found.coverage),
    )


def _choices(
    found: Hunt,
    ordered: Sequence[HuntFinding],
    incidents: Iterable[IncidentView],
    translate: Callable[[str], str],
) -> _Choices:
    titles = step_titles(found)
    names = list(dict.fromkeys(each.step for each in ordered if each.step))[:CHOICE_LIMIT]
    return _Choices(
        rules=_rules(found, translate),
        hosts=tuple(dict.fromkeys(each.host for each in ordered if each.host))[:CHOICE_LIMIT],
        steps=tuple((name, translate(titles.get(name, name))) for name in names),
        incident_of={name: view.number for view in incidents for name in view.incident.findings},
    )


def _ordered(found: Hunt, weighty: Iterable[Incident]) -> list[HuntFinding]:
    """What belongs to a weighty incident, then what may mean something, then attempts; each in the
    order of the document."""
    inside = {name for each in weighty for name in each.findings}
    rank = {"in": 0, "check": 1, "minor": 2, "tried": 3}
    return sorted(
        found.findings, key=lambda each: 0 if each.id in inside else 1 + rank[stance(each)]
    )


def _incident(number: int, each: Incident, pages: _Pages) -> IncidentView:
    full = number <= INCIDENT_LIMIT and stance(each) in ("in", "check")
    steps = each.steps[:STEP_LIMIT] if full else ()
    days = ["", *(f"{utc(step.first):%Y-%m-%d}" if step.first else "-" for step in steps)]
    chain = _chain(each) if full else ()
    mine = [pages.known[name] for name in each.findings if name in pages.known]
    return IncidentView(
        number=number,
        incident=each,
        stance=stance(each),
        since=entered(each),
        steps=tuple(
            _step(place, step, pages, new_day=days[place] != days[place - 1])
            for place, step in enumerate(steps, 1)
        ),
        steps_left=len(each.steps) - len(steps),
        picture=incident_picture(each.steps, pages.translate, place_of(mine)) if full else None,
        chain=chain,
        seen=sum(link.step > 0 for link in chain),
        rows=rows_of(mine),
    )


def _step(number: int, step: Step, pages: _Pages, *, new_day: bool) -> StepView:
    shown = proof(step.findings, pages.known)
    numbers = (pages.number_of.get(name, 0) for name in step.findings)
    return StepView(
        number=number,
        step=step,
        group=group_of(step.name, step.attack),
        rows=rows_of(pages.known[name] for name in step.findings if name in pages.known),
        new_day=new_day,
        event=_event(shown, pages) if shown else None,
        findings=tuple(sorted({each for each in numbers if each}))[:FIELD_LIMIT],
    )


def _chain(each: Incident) -> tuple[Link, ...]:
    """The steps that were seen, each once with its best outcome, then those that were not."""
    seen: dict[str, list[tuple[int, Step]]] = {}
    for number, step in enumerate(each.steps, 1):
        seen.setdefault(step.name, []).append((number, step))
    links = [
        Link(
            title=alike[0][1].title,
            step=min(alike[0][0], STEP_LIMIT),
            outcome=min((step.outcome for _, step in alike), key=OUTCOMES.index),
            missing=None,
            logs=(),
        )
        for alike in seen.values()
    ]
    known = surfaces()
    for missing in each.missing:
        logs = tuple(
            (surface_title(name), known[name].where if name in known else "")
            for name in missing.seen_in[:FIELD_LIMIT]
        )
        links.append(Link(title=missing.title, step=0, outcome=None, missing=missing, logs=logs))
    return tuple(links)


def _finding(number: int, each: HuntFinding, choices: _Choices, pages: _Pages) -> FindingView:
    names = [name for name, _ in choices.steps]
    place = names.index(each.step) if each.step in names else -1
    hosts, rule = choices.hosts, choices.rules.get(each.rule)
    events = each.events[:EVENT_LIMIT] if number <= FULL_LIMIT else each.events[:1]
    return FindingView(
        number=number,
        finding=each,
        group=group_of(each.step, each.attack),
        incident=choices.incident_of.get(each.id, 0),
        rule=rule.number if rule else 0,
        host=hosts.index(each.host) + 1 if each.host in hosts else 0,
        step=place + 1,
        step_title=choices.steps[place][1] if place >= 0 else "",
        techniques=_techniques(each.attack),
        events=tuple(_event(event, pages) for event in events),
        more=max(0, each.count - len(events)),
    )


def _event(each: Cited, pages: _Pages) -> EventView:
    fields = tuple(_values(each.fields))
    return EventView(
        cited=each,
        source=pages.sources.get(each.source, 0),
        raw=visible(each.raw, RAW_LIMIT),
        decoded=tuple(_values(each.decoded))[:FIELD_LIMIT],
        fields=fields[:FIELD_LIMIT],
        more_fields=max(0, len(fields) - FIELD_LIMIT),
    )


def _values(values: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((name, visible(value, VALUE_LIMIT)) for name, value in values.items())


def _techniques(attack: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Ids with ATT&CK's own names, which are not translated."""
    known = matrix().techniques
    return tuple((each, known[each].name if each in known else "") for each in attack)


def _rules(found: Hunt, translate: Callable[[str], str]) -> dict[str, RuleView]:
    """Every rule that matched, the gravest first, by its id."""
    matched: dict[str, list[HuntFinding]] = {}
    for each in found.findings:
        matched.setdefault(each.rule, []).append(each)
    worst = {
        rule: max(same, key=lambda each: LEVELS.index(each.level)) for rule, same in matched.items()
    }
    ranked = sorted(matched, key=lambda rule: (-LEVELS.index(worst[rule].level), rule))
    return {
        rule: _rule(number, worst[rule], matched[rule], translate)
        for number, rule in enumerate(ranked[:RULE_LIMIT], 1)
    }


def _rule(
    number: int,
    worst: HuntFinding,
    same: Sequence[HuntFinding],
    translate: Callable[[str], str],
) -> RuleView:
    outcomes = {
        outcome: count
        for outcome in OUTCOMES
        if (count := sum(each.outcomes.get(outcome, 0) for each in same))
    }
    return RuleView(
        number=number,
        rule=worst.rule,
        title=translate(worst.title) if worst.title else "",
        level=worst.level,
        techniques=_techniques(worst.attack),
        links=tuple(url for url in worst.references if link(url)),
        references=tuple(url for url in worst.references if not link(url)),
        remediation=next((each.remediation for each in same if each.remediation), None),
        findings=len(same),
        outcomes=outcomes,
    )
