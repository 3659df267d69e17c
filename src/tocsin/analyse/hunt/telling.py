"""What an incident's reader is told beside its steps: what is missing to be sure, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from tocsin.analyse.hunt.chains import ENTRY, weights
from tocsin.analyse.hunt.coverage import EXCHANGE, EXPECTED, Logs, shown, titled
from tocsin.analyse.hunt.findings import several
from tocsin.analyse.hunt.hosts import NO_HOST
from tocsin.analyse.hunt.proof import of_exchange
from tocsin.analyse.hunt.told import StepFact
from tocsin.knowledge.chains import Chain
from tocsin.model.finding import LEVELS
from tocsin.model.hunt import HuntFinding, Incident, Step
from tocsin.model.text import N_, Sentence, say

YOUNG = timedelta(hours=24)
"""A log that begins less before the first sign may not reach back to the real beginning."""

UNSURE_SHOWN = 5
"""Steps of which it is not known whether they worked that are named one by one."""

HELD = frozenset(
    [
        "webshell-use",
        "execution",
        "iis-module",
        "transport-agent",
        "persistence",
        "credentials",
        "tunnel",
    ]
)
"""Steps after which somebody held the server: its secrets are then no secrets."""

LEFT_OPEN = frozenset(
    ["ssrf", "proxyshell", "owassrf", "webshell-write", "webshell-use", "iis-module", "tunnel"]
)
"""Steps after which an intruder needs no other way in."""

DAMAGE = 180
"""From this rank on harm is being done, and what stops it comes before everything else."""

_NO_LOG = N_("Not read for {host} at that time: {surfaces}")
_YOUNG = N_(
    "{surface} of {host} begins at {when}, shortly before the first sign: what came before is not in it"
)
_YOUNG_MANY = N_(
    "{count} logs of {host} begin shortly before the first sign, the earliest at {when}: what came before "
    "is not in them ({surface})"
)
_LATER = N_(
    "{surface} of {host} begins at {when}, after the first sign: the beginning is not in it"
)
_LATER_MANY = N_(
    "{count} logs of {host} begin after the first sign, the earliest at {when}: the beginning is not in "
    "them ({surface})"
)
_NO_ENTRY = N_("How they came in is not shown by these logs")
_BEFORE = N_(
    "How they came in is not shown for that time; {host} was broken into on {day} already ({step}), and may "
    "have been open since"
)
_UNSURE = N_("Whether it worked is not shown: {step} on {host}. Logs that may tell: {surfaces}")
_UNSURE_MORE = N_("Of {count} further steps it is not shown whether they worked")
_UNDATED = N_("{count} findings have no time: where they stand in the order is not known")

_ISOLATE = N_("Take {host} off the network now, but leave it running: its memory is evidence")
_PRESERVE = N_(
    "Keep the logs of every server before they are overwritten: Exchange keeps most for 30 days, some for 7"
)
_RESET = N_(
    "Take every password and key that {host} held for stolen: reset the accounts that were signed in there"
)
_CERTIFICATE = N_(
    "Make a new Exchange Auth certificate and new credentials of the hybrid application, and revoke the old ones"
)
_ASK = N_("Ask whether this was the work of {actor}, by another way than mail; if not, act at once")
_ASK_WHO = N_(
    "Ask your administrators who did this, by another way than mail; if nobody did, act at once"
)
_CHECK = N_("Check that {host} had the update installed when this was tried")
_CLOUD = N_("Revoke the sessions and credentials that were used, and read what they opened")


def data(
    incident: Incident,
    found: Mapping[str, HuntFinding],
    steps: Mapping[str, StepFact],
    read: Logs,
    others: Iterable[Incident] = (),
) -> tuple[Sentence, ...]:
    """What is missing to be sure, the gravest first. others: all incidents of the run."""
    return (
        *_unread(incident, found, read),
        *_way_in(incident, steps, others),
        *_unsure(incident, steps),
        *_beginnings(incident, found, read),
        *_undated(incident),
    )


def _unread(incident: Incident, found: Mapping[str, HuntFinding], read: Logs) -> Iterator[Sentence]:
    on_exchange = _exchange(incident, found)
    for host in incident.hosts:
        have = read.of(host)
        if not have or have <= NO_HOST:
            continue
        wanted = EXPECTED if have & EXCHANGE or on_exchange else ("windows",)
        lacking = [
            each for each in wanted if not read.read(each, host, incident.first, incident.last)
        ]
        if lacking:
            yield say(_NO_LOG, host=host, surfaces=", ".join(map(titled, lacking)))


def _exchange(incident: Incident, found: Mapping[str, HuntFinding]) -> bool:
    """Whether an Exchange server is among the hosts."""
    return any(of_exchange(found[each]) for each in incident.findings if each in found)


def _way_in(
    incident: Incident, steps: Mapping[str, StepFact], others: Iterable[Incident]
) -> Iterator[Sentence]:
    """That a way in worked or may have is not shown, though something else happened; and what happened
    to the same host before."""
    happened = {name for name, weight in weights(incident).items() if weight >= 1}
    if happened and incident.outcome != "attempt":
        ways = (fact.tactic for name in happened if (fact := steps.get(name)) is not None)
        if ENTRY not in ways:
            yield _earlier(incident, steps, others) or say(_NO_ENTRY)


def _earlier(
    incident: Incident, steps: Mapping[str, StepFact], others: Iterable[Incident]
) -> Sentence | None:
    """The break-in into one of the hosts that came last before this one, and what it left open."""
    before = [
        (each.first, fact.rank, fact.title, host)
        for each in others
        if each.outcome == "success" and each.first and incident.first
        if each.first < incident.first and each.id != incident.id
        for step in each.steps
        if step.outcome == "success" and step.name in LEFT_OPEN
        for host in incident.hosts
        if step.host == host and (fact := steps.get(step.name)) is not None
    ]
    if not before:
        return None
    first, _, title, host = max(before)
    return say(_BEFORE, host=host, day=f"{first:%Y-%m-%d}", step=title)


def _unsure(incident: Incident, steps: Mapping[str, StepFact]) -> Iterator[Sentence]:
    unsure = [
        each
        for each in incident.steps
        if each.outcome == "unknown" and LEVELS.index(each.level) >= LEVELS.index("high")
    ]
    for step in unsure[:UNSURE_SHOWN]:
        fact = steps.get(step.name)
        if fact is not None:
            names = ", ".join(map(titled, fact.surfaces))
            yield say(_UNSURE, step=step.title.template, host=step.host or "?", surfaces=names)
    if len(unsure) > UNSURE_SHOWN:
        yield say(_UNSURE_MORE, count=len(unsure) - UNSURE_SHOWN)


def _beginnings(
    incident: Incident, found: Mapping[str, HuntFinding], read: Logs
) -> Iterator[Sentence]:
    """Logs that begin too late to show the beginning; those of one host stand together."""
    if incident.first is None:
        return
    kinds = sorted({found[each].surface for each in incident.findings if each in found} - NO_HOST)
    for host in incident.hosts:
        starts = [
            (begins, titled(surface))
            for surface in kinds
            if (begins := read.begins(surface, host)) is not None
        ]
        young = [each for each in starts if timedelta(0) <= incident.first - each[0] < YOUNG]
        late = [each for each in starts if each[0] > incident.first]
        for alike, one, many in ((young, _YOUNG, _YOUNG_MANY), (late, _LATER, _LATER_MANY)):
            if alike:
                yield say(
                    one if len(alike) == 1 else many,
                    surface=", ".join(name for _, name in alike),
                    host=host,
                    when=shown(min(begins for begins, _ in alike)),
                    count=len(alike),
                )


def _undated(incident: Incident) -> Iterator[Sentence]:
    count = sum(len(each.findings) for each in incident.steps if each.first is None)
    if count:
        yield say(_UNDATED, count=count)


def next_steps(
    incident: Incident,
    found: Mapping[str, HuntFinding],
    chain: Chain | None,
    steps: Mapping[str, StepFact],
) -> tuple[Sentence, ...]:
    """What to do, most urgent first; no sentence twice."""
    told = list(_actions(incident, found, chain, steps))
    return tuple({str(each): each for each in told}.values())


def _actions(
    incident: Incident,
    found: Mapping[str, HuntFinding],
    chain: Chain | None,
    steps: Mapping[str, StepFact],
) -> Iterator[Sentence]:
    happened = [each for each in incident.steps if each.level != "informational"]
    if incident.outcome != "attempt":
        happened = [each for each in happened if each.outcome != "attempt"]
    facts = _facts(happened, steps)
    of_steps = [Sentence(template=fact.next) for fact in facts if fact.next]
    if incident.outcome == "attempt":
        yield from (say(_CHECK, host=host) for host in incident.hosts)
        yield from of_steps
        return
    if incident.doubtful:
        who = several(incident.actors)
        yield say(_ASK, actor=who) if who else say(_ASK_WHO)
        yield from of_steps
        yield say(_PRESERVE)
        return
    machines = [host for host in incident.hosts if _machine(incident, host)]
    # What spreads is stopped before what has left.
    yield from (
        Sentence(template=fact.next)
        for fact in reversed(facts)
        if fact.rank >= DAMAGE and fact.next
    )
    yield from (say(_ISOLATE, host=host) for host in machines)
    if not machines:
        yield say(_CLOUD)
    yield say(_PRESERVE)
    yield from (Sentence(template=each) for each in (chain.next if chain else ()))
    yield from of_steps
    if {each.name for each in happened} & HELD:
        yield from (say(_RESET, host=host) for host in machines)
        if _exchange(incident, found):
            yield say(_CERTIFICATE)


def _facts(happened: Iterable[Step], steps: Mapping[str, StepFact]) -> list[StepFact]:
    """The steps that happened, each once, in the order of an intrusion."""
    names = dict.fromkeys(each.name for each in happened)
    found = [fact for name in names if (fact := steps.get(name)) is not None]
    return sorted(found, key=lambda fact: fact.rank)


def _machine(incident: Incident, host: str) -> bool:
    """Whether something grave happened on a host, so that it must be cut off."""
    return any(
        each.host == host and each.outcome != "attempt" and each.level in ("high", "critical")
        for each in incident.steps
    )
