"""HYB-002: Exchange Online names a server that the organisation's own list does not."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.server_items import meant
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import (
    cmdlet,
    failed,
    inquiries,
    passed,
    unanswered,
    uncollected,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

LISTED = frozenset({"directory", "export"})

NONE = N_("Exchange Online's report names no server.")
KNOWN = N_("{name} is in the directory.")
STRANGE = N_(
    "Exchange Online took mail from {name} through a trusted connector, but no server of that name "
    "is in the directory or in Get-ExchangeServer."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every server in Exchange Online's report."""
    del check
    nothing = uncollected(situation, "OnPremServerReport")
    if nothing is not None:
        yield nothing
        return
    reported = objects(situation, "OnPremServerReport")
    own = _own(situation)
    complete = bool(own) or any(LISTED & set(each.seen_by) for each in situation.servers)
    for item in reported:
        yield _one(situation, item, own, complete=complete)
    if not reported:
        yield passed("", say(NONE), also=inquiries(situation, "OnPremServerReport"))


def _own(situation: Situation) -> frozenset[str]:
    """Names of the organisation's servers as its own list has them: whole ones, and short ones of
    those whose whole name was not read."""
    found: set[str] = set()
    for item in objects(situation, "ExchangeServer"):
        texts = [*item.ask("Fqdn").texts(), *item.ask("Name").texts(), item.setting.name]
        names = {text.lower() for text in texts if text}
        whole = {each for each in names if "." in each}
        found |= whole or names
    return frozenset(found)


def _one(situation: Situation, item: Item, own: frozenset[str], *, complete: bool) -> Verdict:
    answer, build = item.ask("ServerFQDN"), item.ask("Build")
    name = next(iter(answer.texts()), "")
    if not name:
        return unanswered(item, [answer, build])
    server = meant(situation, item)
    ends = (server.id,) if server else ()
    listed = server is not None and bool(LISTED & set(server.seen_by))
    if listed or _among(name.lower(), own):
        return passed(name, say(KNOWN, name=name), [answer, build])
    if not complete:
        return unread(name, cmdlet("ExchangeServer"), servers=ends)
    return failed(name, say(STRANGE, name=name), [answer, build], ends)


def _among(name: str, own: frozenset[str]) -> bool:
    """Whether a server of that name is in the list; a short name meets whole ones and the reverse."""
    short = name.partition(".")[0]
    shorts = own if "." in name else {each.partition(".")[0] for each in own}
    return name in own or short in shorts
