"""From where a server can be reached: an intruder inside reaches every one, unless proven."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.drawing import FOOTHOLD, edge, node_id, server_id, server_node
from tocsin.analyse.trust.situation import Situation
from tocsin.model.text import N_, say
from tocsin.model.trusts import Edge, Node

INTERNET = node_id("Internet", "internet")


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Every server, the inside, and the internet where it sees one."""
    yield Node(id=FOOTHOLD, kind="InternalFoothold", name="any internal host", side="on-premises")
    yield Node(id=INTERNET, kind="Internet", name="internet", side="outside")
    for server in situation.servers:
        if server.ours is False:
            continue
        yield server_node(server)
        yield edge(
            "HX_CanReach",
            FOOTHOLD,
            server_id(server),
            say(N_("Nothing shows that an internal host cannot reach {name}."), name=server.name),
            variant="foothold",
            provenance="assumed",
        )
