"""HYB-007: a server that is too old, and that Exchange Online cannot refuse since it never sees it."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.floors import meets
from tocsin.analyse.trust.server_items import judged_servers
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, inquiries, passed, unread
from tocsin.knowledge.checks import Check
from tocsin.knowledge.floors import floors
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis

FLOOR = "transport-enforcement"

NEW = N_("{name} is recent enough.")
SEEN = N_("{name} is too old, but Exchange Online's report names it.")
UNSEEN = N_(
    "{name} is older than {update}, and Exchange Online's report does not name it: it hands over no "
    "mail, so nothing in the cloud will ever stop it, while it holds the same keys as the others."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every server."""
    del check
    report = inquiries(situation, "OnPremServerReport")
    return judged_servers(situation, lambda server, told: _one(server, told, report))


def _one(server: ServerState, told: list[Answer], report: tuple[Basis, ...]) -> Verdict:
    name, ends, met = server.name, (server.id,), meets(server, FLOOR)
    if met:
        return passed(name, say(NEW, name=name), told)
    if server.reported:
        return passed(name, say(SEEN, name=name), told)
    if met is None or server.reported is None:
        missing = [cmdlet("ExSetup")] if met is None else []
        missing += [cmdlet("OnPremServerReport")] if server.reported is None else []
        return unread(name, *missing, servers=ends)
    because = say(UNSEEN, name=name, update=floors()[FLOOR].update)
    return failed(name, because, told, ends, report)
