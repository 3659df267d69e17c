"""An Exchange server to which any account that signs in hands its ticket."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.directory import groups
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import failed, passed, unanswered, uncollected, unread
from tocsin.knowledge.checks import Check
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say

OPEN = N_(
    "{name} is trusted for delegation without limits: it keeps a usable ticket of every account that "
    "signs in to it, a domain controller's included."
)
DISABLED = N_("{name} is trusted for delegation without limits, but its account is disabled.")
FINE = N_("{name} is not trusted for delegation without limits.")

SERVICES = ("exchangemdb/", "exchangerfr/", "exchangeab/", "smtpsvc/")
"""Service principal names that only Exchange servers register."""


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each computer account of an Exchange server."""
    del check
    nothing = uncollected(situation, "DirectoryComputer", "directory")
    if nothing is not None:
        yield nothing
        return
    trusted = _members(situation)
    verdicts = []
    for item in objects(situation, "DirectoryComputer", "directory"):
        server = _server(situation, item)
        if server is not None or _is_exchange(item, trusted):
            verdicts.append(_one(item, server))
    yield from verdicts or [unread("", "Get-ADComputer")]


def _one(item: Item, server: ServerState | None) -> Verdict:
    name = server.name if server else _name(item)
    servers = (server.id,) if server else ()
    open_, enabled = item.ask("UnconstrainedDelegation"), item.ask("Enabled")
    if open_.value is False:
        return passed(name, say(FINE, name=name), [open_])
    if open_.value is True and enabled.value is False:
        return passed(name, say(DISABLED, name=name), [open_, enabled])
    if open_.value is True and enabled.known:
        return failed(name, say(OPEN, name=name), [open_, enabled], servers)
    return unanswered(item, [open_, enabled], servers)


def _server(situation: Situation, item: Item) -> ServerState | None:
    names = (*item.ask("DnsHostName").texts(), _name(item))
    found = (situation.server(each) for each in names)
    return next((each for each in found if each is not None), None)


def _is_exchange(item: Item, trusted: frozenset[str]) -> bool:
    services = item.ask("ServicePrincipalNames").texts()
    if any(text.lower().startswith(SERVICES) for text in services):
        return True
    return bool({_name(item).lower(), *(t.lower() for t in item.ask("Sid").texts())} & trusted)


def _members(situation: Situation) -> frozenset[str]:
    """Names and SIDs of the trusted subsystem's members."""
    members = [
        m for group in groups(situation, "ETS", "ExchangeServers") for m in group.members or ()
    ]
    texts = (
        text.lower() for m in members if m.kind.lower() == "computer" for text in (m.name, m.sid)
    )
    return frozenset(each for each in texts if each)


def _name(item: Item) -> str:
    return (next(iter(item.ask("Name").texts()), "") or item.setting.name).rstrip("$")
