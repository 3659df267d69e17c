"""HYB-003: a server of which nobody knows which update it runs."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.server_items import ours, server_items
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, passed, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

EXACT = N_("{name} runs {build}.")
NO_BUILD = N_("Nothing that was read tells the build of {name}: it can be open to every hole.")
RANGE = N_(
    "{name} runs a build from {low} to {high}: the cumulative update is known, the security update "
    "is not, so nobody can say which holes are closed."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every server."""
    del check
    items = server_items(situation)
    judged = False
    for server in ours(situation):
        judged = True
        told, name = items.versions(server), server.name
        if server.low is None or server.high is None:
            yield failed(name, say(NO_BUILD, name=name), told, (server.id,))
        elif server.exact:
            yield passed(name, say(EXACT, name=name, build=str(server.low)), told)
        else:
            because = say(RANGE, name=name, low=str(server.low), high=str(server.high))
            yield failed(name, because, told, (server.id,))
    if not judged:
        yield unread("", cmdlet("ExchangeServer"))
