"""HYB-031: all mail that leaves the cloud passes a server on-premises that is not safe."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import ONLINE, judged_outbound, other_end
from tocsin.analyse.trust.floors import meets
from tocsin.analyse.trust.keys import designated
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.server_items import server_items
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import (
    cmdlet,
    failed,
    named,
    passed,
    unanswered,
    uncollected,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say

FEATURE = "centralizedtransport"
FLOOR = "transport-enforcement"
OPEN = frozenset({"exploited", "known-exploited", "unsupported"})

OFF = N_("{name} does not lead all mail of the cloud through servers on-premises.")
SAFE = N_("{name} leads all mail of the cloud through {servers}, which are recent enough.")
WEAK = N_(
    "{name} leads all mail that leaves the cloud through {servers}, too old or open to a known attack: "
    "whoever breaks in there reads and changes it all."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every enabled outbound connector of the type OnPremises; where these were not
    read, for the hybrid configuration that has the feature."""
    del check
    own = [
        item
        for item in objects(situation, "HybridConfiguration")
        if FEATURE in (text.lower() for text in item.ask("Features").texts())
    ]
    if own and uncollected(situation, "OutboundConnector", ONLINE):
        yield from (_through(situation, item, item.ask("Features")) for item in own)
        return
    yield from judged_outbound(situation, lambda item: _one(situation, item))


def _one(situation: Situation, item: Item) -> Verdict:
    answer, name = item.ask("RouteAllMessagesViaOnPremises"), named(item)
    if not answer.known:
        return unanswered(item, [answer])
    if answer.value is not True:
        return passed(name, say(OFF, name=name), [answer])
    return _through(situation, item, answer)


def _through(situation: Situation, item: Item, answer: Answer) -> Verdict:
    items, name = server_items(situation), named(item)
    ids = set(other_end(situation, item))
    ids |= designated(situation, "ReceivingTransportServers") or frozenset()
    servers = [each for each in situation.servers if each.id in ids]
    weak = [each for each in servers if _safe(each) is False]
    told = [answer, *(each for server in servers for each in items.versions(server))]
    ends = tuple(sorted(ids))
    if weak:
        because = say(WEAK, name=name, servers=", ".join(each.name for each in weak))
        return failed(name, because, told, ends)
    if not servers:
        return unread(name, f"{cmdlet('HybridConfiguration')}: ReceivingTransportServers")
    if any(_safe(each) is None for each in servers):
        return unread(name, cmdlet("ExSetup"), servers=ends)
    because = say(SAFE, name=name, servers=", ".join(each.name for each in servers))
    return passed(name, because, told)


def _safe(server: ServerState) -> bool | None:
    return False if server.weakness in OPEN else meets(server, FLOOR)
