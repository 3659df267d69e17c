"""What the hunt found as STIX objects: break-ins, techniques, addresses, pages, and their sightings.

A break-in is a `campaign` that `uses` ATT&CK's techniques under MITRE's own identifiers. Accounts are
the organisation's own people as a rule: they stand in observed data of their own, marked TLP:RED.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import stix2

from tocsin.knowledge.attack import Technique, matrix
from tocsin.model.hunt import Hunt, HuntFinding, Incident, Stance, stance
from tocsin.model.run import Server
from tocsin.report.advisory_parts.warned import in_order
from tocsin.report.hunt_parts.telling import by_id, rows_of, told
from tocsin.report.stix_parts.frame import (
    VALUES_LIMIT,
    Frame,
    Wanted,
    indicator_of,
    moment,
    ours,
    relation,
)
from tocsin.report.stix_parts.ids import is_url, stable, usable

WEB_SHELL = "T1505.003"
"""Of a finding with this technique the page asked for is an indicator; of others it may be shipped."""
REFS_LIMIT = 500
"""Values in one piece of observed data."""
COUNT_LIMIT = 999_999_999
"""The largest count that the standard takes."""

_OLDEST = "2017-01-01"
"""Older than MITRE's objects, so that a platform that has those keeps them."""

_URL = re.compile(r"(?<![A-Za-z])https?://[^\s\"'<>()\\]{3,1000}+", re.IGNORECASE)
_PAGE = re.compile(r"[^\\/]{1,200}\.(?:aspx?|ashx|asmx|asax|cshtml|jspx?|php)", re.IGNORECASE)
_INSIDE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    )
)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One break-in, or one finding without an incident. worked: titles of steps that did."""

    key: str
    stance: Stance
    findings: tuple[HuntFinding, ...]
    worked: tuple[str, ...]
    hosts: int
    first: datetime | None
    last: datetime | None


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """What can be looked for elsewhere."""

    clients: tuple[str, ...]
    pages: tuple[str, ...]
    urls: tuple[str, ...]
    accounts: tuple[str, ...]


def hunted(found: Hunt, servers: Sequence[Server], frame: Frame) -> Iterator[Any]:
    """Every object. Raises nothing for any content of a run."""
    own = _own_names(found, servers)
    parts = told(found)
    known = by_id(found)
    cases = [_case(each, known) for each in (*parts.broken, *parts.doubtful)]
    cases += [_lone(each) for each in parts.alone if stance(each) == "in"]
    for case in cases:
        yield from _told(case, frame.at(in_order((case.first, case.last))), own)
    yield from _loose("check", [each for each in parts.alone if stance(each) == "check"], frame)
    yield from _loose("tried", parts.attempts, frame)
    if any(each.actors for case in cases for each in case.findings):
        yield stix2.TLP_RED


def _case(each: Incident, known: dict[str, HuntFinding]) -> Case:
    worked = (step.title for step in each.steps if step.outcome == "success")
    return Case(
        key=each.id,
        stance="in" if each.outcome == "success" else "check",
        findings=tuple(known[name] for name in each.findings if name in known),
        worked=tuple(dict.fromkeys(title.template for title in worked if not title.values)),
        hosts=len(each.hosts),
        first=each.first,
        last=each.last,
    )


def _lone(each: HuntFinding) -> Case:
    return Case(
        key=each.id,
        stance="in" if each.outcome == "success" else "check",
        findings=(each,),
        worked=(),
        hosts=1,
        first=each.first,
        last=each.last,
    )


def _told(case: Case, frame: Frame, own: frozenset[str]) -> Iterator[Any]:
    """The break-in, its techniques, what it can be recognised by, and that it was seen here."""
    rows = rows_of(case.findings)
    key = _key(case.key, frame)
    sure = case.stance == "in"
    note = f"{len(case.findings)} findings in {rows} rows of logs of {max(case.hosts, 1)} servers."
    if case.worked:
        note += " What worked: " + "; ".join(case.worked) + "."
    sdo = stix2.v21.Campaign(
        **frame.common("campaign", key),
        name=f"{'Intrusion into' if sure else 'Signs of an intrusion into'} Exchange servers, from "
        f"{frame.first:%Y-%m-%d}",
        description=note,
        first_seen=frame.first,
        last_seen=frame.last,
        confidence=90 if sure else 50,
    )
    yield sdo
    values = _values(case.findings, frame, own)
    for wanted in _wanted(values, case.stance):
        indicator = indicator_of(wanted, frame)
        yield indicator
        yield relation(indicator, "indicates", sdo, frame)
    observed = list(_observed(key, values, rows, frame))
    yield from observed
    seen = [str(each["id"]) for each in observed if each["type"] == "observed-data"]
    yield _sighting(key, sdo, rows, seen, frame)
    for pattern, findings in _patterns(case.findings):
        yield pattern
        yield relation(sdo, "uses", pattern, frame)
        count = rows_of(findings)
        at = frame.at(_times(findings))
        yield _sighting(f"{key} {pattern['id']}", pattern, count, seen, at)


def _loose(kind: Stance, findings: Sequence[HuntFinding], frame: Frame) -> Iterator[Any]:
    """What belongs to no break-in, all together: techniques, and the addresses that they came from."""
    if not findings:
        return
    mine = frame.at(_times(findings))
    patterns = list(_patterns(findings))
    values = Values(
        clients=_unique(client for each in findings for client in each.clients if _foreign(client)),
        pages=(), urls=(), accounts=(),
    )  # fmt: skip
    rows = rows_of(findings)
    key = _key(kind, frame)
    observed = list(_observed(key, values, rows, mine))
    yield from observed
    seen = [str(each["id"]) for each in observed if each["type"] == "observed-data"]
    for pattern, same in patterns:
        yield pattern
        count = rows_of(same)
        at = frame.at(_times(same))
        yield _sighting(f"{key} {pattern['id']}", pattern, count, seen, at)
    by_client: dict[str, list[HuntFinding]] = {}
    for each in findings:
        for client in each.clients:
            by_client.setdefault(client, []).append(each)
    for wanted in _wanted(values, kind):
        at = frame.at(_times(by_client[wanted.name]))
        indicator = indicator_of(wanted, at)
        yield indicator
        for pattern, same in patterns:
            if any(wanted.name in each.clients for each in same):
                yield relation(indicator, "indicates", pattern, at)


def _key(key: str, frame: Frame) -> str:
    """Of this organisation alone: two that were visited by one scanner are two sightings."""
    return f"hunt {frame.organisation['id']} {key}"


def _times(findings: Iterable[HuntFinding]) -> list[datetime]:
    return in_order(when for each in findings for when in (each.first, each.last))


def _patterns(findings: Iterable[HuntFinding]) -> Iterator[tuple[Any, list[HuntFinding]]]:
    """Each known technique as MITRE's object, and the findings that name it."""
    by_technique: dict[str, list[HuntFinding]] = {}
    for each in findings:
        for name in dict.fromkeys(each.attack):
            by_technique.setdefault(name, []).append(each)
    known = matrix().techniques
    for name in sorted(by_technique.keys() & known.keys()):
        yield _pattern(name, known[name]), by_technique[name]


def _pattern(name: str, technique: Technique) -> Any:
    return stix2.v21.AttackPattern(
        id=f"attack-pattern--{technique.stix}",
        created=moment(_OLDEST),
        modified=moment(_OLDEST),
        name=technique.name,
        external_references=[
            {
                "source_name": "mitre-attack",
                "external_id": name,
                "url": f"https://attack.mitre.org/techniques/{name.replace('.', '/')}",
            }
        ],
        kill_chain_phases=[
            {"kill_chain_name": "mitre-attack", "phase_name": tactic}
            for tactic in technique.tactics
        ],
    )


def _values(findings: Sequence[HuntFinding], frame: Frame, own: frozenset[str]) -> Values:
    """What stands in the findings that can be looked for; addresses inside are nobody else's."""
    shells = [each for each in findings if WEB_SHELL in each.attack and each.outcome != "attempt"]
    pages = (match[0] for each in shells for match in [_PAGE.search(_last(each.target))] if match)
    texts = (
        text
        for each in findings
        for text in (each.target, *(v for event in each.events for v in event.decoded.values()))
    )
    urls = (match[0].rstrip(".,;") for text in texts for match in _URL.finditer(text))
    return Values(
        clients=_unique(client for each in findings for client in each.clients if _foreign(client)),
        pages=_unique(page for page in pages if usable(page)),
        urls=_unique(url for url in urls if is_url(url) and not _at_home(url, frame, own)),
        accounts=_unique(actor for each in findings for actor in each.actors if usable(actor)),
    )


def _last(path: str) -> str:
    return re.split(r"[\\/]", path.partition("?")[0])[-1]


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in values if each))[:VALUES_LIMIT]


def _foreign(address: str) -> bool:
    """Whether this is an address of the internet."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    odd = found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified
    return not odd and not any(found in net for net in _INSIDE if net.version == found.version)


def _own_names(found: Hunt, servers: Sequence[Server]) -> frozenset[str]:
    """First labels of the servers' names: whatever their domain, they are the reader's own."""
    names = [each.host for each in found.findings]
    names += [each.host for each in found.coverage]
    names += [name for server in servers if server.ours is not False for name in server.names]
    return frozenset(name.casefold().partition(".")[0] for name in names if name) | {"localhost"}


def _at_home(url: str, frame: Frame, own: frozenset[str]) -> bool:
    """Whether an address leads to the reader's own machines."""
    host = re.split(r"[/:?#]", url.partition("://")[2].rpartition("@")[2], maxsplit=1)[0]
    inside = bool(re.fullmatch(r"[\d.]+", host)) and not _foreign(host)
    return inside or host.casefold().partition(".")[0] in own or ours("x@" + host, frame)


def _wanted(values: Values, kind: Stance) -> Iterator[Wanted]:
    """The indicators: addresses by what came of them, pages of web shells, addresses loaded from."""
    sure = {"in": "intruder", "check": "unsure"}.get(kind, "prober")
    kinds = ("malicious-activity",) if kind == "in" else ("anomalous-activity",)
    note = {"in": "Address from which somebody got in", "check": "Address of a doubtful request"}
    for each in values.clients:
        version = "ipv6-addr" if ":" in each else "ipv4-addr"
        pattern = f"[{version}:value = {stix2.StringConstant(each)}]"
        said = note.get(kind, "Address that tried and failed")
        yield Wanted(key=pattern, name=each, pattern=pattern, sure=sure, kinds=kinds, note=said)
    for each in values.pages:
        pattern = f"[file:name = {stix2.StringConstant(each)}]"
        said = "Page of a web shell: to look for; the same name may be a shipped page's elsewhere"
        yield Wanted(key=pattern, name=each, pattern=pattern, sure="page", kinds=kinds, note=said)
    for each in values.urls:
        pattern = f"[url:value = {stix2.StringConstant(each)}]"
        said = "Address in what an intruder ran or asked for"
        yield Wanted(key=pattern, name=each, pattern=pattern, sure=sure, kinds=kinds, note=said)


def _observed(key: str, values: Values, rows: int, frame: Frame) -> Iterator[Any]:
    """Addresses, pages and links in one piece of data; accounts in another, for nobody else."""
    amber = [stix2.TLP_AMBER["id"]]
    seen: list[Any] = []
    for client in values.clients[:REFS_LIMIT]:
        made = stix2.v21.IPv6Address if ":" in client else stix2.v21.IPv4Address
        seen.append(made(value=client, object_marking_refs=amber))
    seen += [
        stix2.v21.File(name=page, object_marking_refs=amber) for page in values.pages[:REFS_LIMIT]
    ]
    seen += [
        stix2.v21.URL(value=url, object_marking_refs=amber) for url in values.urls[:REFS_LIMIT]
    ]
    yield from _data(key, seen, rows, frame, amber)
    red = [stix2.TLP_RED["id"]]
    people = [
        stix2.v21.UserAccount(
            id=stable("user-account", f"{frame.organisation['id']} {each}"),
            account_login=each,
            object_marking_refs=red,
        )
        for each in values.accounts[:REFS_LIMIT]
    ]
    yield from _data(f"{key} accounts", people, rows, frame, red)


def _data(
    key: str, seen: Sequence[Any], rows: int, frame: Frame, marking: list[str]
) -> Iterator[Any]:
    if not seen:
        return
    yield from seen
    yield stix2.v21.ObservedData(
        **(frame.common("observed-data", key) | {"object_marking_refs": marking}),
        first_observed=frame.first,
        last_observed=frame.last,
        number_observed=min(max(rows, 1), COUNT_LIMIT),
        object_refs=list(dict.fromkeys(str(each["id"]) for each in seen)),
    )


def _sighting(key: str, of: Any, count: int, observed: Sequence[str], frame: Frame) -> Any:
    return stix2.v21.Sighting(
        **frame.common("sighting", key),
        sighting_of_ref=of["id"],
        first_seen=frame.first,
        last_seen=frame.last,
        count=min(count, COUNT_LIMIT),
        where_sighted_refs=[frame.organisation["id"]],
        **({"observed_data_refs": list(observed)} if observed else {}),
    )
