"""What one Exchange server is to the others: administrator, and a sender whose mail is believed.

Each is drawn by way of the group that gives it, never from server to server: of 2,000 servers there
would be four million edges.
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.directory import NAMES, Group, WellKnown, groups
from tocsin.analyse.trust.drawing import edge, node_id, server_basis, server_id
from tocsin.analyse.trust.edges.send_connectors import cloud_connectors, send_id
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.ties import used
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis, Edge, Node

MEMBER = N_("{name} is a member of {group}.")
DESIGN = N_("Setup makes every Exchange server a member of {group}; {name} is one.")
STALE = N_("{name} is a member of {group} and no Exchange server that was read.")
TAKE_OUT = N_("Take {name} out of {group} if it is no Exchange server any more.")
ADMIN = N_("{group} is in the local administrators of every Exchange server, so of {name}.")
RETIRE = N_("Patch or retire each server of the group: the weakest of them opens all.")
PASSES = N_(
    "Servers of the organisation take each other's mail for authenticated, and {connector} sends it on "
    "to Exchange Online."
)
EDGE_IN = N_("Servers of the organisation take mail of the Edge server {name} for authenticated.")
EDGE_OUT = N_("The Edge server {name} takes mail of the organisation's servers for authenticated.")
EDGE_END = N_("Remove the Edge subscription of {name} if it is not needed.")

EWP: WellKnown = "EWP"
BY_SETUP: tuple[WellKnown, ...] = ("ETS", "ExchangeServers")
"""Groups that setup makes every Exchange server a member of."""

SERVERS = node_id("ADGroup", NAMES["ExchangeServers"])
SUBSYSTEM = node_id("ADGroup", NAMES["ETS"])


def group_id(known: WellKnown) -> str:
    """The id of a group's node."""
    return node_id("ADGroup", NAMES[known])


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """The groups, who is in them, and what membership gives."""
    members = [each for each in situation.servers if each.ours is not False and not each.edge]
    read = groups(situation, "ETS", "ExchangeServers", "EWP")
    if not members and not read:
        return
    for known in (*BY_SETUP, EWP):
        yield _node(known, [each for each in read if each.well_known == known])
    listed = _listed(read)
    for server in members:
        for known in BY_SETUP:
            yield _member(server, known, listed.get((server.id, known)))
        direct = listed.get((server.id, EWP))
        if direct is not None:
            yield _member(server, EWP, direct)
        yield _administers(server)
    for group in read:
        yield from _stale(group)
    yield from _believed(situation)


def _node(known: WellKnown, read: list[Group]) -> Node:
    sids = sorted({each.sid for each in read if each.sid})
    return Node(
        id=group_id(known),
        kind="ADGroup",
        name=NAMES[known],
        side="on-premises",
        facts={"sid": ", ".join(sids)} if sids else {},
        bases=tuple(each.basis for each in read),
    )


def _listed(read: tuple[Group, ...]) -> dict[tuple[str, WellKnown], Basis]:
    return {
        (member.server.id, group.well_known): group.basis
        for group in read
        for member in group.members or ()
        if member.server is not None and group.well_known is not None
    }


def _member(server: ServerState, known: WellKnown, basis: Basis | None) -> Edge:
    words = {"name": server.name, "group": NAMES[known]}
    return edge(
        "HX_MemberOf",
        server_id(server),
        group_id(known),
        say(MEMBER if basis else DESIGN, **words),
        provenance="configured" if basis else "by-design",
        checks=("HYB-072",),
        fix=say(TAKE_OUT, **words),
        bases=(basis or server_basis(server, "product", server.product),),
    )


def _administers(server: ServerState) -> Edge:
    return edge(
        "HX_AdminOfPeer",
        SUBSYSTEM,
        server_id(server),
        say(ADMIN, group=NAMES["ETS"], name=server.name),
        provenance="by-design",
        checks=("HYB-072",),
        fix=say(RETIRE),
        bases=(server_basis(server, "product", server.product),),
    )


def _stale(group: Group) -> Iterator[Node | Edge]:
    """Computers that are in a group and no servers that are known: what they may, they still may."""
    known = group.well_known
    if known is None:
        return
    for member in group.members or ():
        if member.server is not None or member.kind.lower() != "computer":
            continue
        place = node_id("ADComputer", member.sid or member.name)
        words = {"name": member.name, "group": NAMES[known]}
        yield Node(
            id=place,
            kind="ADComputer",
            name=member.name,
            side="on-premises",
            facts={"sid": member.sid} if member.sid else {},
            bases=(group.basis,),
        )
        yield edge(
            "HX_MemberOf",
            place,
            group_id(known),
            say(STALE, **words),
            checks=("HYB-072",),
            fix=say(TAKE_OUT, **words),
            bases=(group.basis,),
        )


def _believed(situation: Situation) -> Iterator[Edge]:
    """Mail of one server is believed by the others: what it leads to is where they send it."""
    receiving = [
        item.ask("PermissionGroups").basis
        for item in objects(situation, "ReceiveConnector", "on-premises")
        if used(item) is not False and "ExchangeServers" in item.ask("PermissionGroups").texts()
    ]
    for item in cloud_connectors(situation):
        sure = used(item) is True
        yield edge(
            "HX_TrustsPeer",
            SERVERS,
            send_id(item),
            say(PASSES, connector=item.setting.name),
            provenance=("configured" if receiving else "by-design") if sure else "assumed",
            checks=("HYB-042", "HYB-044"),
            bases=(*receiving, item.ask("SourceTransportServers").basis),
        )
    for server in situation.servers:
        if server.ours is False or not server.edge:
            continue
        for source, target, words in (
            (server_id(server), SERVERS, EDGE_IN),
            (SERVERS, server_id(server), EDGE_OUT),
        ):
            yield edge(
                "HX_TrustsPeer",
                source,
                target,
                say(words, name=server.name),
                provenance="by-design",
                checks=("HYB-045",),
                fix=say(EDGE_END, name=server.name),
                bases=(server_basis(server, "product", server.product),),
            )
