"""Servers that send to Exchange Online through a connector, and the connector that takes it there."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.drawing import edge, node_id, server_id
from tocsin.analyse.trust.keys import Certificate, certificates, host_of, to_the_cloud
from tocsin.analyse.trust.mail_keys import UNREAD_CONNECTOR as UNREAD
from tocsin.analyse.trust.mail_keys import Door, doors, unread
from tocsin.analyse.trust.names import certificate_identifier, name_matches, same_name
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.ties import used
from tocsin.model.text import N_, say
from tocsin.model.trusts import Edge, Node, Provenance

SENDS = N_("{name} is a source of the connector {connector}, which leads to Exchange Online.")
LEAVE = N_("Take {name} out of the sources of {connector} if it need not send.")
TAKES = N_("{connector} shows a certificate for {wanted}, which {door} asks for.")
ONLY = N_(
    "{connector} leads to Exchange Online; {door} takes the organisation's mail there, but what either "
    "shows or asks for was not read."
)
UNKNOWN = N_("{connector} leads to Exchange Online; the connector that takes it was not exported.")
RERUN = N_("Set both connectors to one certificate with an exact name, or run the wizard again.")


def cloud_connectors(situation: Situation) -> tuple[Item, ...]:
    """Send connectors to Exchange Online that are in use, or may be."""
    return tuple(
        item
        for item in objects(situation, "SendConnector", "on-premises")
        if to_the_cloud(item) and used(item) is not False
    )


def send_id(item: Item) -> str:
    """The id of its node."""
    return node_id("SendConnector", item.setting.name)


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Send connectors to the cloud, their sources, and where they arrive."""
    ways = doors(situation)
    known: tuple[Certificate, ...] | None = None
    for item in cloud_connectors(situation):
        name = item.setting.name
        yield Node(
            id=send_id(item),
            kind="SendConnector",
            name=name,
            side="on-premises",
            facts={"AddressSpaces": ", ".join(item.ask("AddressSpaces").texts())},
            bases=(item.basis(),),
        )
        sure = used(item) is True
        yield from _sources(situation, item, "configured" if sure else "assumed")
        known = certificates(situation) if known is None else known
        yield from _arrivals(situation, item, ways, known)


def _sources(situation: Situation, item: Item, provenance: Provenance) -> Iterator[Edge]:
    answer = item.ask("SourceTransportServers")
    for text in answer.texts():
        server = situation.server(host_of(text))
        if server is not None:
            words = {"name": server.name, "connector": item.setting.name}
            yield edge(
                "HX_SendsVia",
                server_id(server),
                send_id(item),
                say(SENDS, **words),
                provenance=provenance,
                checks=("HYB-044", "HYB-045"),
                fix=say(LEAVE, **words),
                bases=(answer.basis, item.ask("Enabled").basis),
            )


def _arrivals(
    situation: Situation, item: Item, ways: tuple[Door, ...], known: tuple[Certificate, ...]
) -> Iterator[Edge]:
    shown = item.ask("TlsCertificateName")
    names = _names(item, known)
    for door in ways:
        if not door.wanted or not _answer(names, door.wanted):
            continue
        sure = door.sure and used(item) is True
        yield edge(
            "HX_SourceOf",
            send_id(item),
            door.id,
            say(TAKES, connector=item.setting.name, wanted=door.wanted, door=door.name),
            variant="" if sure else "assumed",
            provenance="configured" if sure else "assumed",
            checks=("HYB-044", "HYB-045"),
            fix=say(RERUN),
            bases=(shown.basis, *door.bases),
        )
    if unread(situation):
        yield _guess(item, UNREAD, "")
    for door in ways:
        if not (shown.known and door.wanted):
            yield _guess(item, door.id, door.name)


def _guess(item: Item, target: str, door: str) -> Edge:
    name = item.setting.name
    return edge(
        "HX_SourceOf",
        send_id(item),
        target,
        say(ONLY, connector=name, door=door) if door else say(UNKNOWN, connector=name),
        variant="assumed",
        provenance="assumed",
        checks=("HYB-044", "HYB-045"),
        bases=(item.ask("TlsCertificateName").basis, item.ask("AddressSpaces").basis),
    )


def _names(item: Item, known: tuple[Certificate, ...]) -> set[str]:
    """Host names in the certificate that the connector shows."""
    found: set[str] = set()
    answer = item.ask("TlsCertificateName")
    for value in answer.value if isinstance(answer.value, list) else (answer.value,):
        issuer, subject, common = certificate_identifier(value)
        found.add(common)
        for each in known:
            if same_name(each.subject, subject) and same_name(each.issuer, issuer):
                found.update(each.names)
    return found - {""}


def _answer(names: set[str], wanted: str) -> bool:
    return any(name_matches(wanted, each) for each in names)
