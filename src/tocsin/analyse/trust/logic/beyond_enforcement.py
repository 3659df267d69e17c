"""HYB-007: a server that is too old, and that Exchange Online cannot refuse since it never sees it."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.floors import meets
from tocsin.analyse.trust.server_items import ours, server_items
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, inquiries, passed, unread
from tocsin.knowledge.checks import Check
from tocsin.knowledge.floors import floors
from tocsin.model.text import N_, say

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
    items = server_items(situation)
    judged = False
    for server in ours(situation):
        judged = True
        name, told, ends = server.name, items.versions(server), (server.id,)
        met = meets(server, FLOOR)
        if met:
            yield passed(name, say(NEW, name=name), told)
        elif server.reported:
            yield passed(name, say(SEEN, name=name), told)
        elif met is None or server.reported is None:
            missing = [cmdlet("ExSetup")] if met is None else []
            missing += [cmdlet("OnPremServerReport")] if server.reported is None else []
            yield unread(name, *missing, servers=ends)
        else:
            because = say(UNSEEN, name=name, update=floors()[FLOOR].update)
            report = inquiries(situation, "OnPremServerReport")
            yield failed(name, because, told, ends, report)
    if not judged:
        yield unread("", cmdlet("ExchangeServer"))
