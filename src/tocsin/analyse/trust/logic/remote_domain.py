"""HYB-027: a remote domain of Exchange Online whose mail is not filtered."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.connectors import ONLINE
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
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

OPEN = N_("Mail from the remote domain {name} skips the filters.")
SIDELESS = N_(
    "Mail from the remote domain {name} skips the filters if it is one of Exchange Online; on-premises the "
    "hybrid wizard sets this itself. The export does not show which side it is of."
)
FINE = N_("Mail from the remote domain {name} is filtered.")


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """Each remote domain that is, or may be, Exchange Online's."""
    del check
    yield from judged_objects(situation, "RemoteDomain", ONLINE, _one)


def _one(item: Item) -> Verdict:
    name, trusted = named(item), item.ask("TrustedMailInboundEnabled")
    if not trusted.known:
        return unanswered(item, [trusted])
    if trusted.value is not True:
        return passed(name, say(FINE, name=name), [trusted])
    # The wizard sets it on-premises, where it is another setting.
    if item.setting.side != ONLINE:
        lacking = unread(name, f"{cmdlet('RemoteDomain', ONLINE)}: DistinguishedName")
        because, bases = say(SIDELESS, name=name), bases_of([trusted])
        return msgspec.structs.replace(lacking, because=because, bases=bases)
    return failed(name, say(OPEN, name=name), [trusted, item.ask("DomainName")])
