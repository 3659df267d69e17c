"""The inventory room: a ledger of sightings and the knowledge in, servers and findings out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.analyse.inventory.builds import Current, Seen, current
from tocsin.analyse.inventory.joining import (
    Group,
    display_name,
    join,
    organisation_of,
    organisations_of,
)
from tocsin.analyse.inventory.ledger import Ledger, Sighting, SightingKey
from tocsin.analyse.inventory.names import canonical, is_full, is_internal, own_domain
from tocsin.analyse.inventory.resolve import Resolution, resolve
from tocsin.analyse.inventory.verdict import Judgement, judge, rule_of
from tocsin.analyse.inventory.visibility import Outside, Vantage, hidden, sees
from tocsin.formats.syntax.domains import registrable
from tocsin.knowledge.catalogue import Branch, Knowledge
from tocsin.model.build import Build, BuildRange
from tocsin.model.evidence import OUTSIDE, Evidence, SeenBy
from tocsin.model.finding import Finding, Gap
from tocsin.model.locator import Locator
from tocsin.model.run import Joining
from tocsin.model.text import N_, Sentence, say


class KnownServer(msgspec.Struct, frozen=True, kw_only=True):
    """One server as the evidence together describes it, before ranking."""

    id: str
    name: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    organisation: str
    ours: bool | Literal["unknown"]
    current: Current | None
    branch: Branch | None
    label: str
    product: str
    history: tuple[tuple[Sighting, Resolution | None], ...]
    seen_by: tuple[SeenBy, ...]
    hidden: bool | Literal["unknown"]
    hidden_because: Sentence
    sees: dict[Vantage, tuple[bool | None, tuple[Evidence, ...]]]
    joined: tuple[Joining, ...]
    related: tuple[Joining, ...]
    facts: dict[str, str]
    proofs: tuple[Evidence, ...]
    first_seen: datetime | None
    last_seen: datetime | None


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What the room says: servers, findings on them, and what could not be judged."""

    servers: tuple[KnownServer, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    own_domains: tuple[str, ...]


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What every server is judged by. organisations: internal domain to the public one."""

    ledger: Ledger
    knowledge: Knowledge
    organisations: dict[str, str]
    outside: Outside


def inventory(ledger: Ledger, knowledge: Knowledge, own_domains: Iterable[str] = ()) -> Inventory:
    """Judge everything that was seen. Pure: the same ledger gives the same answer."""
    joined = join(ledger.sightings.values())
    groups = [group for group in joined if _is_exchange(group)]
    everything = sorted(ledger.sightings.values(), key=lambda each: each.key)
    organisations = organisations_of(everything)
    own = frozenset(own_domain(each) for each in own_domains) - {""}
    inferred = own or _infer_own(groups, organisations)
    outside = Outside(
        looks=ledger.looks, left_out=ledger.left_out, told=_told_of(everything, organisations)
    )
    known = _Known(ledger=ledger, knowledge=knowledge, organisations=organisations, outside=outside)
    servers = tuple(
        _server(group, identity, known, own, inferred)
        for group, identity in zip(groups, _identities(groups, organisations), strict=True)
    )
    findings: list[Finding] = []
    gaps: list[Gap] = [_no_server(each) for group in joined for each in _stray(group)]
    cache: dict[BuildRange, tuple[Judgement, ...]] = {}
    for server in servers:
        if server.current is None:
            gaps.append(_no_build(server))
            continue
        builds = server.current.builds
        if builds not in cache:
            cache[builds] = judge(knowledge, builds)
        findings.extend(_findings(server, server.current, cache[builds], knowledge))
    return Inventory(
        servers=servers,
        findings=tuple(findings),
        gaps=tuple(gaps),
        own_domains=tuple(sorted(inferred)),
    )


def _told_of(sightings: Iterable[Sighting], organisations: dict[str, str]) -> frozenset[str]:
    """Organisations of which some record from outside speaks."""
    domains = {
        registrable(name) for each in sightings if each.seen_by in OUTSIDE for name in each.names
    }
    return frozenset(organisations.get(each, each) for each in domains if each)


def _is_exchange(group: Group) -> bool:
    """DNS and look-alikes enrich a server; they never make one."""
    return any((each.product or "").startswith("Exchange Server") for each in group.sightings) and (
        bool(group.own or group.published or group.addresses)
    )


def _stray(group: Group) -> Iterable[Sighting]:
    """Builds that belong to no server: an export that names none."""
    if group.own or group.published or group.addresses:
        return ()
    return [each for each in group.sightings if each.version is not None]


def _no_server(sighting: Sighting) -> Gap:
    at = sighting.proofs[0].at if sighting.proofs else Locator(source="")
    return Gap(
        at=at,
        why=say(
            N_("a build without a server: {version} is stated, but not of which server"),
            version=sighting.version.text if sighting.version else "",
        ),
        kind="undecided",
    )


def _lists_own(sighting: Sighting) -> bool:
    """Whether a source lists the reader's own servers: a directory, an export, a tenant's report.

    A mail that came through Exchange Online names the sender's server, which may be anybody's; it
    states no version, the report does.
    """
    if sighting.seen_by == "exchange-online":
        return sighting.version is not None
    return sighting.seen_by in ("directory", "export")


def _infer_own(groups: list[Group], organisations: dict[str, str]) -> frozenset[str]:
    found = {
        organisation_of(group, organisations)
        for group in groups
        if any(
            _lists_own(s) or (s.seen_by == "mail" and s.trust == "trusted") for s in group.sightings
        )
    }
    return frozenset(found - {""})


def _identities(groups: list[Group], organisations: dict[str, str]) -> list[str]:
    """An id for each server, out of its name; where two have the same one, of more than that."""
    names = [(display_name(group),) for group in groups]
    counted = Counter(names)
    wider = [
        name if counted[name] == 1 else (*name, organisation_of(group, organisations))
        for name, group in zip(names, groups, strict=True)
    ]
    seen = Counter[tuple[str, ...]]()
    found = []
    for parts in wider:
        seen[parts] += 1
        number = () if seen[parts] == 1 else (str(seen[parts]),)
        text = "\0".join((*parts, *number)).encode("utf-8", "surrogateescape")
        found.append("srv-" + hashlib.sha256(text).hexdigest()[:12])
    return found


def _server(
    group: Group,
    identity: str,
    known: _Known,
    own: frozenset[str],
    inferred: frozenset[str],
) -> KnownServer:
    knowledge, organisations, outside = known.knowledge, known.organisations, known.outside
    name = display_name(group)
    spelled = _spellings(group)
    organisation = organisation_of(group, organisations)
    history = tuple(
        (each, resolve(knowledge, each.version))
        for each in sorted(group.sightings, key=_when)
        if each.version is not None
    )
    now = current(_seen(history, known.ledger))
    branch = knowledge.branch_of(now.builds.low) if now else None
    secret, secret_because = hidden(group, organisation, outside)
    times = [t for s in group.sightings for t in (s.first, s.last) if t is not None]
    return KnownServer(
        id=identity,
        name=spelled.get(name, name),
        names=tuple(sorted({spelled.get(n, n) for n in group.own | group.published | {name}})),
        addresses=tuple(sorted({a for s in group.sightings for a in s.addresses})),
        organisation=organisation,
        ours=_ours(group, organisations, own, inferred),
        current=now,
        branch=branch,
        label=label_of(knowledge, now.builds) if now else "",
        product=f"Exchange Server {branch.product}" if branch else "Exchange Server",
        history=history,
        seen_by=tuple(sorted({each.seen_by for each in group.sightings})),
        hidden=secret,
        hidden_because=secret_because,
        sees=sees(group, outside.looks, outside.left_out),
        joined=_unique(group.joined),
        related=_unique(group.related),
        facts=_facts(group),
        proofs=tuple(p for s in sorted(group.sightings, key=_when) for p in s.proofs)[:12],
        first_seen=min(times, default=None),
        last_seen=max(times, default=None),
    )


def _spellings(group: Group) -> dict[str, str]:
    """How each name is written by the sources; capitals are kept where any source has them."""
    found: dict[str, str] = {}
    for sighting in group.sightings:
        for value in (*sighting.spelled.values(), *sighting.facts.values()):
            name = canonical(value)
            if name in group.own or name in group.published:
                found[name] = min(
                    found.get(name, value.strip().rstrip(".")), value.strip().rstrip(".")
                )
    return found


def _when(sighting: Sighting) -> tuple[str, str, str]:
    first = sighting.first.isoformat() if sighting.first else ""
    last = sighting.last.isoformat() if sighting.last else ""
    return (first, last, str(sighting.key))


def _facts(group: Group) -> dict[str, str]:
    facts: dict[str, str] = {}
    for sighting in sorted(group.sightings, key=lambda each: each.key):
        for name, value in sighting.facts.items():
            facts.setdefault(name, value)
    return dict(sorted(facts.items())[:40])


def _unique(joinings: Iterable[Joining]) -> tuple[Joining, ...]:
    return tuple({(each.rule, each.value, str(each.because)): each for each in joinings}.values())


def _seen(
    history: Iterable[tuple[Sighting, Resolution | None]], ledger: Ledger
) -> tuple[Seen, ...]:
    resolved: dict[SightingKey, Seen] = {}
    for sighting, resolution in history:
        if resolution is None:
            continue
        resolved[sighting.key] = Seen(
            builds=resolution.builds,
            cu_only=resolution.cu_only,
            first=sighting.first,
            last=sighting.last,
            trust=sighting.trust,
            sighting=sighting,
        )
    paired: list[Seen] = []
    for (one, other), at in ledger.pairs.items():
        if one not in resolved or other not in resolved:
            continue
        # Both numbers stood in one message, so the build was in both ranges at that moment.
        first, second = resolved[one], resolved[other]
        low = max(first.builds.low, second.builds.low)
        high = min(first.builds.high, second.builds.high)
        if low <= high and first.trust == second.trust:
            paired.append(
                msgspec.structs.replace(first, builds=BuildRange(low, high), first=at, last=at)
            )
    return (*resolved.values(), *paired)


def _ours(
    group: Group, organisations: dict[str, str], own: frozenset[str], inferred: frozenset[str]
) -> bool | Literal["unknown"]:
    domains = {registrable(name) for name in group.own | group.published if is_full(name)}
    domains |= {organisations.get(each, each) for each in domains}
    if domains & (own or inferred):
        return True
    if any(_lists_own(each) for each in group.sightings):
        return True
    if own:
        names = group.own | group.published
        if any(name.endswith("." + each) for name in names for each in own):
            return True
        # A short name or one of an internal domain is anybody's, also the reader's.
        return False if any(not is_internal(each) for each in domains) else "unknown"
    return "unknown"


def label_of(knowledge: Knowledge, builds: BuildRange) -> str:
    """The administrators' words: `2016 CU23 Oct25SU`; a range in one CU: `2016 CU19 … Apr21SU`."""
    low, high = _release_words(knowledge, builds.low), _release_words(knowledge, builds.high)
    if low == high:
        return low
    branch = knowledge.branch_of(builds.low)
    if branch is not None and branch is knowledge.branch_of(builds.high):
        return f"{low} … {high.removeprefix(branch.label).strip() or high}"
    return f"{low} … {high}"


def _release_words(knowledge: Knowledge, build: Build) -> str:
    release = knowledge.release_by_build.get(build)
    if release is not None:
        return release.label
    branch = knowledge.branch_of(build)
    return f"{branch.label} {build}" if branch else str(build)


def _no_build(server: KnownServer) -> Gap:
    printed = [s.version.text for s, _ in server.history if s.version is not None]
    at = server.proofs[0].at if server.proofs else Locator(source=server.name)
    if printed:
        why = say(
            N_("{name} printed {version}, which belongs to no Exchange that is known"),
            name=server.name,
            version=printed[0],
        )
    else:
        why = say(
            N_(
                "the build of {name} is unknown: no source states it. The file version of "
                "ExSetup.exe on the server would"
            ),
            name=server.name,
        )
    return Gap(at=at, why=why, kind="undecided")


def _findings(
    server: KnownServer, now: Current, judgements: Iterable[Judgement], knowledge: Knowledge
) -> Iterable[Finding]:
    evidence = _deciding_proofs(now)
    for judgement in judgements:
        if judgement.status == "not_affected":
            continue
        rule = rule_of(knowledge.advisory_by_cve[judgement.cve])
        yield Finding(
            rule=rule,
            subject=server.id,
            status=judgement.status,
            level=rule.level,
            confidence=now.confidence,
            because=judgement.because,
            settle=judgement.settle,
            evidence=evidence,
        )


def _deciding_proofs(now: Current) -> tuple[Evidence, ...]:
    """The newest evidence for the build and, where another one bounds it from below, that too."""
    newest = max(now.deciding, key=lambda each: (_when(each.sighting)[1], each.sighting.key))
    lowest = max(now.deciding, key=lambda each: (each.builds.low, _when(each.sighting)[1]))
    proofs = [*newest.sighting.proofs[-1:]]
    if lowest.builds.low > newest.builds.low:
        proofs += lowest.sighting.proofs[-1:]
    return tuple(proofs)
