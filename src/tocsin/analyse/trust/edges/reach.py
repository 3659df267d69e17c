"""From where a server can be reached: an intruder inside reaches every one, unless proven."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.drawing import (
    FOOTHOLD,
    INTERNET,
    edge,
    server_basis,
    server_id,
    server_node,
)
from tocsin.analyse.trust.segmentation import Shut, shut
from tocsin.analyse.trust.situation import Situation
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say
from tocsin.model.trusts import Edge, Node

OPEN = N_("Nothing shows that an internal host cannot reach {name}.")
CUT = N_(
    "The segmentation that was read keeps internal hosts from {name} until {day}; it is believed as "
    "far as it is dated, and no further."
)
SEEN = N_("The internet sees {name}.")
CUT_OFF = N_("Let only the hosts that need {name} reach it, and state that with a date.")
TAKE_IN = N_("Take {name} off the internet, or put what publishes it behind a login of its own.")


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Every server, the inside, and the internet where it sees one."""
    yield Node(id=FOOTHOLD, kind="InternalFoothold", name="any internal host", side="on-premises")
    yield Node(id=INTERNET, kind="Internet", name="internet", side="outside")
    closed = shut(situation)
    for server in situation.servers:
        if server.ours is False:
            continue
        yield server_node(server)
        yield _inside(server, closed.get(server.id))
        if server.internet:
            yield edge(
                "HX_CanReach",
                INTERNET,
                server_id(server),
                say(SEEN, name=server.name),
                variant="internet",
                provenance="observed",
                checks=("HYB-074",),
                fix=say(TAKE_IN, name=server.name),
                bases=(server_basis(server, "internet", "true"),),
            )


def _inside(server: ServerState, closed: Shut | None) -> Edge:
    if closed is not None and "foothold" in closed.blocks:
        return edge(
            "HX_CanReach",
            FOOTHOLD,
            server_id(server),
            say(CUT, name=server.name, day=closed.until),
            variant="segmented",
            bases=closed.bases,
        )
    return edge(
        "HX_CanReach",
        FOOTHOLD,
        server_id(server),
        say(OPEN, name=server.name),
        variant="foothold",
        provenance="assumed",
        fix=say(CUT_OFF, name=server.name),
        bases=(server_basis(server, "segmentation", ""),),
    )
