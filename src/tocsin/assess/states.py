"""What all rooms together know of each server, as the trusts are judged by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from tocsin.analyse.inventory.room import KnownServer
from tocsin.analyse.inventory.visibility import Vantage
from tocsin.assess.sending import Hosts, sent_through
from tocsin.knowledge.catalogue import Knowledge
from tocsin.model.conversation import Conversations
from tocsin.model.evidence import Evidence
from tocsin.model.hunt import Hunt, stance
from tocsin.model.server_state import ServerState, Weakness

PROOFS_KEPT = 3
"""Places kept with a server."""


def states(
    servers: Sequence[KnownServer],
    counts: Mapping[str, Mapping[str, int]],
    hunt: Hunt | None,
    spoken: Conversations | None,
    knowledge: Knowledge,
    today: date,
) -> tuple[ServerState, ...]:
    """One state for each server of the inventory that is, or may be, the reader's own."""
    hosts = Hosts((each.id, (each.name, *each.names)) for each in servers)
    broken = _broken(hunt, hosts)
    logged = _logged(hunt, hosts)
    sent = sent_through(hosts, spoken)
    return tuple(
        _state(
            each,
            _weakness(each, counts[each.id], knowledge, today, broken=each.id in broken),
            broken.get(each.id, ()),
            logged=None if logged is None else each.id in logged,
            sent=len(sent[each.id].mails) if each.id in sent else 0,
        )
        for each in servers
        if each.ours is not False
    )


def _state(
    server: KnownServer,
    weakness: Weakness,
    incidents: tuple[str, ...],
    *,
    logged: bool | None,
    sent: int,
) -> ServerState:
    now = server.current
    return ServerState(
        id=server.id,
        name=server.name,
        names=server.names,
        addresses=server.addresses,
        product=server.product,
        label=server.label,
        edge=_edge(server.facts),
        ours=server.ours,
        low=now.builds.low if now else None,
        high=now.builds.high if now else None,
        exact=now is not None and now.builds.low == now.builds.high,
        weakness=weakness,
        hidden=server.hidden,
        internet=_seen(server, "internet"),
        reported=_seen(server, "exchange-online"),
        scanned=_seen(server, "inside-probe"),
        logged=logged,
        seen_by=server.seen_by,
        incidents=incidents,
        sent=sent,
        proofs=_proofs(server),
    )


def _proofs(server: KnownServer) -> tuple[Evidence, ...]:
    """Where the build was seen that decides, else the server itself."""
    deciding = server.current.deciding if server.current else ()
    proofs = [proof for each in deciding for proof in each.sighting.proofs[-1:]]
    return tuple(proofs or server.proofs)[:PROOFS_KEPT]


def _seen(server: KnownServer, vantage: Vantage) -> bool | None:
    return server.sees[vantage][0] if vantage in server.sees else None


def _edge(facts: Mapping[str, str]) -> bool:
    """Whether it is an Edge Transport server: the directory and the export each say it their way."""
    roles = (facts.get("ServerRole", ""), facts.get("msExchCurrentServerRoles", ""))
    return any("edge" in each.lower() for each in roles) or roles[0] == "64"


def _broken(hunt: Hunt | None, hosts: Hosts) -> dict[str, tuple[str, ...]]:
    """By server: the incidents, and findings outside any, that worked on it."""
    found: dict[str, dict[str, None]] = {}
    if hunt is None:
        return {}
    named = {each.host: each.server for each in hunt.findings if each.server}
    for incident in hunt.incidents:
        if stance(incident) == "in":
            worked = [step.host for step in incident.steps if step.outcome == "success"]
            fell = {named.get(each) or hosts.of(each) for each in worked or incident.hosts}
            for server in fell - {""}:
                found.setdefault(server, {})[incident.id] = None
    joined = {name for each in hunt.incidents for name in each.findings}
    for finding in hunt.findings:
        server = finding.server or hosts.of(finding.host)
        if server and finding.id not in joined and stance(finding) == "in":
            found.setdefault(server, {})[finding.id] = None
    return {server: tuple(ids) for server, ids in found.items()}


def _logged(hunt: Hunt | None, hosts: Hosts) -> set[str] | None:
    """Servers of which logs were read; None when no log was."""
    return {hosts.of(each.host) for each in hunt.coverage if each.rows} if hunt else None


def _weakness(
    server: KnownServer,
    counts: Mapping[str, int],
    knowledge: Knowledge,
    today: date,
    *,
    broken: bool,
) -> Weakness:
    """The worst first. A range of builds counts as its lower end: what it may lack, it may lack."""
    if broken:
        return "exploited"
    if counts["kev"]:
        return "known-exploited"
    if _unsupported(server, knowledge, today):
        return "unsupported"
    if server.current is None or counts["kev_undecided"]:
        return "unknown"
    return "behind" if counts["affected"] or _may_lack(server, knowledge) else "current"


def _unsupported(server: KnownServer, knowledge: Knowledge, today: date) -> bool:
    """Whether nobody mends the product any more, not even for money."""
    support = knowledge.support_by_product.get(server.branch.product) if server.branch else None
    if support is None or support.support_end is None:
        return False
    return max(support.support_end, support.esu_end or support.support_end) < today


def _may_lack(server: KnownServer, knowledge: Knowledge) -> bool:
    """Whether its build is a range that begins below the newest."""
    if server.current is None or server.branch is None:
        return True
    builds = server.current.builds
    releases = knowledge.product_releases(server.branch.product)
    newest = max((each.build for each in releases), default=builds.high)
    return builds.low != builds.high and builds.low < newest
