"""Connectors of Exchange Online that take the organisation's mail, and rules that let mail through."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.connectors import BELIEVES, trusting
from tocsin.analyse.trust.drawing import (
    MAIL_TRUST,
    edge,
    flow_basis,
    node_id,
    server_basis,
    server_id,
)
from tocsin.analyse.trust.hosts import spans
from tocsin.analyse.trust.mail_keys import UNREAD_CONNECTOR, connector_id, unread
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.ranges import Span, span
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.ties import tie
from tocsin.formats.syntax.mail_parties import near
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis, Edge, Node, Provenance

INTERNAL = N_(
    "Mail that the connector {connector} takes counts as the organisation's own: its headers are "
    "believed, filters let it pass."
)
RELAYED = N_(
    "The connector {connector} takes mail for the organisation's and passes it on, but believes none of "
    "its headers."
)
UNSURE = N_(
    "Whether mail that the connector {connector} takes counts as internal was not read; by design of "
    "the hybrid it does."
)
UNREAD = N_("By design of the hybrid, mail that the connector takes counts as internal.")
CLOSE = N_(
    "Disable the connector {connector} if no mail needs it; otherwise let only the hybrid's own "
    "connector believe headers."
)
RULE = N_("The rule {rule} lets mail from these addresses pass the spam filter.")
DISABLE_RULE = N_("Disable the rule {rule}; use Enhanced Filtering on the connector instead.")
OWN = N_("{name} has an address, {address}, that {taker} takes mail from.")
SEEN = N_("Mail of {name} was seen to leave from {address}, which {taker} takes mail from.")
BEHIND = N_(
    "Mail of the organisation leaves from {address}, which {taker} takes mail from; nothing shows that "
    "{name} does not leave through it too."
)
ANYBODY = N_("Whoever leaves from {address} is taken for the organisation by {taker}.")
NARROW = N_("Let {taker} ask for a certificate instead of an address.")


class Taker(msgspec.Struct, frozen=True, kw_only=True):
    """What takes mail by the address it comes from. sure: nothing that decides it was left out."""

    id: str
    name: str
    spans: tuple[Span, ...]
    sure: bool
    basis: Basis
    checks: tuple[str, ...]


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    """An address that a server's mail leaves from. seen: a mail shows it."""

    server: ServerState
    address: str
    span: Span
    seen: bool
    basis: Basis


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Connectors and rules, what they grant, and who matches their addresses."""
    takers = [*_connectors(situation), *_rules(situation)]
    for item, applies in trusting(situation):
        yield _node(item)
        yield _grant(item, applies=applies)
    for item in _open_rules(situation):
        yield from _rule(item)
    if unread(situation):
        yield edge(
            "HX_GrantsMailTrust",
            UNREAD_CONNECTOR,
            MAIL_TRUST,
            say(UNREAD),
            variant="assumed",
            provenance="by-design",
            checks=("HYB-015", "HYB-016"),
            bases=tie(situation),
        )
    if takers:
        yield from _matches(situation, takers)


def _node(item: Item) -> Node:
    names = ("Enabled", "ConnectorType", "ConnectorSource", "TlsSenderCertificateName")
    said = {name: ", ".join(item.ask(name).texts()) for name in names}
    return Node(
        id=connector_id(item),
        kind="InboundConnector",
        name=item.setting.name,
        side="cloud",
        facts={name: value for name, value in said.items() if value},
        bases=(item.basis(),),
    )


def _grant(item: Item, *, applies: bool | None) -> Edge:
    flags = [item.ask(each) for each in BELIEVES]
    name = item.setting.name
    if any(each.value is True for each in flags):
        variant, because, sure = "internal", say(INTERNAL, connector=name), True
        shown = [each for each in flags if each.value is True]
    elif all(each.known for each in flags):
        variant, because, sure, shown = "relay", say(RELAYED, connector=name), True, flags
    else:
        variant, because, sure, shown = "assumed", say(UNSURE, connector=name), False, flags
    return edge(
        "HX_GrantsMailTrust",
        connector_id(item),
        MAIL_TRUST,
        because,
        variant=variant,
        provenance="configured" if sure and applies else "assumed",
        checks=("HYB-010", "HYB-011", "HYB-015", "HYB-016", "HYB-017", "HYB-018", "HYB-019"),
        fix=say(CLOSE, connector=name),
        bases=(*(each.basis for each in shown), item.ask("Enabled").basis),
    )


def _open_rules(situation: Situation) -> list[Item]:
    return [
        item
        for item in objects(situation, "TransportRule", "exchange-online")
        if str(item.ask("SetSCL").value) == "-1"
        and str(item.ask("State").value) != "Disabled"
        and item.ask("SenderIpRanges").filled
    ]


def _rule(item: Item) -> Iterator[Node | Edge]:
    name = item.setting.name
    state, level = item.ask("State"), item.ask("SetSCL")
    place = node_id("TransportRule", name)
    yield Node(id=place, kind="TransportRule", name=name, side="cloud", bases=(level.basis,))
    yield edge(
        "HX_GrantsMailTrust",
        place,
        MAIL_TRUST,
        say(RULE, rule=name),
        variant="relay",
        provenance="configured" if state.known else "assumed",
        checks=("HYB-025",),
        fix=say(DISABLE_RULE, rule=name),
        bases=(level.basis, state.basis),
    )


def _connectors(situation: Situation) -> Iterator[Taker]:
    for item, applies in trusting(situation):
        name = item.ask("TlsSenderCertificateName")
        addresses = item.ask("SenderIPAddresses")
        # A connector that asks for a certificate does not look at addresses.
        if addresses.filled and not name.filled:
            yield Taker(
                id=connector_id(item),
                name=item.setting.name,
                spans=tuple(spans(addresses.texts())),
                sure=applies is True and name.known,
                basis=addresses.basis,
                checks=("HYB-010", "HYB-014"),
            )


def _rules(situation: Situation) -> Iterator[Taker]:
    for item in _open_rules(situation):
        answer: Answer = item.ask("SenderIpRanges")
        yield Taker(
            id=node_id("TransportRule", item.setting.name),
            name=item.setting.name,
            spans=tuple(spans(answer.texts())),
            sure=item.ask("State").known,
            basis=answer.basis,
            checks=("HYB-025",),
        )


def _outlets(situation: Situation) -> Iterator[Outlet]:
    for server in situation.servers:
        for address in server.addresses:
            found = span(address)
            if found is not None and server.ours is not False:
                basis = server_basis(server, "address", address)
                yield Outlet(server=server, address=address, span=found, seen=False, basis=basis)
    for flow in situation.flows:
        sender = situation.server(flow.sender)
        found = span(flow.address)
        if flow.to_cloud and sender is not None and found is not None:
            yield Outlet(
                server=sender,
                address=flow.address,
                span=found,
                seen=True,
                basis=flow_basis(flow),
            )


def _matches(situation: Situation, takers: list[Taker]) -> Iterator[Node | Edge]:
    outlets = list(_outlets(situation))
    for taker in takers:
        gates: dict[str, Outlet] = {}
        for outlet in outlets:
            if any(each.meets(outlet.span) for each in taker.spans):
                yield _match(outlet, taker)
                if outlet.seen and _translated(outlet):
                    gates.setdefault(outlet.address, outlet)
        for outlet in gates.values():
            yield from _behind(situation, outlet, taker)


def _match(outlet: Outlet, taker: Taker) -> Edge:
    words = {"name": outlet.server.name, "address": outlet.address, "taker": taker.name}
    seen: Provenance = "observed" if outlet.seen else "configured"
    return edge(
        "HX_MatchesIP",
        server_id(outlet.server),
        taker.id,
        say(SEEN if outlet.seen else OWN, **words),
        provenance=seen if taker.sure else "assumed",
        checks=taker.checks,
        fix=say(NARROW, taker=taker.name),
        bases=(taker.basis, outlet.basis),
    )


def _translated(outlet: Outlet) -> bool:
    """Whether mail leaves from an address that is not the server's own: others may share it."""
    return outlet.address not in outlet.server.addresses and not near(outlet.address)


def _behind(situation: Situation, outlet: Outlet, taker: Taker) -> Iterator[Node | Edge]:
    place = node_id("RelayDevice", f"any host behind {outlet.address}")
    yield Node(
        id=place,
        kind="RelayDevice",
        name=f"any host behind {outlet.address}",
        side="on-premises",
        bases=(outlet.basis,),
    )
    told = {
        "checks": taker.checks,
        "fix": say(NARROW, taker=taker.name),
        "bases": (taker.basis, outlet.basis),
    }
    yield edge(
        "HX_MatchesIP",
        place,
        taker.id,
        say(ANYBODY, address=outlet.address, taker=taker.name),
        provenance="configured" if taker.sure else "assumed",
        **told,  # type: ignore[arg-type]
    )
    for server in situation.servers:
        if server.ours is False or not all(map(near, server.addresses)):
            continue
        yield edge(
            "HX_MatchesIP",
            server_id(server),
            taker.id,
            say(BEHIND, address=outlet.address, name=server.name, taker=taker.name),
            variant="assumed",
            provenance="assumed",
            **told,  # type: ignore[arg-type]
        )
