"""Mail that really went to Exchange Online, beside the ways that are configured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from tocsin.analyse.trust.connectors import inbound
from tocsin.analyse.trust.drawing import MAIL_TRUST, edge, flow_basis, node_id, server_id
from tocsin.analyse.trust.flows import Flow
from tocsin.analyse.trust.hosts import spans
from tocsin.analyse.trust.mail_keys import UNREAD_CONNECTOR, connector_id, unread
from tocsin.analyse.trust.names import certificate_identifier, name_matches
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.ranges import Span, span
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, Sentence, say
from tocsin.model.trusts import Basis, Edge, Node

STRANGERS_DRAWN = 200
"""Hosts drawn that hand over internal mail and are no server of the inventory: those of most mails."""

PROMOTING = ("CloudServicesMailEnabled", "TreatMessagesAsInternal")
"""What makes mail that a connector takes count as internal."""

WENT = N_(
    "Mail of {name} was seen to reach Exchange Online by the connector {connector}; mails: {count}."
)
MAY_GO = N_(
    "Mail of {name} was seen to reach Exchange Online as internal; {connector} asks for a certificate "
    "and may have taken it; mails: {count}."
)
REPORTED = N_(
    "Exchange Online's report has mail of {name} through the connector {connector}; mails: {count}."
)
NO_CONNECTOR = N_(
    "Exchange Online took mail of {name} for internal, and no connector that was read accounts for it; "
    "mails: {count}."
)
UNREAD = N_(
    "Mail of {name} was seen to reach Exchange Online, whose connectors were not read; mails: {count}."
)
ISOLATE = N_("Find out why {name} sends to Exchange Online; if nobody knows, isolate it.")


class Door(NamedTuple):
    """What a connector asks of who hands mail over. internal: what it takes counts as internal; told: whether
    that is so, and what it asks for, was read. sure: it is known to be in use, and what it asks for."""

    id: str
    name: str
    certificates: tuple[str, ...]
    spans: tuple[Span, ...]
    internal: bool
    told: bool
    sure: bool
    basis: Basis


class Seen(msgspec.Struct, kw_only=True):
    """What was seen of one host and one connector."""

    flows: list[Flow] = []
    reported: int = 0
    reported_last: datetime | None = None
    bases: list[Basis] = []
    door: Door | None = None
    fits: bool = False


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """From each server, and each host nobody knows, to the connector that took its mail."""
    doors = [_door(item, sure=applies is True) for item, applies in inbound(situation)]
    seen: dict[tuple[str, str], Seen] = {}
    names: dict[str, str] = {}
    strangers: dict[str, Flow] = {}
    hidden = unread(situation)
    for flow in situation.flows:
        if not flow.to_cloud:
            continue
        server = _server(situation, flow)
        source = server_id(server) if server else node_id("RelayDevice", _called(flow))
        known = server is not None
        for target, door, fits in _taken_by(flow, doors, known=known, hidden=hidden):
            each = seen.setdefault((source, target), Seen(door=door))
            each.flows.append(flow)
            each.fits = each.fits or fits
            names[source] = server.name if server else _called(flow)
            if server is None:
                strangers.setdefault(source, flow)
    _reports(situation, doors, seen, names)
    drawn = _most(strangers, seen)
    for source in drawn:
        yield Node(
            id=source,
            kind="RelayDevice",
            name=names[source],
            side="on-premises",
            bases=(flow_basis(strangers[source]),),
        )
    for (source, target), each in seen.items():
        if source not in strangers or source in drawn:
            yield _edge(source, target, names[source], each)


def _door(item: Item, *, sure: bool) -> Door:
    wanted = item.ask("TlsSenderCertificateName")
    addresses = item.ask("SenderIPAddresses")
    asks = wanted.filled or (wanted.known and addresses.known)
    flags = [item.ask(name) for name in PROMOTING]
    internal = sure and any(each.value is True for each in flags)
    return Door(
        id=connector_id(item),
        name=item.setting.name,
        certificates=tuple(certificate_identifier(t)[2] or t for t in wanted.texts()),
        spans=tuple(spans(addresses.texts())) if not wanted.filled else (),
        internal=internal,
        told=sure and asks and (internal or all(each.known for each in flags)),
        sure=sure and wanted.known,
        basis=wanted.basis if wanted.filled else addresses.basis,
    )


def _server(situation: Situation, flow: Flow) -> ServerState | None:
    """The server with the address that was seen, or of the name it gave where the mail counted as
    internal: whoever is let in does not lie about that."""
    found = situation.server_at(flow.address)
    if found is None and flow.internal:
        found = situation.server(flow.sender)
    return found if found is None or found.ours is not False else None


def _called(flow: Flow) -> str:
    return flow.sender or flow.address


def _taken_by(
    flow: Flow, doors: list[Door], *, known: bool, hidden: bool
) -> Iterator[tuple[str, Door | None, bool]]:
    """Connector's node, connector, and whether name or address fit it.

    Internal mail of a known server came by some certificate, whatever name it gave: each connector
    that asks for one may have taken it. What no connector accounts for shows the trust itself, and so
    does mail of a host that nobody knows.
    """
    address = span(flow.address)
    if not flow.internal and not known:
        return
    if hidden:
        yield UNREAD_CONNECTOR, None, True
        return
    fits = [door for door in doors if _fits(flow, address, door)]
    yield from ((door.id, door, True) for door in fits)
    if not flow.internal:
        return
    others = [door for door in doors if known and door.certificates and door not in fits]
    yield from ((door.id, door, False) for door in others)
    explained = known and any(door.internal for door in (*fits, *others))
    if not explained:
        yield MAIL_TRUST, None, all(door.told for door in doors)


def _fits(flow: Flow, address: Span | None, door: Door) -> bool:
    if address is not None and any(each.meets(address) for each in door.spans):
        return True
    return flow.internal and any(name_matches(w, flow.sender) for w in door.certificates)


def _reports(
    situation: Situation,
    doors: list[Door],
    seen: dict[tuple[str, str], Seen],
    names: dict[str, str],
) -> None:
    """Add what Exchange Online's own report says."""
    by_name = {door.name.lower(): door for door in doors}
    for item in objects(situation, "ConnectorReport", "exchange-online"):
        count = item.ask("Messages").value
        door = by_name.get(next(iter(item.ask("Connector").texts()), "").lower())
        server = situation.server(next(iter(item.ask("Server").texts()), ""))
        if door is None or server is None or not isinstance(count, int) or count <= 0:
            continue
        known = seen.setdefault((server_id(server), door.id), Seen(door=door))
        known.fits = True
        known.reported += count
        known.bases.append(item.ask("Messages").basis)
        last = _moment(next(iter(item.ask("Last").texts()), ""))
        known.reported_last = max((x for x in (known.reported_last, last) if x), default=None)
        names[server_id(server)] = server.name


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _most(strangers: dict[str, Flow], seen: dict[tuple[str, str], Seen]) -> list[str]:
    counts = dict.fromkeys(strangers, 0)
    for (source, _), each in seen.items():
        if source in counts:
            counts[source] += sum(flow.count for flow in each.flows)
    return sorted(counts, key=lambda source: (-counts[source], source))[:STRANGERS_DRAWN]


def _edge(source: str, target: str, name: str, seen: Seen) -> Edge:
    mails = sum(flow.count for flow in seen.flows)
    count = max(mails, seen.reported)
    lasts = [flow.last for flow in seen.flows if flow.last]
    if seen.reported_last:
        lasts.append(seen.reported_last)
    door = (seen.door.basis,) if seen.door else ()
    certain = seen.fits and (seen.door is None or seen.door.sure)
    return edge(
        "HX_ObservedMail",
        source,
        target,
        _because(target, name, count, seen),
        provenance="observed" if certain else "assumed",
        checks=("HYB-022", "HYB-023", "HYB-007"),
        fix=say(ISOLATE, name=name),
        bases=(*map(flow_basis, seen.flows), *seen.bases, *door),
        weight=count,
        last=max(lasts, default=None),
    )


def _because(target: str, name: str, count: int, seen: Seen) -> Sentence:
    if seen.door is None:
        return say(NO_CONNECTOR if target == MAIL_TRUST else UNREAD, count=count, name=name)
    template = REPORTED if not seen.flows else WENT if seen.fits else MAY_GO
    return say(template, count=count, name=name, connector=seen.door.name)
