"""From folded matches to findings: what a reader is told of all rows that one rule matched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tocsin.analyse.hunt.groups import Group
from tocsin.analyse.hunt.merging import BEST, LATE, best, kept_events, merged
from tocsin.analyse.hunt.told import Told
from tocsin.analyse.hunt.withheld import withheld
from tocsin.knowledge.surfaces import Surface, surfaces
from tocsin.model.event import Event
from tocsin.model.evidence import Evidence
from tocsin.model.finding import LEVELS, Level, fingerprint
from tocsin.model.hunt import Cited, HuntFinding, Outcome
from tocsin.model.text import N_, Sentence

VALUE_KEPT = 300
"""Characters of one value that a sentence is filled with; the row itself holds the rest."""

FIELD_KEPT = 2_000
"""Characters of one field of a cited row."""

APART = timedelta(hours=24)
"""Rows without an address that stand further from one another are findings of their own."""

BEFORE = timedelta(minutes=30)
"""Attempts that all lie longer than this before what worked are a finding of their own."""

NAMES_KEPT = 20
"""Actors and clients of one finding that are named."""

SHOWN = 3
"""Names that stand in one place of a sentence; further ones are counted."""

UNSAID = "?"
"""What stands in a sentence for what the log does not say; a sign, so that it needs no language."""

_FROM = N_("{client} on {host}: {target}. {count} rows are as the rule “{title}” describes.")
_ON = N_("{actor} on {host}: {target}. {count} rows are as the rule “{title}” describes.")
_HELD = N_("{host}: {count} rows are as the rule “{title}” describes.")


def findings(
    groups: Iterable[Group],
    rules: Mapping[str, Told],
    servers: Mapping[str, str],
    digests: Mapping[str, str],
) -> tuple[HuntFinding, ...]:
    """One finding a group, gravest first. Groups of a rule that is not given are left out.

    servers: id of the inventory's server by any of its names; digests: SHA-256 by source.
    """
    known = by_name(servers)
    told = (
        finding(group, rule, known, digests)
        for group in put_together(groups)
        if (rule := rules.get(group.rule)) is not None
    )
    return tuple(sorted(told, key=order))


def order(each: HuntFinding) -> tuple[int, int, datetime, str]:
    """The gravest first, then the one that is seen to have worked, then the earliest."""
    return -LEVELS.index(each.level), BEST.index(each.outcome), each.first or LATE, each.id


def put_together(groups: Iterable[Group]) -> list[Group]:
    """Groups of one rule, host and key as one, however the rows were shared out among readers."""
    found: dict[tuple[str, ...], dict[bool, Group]] = {}
    for group in groups:
        key = (group.rule, group.surface, group.host.lower(), *group.key)
        parts = found.setdefault(key, {})
        kept = parts.get(group.tried)
        parts[group.tried] = group if kept is None else merged(kept, group)
    return [
        part
        for parts in found.values()
        for each in _phases(parts)
        for part in _apart(msgspec.structs.replace(each, events=kept_events(each.events)))
    ]


def _phases(parts: Mapping[bool, Group]) -> list[Group]:
    """What was tried in vain long before anything worked is a finding of its own; else it belongs to it."""
    tried, worked = parts.get(True), parts.get(False)
    if tried is None or worked is None:
        return list(parts.values())
    if tried.last and worked.first and worked.first - tried.last > BEFORE:
        return [worked, msgspec.structs.replace(tried, key=(*tried.key, "tried"))]
    return [msgspec.structs.replace(merged(worked, tried), worked=worked.first)]


def _apart(group: Group) -> list[Group]:
    """What a host did on days far from one another, for nobody that it names, is not one finding.

    Only where every row is kept; their outcomes are then of the same kind, or stay together.
    """
    if group.client or group.count != len(group.events) or len(group.outcomes) > 1:
        return [group]
    parts: list[list[Evidence]] = []
    for each in group.events:
        when, before = each.seen, parts[-1][-1].seen if parts else None
        if not parts or (when is not None and before is not None and when - before > APART):
            parts.append([])
        parts[-1].append(each)
    if len(parts) < 2:
        return [group]
    return [
        msgspec.structs.replace(
            group,
            key=(*group.key, _of(part[0])) if number else group.key,
            count=len(part),
            first=part[0].seen,
            last=part[-1].seen or part[0].seen,
            outcomes=dict.fromkeys(group.outcomes, len(part)),
            events=part,
        )
        for number, part in enumerate(parts)
    ]


def _of(each: Evidence) -> str:
    return each.seen.isoformat() if each.seen else ""


def by_name(servers: Mapping[str, str]) -> dict[str, str]:
    """Server ids by lower-case name; the short form of a name too, where only one server has it. servers:
    empty for a name that several servers have."""
    known = {name.lower().rstrip("."): server for name, server in servers.items() if name}
    short: dict[str, set[str]] = {}
    for name, server in known.items():
        if not _numeric(name):
            short.setdefault(name.partition(".")[0], set()).add(server)
    return {name: next(iter(ids)) for name, ids in short.items() if len(ids) == 1} | known


def server_of(host: str, known: Mapping[str, str]) -> str:
    """The inventory's id of a host named in any way; empty if it is not known."""
    name = host.lower().rstrip(".")
    found = known.get(name)
    if found is None and name and not _numeric(name):
        found = known.get(name.partition(".")[0])
    return found or ""


def _numeric(name: str) -> bool:
    """Whether it is an address, whose first part is no name."""
    return ":" in name or name.replace(".", "").isdecimal()


def lowered(level: Level, outcome: Outcome) -> Level:
    """A rule's level as it holds for what happened: one step lower where all rows were only tried."""
    place = LEVELS.index(level)
    return LEVELS[max(0, place - 1)] if outcome == "attempt" else level


def techniques(tags: Iterable[str]) -> tuple[str, ...]:
    """ATT&CK ids out of Sigma tags: `attack.t1505.003` is `T1505.003`."""
    found = (tag.lower().partition("attack.")[2] for tag in tags)
    return tuple(
        dict.fromkeys(each.upper() for each in found if each[:1] == "t" and each[1:2].isdigit())
    )


def finding(
    group: Group,
    rule: Told,
    known: Mapping[str, str],
    digests: Mapping[str, str],
    host: str = "",
) -> HuntFinding:
    """What is told of one group. host: the one that its rows are of, where they do not say it."""
    outcome = best(group.outcomes)
    surface = surfaces().get(group.surface)
    events = [each for each in group.events if isinstance(each.body, Event)]
    said = rule.remediation
    clients = _names(group.client, events, surface.client if surface else ())
    actors = _names(group.actor, events, surface.actor if surface else ())
    return HuntFinding(
        id=fingerprint(rule.id, "\0".join((group.surface, group.host.lower(), *group.key))),
        rule=rule.id,
        title=rule.title,
        level=lowered(rule.level, outcome),
        outcome=outcome,
        because=_because(group, rule, surface, events, group.host or host, (clients, actors)),
        surface=group.surface,
        host=group.host or host,
        server=server_of(group.host or host, known),
        step=rule.step,
        attack=techniques(rule.tags),
        actors=actors,
        clients=clients,
        target=group.target[:FIELD_KEPT],
        first=group.first,
        last=group.last,
        count=group.count,
        outcomes={each: group.outcomes[each] for each in BEST if group.outcomes.get(each)},
        events=tuple(_cited(each, rule, surface, digests) for each in events),
        references=rule.references,
        remediation=Sentence(template=said) if said else None,
    )


def _names(first: str, events: Iterable[Evidence], fields: Sequence[str]) -> tuple[str, ...]:
    """The group's own name, then those that its kept rows say."""
    found = [first] if first else []
    found += [first_of(each.body, fields) for each in events if isinstance(each.body, Event)]
    return tuple(dict.fromkeys(each for each in found if each))[:NAMES_KEPT]


def first_of(event: Event, fields: Sequence[str]) -> str:
    """The first of these fields that the event has."""
    return next((event.fields[name] for name in fields if event.fields.get(name)), "")


def several(names: Sequence[str]) -> str:
    """A few names in one place of a sentence."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" (+{more})" if more > 0 else "")


def _because(
    group: Group,
    rule: Told,
    surface: Surface | None,
    events: Sequence[Evidence],
    host: str,
    names: tuple[tuple[str, ...], tuple[str, ...]],
) -> Sentence:
    agents = _names("", events, surface.agent if surface else ())
    clients, actors = names
    values: dict[str, str | int] = {
        name: (value or UNSAID)[:VALUE_KEPT]
        for name, value in (
            ("client", group.client or several(clients)),
            ("actor", group.actor or several(actors)),
            ("host", host),
            ("target", group.target),
            ("agent", agents[0] if agents else ""),
            ("title", rule.title),
        )
    }
    template = rule.because or (_HELD if not group.target else _FROM if group.client else _ON)
    return Sentence(template=template, values=values | group.said | {"count": group.count})


def _cited(
    each: Evidence, rule: Told, surface: Surface | None, digests: Mapping[str, str]
) -> Cited:
    event = each.body
    assert isinstance(event, Event)
    asked = dict.fromkeys(rule.fields)
    if surface is not None:
        for names in (surface.client, surface.actor, surface.target, surface.agent):
            asked |= dict.fromkeys(names)
        asked |= dict.fromkeys((*surface.status, *surface.method))
    return Cited(
        source=each.at.source,
        position=each.at.position,
        sha256=each.at.sha256 or digests.get(each.at.source, ""),
        when=event.when,
        surface=event.surface,
        host=event.host,
        raw=withheld(event.raw),
        fields={
            name: withheld(event.fields[name])[:FIELD_KEPT]
            for name in asked
            if event.fields.get(name)
        },
        decoded={name: withheld(value)[:FIELD_KEPT] for name, value in event.decoded.items()},
    )
