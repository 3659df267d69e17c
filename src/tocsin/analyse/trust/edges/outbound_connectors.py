"""Connectors by which Exchange Online hands mail to the organisation's servers."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import outbound
from tocsin.analyse.trust.drawing import CLOUD_MAILBOXES, edge, node_id, server_id
from tocsin.analyse.trust.edges.published import published, servers_named
from tocsin.analyse.trust.keys import host_of
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis, Edge, Node, Provenance

DELIVERS = N_("The connector {connector} hands mail to {name}.")
REACHES = N_(
    "Exchange Online hands mail to {name} through the connector {connector}: it has a way in."
)
CENTRAL = N_(
    "Mail that leaves mailboxes in Exchange Online goes through {name} first: whoever rules it reads and "
    "alters that mail."
)
DIRECT = N_("Let mail leave Exchange Online directly, or patch {name} first of all.")
VALIDATE = N_(
    "Let {connector} ask for a certificate with an exact name, and name a current server."
)


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Connectors, the servers they hand mail to, and what those see of the cloud's mail.

    The direction is that of influence: a server that all outbound mail goes through has a hold on
    the mailboxes that send it.
    """
    found = list(outbound(situation))
    namespaces = published(situation) if found else {}
    for item, applies in found:
        place = node_id("OutboundConnector", item.setting.name)
        sure: Provenance = "configured" if applies else "assumed"
        yield Node(
            id=place,
            kind="OutboundConnector",
            name=item.setting.name,
            side="cloud",
            facts={"SmartHosts": ", ".join(item.ask("SmartHosts").texts())},
            bases=(item.basis(),),
        )
        central = _central(situation, item)
        for server, basis in _receivers(situation, item, namespaces):
            yield from _delivery(item, place, server, basis, sure)
            if central is not None:
                yield _transit(item, server, (central, basis), sure)


def _receivers(
    situation: Situation, item: Item, namespaces: dict[str, list[ServerState]]
) -> list[tuple[ServerState, Basis]]:
    """The servers behind its smart hosts; those that HybridConfiguration names where the host is the
    organisation's own name for them."""
    answer = item.ask("SmartHosts")
    found: dict[str, tuple[ServerState, Basis]] = {}
    for text in answer.texts():
        host = text.strip().strip("[].").lower()
        for server in servers_named(situation, host, namespaces):
            found[server.id] = (server, answer.basis)
        for server, basis in _behind(situation, host):
            found.setdefault(server.id, (server, basis))
    return [each for _, each in sorted(found.items())]


def _behind(situation: Situation, host: str) -> Iterator[tuple[ServerState, Basis]]:
    for item in objects(situation, "HybridConfiguration", "on-premises"):
        if host not in (text.lower() for text in item.ask("OnPremisesSmartHost").texts()):
            continue
        for name in ("ReceivingTransportServers", "EdgeTransportServers"):
            answer = item.ask(name)
            for text in answer.texts():
                server = situation.server(host_of(text))
                if server is not None and server.ours is not False:
                    yield server, answer.basis


def _central(situation: Situation, item: Item) -> Basis | None:
    """What shows that all outbound mail takes this way; None where nothing does."""
    answer = item.ask("RouteAllMessagesViaOnPremises")
    if answer.known:
        return answer.basis if answer.value is True else None
    for each in objects(situation, "HybridConfiguration", "on-premises"):
        features = each.ask("Features")
        if any(text.lower().startswith("centralized") for text in features.texts()):
            return features.basis
    return None


def _delivery(
    item: Item, place: str, server: ServerState, basis: Basis, sure: Provenance
) -> Iterator[Edge]:
    words = {"connector": item.setting.name, "name": server.name}
    yield edge(
        "HX_DeliversTo",
        place,
        server_id(server),
        say(DELIVERS, **words),
        provenance=sure,
        checks=("HYB-032", "HYB-033"),
        fix=say(VALIDATE, connector=item.setting.name),
        bases=(basis, item.ask("SmartHosts").basis),
    )
    yield edge(
        "HX_CanReach",
        place,
        server_id(server),
        say(REACHES, **words),
        variant="agent",
        provenance=sure,
        checks=("HYB-058",),
        fix=say(VALIDATE, connector=item.setting.name),
        bases=(basis, item.ask("SmartHosts").basis),
    )


def _transit(item: Item, server: ServerState, bases: tuple[Basis, ...], sure: Provenance) -> Edge:
    return edge(
        "HX_RoutesOutboundThrough",
        server_id(server),
        CLOUD_MAILBOXES,
        say(CENTRAL, name=server.name),
        provenance=sure,
        checks=("HYB-031",),
        fix=say(DIRECT, name=server.name),
        bases=(*bases, item.ask("Enabled").basis),
    )
