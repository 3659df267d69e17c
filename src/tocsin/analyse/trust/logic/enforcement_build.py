"""HYB-005: a server whose mail Exchange Online slows down and refuses, or that gets no updates more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from tocsin.analyse.trust.floors import meets
from tocsin.analyse.trust.server_items import judged_servers
from tocsin.analyse.trust.settings import Answer
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, passed, unread
from tocsin.knowledge.catalogue import Knowledge
from tocsin.knowledge.checks import Check
from tocsin.knowledge.floors import floors
from tocsin.model.server_state import ServerState
from tocsin.model.text import N_, say

FLOOR = "transport-enforcement"
_PRODUCT = re.compile(r"\b(20\d\d|SE)\b")

NEW = N_("{name} is recent enough for Exchange Online to take its mail.")
OLD = N_(
    "{name} is older than {update}, the oldest build from which Exchange Online takes mail through an "
    "OnPremises connector without slowing it down or refusing it."
)
ENDED = N_(
    "{name} runs Exchange {product}, for which the last update came before {day}: what is found "
    "since stays open."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every server."""
    del check
    return judged_servers(situation, lambda server, told: _one(server, told, situation))


def _one(server: ServerState, told: list[Answer], situation: Situation) -> Verdict:
    name, ends = server.name, (server.id,)
    met, ended = meets(server, FLOOR), _ended(server, situation.knowledge)
    if ended is not None and ended[1] < situation.today:
        because = say(ENDED, name=name, product=ended[0], day=ended[1].isoformat())
        return failed(name, because, told, ends)
    if met is False:
        return failed(name, say(OLD, name=name, update=floors()[FLOOR].update), told, ends)
    if met is None:
        return unread(name, cmdlet("ExSetup"), servers=ends)
    return passed(name, say(NEW, name=name), told)


def _ended(server: ServerState, knowledge: Knowledge) -> tuple[str, date] | None:
    """The product and the last day on which it got updates, paid ones included; None if it still
    gets them, or nobody can tell which product it is."""
    branches = [knowledge.branch_of(build) for build in (server.low, server.high) if build]
    products = {each.product for each in branches if each} or set(_PRODUCT.findall(server.product))
    days = []
    for product in products:
        support = knowledge.support_by_product.get(product)
        last = (support.esu_end or support.support_end) if support else None
        if last is None:
            return None
        days.append((last, product))
    return (max(days)[1], max(days)[0]) if days else None
