"""What the exports say of one server: its version in each of them, and what was collected on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, unread
from tocsin.model.server_state import ServerState

LISTS = {"ExchangeServer": ("Fqdn", "Name", "Identity"), "OnPremServerReport": ("ServerFQDN",)}
"""Kinds that name a server, and the properties in which they do."""

VERSIONS = {
    "ExchangeServer": ("AdminDisplayVersion",),
    "ExSetup": ("FileVersion", "ProductVersion"),
    "OnPremServerReport": ("Build",),
}


class ServerItems:
    """Objects by the inventory's id of the server that they tell of."""

    def __init__(self, situation: Situation) -> None:
        self._told: dict[str, list[Item]] = {}
        self._collected: set[str] = set()
        for item in situation.settings.all():
            kind = item.setting.kind
            if kind in LISTS:
                server = meant(situation, item)
            elif item.setting.server:
                server = situation.server(item.setting.server)
                self._collected |= {server.id} if server else set()
            else:
                continue
            if server and kind in VERSIONS:
                self._told.setdefault(server.id, []).append(item)

    @property
    def any_collected(self) -> bool:
        """Whether something was collected on some server."""
        return bool(self._collected)

    def collected(self, server: ServerState) -> bool:
        """Whether something was collected on the server itself."""
        return server.id in self._collected

    def versions(self, server: ServerState) -> list[Answer]:
        """What each export says of its version."""
        return [item.first(*VERSIONS[item.setting.kind]) for item in self._told.get(server.id, ())]


@remembered
def server_items(situation: Situation) -> ServerItems:
    """The one of a situation."""
    return ServerItems(situation)


def meant(situation: Situation, item: Item) -> ServerState | None:
    """The server that an entry of a list of servers is."""
    names = [text for name in LISTS[item.setting.kind] for text in item.ask(name).texts()]
    found = (situation.server(name) for name in (*names, item.setting.name))
    return next((each for each in found if each is not None), None)


def ours(situation: Situation) -> Iterator[ServerState]:
    """The servers that are, or may be, the organisation's own."""
    yield from (each for each in situation.servers if each.ours is not False)


def judged_servers(
    situation: Situation, judge: Callable[[ServerState, list[Answer]], Verdict]
) -> Iterator[Verdict]:
    """One verdict for every server, by what the exports say of its version; unknown where none was
    read."""
    items = server_items(situation)
    servers = list(ours(situation))
    for server in servers:
        yield judge(server, items.versions(server))
    if not servers:
        yield unread("", cmdlet("ExchangeServer"))
