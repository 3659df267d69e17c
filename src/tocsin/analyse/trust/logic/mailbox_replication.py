"""The door through which mailboxes are moved, left open with nothing to move."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.submission import placed, servers_of
from tocsin.analyse.trust.verdicts import (
    NONE_HERE,
    cmdlet,
    failed,
    named,
    passed,
    unanswered,
    uncollected,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

OPEN = N_(
    "{name} answers as a proxy for mailbox moves, and no migration is running: whoever has an account "
    "that may move mailboxes can take them from outside."
)
STORED = N_(
    "{name} keeps an account for moving mailboxes, and no migration is running: Exchange Online could "
    "take mailboxes at any time."
)
CLOSED = N_("{name} is no proxy for mailbox moves.")
NEEDED = N_("{name} is in use: a migration is running.")

OVER = frozenset({"completed", "completedwitherrors", "failed", "stopped", "corrupted", "removing"})
"""Statuses of a batch that moves nothing any more."""

MOVES = "exchangeremotemove"


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each virtual directory of EWS, and each endpoint for remote moves."""
    del check
    running, batches = _running(situation)
    nothing_read = False
    for kind in ("VirtualDirectory", "MigrationEndpoint"):
        nothing = uncollected(situation, kind)
        if nothing is not None:
            nothing_read = True
            yield nothing
    found = nothing_read
    for item in objects(situation, "VirtualDirectory", "on-premises"):
        proxy = item.ask("MRSProxyEnabled")
        if proxy.known or item.ask("Service").value == "EWS":
            found = True
            yield _directory(situation, item, proxy, batches, running=running)
    for item in objects(situation, "MigrationEndpoint", "exchange-online"):
        if str(item.ask("EndpointType").value or MOVES).lower() == MOVES:
            found = True
            yield _endpoint(item, batches, running=running)
    if not found:
        yield Verdict(outcome="pass", because=say(NONE_HERE))


def _directory(
    situation: Situation, item: Item, proxy: Answer, batches: list[Answer], *, running: bool | None
) -> Verdict:
    name, servers = placed(situation, item), servers_of(situation, item)
    if not proxy.known:
        return unanswered(item, [proxy], servers)
    if proxy.value is not True:
        return passed(name, say(CLOSED, name=name), [proxy])
    if running is None:
        return unread(name, cmdlet("MigrationBatch"), servers=servers)
    if running:
        return passed(name, say(NEEDED, name=name), [proxy, *batches])
    return failed(name, say(OPEN, name=name), [proxy, *batches], servers)


def _endpoint(item: Item, batches: list[Answer], *, running: bool | None) -> Verdict:
    name, kind = named(item), item.ask("EndpointType")
    if not kind.known:
        return unanswered(item, [kind])
    if running is None:
        return unread(name, cmdlet("MigrationBatch"))
    if running:
        return passed(name, say(NEEDED, name=name), [kind, *batches])
    return failed(name, say(STORED, name=name), [kind, item.ask("RemoteServer"), *batches])


def _running(situation: Situation) -> tuple[bool | None, list[Answer]]:
    """Whether any migration is under way; None where nobody asked, or its state was not collected."""
    if uncollected(situation, "MigrationBatch", "exchange-online") is not None:
        return None, []
    items = objects(situation, "MigrationBatch", "exchange-online")
    states = [item.ask("Status") for item in items]
    if any(each.known and str(each.value).lower() not in OVER for each in states):
        return True, states
    return (False if all(each.known for each in states) else None), states
