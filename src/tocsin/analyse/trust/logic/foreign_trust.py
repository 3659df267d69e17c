"""HYB-030: other organisations' word is taken: tenants that a connector trusts, sealers of mail."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.connectors import ONLINE, judged_inbound, other_end
from tocsin.analyse.trust.domains import accepted
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import (
    cmdlet,
    failed,
    judged_objects,
    named,
    passed,
    unanswered,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

ALONE = N_("{name} trusts no other organisation.")
TENANT = N_(
    "{name} trusts mail of {value}: a break-in there is a way in here, and nothing you log shows it."
)
SEALER = N_(
    "{value} is a trusted sealer of mail (ARC): where it says that a sender is genuine, it is believed."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every enabled inbound connector, and for the trusted sealers."""
    del check
    yield from judged_inbound(situation, lambda item: _tenants(situation, item), "")
    yield from judged_objects(
        situation, "ArcConfig", ONLINE, lambda item: _sealers(situation, item)
    )


def _tenants(situation: Situation, item: Item) -> Verdict:
    answer, name = item.ask("TrustedOrganizations"), named(item)
    if not answer.known:
        return unanswered(item, [answer])
    if answer.empty:
        return passed(name, say(ALONE, name=name), [answer])
    because = say(TENANT, name=name, value=answer.basis.value)
    return failed(name, because, [answer], other_end(situation, item))


def _sealers(situation: Situation, item: Item) -> Verdict:
    answer, name = item.ask("ArcTrustedSealers"), named(item)
    if not answer.known:
        return unanswered(item, [answer])
    sealers = [part.strip() for text in answer.texts() for part in text.split(",") if part.strip()]
    own = [accepted(situation, each, ONLINE) for each in sealers]
    if False in own:
        value = ", ".join(each for each, mine in zip(sealers, own, strict=True) if mine is False)
        return failed(name, say(SEALER, value=value), [answer])
    if None in own:
        return unread(name, cmdlet("AcceptedDomain", ONLINE))
    return passed(name, say(ALONE, name=name), [answer])
