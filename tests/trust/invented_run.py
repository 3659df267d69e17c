"""Invented runs with trusts and a plan: a retailer of four servers, and one of two thousand."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import msgspec
from invented_parts import (
    ACCEPTED,
    AT,
    EXPIRED,
    basis,
    check,
    chokes,
    coverage,
    edge,
    node,
    pair_views,
    run,
    score,
    server,
    told,
    tried,
    ways,
)

from tocsin.model.run import Run, Server
from tocsin.model.trusts import (
    TARGETS,
    Node,
    Path,
    Plan,
    PlannedAction,
    Story,
    StoryLine,
    Trusts,
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
        chokes=tried(paths, edges, nodes),
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
