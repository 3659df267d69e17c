"""What ties two findings for certain or nearly so, each time with its reason.

A tie needs something that both rows say: an id, a page, an address, an account, a tool. That two
things happened on one host at about the same time is no such tie (`incidents.py` weighs it apart).
What was only tried ties nothing but by its own address and ids: scanners try the same on everybody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from tocsin.analyse.hunt.merging import LATE
from tocsin.analyse.hunt.traces import Trace
from tocsin.model.hunt import TENANT_LOGS
from tocsin.model.text import N_, Sentence, say

PUBLIC_WINDOW = timedelta(days=30)
"""How long a public address is taken for the same hand."""

PRIVATE_WINDOW = timedelta(days=3)
"""Likewise an inner address: those are given out anew, and many hands may stand behind one."""

SHARED_WINDOW = timedelta(hours=12)
"""Likewise one tool behind an address that many share."""

SHARED_TOOLS = 5
"""An inner address with so many user agents is that of a proxy or load balancer."""

ACCOUNT_WINDOW = timedelta(days=7)
GENERIC_WINDOW = timedelta(hours=2)
"""How long an account is the same hand; one that every server has, only on one host."""

PAGE_WINDOW = timedelta(days=90)
PAGE_ELSEWHERE = timedelta(days=2)
"""How long the name of a page ties on one host, and from host to host."""

TOOL_WINDOW = timedelta(hours=1)
"""How long one uncommon user agent on one host is the same hand behind two addresses."""


_INNER = tuple(
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""RFC 1918, RFC 6598 (carrier NAT) and RFC 4193."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Two findings, by their places in the list, and why they belong together. The heavier first."""

    one: int
    other: int
    weight: int
    why: Sentence


class _Tie(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of tie: which values of a trace it goes by, how long it holds, and what is said."""

    weight: int
    values: Callable[[Trace], Iterable[str]]
    window: timedelta | None
    why: str
    tried: bool = False


_REQUEST = N_("The same request stands in both logs: {value}.")
_CANARY = N_("The same canary, and so the same session: {value}.")
_ID = N_("The same {name} in both rows: {value}.")
_PAGE = N_("The same page on {host}: {value}.")
_PAGE_ELSEWHERE = N_("A page of the same name on several servers: {value}.")
_PUBLIC = N_("The same address: {value}.")
_PRIVATE = N_("The same address within {days} days: {value}.")
_SHARED = N_("The same tool behind an address that many share: {value}.")
_ACCOUNT = N_("The same account: {value}.")
_GENERIC = N_("The same account on {host} within {hours} hours: {value}.")
_TOOL = N_("The same uncommon tool on {host} within an hour: {value}.")
_FILE = N_("Both stand in {value}, which names no server and no time.")
_FROM_HOST = N_("From the same server {value} within {days} days.")


def links(traces: Sequence[Trace]) -> list[Link]:
    """All ties between findings above informational, at most one for each value and neighbour."""
    shared = _shared(traces)
    found: list[Link] = []
    for tie in _ties(shared):
        by_value: dict[str, list[int]] = {}
        for place, each in enumerate(traces):
            if each.weighs and (tie.tried or not each.tried):
                for value in tie.values(each):
                    by_value.setdefault(value, []).append(place)
        for value, places in by_value.items():
            if len(places) > 1:
                found.extend(_neighbours(traces, places, tie, value))
    return sorted(found, key=lambda each: rank(each, traces))


def rank(link: Link, traces: Sequence[Trace]) -> tuple[int, str, list[str]]:
    """The order in which links are asked, which no order of the input changes."""
    ends = sorted(traces[at].finding.id for at in (link.one, link.other))
    return -link.weight, str(link.why), ends


def _ties(shared: frozenset[str]) -> tuple[_Tie, ...]:
    return (
        _Tie(weight=100, values=_named("request="), window=None, why=_REQUEST, tried=True),
        _Tie(weight=95, values=_named("canary="), window=None, why=_CANARY, tried=True),
        _Tie(weight=90, values=_other_ids, window=None, why=_ID, tried=True),
        _Tie(weight=80, values=_here(lambda each: each.files), window=PAGE_WINDOW, why=_PAGE),
        _Tie(
            weight=75,
            values=lambda each: (at for at in each.clients if not inner(at)),
            window=PUBLIC_WINDOW,
            why=_PUBLIC,
            tried=True,
        ),
        _Tie(weight=60, values=lambda each: each.accounts, window=ACCOUNT_WINDOW, why=_ACCOUNT),
        _Tie(
            weight=55,
            values=lambda each: (at for at in each.clients if inner(at) and at not in shared),
            window=PRIVATE_WINDOW,
            why=_PRIVATE,
            tried=True,
        ),
        _Tie(weight=50, values=lambda each: each.origins, window=PRIVATE_WINDOW, why=_FROM_HOST),
        _Tie(weight=45, values=lambda each: each.files, window=PAGE_ELSEWHERE, why=_PAGE_ELSEWHERE),
        _Tie(
            weight=40,
            values=lambda each: (
                f"{at}, {tool}" for at in each.clients if at in shared for tool in each.agents
            ),
            window=SHARED_WINDOW,
            why=_SHARED,
            tried=True,
        ),
        _Tie(
            weight=30, values=_here(lambda each: each.generic), window=GENERIC_WINDOW, why=_GENERIC
        ),
        _Tie(weight=20, values=_here(lambda each: each.agents), window=TOOL_WINDOW, why=_TOOL),
        _Tie(weight=10, values=_nameless, window=PUBLIC_WINDOW, why=_FILE),
    )


def _named(prefix: str) -> Callable[[Trace], Iterator[str]]:
    return lambda each: (at for at in each.ids if at.startswith(prefix))


def _other_ids(each: Trace) -> Iterator[str]:
    """Processes, logins, activities, mails: by the name that the kind of log gives the id."""
    return (at for at in each.ids if not at.startswith(("request=", "canary=")))


def _nameless(each: Trace) -> Iterator[str]:
    """The file, where its rows name neither a server nor a time: a listing, a history, a page."""
    found = each.finding
    if not each.host and found.first is None and found.surface not in TENANT_LOGS:
        yield from dict.fromkeys(event.source for event in found.events)


def _here(values: Callable[[Trace], Iterable[str]]) -> Callable[[Trace], Iterator[str]]:
    """Values of one host: of another host they are other values."""
    return lambda each: (f"{value}\0{each.host}" for value in values(each))


def inner(client: str) -> bool:
    """Whether an address is one that many networks use inside; a computer's name is inner too."""
    try:
        found = ipaddress.ip_address(client)
    except ValueError:
        return True
    return any(found.version == each.version and found in each for each in _INNER)


def _shared(traces: Iterable[Trace]) -> frozenset[str]:
    """Inner addresses behind which many stand."""
    tools: dict[str, set[str]] = {}
    for each in traces:
        for client in each.clients:
            if each.weighs and inner(client):
                tools.setdefault(client, set()).update(each.agents)
    return frozenset(client for client, used in tools.items() if len(used) >= SHARED_TOOLS)


def _neighbours(
    traces: Sequence[Trace], places: list[int], tie: _Tie, value: str
) -> Iterator[Link]:
    """One link from each finding to the next in time that is near enough."""
    ordered = sorted(places, key=lambda at: (traces[at].first, traces[at].finding.id))
    until = traces[ordered[0]].last
    plain, _, host = value.partition("\0")
    window = tie.window or timedelta()
    said = say(
        tie.why,
        value=plain.partition("=")[2] if tie.window is None else plain,
        name=plain.partition("=")[0],
        host=host,
        days=window.days,
        hours=window.seconds // 3600,
    )
    kept = {name: said.values[name] for name in said.values if f"{{{name}}}" in tie.why}
    for one, other in pairwise(ordered):
        if tie.window is None or within(until, traces[other].first, tie.window):
            yield Link(one=one, other=other, weight=tie.weight, why=say(tie.why, **kept))
        until = max(until, traces[other].last)


def within(until: datetime, begins: datetime, window: timedelta) -> bool:
    """Whether the second begins soon enough after the first ended; without times, yes."""
    return LATE in (until, begins) or begins - until <= window
