"""Hosts whose mail a server takes without asking who they are, and passes on as its own."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.drawing import edge, node_id, server_id
from tocsin.analyse.trust.hosts import spans
from tocsin.analyse.trust.keys import host_of
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.ranges import Span
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.submission import is_anonymous
from tocsin.analyse.trust.ties import used
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis, Edge, Node

ANY_RECIPIENT = "ms-exch-smtp-accept-any-recipient"
EVERY_HOST = 1 << 31
"""A range this wide is no list of hosts."""
RANGES_NAMED = 3
"""Ranges told in a node's name."""

SECURED = N_("{connector} takes {hosts} for authenticated: what they send may go anywhere.")
RELAYS = N_("{connector} lets {hosts} send mail to anybody, without a password.")
OF = N_("{connector} is a door of {name}: what it takes leaves as mail of that server.")
SHARPEN = N_(
    "Narrow {connector} to the few hosts that need it, and let it send by a way that Exchange Online "
    "does not trust."
)
CATCH_ALL = N_(
    "The accepted domain {domain} makes every server take mail for any recipient from anybody."
)
EXACT = N_("Replace the accepted domain {domain} by the exact domains.")


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """A receive connector that takes mail of strangers. secured: it takes them for authenticated."""

    item: Item
    secured: bool
    bases: tuple[Basis, ...]


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Relays, the hosts that may use them, and catch-all domains."""
    allowed = _allowed(situation)
    for item in objects(situation, "ReceiveConnector", "on-premises"):
        relay = _relay(item, allowed) if used(item) is not False else None
        if relay is not None:
            yield from _drawn(situation, relay)
    for item in objects(situation, "AcceptedDomain", "on-premises"):
        answer = item.ask("DomainName")
        if "*" in answer.texts():
            yield from _catch_all(situation, answer)


def _allowed(situation: Situation) -> dict[str, list[Basis]]:
    """By connector, what lets anybody send to any recipient through it."""
    found: dict[str, list[Basis]] = {}
    for item in situation.settings.items("ReceiveConnectorPermission", "on-premises"):
        rights = item.ask("ExtendedRights")
        user = item.ask("User")
        if item.ask("Deny").value is True or not is_anonymous(user):
            continue
        if any(text.lower() == ANY_RECIPIENT for text in rights.texts()):
            name = next(iter(item.ask("Identity").texts()), item.setting.name)
            place = _place(name, item.setting.server)
            found.setdefault(place, []).extend((rights.basis, user.basis))
    return found


def _place(identity: str, server: str) -> str:
    """`server/connector` in short, however full the server's name and whether or not the identity bears it."""
    host, slash, name = identity.strip().lower().partition("\\")
    if not slash:
        host, name = host_of(server).lower(), host
    return f"{host.partition('.')[0]}\\{name}"


def _relay(item: Item, allowed: dict[str, list[Basis]]) -> Relay | None:
    ways = item.ask("AuthMechanism")
    if any(text.lower() == "externalauthoritative" for text in ways.texts()):
        return Relay(item=item, secured=True, bases=(ways.basis,))
    groups = item.ask("PermissionGroups")
    bases = allowed.get(_place(_full_name(item), ""), [])
    known = [text.lower() for text in groups.texts()]
    if bases and (not groups.known or any("anonymous" in text for text in known)):
        return Relay(item=item, secured=False, bases=(*bases, groups.basis))
    return None


def _drawn(situation: Situation, relay: Relay) -> Iterator[Node | Edge]:
    item = relay.item
    name = _full_name(item)
    ranges = item.ask("RemoteIPRanges")
    wanted = spans(ranges.texts())
    hosts = _hosts(wanted, ranges)
    device = node_id("RelayDevice", hosts)
    place = node_id("ReceiveConnector", name)
    sure = used(item) is True and ranges.known
    narrow = bool(wanted) and not any(each.wide for each in wanted)
    wide = "externally-secured" if relay.secured else "anonymous-relay"
    yield Node(id=device, kind="RelayDevice", name=hosts, side="on-premises", bases=(ranges.basis,))
    yield Node(
        id=place,
        kind="ReceiveConnector",
        name=name,
        side="on-premises",
        bases=(item.basis(),),
    )
    yield edge(
        "HX_SubmitsTo",
        device,
        place,
        say(SECURED if relay.secured else RELAYS, connector=name, hosts=hosts),
        variant="narrow" if narrow else wide,
        provenance="configured" if sure else "assumed",
        checks=("HYB-040", "HYB-042") if relay.secured else ("HYB-041", "HYB-042"),
        fix=say(SHARPEN, connector=name),
        bases=(*relay.bases, ranges.basis),
    )
    yield from _into(situation, item, place)


def _full_name(item: Item) -> str:
    """Its name with that of its server before it: servers have connectors of the same name."""
    name = item.setting.name
    host = host_of(next(iter(item.ask("Server").texts()), "") or item.setting.server)
    return name if "\\" in name or not host else f"{host}\\{name}"


def _into(situation: Situation, item: Item, place: str) -> Iterator[Edge]:
    named = next(iter(item.ask("Server").texts()), "") or item.setting.server
    server = situation.server(host_of(named)) or situation.server(
        item.setting.name.partition("\\")[0] if "\\" in item.setting.name else ""
    )
    if server is not None:
        yield edge(
            "HX_SubmitsTo",
            place,
            server_id(server),
            say(OF, connector=_full_name(item), name=server.name),
            variant="of-server",
            provenance="configured" if used(item) is True else "assumed",
            checks=("HYB-042",),
            bases=(item.ask("Server").basis, item.ask("Enabled").basis),
        )


def _hosts(wanted: list[Span], ranges: Answer) -> str:
    if not ranges.known or any(each.size >= EVERY_HOST for each in wanted):
        return "any host"
    texts = sorted(ranges.texts())
    more = ", …" if len(texts) > RANGES_NAMED else ""
    return f"hosts in {', '.join(texts[:RANGES_NAMED])}{more}" if texts else "any host"


def _catch_all(situation: Situation, answer: Answer) -> Iterator[Node | Edge]:
    device = node_id("RelayDevice", "any host")
    place = node_id("AcceptedDomain", "*")
    yield Node(id=device, kind="RelayDevice", name="any host", side="on-premises")
    yield Node(id=place, kind="AcceptedDomain", name="*", side="on-premises", bases=(answer.basis,))
    for source, target in (
        (device, place),
        *((place, server_id(each)) for each in situation.servers if each.ours is not False),
    ):
        yield edge(
            "HX_SubmitsTo",
            source,
            target,
            say(CATCH_ALL, domain="*"),
            variant="anonymous-relay" if source == device else "of-server",
            checks=("HYB-046", "HYB-042"),
            fix=say(EXACT, domain="*"),
            bases=(answer.basis,),
        )
