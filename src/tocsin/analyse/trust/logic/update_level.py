"""HYB-003: a server of which nobody knows which update it runs."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.server_items import judged_servers
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import failed, passed
from tocsin.knowledge.checks import Check
from tocsin.model.server_state import ServerState
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
    return judged_servers(situation, _one)


def _one(server: ServerState, told: list[Answer]) -> Verdict:
    name = server.name
    if server.low is None or server.high is None:
        return failed(name, say(NO_BUILD, name=name), told, (server.id,))
    if server.exact:
        return passed(name, say(EXACT, name=name, build=str(server.low)), told)
    because = say(RANGE, name=name, low=str(server.low), high=str(server.high))
    return failed(name, because, told, (server.id,))
