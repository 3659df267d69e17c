"""Which findings are one intrusion: ties first, then what happened on one host one after another.

Every decision of the second kind is made from the same picture (what the ties alone had put
together), so that no order of the input changes it; none joins two intrusions that each have an
address of their own and a way in of their own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from tocsin.analyse.hunt.hosts import NO_HOST
from tocsin.analyse.hunt.links import Link, links, rank
from tocsin.analyse.hunt.merging import LATE
from tocsin.analyse.hunt.traces import Trace
from tocsin.model.hunt import HuntFinding
from tocsin.model.text import N_, say

AFTER = timedelta(hours=72)
"""How long after a break-in what a host does without saying for whom is held to be part of it: the
published intrusions went on for one to three days between two steps on one host."""

AFTER_OTHER = timedelta(hours=1)
"""Likewise what another address does that shows no way in of its own."""

AFTER_MIXED = timedelta(hours=6)
"""Likewise what says no address but is tied to something that has another one, and no way in."""

AFTER_WEAK = timedelta(minutes=30)
"""Likewise what is only of low level."""

AFTER_SUPPORT = timedelta(minutes=2)
"""Likewise what is informational, which stands by and never joins."""

BEFORE = timedelta(minutes=10)
"""How much earlier it may be: clocks differ, and requests are logged when they end."""

ALONE = timedelta(hours=24)
"""How near to one another such things are put together where no address is known at all."""

AFTER_ORGANISATION = timedelta(hours=6)
"""How long after keys of the organisation were taken something done with them is part of it."""

ORGANISATION = frozenset({"hybrid"})
"""Steps that are taken against the organisation and its tenant, not against one host."""

LOOKED_BACK = 200
"""Earlier findings of a host that are looked at for the nearest one."""

WEAK = 30
"""Links of this weight or less say no more than that it may be the same hand."""

MEDIUM = 2
HIGH = 3

_AFTER = N_("On the same host {host}, {minutes} minutes after {title}.")
_OTHER = N_(
    "From another address on {host}, {minutes} minutes after {title}, with no way in of its own."
)
_ORIGIN = N_("Came from {host}, {minutes} minutes after {title}.")
_ORGANISATION = N_("A way into the same organisation's cloud, {minutes} minutes after {title}.")
_ALONE = N_("On the same host {host} within {minutes} minutes.")


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """One intrusion's findings by their places, and the links that put them together."""

    members: tuple[int, ...]
    links: tuple[Link, ...]
    support: tuple[int, ...] = ()


class _Union:
    """Union-find. A class because it is state: who is whose."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def find(self, at: int) -> int:
        while self.parent[at] != at:
            self.parent[at] = self.parent[self.parent[at]]
            at = self.parent[at]
        return at

    def join(self, one: int, other: int) -> bool:
        """Whether they were two until now."""
        a, b = self.find(one), self.find(other)
        self.parent[max(a, b)] = min(a, b)
        return a != b


class _Ways:
    """Who has come in by a set's ways in: two hands that each have one are not joined by a weak link.
    A class because it is state beside the union's."""

    def __init__(
        self, union: _Union, traces: Sequence[Trace], entry: Callable[[HuntFinding], bool]
    ) -> None:
        self.union = union
        self.hands = {
            place: set(each.clients)
            for place, each in enumerate(traces)
            if each.clients and each.weighs and not each.tried and entry(each.finding)
        }

    def join(self, link: Link) -> bool:
        """Whether the link joined two sets that were apart."""
        one, other = self.union.find(link.one), self.union.find(link.other)
        first, second = self.hands.get(one, set()), self.hands.get(other, set())
        if link.weight <= WEAK and first and second and not first & second:
            return False
        joined = self.union.join(one, other)
        if first or second:
            self.hands[self.union.find(one)] = first | second
        return joined


def clusters(traces: Sequence[Trace], entry: Callable[[HuntFinding], bool]) -> tuple[Cluster, ...]:
    """All intrusions. entry: whether a finding is a way in. Findings that tie to nothing are
    clusters of one; informational ones are only ever support."""
    union = _Union(len(traces))
    ways = _Ways(union, traces, entry)
    used = [each for each in links(traces) if ways.join(each)]
    followed = _following(traces, _sets(union, traces), entry)
    used += [each for each in sorted(followed, key=lambda e: rank(e, traces)) if ways.join(each)]
    sets = _sets(union, traces)
    by_root: dict[int, list[Link]] = {}
    for each in used:
        by_root.setdefault(union.find(each.one), []).append(each)
    support = _support(traces, sets)
    return tuple(
        Cluster(
            members=tuple(members),
            links=tuple(by_root.get(union.find(members[0]), ())),
            support=tuple(support.get(number, ())),
        )
        for number, members in enumerate(sets)
    )


def _sets(union: _Union, traces: Sequence[Trace]) -> list[list[int]]:
    """The sets above informational, each in the order of time; the earliest first."""
    found: dict[int, list[int]] = {}
    for place in sorted(range(len(traces)), key=lambda at: _when(traces[at])):
        if traces[place].weighs:
            found.setdefault(union.find(place), []).append(place)
    return list(found.values())


def _when(trace: Trace) -> tuple[datetime, str]:
    return trace.first, trace.finding.id


class _Scene(msgspec.Struct, kw_only=True):
    """What happened on one host, in the order of time: place in the list, and of which set."""

    begins: list[datetime]
    places: list[int]
    sets: list[int]


def _scenes(traces: Sequence[Trace], chosen: Iterable[tuple[int, int]]) -> dict[str, _Scene]:
    """chosen: (place in the list, number of its set)."""
    found: dict[str, _Scene] = {}
    for place, number in sorted(chosen, key=lambda each: _when(traces[each[0]])):
        scene = found.setdefault(traces[place].host, _Scene(begins=[], places=[], sets=[]))
        scene.begins.append(traces[place].first)
        scene.places.append(place)
        scene.sets.append(number)
    return found


def _nearest(
    scene: _Scene | None, traces: Sequence[Trace], at: int, window: timedelta, not_of: int
) -> tuple[int, timedelta] | None:
    """The finding that `at` follows most closely on a scene, and by how much."""
    trace = traces[at]
    if scene is None or trace.first == LATE:
        return None
    best: tuple[timedelta, str, int] | None = None
    end = bisect_right(scene.begins, trace.first + BEFORE)
    for place, number in zip(
        reversed(scene.places[max(0, end - LOOKED_BACK) : end]),
        reversed(scene.sets[max(0, end - LOOKED_BACK) : end]),
        strict=True,
    ):
        if number == not_of:
            continue
        other = traces[place]
        gap = max(timedelta(), trace.first - other.last, other.first - trace.first)
        if gap <= window and (best is None or (gap, other.finding.id) < best[:2]):
            best = (gap, other.finding.id, place)
    return None if best is None else (best[2], best[0])


def _following(
    traces: Sequence[Trace], sets: Sequence[Sequence[int]], entry: Callable[[HuntFinding], bool]
) -> list[Link]:
    """Links by host and time, each set's nearest predecessor at most."""
    placed: list[tuple[int, int]] = []
    placeless: list[tuple[int, int]] = []
    for number, members in enumerate(sets):
        happened = [at for at in members if not traces[at].tried]
        known = any(traces[at].clients for at in members)
        (placed if known else placeless).extend((at, number) for at in happened)
    strong = [each for each in placed if traces[each[0]].weighs >= MEDIUM]
    grave = [each for each in placed if traces[each[0]].weighs >= HIGH]
    loose = [each for each in placeless if traces[each[0]].weighs >= MEDIUM]
    arrived = [each for each in loose if traces[each[0]].origins]
    on_host = _scenes(traces, [*strong, *arrived])
    ways_in = _scenes(traces, (each for each in grave if entry(traces[each[0]].finding)))
    anything = _scenes(traces, [*strong, *loose])
    homeless = {number for _, number in placeless}
    has_way = {number for at, number in placed if entry(traces[at].finding)}
    found: list[Link] = []
    alone: list[tuple[int, int]] = []
    for number, members in enumerate(sets):
        acts = [at for at in members if not traces[at].tried]
        if not acts:
            continue
        link = _origin(traces, acts, number, anything)
        if link is None and number in homeless:
            link = _host(traces, acts, number, on_host, anything, AFTER)
            if link is None:
                alone += [(at, number) for at in acts if traces[at].weighs >= MEDIUM]
        elif link is None and number not in has_way:
            link = _other(traces, acts, number, ways_in)
            if link is None:
                unsaid = [at for at in acts if not traces[at].clients]
                link = _host(traces, unsaid, number, on_host, anything, AFTER_MIXED)
        if link is not None:
            found.append(link)
    return found + _alone(traces, alone) + _of_organisation(traces, [*strong, *loose])


def _of_organisation(traces: Sequence[Trace], acts: Iterable[tuple[int, int]]) -> list[Link]:
    """What concerns the whole organisation, whichever host it is done on: keys taken from the
    federation server or the directory open the tenant."""
    ordered = sorted(
        (at for at, _ in acts if traces[at].finding.step in ORGANISATION),
        key=lambda at: _when(traces[at]),
    )
    found = []
    for one, other in pairwise(ordered):
        gap = max(timedelta(), traces[other].first - traces[one].last)
        if traces[other].first != LATE and gap <= AFTER_ORGANISATION:
            found.append(_link(traces, (one, gap), other, 8, _ORGANISATION))
    return found


def _host(
    traces: Sequence[Trace],
    acts: Sequence[int],
    number: int,
    on_host: dict[str, _Scene],
    anything: dict[str, _Scene],
    window: timedelta,
) -> Link | None:
    """What a host does for nobody it names, after a break-in by somebody it names."""
    for at in acts:
        weak = traces[at].weighs < MEDIUM
        if traces[at].finding.surface in NO_HOST:
            continue
        near = _nearest(
            (anything if weak else on_host).get(traces[at].host),
            traces, at, AFTER_WEAK if weak else window, number,
        )  # fmt: skip
        if near is not None:
            return _link(traces, near, at, 10, _AFTER)
    return None


def _origin(
    traces: Sequence[Trace], acts: Sequence[int], number: int, anything: dict[str, _Scene]
) -> Link | None:
    """What came from a host after that one was broken into."""
    for at in acts:
        for host in sorted(traces[at].origins):
            near = _nearest(anything.get(host), traces, at, AFTER, number)
            if near is not None:
                return _link(traces, near, at, 15, _ORIGIN)
    return None


def _other(
    traces: Sequence[Trace], acts: Sequence[int], number: int, ways_in: dict[str, _Scene]
) -> Link | None:
    """What another address does right after a way in, without one of its own."""
    for at in acts:
        if traces[at].weighs < HIGH:
            continue
        near = _nearest(ways_in.get(traces[at].host), traces, at, AFTER_OTHER, number)
        if near is not None:
            return _link(traces, near, at, 12, _OTHER)
    return None


def _link(
    traces: Sequence[Trace], near: tuple[int, timedelta], at: int, weight: int, why: str
) -> Link:
    before, gap = near
    return Link(
        one=before,
        other=at,
        weight=weight,
        why=say(
            why,
            host=traces[before].host or traces[before].finding.host,
            minutes=int(gap.total_seconds() // 60),
            title=traces[before].finding.title,
        ),
    )


def _alone(traces: Sequence[Trace], acts: Iterable[tuple[int, int]]) -> list[Link]:
    """What no address is known of at all: near to one another on one host."""
    found = []
    for scene in _scenes(traces, acts).values():
        until: tuple[datetime, int] | None = None
        for place in scene.places:
            trace = traces[place]
            if trace.first == LATE or trace.finding.surface in NO_HOST:
                continue
            if until is not None and trace.first - until[0] <= ALONE:
                gap = max(timedelta(), trace.first - until[0])
                found.append(_link(traces, (until[1], gap), place, 5, _ALONE))
            if until is None or trace.last >= until[0]:
                until = (trace.last, place)
    return found


def _support(traces: Sequence[Trace], sets: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    """Informational findings that stand by one set: by an id, else an address, else host and time."""
    by_key: dict[str, set[int]] = {}
    acting: list[tuple[int, int]] = []
    for number, members in enumerate(sets):
        for at in members:
            for key in (*traces[at].ids, *traces[at].clients):
                by_key.setdefault(key, set()).add(number)
            if not traces[at].tried and traces[at].weighs >= MEDIUM:
                acting.append((at, number))
    scenes = _scenes(traces, acting)
    number_of = dict(acting)
    found: dict[int, list[int]] = {}
    for place in sorted(range(len(traces)), key=lambda at: _when(traces[at])):
        trace = traces[place]
        if trace.weighs:
            continue
        keys = [
            by_key[key] for key in (*sorted(trace.ids), *sorted(trace.clients)) if key in by_key
        ]
        sure = [next(iter(each)) for each in keys if len(each) == 1]
        if sure:
            found.setdefault(sure[0], []).append(place)
        elif not trace.clients and not trace.origins:
            near = _nearest(scenes.get(trace.host), traces, place, AFTER_SUPPORT, -1)
            if near is not None:
                found.setdefault(number_of[near[0]], []).append(place)
    return found
