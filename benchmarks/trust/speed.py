"""Ways, choke points, scores, plan and report of 2,000 servers and 20,000 edges, timed.

python -m benchmarks.trust.speed
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from tocsin.analyse.trust.drawing import edge
from tocsin.analyse.trust.edges import targets
from tocsin.analyse.trust.room import TrustAnswer
from tocsin.analyse.trust.settings import Settings
from tocsin.analyse.trust.situation import Graph, Situation
from tocsin.assess.acceptance import Accepted
from tocsin.assess.planning import plan
from tocsin.assess.ranking import PATCH
from tocsin.assess.remaining import remaining
from tocsin.assess.trusting import trusts
from tocsin.model.run import Action, BuildSpan, KnowledgeState, Run, Server, Summary, Tool
from tocsin.model.server_state import ServerState
from tocsin.model.text import Sentence, say
from tocsin.model.trusts import Basis, Edge, Node, NodeKind
from tocsin.report import output

T = TypeVar("T")

LIMIT_SECONDS = 10.0
LIMIT_BYTES = 5 << 20
NOW = datetime(2026, 11, 20, tzinfo=UTC)
WEAKNESSES = ("known-exploited", "unsupported", "unknown", "behind", "current")


def node(kind: NodeKind, number: int, side: str) -> Node:
    """One of many alike nodes."""
    name = f"{kind} {number:03}"
    return Node(id=f"{kind}:{number:03}".lower(), kind=kind, name=name, side=side)  # type: ignore[arg-type]


def invented(servers: int, edges: int, seed: int) -> tuple[tuple[ServerState, ...], Graph]:
    """Servers with keys, groups, connectors and peers between them and the targets."""
    rng = random.Random(seed)
    states = tuple(
        ServerState(
            id=f"srv-{number:05}",
            name=f"EX{number:05}.contoso.example",
            weakness=rng.choice(WEAKNESSES),  # type: ignore[arg-type]
            reported=rng.choice([True, False, None]),
        )
        for number in range(servers)
    )
    ends = [
        each
        for each in targets.draw(Situation(settings=Settings(), today=NOW.date()))
        if isinstance(each, Node)
    ]
    by_kind = {each.kind: each for each in ends}
    keys = [node("Certificate", n, "on-premises") for n in range(servers // 20)]
    groups = [node("ADGroup", n, "on-premises") for n in range(20)]
    doors = [node("InboundConnector", n, "cloud") for n in range(servers // 40)]
    apps = [node("DedicatedApp", n, "cloud") for n in range(10)]
    hosts = [
        Node(
            id=f"server:{s.id}", kind="ExchangeServer", name=s.name, side="on-premises", server=s.id
        )
        for s in states
    ]
    found: dict[str, Edge] = {}

    def lead(kind: str, source: Node, target: Node, variant: str = "") -> None:
        basis = Basis(
            source="exports/all.json", position=f"record {len(found)}", object=source.name
        )
        words = Sentence(template="{source} leads to {target}.",
                         values={"source": source.name, "target": target.name})  # fmt: skip
        each = edge(kind, source.id, target.id, words, variant=variant, bases=(basis,))  # type: ignore[arg-type]
        found.setdefault(each.id, each)

    for door in doors:
        lead("HX_GrantsMailTrust", door, by_kind["MailTrust"], "internal")
        for key in rng.sample(keys, 2):
            lead("HX_Authenticates", key, door)
    for app in apps:
        lead("HX_AppRole", app, by_kind["CloudMailboxes"], "mailboxes")
        for key in rng.sample(keys, 5):
            lead("HX_SignsFor", key, app)
    for group in groups:
        lead("HX_WriteDacl", group, by_kind["ADDomain"], rng.choice(["root", "users"]))
    lead("HX_SyncsTo", by_kind["ADDomain"], by_kind["Tenant"])
    for host in hosts:
        lead("HX_HoldsKey", host, rng.choice(keys), "by-design")
        lead("HX_MemberOf", host, rng.choice(groups))
        lead("HX_ReadsMailboxes", host, by_kind["OnPremMailboxes"])
    while len(found) < edges:
        one, other = rng.sample(hosts, 2)
        if rng.random() < 0.7:
            lead("HX_AdminOfPeer", one, other)
        else:
            lead("HX_HoldsKey", one, rng.choice(keys), "exported")
    nodes = (*ends, *keys, *groups, *doors, *apps, *hosts)
    graph = Graph({each.id: each for each in nodes}, dict(sorted(found.items())))
    return states, graph


def server(state: ServerState, rank: int) -> Server:
    """The server as the inventory writes it down."""
    do = say(PATCH, name=state.name, label="2019 CU15 Sep26SU", build="15.2.1748.53", count=12)
    return Server(
        id=state.id, name=state.name, names=(state.name,), addresses=(), organisation="",
        ours=True, product="Exchange Server 2019",
        build=BuildSpan(low="15.2.1544.4", high="15.2.1544.4"), build_label="2019 CU14",
        support=None, history=(), seen_by=("export",), hidden=True,
        hidden_because=say("known from an export"), visibility=(), joined=(), related=(),
        contradictions=(), facts={}, evidence=(), rank=rank, level="high",
        counts={"kev": 1, "affected": 12}, action=Action(do=do),
    )  # fmt: skip


def timed(what: str, call: Callable[[], T]) -> tuple[T, float]:
    """The answer and the seconds, printed."""
    begun, busy = time.perf_counter(), time.process_time()
    answer = call()
    spent = time.perf_counter() - begun
    print(f"  {what:<28} {spent:6.2f} s, {time.process_time() - busy:6.2f} s of one processor")
    return answer, spent


def main() -> int:
    """Exit 1 when a limit is passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", type=int, default=2000)
    parser.add_argument("--edges", type=int, default=20_000)
    words = parser.parse_args()
    states, graph = invented(words.servers, words.edges, 5)
    print(f"{len(states)} servers, {len(graph.nodes)} nodes, {len(graph.edges)} edges")
    answer = TrustAnswer(graph=graph, checks=(), pairs=(), coverage=())
    rated, first = timed("ways, choke points, scores", lambda: trusts(answer, states))
    servers = tuple(server(each, rank) for rank, each in enumerate(states, start=1))
    todo, second = timed("plan", lambda: plan(servers, (), None, None, rated, Accepted()))
    run = Run(
        tool=Tool(name="tocsin", version="0"), started=NOW, finished=NOW, inputs=("exports",),
        knowledge=KnowledgeState(digest="", date="2026-11-20", builds=0, advisories=0),
        own_domains=("contoso.example",), outside=(), headline=(),
        summary=Summary(files=1, recognised=1, skipped=0, bytes=0, records={},
                        servers=len(servers), hidden=0, exchange_online_hops=0),
        sources=(), skipped=(), servers=servers, findings=(), gaps=(), trusts=rated, plan=todo,
    )  # fmt: skip
    page, third = timed("report", lambda: output("html").render(run, lambda text: text, "en"))
    timed("what remains without a key", lambda: remaining(rated, ("Certificate 001",)))
    size = len(page if isinstance(page, bytes) else page.encode())
    spent = first + second + third
    print(f"  together {spent:.2f} s (limit {LIMIT_SECONDS:.0f}); report {size / 1e6:.2f} MB")
    print(f"  run.json {len(msgspec.json.encode(run)) / 1e6:.2f} MB, {len(rated.paths)} ways")
    return 1 if spent > LIMIT_SECONDS or size > LIMIT_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
