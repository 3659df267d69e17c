"""Keys on the principal that every tenant shares: whoever holds one signs for the whole tenant."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.keys import certificates, holders
from tocsin.analyse.trust.principals import FIRST_PARTY, Principal, principals
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, passed, unanswered, uncollected, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

KEYS = N_(
    "Keys of the organisation lie on {name}: {count}, the last good until {value}. Whoever holds the "
    "private part of one signs tokens in the name of Exchange Online itself."
)
ENDLESS = N_(
    "Keys of the organisation lie on {name}: {count}. Whoever holds the private part of one signs "
    "tokens in the name of Exchange Online itself."
)
OVER = N_(
    "Keys lie on {name} ({count}), and all have run out: none of them signs any more, but the old way "
    "was never cleaned up."
)
FINE = N_("No key of the organisation lies on {name}.")


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """The one principal, Office 365 Exchange Online."""
    del check
    nothing = uncollected(situation, "ServicePrincipal", "entra")
    if nothing is not None:
        yield nothing
        return
    found = [each for each in principals(situation) if each.kind == "first-party"]
    for each in found:
        yield _one(situation, each)
    if not found:
        # Every tenant with Exchange Online has it: an export without it did not ask for it.
        yield unread("", f"{cmdlet('ServicePrincipal')}: {FIRST_PARTY}")


def _one(situation: Situation, principal: Principal) -> Verdict:
    name = principal.name
    answers = principal.ask("keyCredentials")
    if not principal.keys_known:
        return unanswered(principal.items[0], answers[:1])
    if not principal.keys:
        return passed(name, say(FINE, name=name), answers)
    count, days = len(principal.keys), [each.until for each in principal.keys]
    if any(each is None for each in days):
        return failed(name, say(ENDLESS, count=count, name=name), answers, _ends(situation))
    last = max(each for each in days if each is not None)
    if last < situation.today:
        over = failed(name, say(OVER, count=count, name=name), answers)
        return msgspec.structs.replace(over, level="medium")
    because = say(KEYS, count=count, name=name, value=last.isoformat())
    return failed(name, because, answers, _ends(situation))


def _ends(situation: Situation) -> tuple[str, ...]:
    """Servers that hold one of the keys."""
    held = {
        each.server.id
        for certificate in certificates(situation)
        if "principal" in certificate.uses
        for each in holders(situation, certificate)
        if each.holds
    }
    return tuple(sorted(held))
