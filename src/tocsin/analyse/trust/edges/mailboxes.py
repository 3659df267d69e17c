"""A server holds its mailboxes open: whoever is the system on it reads them."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.drawing import ON_PREM_MAILBOXES, edge, server_basis, server_id
from tocsin.analyse.trust.situation import Situation
from tocsin.model.text import N_, say
from tocsin.model.trusts import Edge, Node

READS = N_("Whoever is the system on {name} reads the mailboxes of the organisation's servers.")
EMPTY = N_("Move the mailboxes away from {name} and remove Exchange from it.")


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """One edge from every server that is no Edge server."""
    for server in situation.servers:
        if server.ours is False or server.edge:
            continue
        yield edge(
            "HX_ReadsMailboxes",
            server_id(server),
            ON_PREM_MAILBOXES,
            say(READS, name=server.name),
            provenance="by-design",
            fix=say(EMPTY, name=server.name),
            bases=(server_basis(server, "product", server.product),),
        )
