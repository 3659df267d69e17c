"""What the invented runs are put together from."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable
from datetime import UTC, date, datetime

import networkx as nx
from invented_words import CHECKS, FIXES, PAIRS, REASONS

from tocsin.model.run import BuildSpan, KnowledgeState, Run, Server, Summary, Tool, Visibility
from tocsin.model.text import Sentence
from tocsin.model.trusts import (
    Acceptance,
    Basis,
    CheckResult,
    Choke,
    Collected,
    Edge,
    EdgeKind,
    Node,
    NodeKind,
    Pair,
    PairRow,
    Path,
    Plan,
    Provenance,
    ServerScore,
    Trusts,
)

STRENGTH: dict[EdgeKind, float] = {
    "HX_CanReach": 1.0, "HX_HoldsKey": 0.9, "HX_Authenticates": 1.0, "HX_MatchesIP": 0.9,
    "HX_GrantsMailTrust": 1.0, "HX_SourceOf": 0.9, "HX_SendsVia": 0.9, "HX_AdminOfPeer": 0.95,
    "HX_TrustsPeer": 0.7, "HX_SubmitsTo": 0.8, "HX_SignsFor": 1.0, "HX_AppRole": 0.9,
    "HX_MemberOf": 1.0, "HX_WriteDacl": 1.0, "HX_SyncsTo": 0.8, "HX_PublishedBy": 0.9,
    "HX_ObservedMail": 0.9, "HX_ReadsMailboxes": 1.0,
}  # fmt: skip
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
CLOUD: frozenset[NodeKind] = frozenset(
    {"InboundConnector", "FirstPartySP", "DedicatedApp", "Tenant", "CloudMailboxes", "MailTrust",
     "MigrationEndpoint", "OutboundConnector", "EntraConnect"}
)  # fmt: skip
OUTSIDE: frozenset[NodeKind] = frozenset({"Internet", "InternalFoothold", "RelayDevice"})


def told(template: str, **values: str | int) -> Sentence:
    """A sentence; in tests its template needs no marking."""
    return Sentence(template=template, values=values)


def basis(source: str, record: int, of: str, key: str, value: str) -> Basis:
    digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
    return Basis(
        source=source,
        position=f"record {record}",
        sha256=digest,
        object=of,
        property=key,
        value=value,
    )


def node(kind: NodeKind, name: str, **fields: object) -> Node:
    side = "outside" if kind in OUTSIDE else "cloud" if kind in CLOUD else "on-premises"
    return Node(id=f"{kind}:{name}".lower(), kind=kind, name=name, side=side, **fields)  # type: ignore[arg-type]


def edge(
    kind: EdgeKind,
    source: Node,
    target: Node,
    provenance: Provenance = "configured",
    *,
    checks: tuple[str, ...] = (),
    strength: float = 0.0,
    **fields: object,
) -> Edge:
    because, key, value = REASONS[kind]
    digest = hashlib.sha256(f"{kind}{source.id}{target.id}".encode("utf-8", "surrogatepass"))
    return Edge(
        id=f"e-{digest.hexdigest()[:12]}",
        kind=kind,
        source=source.id,
        target=target.id,
        strength=strength or STRENGTH[kind],
        provenance=provenance,
        because=told(because, source=source.name, target=target.name),
        checks=checks,
        fix=told(FIXES[kind], source=source.name, target=target.name),
        bases=()
        if provenance in ("by-design", "assumed")
        else (basis(f"exports/{kind[3:]}.xml", 3, f"{target.kind} {target.name}", key, value),),
        **fields,  # type: ignore[arg-type]
    )


def server(number: int, name: str, label: str, hidden: object, level: str = "critical") -> Server:
    build = f"15.1.{1000 + number % 60}.{number % 40}"
    return Server(
        id=f"srv-{number:05}", name=name, names=(name,), addresses=(f"10.20.{number // 250}.{number % 250}",),
        organisation="contoso.example", ours=True, product="Exchange Server 2016",
        build=BuildSpan(low=build, high=build) if label else None, build_label=label, support=None,
        history=(), seen_by=("directory", "export"), hidden=hidden,  # type: ignore[arg-type]
        hidden_because=told("known from the directory, absent from what shodan saw"),
        visibility=tuple(Visibility(by=by, seen=None) for by in ("internet", "directory")),  # type: ignore[arg-type]
        joined=(), related=(), contradictions=(), facts={}, evidence=(), rank=number, level=level,  # type: ignore[arg-type]
        counts={}, action=None,
    )  # fmt: skip


def run(servers: tuple[Server, ...], trusts: Trusts | None, plan: Plan | None) -> Run:
    first = told("You have {count} Exchange servers.", count=len(servers))
    return Run(
        tool=Tool(name="tocsin", version="0.1.0", command="tocsin examine case-0412"),
        started=AT, finished=AT, inputs=("case-0412",),
        knowledge=KnowledgeState(digest="5f" * 32, date="2026-11-20", builds=377, advisories=170),
        own_domains=("contoso.example",), outside=("shodan",),
        headline=(first, told("Two of them nobody outside can see."),
                  told("EX03 was broken into on 9 November and is answering your conversations.")),
        summary=Summary(files=41, recognised=41, skipped=0, bytes=1_932_735_283, records={"clixml": 234},
                        servers=len(servers), hidden=2, exchange_online_hops=12),
        sources=(), skipped=(), servers=servers, findings=(), gaps=(), trusts=trusts, plan=plan,
    )  # fmt: skip


def ways(edges: Iterable[Edge], starts: dict[str, str], ends: Iterable[str], k: int) -> list[Path]:
    """The k strongest ways of each start to each end, found by networkx."""
    best: dict[tuple[str, str], Edge] = {}
    for each in edges:
        if each.strength > best.get((each.source, each.target), each).strength * 0.999:
            best[each.source, each.target] = each
    graph = nx.DiGraph()
    graph.add_weighted_edges_from((a, b, -math.log(e.strength)) for (a, b), e in best.items())
    found = []
    for (start, server_id), end in itertools.product(starts.items(), ends):
        if start not in graph or end not in graph or not nx.has_path(graph, start, end):
            continue
        routes = nx.shortest_simple_paths(graph, start, end, weight="weight")
        for route in itertools.islice(routes, k):
            steps = [best[pair] for pair in itertools.pairwise(route)]
            strength = math.prod(step.strength for step in steps)
            found.append(
                Path(id=f"w-{len(found)}", server=server_id, target=end, strength=strength,
                     edges=tuple(step.id for step in steps))
            )  # fmt: skip
    return found


def chokes(paths: list[Path], edges: dict[str, Edge], names: dict[str, str]) -> tuple[Choke, ...]:
    """Nodes inside ways, by how many pairs of server and target they cut alone."""
    pairs: dict[tuple[str, str], list[set[str]]] = {}
    for path in paths:
        pairs.setdefault((path.server, path.target), []).append(
            {edges[e].target for e in path.edges[:-1]}
        )
    cut: dict[str, list[str]] = {}
    for (_, target), routes in pairs.items():
        for inner in set.intersection(*routes):
            cut.setdefault(inner, []).append(target)
    return tuple(
        Choke(what="node", id=inner, name=names[inner], cuts=len(found), of=len(pairs),
              targets=tuple(sorted(set(found))))
        for inner, found in sorted(cut.items(), key=lambda item: -len(item[1]))
    )[:12]  # fmt: skip


def tried(paths: list[Path], edges: Iterable[Edge], nodes: Iterable[Node]) -> tuple[Choke, ...]:
    """Nodes by how many pairs of server and target no way joins without them: each is tried."""
    known = {n.id: n for n in nodes}
    start = {n.server: n.id for n in known.values() if n.server}
    pairs = {(start[p.server], p.target) for p in paths}
    graph = nx.DiGraph((e.source, e.target) for e in edges)
    found = []
    for inner, its in known.items():
        rest = nx.restricted_view(graph, [inner], [])
        cut = [t for s, t in pairs if inner not in (s, t) and not nx.has_path(rest, s, t)]
        if cut:
            found.append(
                Choke(what="node", id=inner, name=its.name, cuts=len(cut), of=len(pairs),
                      targets=tuple(sorted(set(cut))))
            )  # fmt: skip
    return tuple(sorted(found, key=lambda each: -each.cuts))


def score(number: int, each: Server, value: float, best: list[Path]) -> ServerScore:
    weakness = (1.0, 1.0, 0.8, 0.5)[number % 4]
    return ServerScore(
        server=each.id, name=each.name, score=value, weakness=weakness, reach=1.0,
        trust=round(max((p.strength for p in best), default=0.0), 3), detection=1.1,
        state=("exploited", "known-exploited", "unknown", "behind")[number % 4], unseen=("reported", "logged"),
        labels=(("inside-only", "unseen-by-exo"), ("exposed",), ("cloud-reachable",), ("inside-only",))[number % 4],
        reasons=(
            told("open to ProxyShell, which is being exploited ({build})", build=each.build_label or "unknown"),
            told("holds the certificate that Exchange Online trusts"),
        ),
        paths=tuple(p.id for p in best[:5]),
    )  # fmt: skip


def check(
    code: str,
    outcome: str,
    subject: str,
    level: str = "high",
    accepted: Acceptance | None = None,
    **more: object,
) -> CheckResult:
    title, because, missing, advice = CHECKS[code]
    return CheckResult(
        check=code, title=told(title), outcome=outcome, level=level, subject=subject,  # type: ignore[arg-type]
        because=told("{input} was not collected, so nobody can tell.", input=missing) if outcome == "unknown"
        else told("No address alone is trusted.") if outcome == "pass" else told(because, subject=subject),
        missing=(missing,) if outcome == "unknown" else (),
        bases=() if outcome == "unknown" else (basis("exports/InboundConnector.xml", 2, subject, "Enabled", "True"),),
        attack=("T1672",), recommendation=told(advice),
        references=("https://learn.microsoft.com/powershell/module/exchange/set-inboundconnector",),
        fingerprint=hashlib.sha256(f"{code}{subject}".encode("utf-8", "surrogatepass")).hexdigest(),
        accepted=accepted, **more,  # type: ignore[arg-type]
    )  # fmt: skip


ACCEPTED = Acceptance(
    fingerprint="ab" * 32, reason="The scanners of the second floor cannot speak TLS until the move.",
    owner="h.weber@contoso.example", on=date(2026, 10, 1), until=date(2027, 1, 31),
)  # fmt: skip
EXPIRED = Acceptance(
    fingerprint="cd" * 32, reason="EX02 is to be switched off in spring.", owner="IT operations",
    on=date(2026, 1, 10), until=date(2026, 6, 30),
)  # fmt: skip


def pair_views() -> tuple[Pair, ...]:
    return tuple(
        Pair(
            title=told(title), left=left, right=right,
            rows=tuple(
                PairRow(left_property=a, left=x, right_property=b, right=y, agrees=ok,
                        because=told(why) if why else None)
                for a, x, b, y, ok, why in rows
            ),
            bases=(basis("exports/SendConnector.xml", 1, left, "Name", left),),
        )
        for title, left, right, rows in PAIRS
    )  # fmt: skip


def coverage() -> tuple[Collected, ...]:
    rows = (
        ("InboundConnector", "exchange-online", "Get-InboundConnector", 2, True, ("HYB-010", "HYB-012"), (), ""),
        ("ExchangeCertificate", "on-premises", "Get-ExchangeCertificate", 7, True, ("HYB-020",), (), ""),
        ("ServicePrincipal", "entra", "GET /servicePrincipals", 0, False, ("HYB-050", "HYB-051"),
         ("HYB-050", "HYB-051"), ""),
        ("TransportRule", "exchange-online", "Get-TransportRule", 0, False, ("HYB-025",), ("HYB-025",), ""),
        ("AccessControl", "directory", "SDDL of the domain root", 0, True, ("HYB-070",), ("HYB-070",),
         "access was denied"),
        ("MxRecord", "", "Resolve-DnsName -Type MX", 0, True, ("HYB-024",), (), ""),
    )  # fmt: skip
    return tuple(
        Collected(kind=k, side=s, cmdlet=c, objects=n, asked=a, checks=ch, waiting=w, fault=f)  # type: ignore[arg-type]
        for k, s, c, n, a, ch, w, f in rows
    )
