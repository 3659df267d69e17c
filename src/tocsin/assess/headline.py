"""The verdict in words: the first thing a reader sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tocsin.analyse.inventory.room import KnownServer
from tocsin.analyse.trust.situation import WEAK
from tocsin.assess.actions.isolate import SENDING, SENDING_SINCE
from tocsin.assess.incidents import aware, entered
from tocsin.assess.story import WHERE
from tocsin.knowledge.steps import steps
from tocsin.model.conversation import Conversations, parted
from tocsin.model.finding import LEVELS
from tocsin.model.hunt import TENANT, Hunt, HuntFinding, Incident, Stance, Step, place_of, stance
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import TARGETS, NodeKind, Plan, Trusts

NAMES = 3
"""Servers named in one sentence of the verdict; the others are counted."""


def headline(
    servers: Sequence[KnownServer],
    counts: Mapping[str, Mapping[str, int]],
    *,
    outside: bool,
) -> tuple[Sentence, ...]:
    """How many servers, how many of them hidden, how many open to what is being exploited."""
    mine = [each for each in servers if each.ours is not False]
    others = len(servers) - len(mine)
    if not servers:
        return (say(N_("No Exchange server was found in what was given.")),)
    lines = [_how_many(len(mine))]
    if outside:
        lines.append(_hidden(sum(each.hidden is True for each in mine)))
    else:
        lines.append(
            say(N_("Which of them the internet sees is unknown: no outside evidence was given."))
        )
    exploited = sum(counts[each.id]["kev"] > 0 for each in mine)
    if exploited:
        lines.append(_exploited(exploited))
    elif any(counts[each.id]["affected"] for each in mine):
        lines.append(say(N_("None is known to be open to a hole that is being exploited.")))
    unknown = sum(each.current is None for each in mine)
    if unknown:
        lines.append(say(N_("The build is unknown for: {count}."), count=unknown))
    if others:
        lines.append(
            say(N_("Servers of other organisations seen in the mails: {count}."), count=others)
        )
    return tuple(lines)


def own_headline(
    servers: Sequence[KnownServer], inferred: Sequence[str], spoken: Conversations | None
) -> tuple[Sentence, ...]:
    """That nobody said which domains are the reader's own, and what mails made us take for them: one
    foreign mail can make foreign servers look like ours. inferred: by the inventory."""
    by_mail = any("mail" in each.seen_by for each in servers)
    names = set(inferred if by_mail else ())
    if spoken is not None and spoken.inferred:
        names |= set(spoken.own_domains)
    if not names:
        return ()
    shown = sorted(names)
    told = ", ".join(shown[:NAMES])
    if len(shown) > NAMES:
        words = N_(
            "Your own domains were inferred: {names} and {count} more; give --own-domain to be sure."
        )
        return (say(words, names=told, count=len(shown) - NAMES),)
    return (
        say(
            N_("Your own domains were inferred: {names}; give --own-domain to be sure."), names=told
        ),
    )


def conversation_headline(
    spoken: Conversations | None, *, asked: bool, narrowed: bool = False
) -> tuple[Sentence, ...]:
    """Whether somebody speaks in our conversations. asked: nothing else was asked for; narrowed: only mails of
    some period were."""
    if spoken is None:
        return (say(N_("No mail was found in what was given.")),) if asked else ()
    if narrowed and not sum(spoken.judged.values()):
        return (say(N_("No mail that was read lies in the period that was asked for.")),)
    spoken, taken = parted(spoken)
    alerts = spoken.judged.get("alert", 0)
    known = taken.campaigns
    answered = (
        [
            say(
                N_("Campaigns that somebody answers for, an exercise, say: {count}."),
                count=len(known),
            )
        ]
        if known
        else []
    )
    if not alerts:
        nobody = N_("Nobody else was found speaking inside the conversations.")
        plain = N_("Nobody was found speaking inside the conversations.")
        return (*answered, say(nobody if known else plain))
    inside = sorted({each for one in spoken.campaigns for each in one.accounts})
    people = {each for one in spoken.campaigns for each in one.recipients}
    lines = [_speaking(alerts), _to_warn(len(people))]
    if inside:
        lines.append(say(N_("Some were sent from accounts of yours: {count}."), count=len(inside)))
    return (*lines, *answered)


def hunt_headline(
    found: Hunt | None,
    *,
    asked: bool,
    period: tuple[datetime | None, datetime | None] = (None, None),
) -> tuple[Sentence, ...]:
    """Which servers were broken into, since when and how far; which were only probed.

    asked: nothing else was asked for. period: since and until when rows were asked for.
    """
    if found is None:
        return (say(N_("No log was found in what was given.")),) if asked else ()
    broken = [each for each in found.incidents if stance(each) == "in"]
    single = _alone(found, "in")
    lines = [_broken(each, _nameless(found, each)) for each in broken] + _broken_by(single)
    if len(lines) > NAMES:
        more = say(N_("Further break-ins: {count}."), count=len(lines) - NAMES)
        lines = [*lines[:NAMES], more]
    inside = {host for each in broken for host in entered(each) or [_nameless(found, each)]}
    inside |= {_place(each) for each in single}
    doubtful = _hosts(found, "check") - inside
    probed = _hosts(found, "tried") - inside - doubtful
    if not lines and not doubtful:
        calm = N_("No trace of a break-in was found in the logs.")
        none = N_("No row of the logs that were read lies in the period that was asked for.")
        lines.append(say(none if _outside(found, *period) else calm))
    if doubtful:
        lines += _doubtful(doubtful)
    if probed:
        lines += _probed(probed, further=bool((inside | doubtful) - {TENANT}))
    return tuple(lines)


def _outside(found: Hunt, since: datetime | None, until: datetime | None) -> bool:
    """Whether every log lies wholly before or behind the period."""
    spans = [(aware(e.first), aware(e.last)) for e in found.coverage if e.first and e.last]
    if len(spans) < len(found.coverage) or not spans or (since is None and until is None):
        return False
    return all(
        (since is not None and last < aware(since)) or (until is not None and first > aware(until))
        for first, last in spans
    )


def trust_headline(trusts: Trusts | None, *, asked: bool) -> tuple[Sentence, ...]:
    """How far trusts carry a break-in on from weak servers, and how many checks fail.

    asked: nothing else was asked for but the servers.
    """
    if trusts is None:
        words = N_("No export of connectors, keys or rights was found in what was given.")
        return (say(words),) if asked else ()
    lines = _ways(trusts)
    open_ones = [each for each in trusts.checks if each.accepted is None]
    fails = sum(each.outcome == "fail" for each in open_ones)
    unknown = sum(each.outcome == "unknown" for each in open_ones)
    if fails:
        lines.append(say(N_("Checks of trusts that fail: {count}."), count=fails))
    if unknown:
        words = N_("Checks of trusts that could not be answered by what was given: {count}.")
        lines.append(say(words, count=unknown))
    return tuple(lines)


def _ways(trusts: Trusts) -> list[Sentence]:
    """From how many weak servers a way leads on, and to what it leads at worst."""
    kinds = {each.id: each.kind for each in trusts.nodes}
    targets = {each.id: kinds[each.target] for each in trusts.paths}
    reached: dict[str, list[NodeKind]] = {}
    for each in trusts.scores:
        beyond = [targets[name] for name in each.paths if targets[name] != "OnPremMailboxes"]
        if each.state in WEAK and beyond:
            reached[each.name] = beyond
    if not reached:
        return []
    gravest = min((k for found in reached.values() for k in found), key=TARGETS.index)
    if len(reached) == 1:
        one = N_("{name} is weak, and trusts lead on from it to {where}.")
        return [say(one, name=next(iter(reached)), where=WHERE[gravest])]
    many = N_("From {count} weak servers trusts lead on, as far as {where}.")
    return [say(many, count=len(reached), where=WHERE[gravest])]


def plan_headline(found: Plan | None) -> tuple[Sentence, ...]:
    """Which broken servers send hijacked mail."""
    words = {
        SENDING: N_(
            "{name}, broken into on {day}, has sent {count} hijacked replies since {since}."
        ),
        SENDING_SINCE: N_("{name}, broken into on {day}, has sent {count} hijacked replies since."),
    }
    sending = [
        each.do
        for each in (found.actions if found else ())
        if each.do.template in words and each.accepted is None
    ]
    return tuple(say(words[each.template], **each.values) for each in sending[:NAMES])


def _alone(found: Hunt, kind: Stance) -> list[HuntFinding]:
    """Findings that are this to their reader and belong to no incident."""
    joined = {name for each in found.incidents for name in each.findings}
    return [each for each in found.findings if each.id not in joined and stance(each) == kind]


def _hosts(found: Hunt, kind: Stance) -> set[str]:
    """The servers of incidents and single findings of this kind: `TENANT` is one of them, and all
    that have no name are another, the empty text."""
    incidents = [each for each in found.incidents if stance(each) == kind]
    hosts = {host for each in incidents for host in each.hosts or [_nameless(found, each)]}
    return hosts | {_place(each) for each in _alone(found, kind)}


def _nameless(found: Hunt, each: Incident) -> str:
    """Where an incident was of which no log names the server."""
    members = set(each.findings)
    return place_of(one for one in found.findings if one.id in members)


def _place(each: HuntFinding) -> str:
    """Where a finding was."""
    return each.host or place_of([each])


def _broken(each: Incident, nameless: str) -> Sentence:
    """Server, or tenant, day and the gravest thing that worked."""
    worked = [step for step in each.steps if step.outcome == "success"]
    days = [step.first for step in worked if step.first] or [d for d in [each.first] if d]
    gravest = max(worked, key=_gravity, default=None)
    title = gravest.title if gravest else each.title
    step = str(title) if title.values else title.template
    hosts = entered(each) or ([nameless] if nameless else [])
    return _entry(hosts, min(days, key=aware, default=None), step)


def _broken_by(single: Sequence[HuntFinding]) -> list[Sentence]:
    """For each server, what weighs most of the findings that belong to no incident."""
    by_host: dict[str, list[HuntFinding]] = {}
    for each in single:
        by_host.setdefault(_place(each), []).append(each)
    lines = []
    for host, found in by_host.items():
        day = min((each.first for each in found if each.first), key=aware, default=None)
        lines.append(_entry([host] if host else [], day, max(found, key=_gravity).title))
    return lines


def _entry(hosts: Sequence[str], day: datetime | None, step: str) -> Sentence:
    values: dict[str, str | int] = {"step": step}
    if day:
        values["day"] = f"{aware(day):%Y-%m-%d}"
    if len(hosts) == 1:
        one = N_("{host} was broken into on {day}: {step}.")
        undated = N_("{host} was broken into: {step}.")
        return say(one if day else undated, host=hosts[0], **values)
    if not hosts:
        unnamed = N_("A server was broken into on {day}: {step}.")
        return say(unnamed if day else N_("A server was broken into: {step}."), **values)
    values["hosts"] = ", ".join(hosts[:NAMES])
    if len(hosts) > NAMES:
        more = N_("{hosts} and {count} more were broken into, first on {day}: {step}.")
        undated = N_("{hosts} and {count} more were broken into: {step}.")
        return say(more if day else undated, count=len(hosts) - NAMES, **values)
    many = N_("{hosts} were broken into, first on {day}: {step}.")
    return say(many if day else N_("{hosts} were broken into: {step}."), **values)


def _gravity(step: Step | HuntFinding) -> tuple[int, int, float]:
    """The level, then how far into an intrusion it belongs, then the earliest."""
    known = steps().get(step.name if isinstance(step, Step) else step.step)
    depth = known.rank if known else 0
    return (LEVELS.index(step.level), depth, -aware(step.first).timestamp())


def _doubtful(places: set[str]) -> Iterator[Sentence]:
    count = len(places - {TENANT})
    if count == 1:
        yield say(N_("On one server the logs cannot tell whether somebody got in."))
    elif count:
        many = N_("On {count} servers the logs cannot tell whether somebody got in.")
        yield say(many, count=count)
    if TENANT in places:
        yield say(N_("In the Microsoft 365 tenant the logs cannot tell whether somebody got in."))


def _probed(places: set[str], *, further: bool) -> Iterator[Sentence]:
    count = len(places - {TENANT})
    if count == 1:
        one = N_("1 server was only probed.")
        yield say(N_("1 further server was only probed.") if further else one)
    elif count:
        many = N_("{count} servers were only probed.")
        yield say(N_("{count} further servers were only probed.") if further else many, count=count)
    if TENANT in places:
        yield say(N_("At the Microsoft 365 tenant somebody tried, and did not get in."))


def _speaking(count: int) -> Sentence:
    if count == 1:
        return say(N_("Somebody is speaking inside a conversation: 1 mail."))
    return say(N_("Somebody is speaking inside the conversations: {count} mails."), count=count)


def _to_warn(count: int) -> Sentence:
    if count == 1:
        return say(N_("1 person got it and must be warned."))
    return say(N_("{count} people got them and must be warned."), count=count)


def _how_many(count: int) -> Sentence:
    if count == 1:
        return say(N_("There is 1 Exchange server."))
    return say(N_("There are {count} Exchange servers."), count=count)


def _hidden(count: int) -> Sentence:
    if count == 0:
        return say(N_("None of them is hidden from the internet."))
    if count == 1:
        return say(N_("Nobody outside can see one of them."))
    return say(N_("Nobody outside can see {count} of them."), count=count)


def _exploited(count: int) -> Sentence:
    if count == 1:
        return say(N_("One is open to holes that are known to be exploited."))
    return say(N_("Of all, {count} are open to holes that are known to be exploited."), count=count)
