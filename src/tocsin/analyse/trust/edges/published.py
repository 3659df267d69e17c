"""Servers that Exchange Online asks: it reaches them, whatever scanners of the internet see."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from tocsin.analyse.trust.drawing import edge, node_id, server_id
from tocsin.analyse.trust.hosts import HYBRID_AGENT, in_the_cloud, servers_in, spans
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.segmentation import Shut, shut
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.ties import used
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis, Edge, Node, NodeKind, Provenance

ENDPOINTS: tuple[tuple[str, NodeKind, tuple[str, ...], str], ...] = (
    ("IntraOrganizationConnector", "IOC", ("DiscoveryEndpoint", "TargetSharingEpr"), "HYB-058"),
    (
        "OrganizationRelationship",
        "OrgRelationship",
        ("TargetAutodiscoverEpr", "TargetSharingEpr"),
        "HYB-057",
    ),
    ("MigrationEndpoint", "MigrationEndpoint", ("RemoteServer",), "HYB-059"),
)
"""Kinds of Exchange Online's side, drawn as, the properties that name a host, and a check of it."""

ASKS = N_("{kind} {endpoint} of Exchange Online points at {host}, which is {name}.")
REACHES = N_("Exchange Online reaches {name} by the name {host}: it is no server without a way in.")
AGENT = N_("{kind} {endpoint} of Exchange Online reaches inside through the Hybrid Agent {host}.")
HANDS_ON = N_(
    "The Hybrid Agent hands on to a server inside what the cloud asks; nothing that was read shows that "
    "it is not {name}."
)
SHUT_OUT = N_(
    "The Hybrid Agent hands on to a server inside; the segmentation that was read keeps the cloud from "
    "{name} until {day}."
)
POINT = N_("Let {endpoint} point at a current server, or remove it if nothing uses it.")
UNINSTALL = N_("Uninstall the Hybrid Agent if no mailbox is moved any more.")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One host that an object of Exchange Online names."""

    item: Item
    node: str
    kind: NodeKind
    host: str
    answer: Answer
    checks: tuple[str, ...]
    provenance: Provenance


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Endpoints, the servers they point at, and the Hybrid Agent."""
    found = list(_endpoints(situation))
    if not found:
        return
    namespaces = published(situation)
    agents: dict[str, Provenance] = {}
    told: dict[str, list[Basis]] = {}
    for each in found:
        name = each.item.setting.name
        yield Node(
            id=each.node, kind=each.kind, name=name, side="cloud", bases=(each.answer.basis,)
        )
        if each.host.endswith(HYBRID_AGENT):
            yield from _agent(each)
            told.setdefault(each.host, []).append(each.answer.basis)
            agents[each.host] = "assumed"
            continue
        for server in servers_named(situation, each.host, namespaces):
            yield from _points(each, server)
    closed = shut(situation) if agents else {}
    for host in agents:
        for server in situation.servers:
            if server.ours is not False and not server.edge:
                yield _hands_on(host, server, closed.get(server.id), told[host])


def published(situation: Situation) -> dict[str, list[ServerState]]:
    """Servers by the host names of their virtual directories' addresses."""
    found: dict[str, dict[str, ServerState]] = {}
    for item in situation.settings.items("VirtualDirectory", "on-premises"):
        named = next(iter(item.ask("Server").texts()), "") or item.setting.server
        server = situation.server(named)
        if server is None:
            continue
        for name in ("ExternalUrl", "InternalUrl"):
            for text in item.ask(name).texts():
                found.setdefault(host_in(text), {})[server.id] = server
    found.pop("", None)
    return {host: [each for _, each in sorted(by.items())] for host, by in found.items()}


def servers_named(
    situation: Situation, host: str, namespaces: dict[str, list[ServerState]]
) -> list[ServerState]:
    """The servers behind a host: by name, by a namespace that they publish, by address."""
    server = situation.server(host)
    found = [server] if server is not None else []
    found += namespaces.get(host, [])
    found += servers_in(situation, spans([host]))
    return list({each.id: each for each in found if each.ours is not False}.values())


def host_in(text: str) -> str:
    """The host of a URL, or of a bare name with or without a port; lower case."""
    bare = text.strip()
    try:
        host = urlsplit(bare if "//" in bare else f"//{bare}").hostname or ""
    except ValueError:
        return ""
    return host.rstrip(".").lower()


def _endpoints(situation: Situation) -> Iterator[Endpoint]:
    for kind, drawn, names, check in ENDPOINTS:
        for item in objects(situation, kind, "exchange-online"):
            state = True if kind == "MigrationEndpoint" else used(item)
            if state is False:
                continue
            for answer in map(item.ask, names):
                for host in filter(None, map(host_in, answer.texts())):
                    if in_the_cloud(host) or host.endswith((".office.com", ".outlook.com")):
                        continue
                    yield Endpoint(
                        item=item,
                        node=node_id(drawn, item.setting.name),
                        kind=drawn,
                        host=host,
                        answer=answer,
                        checks=tuple(dict.fromkeys(("HYB-058", check))),
                        provenance="configured" if state else "assumed",
                    )


def _words(each: Endpoint) -> dict[str, str]:
    return {
        "kind": each.item.setting.kind,
        "endpoint": each.item.setting.name,
        "host": each.host,
    }


def _agent(each: Endpoint) -> Iterator[Node | Edge]:
    place = node_id("HybridAgent", each.host)
    yield Node(
        id=place, kind="HybridAgent", name=each.host, side="on-premises", bases=(each.answer.basis,)
    )
    yield edge(
        "HX_PublishedBy",
        each.node,
        place,
        say(AGENT, **_words(each)),
        provenance=each.provenance,
        checks=each.checks,
        fix=say(UNINSTALL),
        bases=(each.answer.basis,),
    )


def _hands_on(host: str, server: ServerState, closed: Shut | None, told: list[Basis]) -> Edge:
    place = node_id("HybridAgent", host)
    if closed is not None and "cloud" in closed.blocks:
        because, variant = say(SHUT_OUT, name=server.name, day=closed.until), "segmented"
    else:
        because, variant = say(HANDS_ON, name=server.name), "agent"
    return edge(
        "HX_CanReach",
        place,
        server_id(server),
        because,
        variant=variant,
        provenance="assumed",
        checks=("HYB-058",),
        fix=say(UNINSTALL),
        bases=(*told, *(closed.bases if closed else ())),
    )


def _points(each: Endpoint, server: ServerState) -> Iterator[Edge]:
    fix = say(POINT, endpoint=each.item.setting.name)
    yield edge(
        "HX_PublishedBy",
        each.node,
        server_id(server),
        say(ASKS, name=server.name, **_words(each)),
        provenance=each.provenance,
        checks=each.checks,
        fix=fix,
        bases=(each.answer.basis,),
    )
    yield edge(
        "HX_CanReach",
        each.node,
        server_id(server),
        say(REACHES, name=server.name, host=each.host),
        variant="agent",
        provenance=each.provenance,
        checks=("HYB-058",),
        fix=fix,
        bases=(each.answer.basis,),
    )
