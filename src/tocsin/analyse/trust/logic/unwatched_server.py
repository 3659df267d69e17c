"""HYB-001: a server that the directory lists, of which nobody has collected anything."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.server_items import ServerItems, ours, server_items
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, inquiries, passed, unread
from tocsin.knowledge.checks import Check
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say

LISTED = frozenset({"directory", "export"})
LOOKED_AT = frozenset({"probe", "nmap", "nuclei", "log"})

WATCHED = N_("{name} is watched: something was collected on it, or its update level is known.")
REPORTED = N_("{name} hands mail to Exchange Online, whose report names it.")
BLIND = N_(
    "{name} is in the directory, but nothing was collected on it while other servers were, and "
    "Exchange Online's report does not name it. A break-in there would be seen by nobody."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every server that the directory or an export lists."""
    del check
    items = server_items(situation)
    listed = [each for each in ours(situation) if LISTED & set(each.seen_by)]
    for server in listed:
        yield _one(situation, server, items)
    if not listed:
        yield unread("", cmdlet("ExchangeServer"))


def _one(situation: Situation, server: ServerState, items: ServerItems) -> Verdict:
    looked = bool(LOOKED_AT & set(server.seen_by)) or bool(server.logged or server.scanned)
    told = items.versions(server)
    if looked or server.exact or items.collected(server):
        return passed(server.name, say(WATCHED, name=server.name), told)
    if server.reported:
        return passed(server.name, say(REPORTED, name=server.name), told)
    if server.reported is None or not items.any_collected:
        missing = [cmdlet("OnPremServerReport")] if server.reported is None else []
        missing += [] if items.any_collected else [cmdlet("ExSetup")]
        return unread(server.name, *missing, servers=(server.id,))
    report = inquiries(situation, "OnPremServerReport")
    return failed(server.name, say(BLIND, name=server.name), told, (server.id,), report)
