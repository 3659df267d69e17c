"""Invented runs with trusts and a plan: a retailer of four servers, and one of two thousand."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec
import networkx as nx
from invented_words import CHECKS, FIXES, PAIRS, REASONS

from tocsin.model.run import BuildSpan, KnowledgeState, Run, Server, Summary, Tool, Visibility
from tocsin.model.text import Sentence
from tocsin.model.trusts import (
    TARGETS,
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
    PlannedAction,
    Provenance,
    ServerScore,
    Story,
    StoryLine,
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


def retailer(mark: str = "") -> Run:
    """Four servers, two of them hidden, EX03 broken into. mark: put into every name."""
    names = [f"EX0{n}{mark}.corp.contoso.example" for n in range(1, 5)]
    labels = ("2019 CU14 Oct25SU", "", "2016 CU19", "2016 CU23 Jan24SU")
    servers = tuple(
        server(n, name, label, n in (2, 3))
        for n, (name, label) in enumerate(zip(names, labels, strict=True), 1)
    )
    ex = [
        Node(id=f"server:{s.id}", kind="ExchangeServer", name=s.name, side="on-premises", server=s.id,
             facts={"build": s.build_label} if s.build_label else {})
        for s in servers
    ]  # fmt: skip
    internet, inside = node("Internet", "Internet"), node("InternalFoothold", "Any internal host")
    scanner = node("RelayDevice", f"scanner-2f{mark}")
    relay = node("ReceiveConnector", f"Relay for scanners{mark}")
    mail_key = node("Certificate", f"mail.contoso.example {mark}9F3A11C0")
    auth_key = node("Certificate", f"Exchange Server Auth Certificate {mark}41C7D2B8")
    ets, ewp = (
        node("ADGroup", "Exchange Trusted Subsystem"),
        node("ADGroup", "Exchange Windows Permissions"),
    )
    send = node("SendConnector", f"Outbound to Office 365 - 5b2a{mark}")
    inbound = node("InboundConnector", f"Inbound from 5b2a{mark}")
    old = node("InboundConnector", f"From the old relay{mark}")
    shared = node("FirstPartySP", "Office 365 Exchange Online")
    app = node("DedicatedApp", f"ExchangeServerApp-5b2a{mark}")
    sync = node("EntraConnect", "AADC01")
    domain, tenant = (
        node("ADDomain", "corp.contoso.example"),
        node("Tenant", "contoso.onmicrosoft.com"),
    )
    boxes, trust = (
        node("CloudMailboxes", "Mailboxes in Exchange Online"),
        node("MailTrust", "Mail taken for internal"),
    )
    local = node("OnPremMailboxes", "Mailboxes on the servers")
    edges = (
        edge("HX_CanReach", internet, ex[0], "observed"),
        *(edge("HX_CanReach", inside, each, "assumed") for each in ex),
        edge("HX_SubmitsTo", scanner, relay, checks=("HYB-040",)),
        edge("HX_SubmitsTo", relay, ex[2]),
        *(edge("HX_HoldsKey", each, mail_key, "configured" if each is ex[2] else "by-design", checks=("HYB-020",))
          for each in ex[:3]),
        *(edge("HX_HoldsKey", each, auth_key, "by-design") for each in ex),
        *(edge("HX_MemberOf", each, ets, "by-design") for each in ex),
        *(edge("HX_AdminOfPeer", ets, each, "by-design") for each in ex[:2]),
        *(edge("HX_ReadsMailboxes", each, local, "by-design") for each in (ex[0], ex[2])),
        edge("HX_MemberOf", ets, ewp), edge("HX_WriteDacl", ewp, domain, checks=("HYB-070",)),
        edge("HX_SourceOf", ex[0], send), edge("HX_SendsVia", send, inbound),
        edge("HX_ObservedMail", ex[2], inbound, "observed", weight=214, last=AT),
        edge("HX_MatchesIP", ex[3], old, checks=("HYB-010",)),
        edge("HX_Authenticates", mail_key, inbound, checks=("HYB-012",)),
        edge("HX_GrantsMailTrust", inbound, trust), edge("HX_GrantsMailTrust", old, trust, strength=0.6),
        edge("HX_SignsFor", auth_key, shared, checks=("HYB-050",)), edge("HX_SignsFor", auth_key, app),
        edge("HX_AppRole", shared, tenant, checks=("HYB-050",)), edge("HX_AppRole", app, boxes, strength=1.0),
        edge("HX_SyncsTo", domain, sync, "assumed"), edge("HX_SyncsTo", sync, tenant, "assumed"),
    )  # fmt: skip
    nodes = (internet, inside, scanner, relay, *ex, mail_key, auth_key, ets, ewp, send, inbound, old, shared,
             app, sync, domain, tenant, boxes, trust, local)  # fmt: skip
    ends = [n.id for kind in TARGETS for n in nodes if n.kind == kind]
    weak = (ex[2], ex[1], ex[3])
    paths = ways(edges, {each.id: each.server for each in weak}, ends, 3)
    order, values = (2, 1, 3, 0), (100.0, 88.0, 49.5, 16.5)
    trusts = Trusts(
        nodes=nodes, edges=edges, pairs=pair_views(), coverage=coverage(), paths=tuple(paths),
        checks=(
            check("HYB-050", "fail", shared.name, "critical"), check("HYB-020", "fail", names[2], raised=True),
            check("HYB-010", "fail", old.name), check("HYB-012", "fail", inbound.name, "medium"),
            check("HYB-040", "fail", relay.name, accepted=ACCEPTED),
            check("HYB-025", "unknown", ""), check("HYB-070", "unknown", domain.name, "critical"),
            check("HYB-010", "pass", inbound.name), check("HYB-027", "pass", "Default", "medium"),
        ),
        chokes=chokes(paths, {e.id: e for e in edges}, {n.id: n.name for n in nodes}),
        scores=tuple(
            score(n, servers[at], values[n], [p for p in paths if p.server == servers[at].id])
            for n, at in enumerate(order)
        ),
    )  # fmt: skip
    return run(servers, trusts, plan(servers, paths, old.name, mark))


def plan(servers: tuple[Server, ...], paths: list[Path], old: str, mark: str = "") -> Plan:
    ex03 = servers[2].name
    mine = tuple(p.id for p in paths if p.server == servers[2].id)
    rows: tuple[tuple[str, str, str, tuple[str, ...], int], ...] = (
        ("isolate", "critical", "Isolate {name}: it was broken into on 2026-11-09 and has sent 214 hijacked replies since.",
         ("A web shell was used 14 times since 2026-11-09 02:13.", "214 hijacked replies left through it since 2026-11-10 07:12."), len(mine)),
        ("warn", "critical", "Warn the 96 people who received the hijacked replies, those 7 first who answered.",
         ("7 of them answered or forwarded.",), 0),
        ("rotate", "critical", "Replace the certificate 9F3A11C0 and the Auth Certificate 41C7D2B8: {name} holds both keys.",
         ("The export says HasPrivateKey = True.", "Exchange Online trusts whoever holds the first one."), 5),
        ("remove", "critical", "Remove the keys of the Auth Certificate from the principal “Office 365 Exchange Online”.",
         ("keyCredentials of it is not empty.",), 4),
        ("patch", "critical", "Patch {name} to 2016 CU23 Oct25SU, then move it to Exchange SE: its support has ended.",
         ("It is open to 61 holes, 9 of them being exploited.",), 6),
        ("remove", "high", f"Remove the inbound connector “{old}”: it trusts an address alone.",
         ("No mail came through it for 90 days.",), 1),
        ("configure", "medium", "Have the inbound connector ask for the exact name instead of *.contoso.example.",
         ("TlsSenderCertificateName begins with “*.”.",), 0),
        ("collect", "medium", "Collect the service principals of Entra ID: 2 checks wait for them.",
         ("GET /servicePrincipals was not among the inputs.",), 0),
        ("configure", "high", "Narrow the receive connector “Relay for scanners”.", ("It takes mail from a /16.",), 0),
    )  # fmt: skip
    actions = tuple(
        PlannedAction(
            rank=n, kind=kind, level=level, do=told(do, name=ex03), because=tuple(told(w) for w in why),  # type: ignore[arg-type]
            servers=(servers[2].id,) if "{name}" in do else (), cuts=min(cuts, len(paths)), of=len(paths),
            paths=tuple(p.id for p in paths[:cuts]), checks=("HYB-020",) if kind == "rotate" else (),
            bases=(basis(f"exports/ExchangeCertificate{mark}.xml", 3, ex03, "HasPrivateKey", "True"),)
            if kind != "collect" else (),
            fingerprint=f"{n:064x}", accepted=ACCEPTED if n == len(rows) else None,
        )
        for n, (kind, level, do, why, cuts) in enumerate(rows, 1)
    )  # fmt: skip
    lines = (
        (None, "inventory", "{name} is not seen from the internet; it shows 2016 CU19, which is open to ProxyShell."),
        (datetime(2026, 11, 9, 2, 13, 36, tzinfo=UTC), "hunt", "A mailbox was exported to a web shell, /owa/auth/errorEW.aspx."),
        (datetime(2026, 11, 9, 2, 15, tzinfo=UTC), "hunt", "The web shell answered 14 times with status 200."),
        (datetime(2026, 11, 10, 7, 12, tzinfo=UTC), "conversation", "The first of 214 hijacked replies left through it, to 96 people."),
        (datetime(2026, 11, 10, 9, 40, tzinfo=UTC), "trust", "Exchange Online took them for internal: {name} holds the key that “Inbound from 5b2a” trusts."),
        (None, "trust", "From {name} 3 ways lead to the mailboxes and 1 to the domain."),
    )  # fmt: skip
    story = Story(
        server=servers[2].id, name=ex03, title=told("{name}: from a web shell to your conversations", name=ex03),
        lines=tuple(
            StoryLine(when=when, room=room, said=told(said, name=ex03),  # type: ignore[arg-type]
                      bases=(basis("logs/u_ex261109.log", 88213, "", "", ""),) if when else ())
            for when, room, said in lines
        ),
    )  # fmt: skip
    return Plan(actions=actions, stories=(story,), accepted=(ACCEPTED,), expired=(EXPIRED,))


def estate(count: int = 2000, total: int = 20_000) -> Run:
    """`count` servers of forty sites and `total` edges: the size that must stay fluent."""
    dice = random.Random(5)
    servers = tuple(
        server(n, f"EX{n:04}.site{n % 40:02}.contoso.example", f"2016 CU{n % 24}", n % 3 != 0)
        for n in range(1, count + 1)
    )
    ex = [
        Node(
            id=f"server:{s.id}", kind="ExchangeServer", name=s.name, side="on-premises", server=s.id
        )
        for s in servers
    ]
    keys = [node("Certificate", f"mail.site{n:02}.contoso.example") for n in range(40)]
    inbound = [node("InboundConnector", f"Inbound from site {n:02}") for n in range(40)]
    auth, ets = (
        node("Certificate", "Exchange Server Auth Certificate"),
        node("ADGroup", "Exchange Trusted Subsystem"),
    )
    ewp, domain = (
        node("ADGroup", "Exchange Windows Permissions"),
        node("ADDomain", "contoso.example"),
    )
    shared, tenant = (
        node("FirstPartySP", "Office 365 Exchange Online"),
        node("Tenant", "contoso.onmicrosoft.com"),
    )
    trust, inside = (
        node("MailTrust", "Mail taken for internal"),
        node("InternalFoothold", "Any internal host"),
    )
    edges = {
        each.id: each
        for each in (
            edge("HX_MemberOf", ets, ewp), edge("HX_WriteDacl", ewp, domain), edge("HX_SignsFor", auth, shared),
            edge("HX_AppRole", shared, tenant),
            *(edge("HX_Authenticates", k, i) for k, i in zip(keys, inbound, strict=True)),
            *(edge("HX_GrantsMailTrust", i, trust) for i in inbound),
            *(edge("HX_CanReach", inside, each, "assumed") for each in ex),
            *(edge("HX_HoldsKey", each, auth, "by-design") for each in ex),
            *(edge("HX_HoldsKey", each, keys[n % 40]) for n, each in enumerate(ex)),
            *(edge("HX_MemberOf", each, ets, "by-design") for each in ex),
        )
    }  # fmt: skip
    while len(edges) < total:
        one, other = dice.sample(ex, 2)
        each = edge("HX_TrustsPeer", one, other, "by-design")
        edges[each.id] = each
    nodes = (*ex, *keys, *inbound, auth, ets, ewp, domain, shared, tenant, trust, inside)
    ends = (tenant.id, domain.id, trust.id)
    lean = [each for each in edges.values() if each.kind != "HX_TrustsPeer"]
    paths = ways(lean, {each.id: each.server for each in ex}, ends, 1)
    mine: dict[str, list[Path]] = {}
    for path in paths:
        mine.setdefault(path.server, []).append(path)
    small = retailer()
    trusts = msgspec.structs.replace(
        small.trusts,  # type: ignore[type-var]
        nodes=nodes, edges=tuple(edges.values()), paths=tuple(paths),
        chokes=chokes(paths, edges, {n.id: n.name for n in nodes}),
        scores=tuple(
            score(n, each, max(100 - n / 25, 5.0), mine[each.id]) for n, each in enumerate(servers)
        ),
        checks=(*small.trusts.checks,  # type: ignore[union-attr]
                *(check(code, "fail" if n % 3 else "unknown", s.name)
                  for code in ("HYB-020", "HYB-054") for n, s in enumerate(servers))),
    )  # fmt: skip
    planned = plan(servers, paths[:400], "From the old relay")
    return run(servers, trusts, planned)
