"""HYB-016, HYB-018: connectors beside the one that ties the two sides of the hybrid together."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.analyse.trust.connectors import (
    ONLINE,
    gates,
    is_named,
    judged_inbound,
    other_end,
    strange_names,
    wizard_names,
)
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict, bases_of
from tocsin.analyse.trust.verdicts import (
    cmdlet,
    failed,
    inquiries,
    named,
    passed,
    unanswered,
    uncollected,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

PROMOTION = "HYB-016"

OWN = N_("{name} is the connector that OnPremisesOrganization names.")
STRANGER = N_(
    "{name} is named by an OnPremisesOrganization of another organisation than the one that was read "
    "on-premises: whether that is a second forest of yours, or somebody made it to pass, is not known."
)
PLAIN = N_("{name} does not take over the headers of the other side.")
PROMOTES = N_(
    "{name} takes over the internal headers of whoever sends through it, such as how sure the sender "
    "is, although OnPremisesOrganization does not name it as the hybrid's own."
)
EXTRA = N_(
    "{name} is a second way in for mail that is taken for your own: it is enabled, but "
    "OnPremisesOrganization does not name it."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every enabled connector of the type OnPremises; of any type about headers."""
    ties, promotion = wizard_names(situation), check.id == PROMOTION
    yield from judged_inbound(
        situation,
        lambda item: _one(situation, item, ties, promotion=promotion),
        "" if promotion else "OnPremises",
    )


def _one(situation: Situation, item: Item, ties: list[Answer], *, promotion: bool) -> Verdict:
    name, promotes = named(item), item.ask("CloudServicesMailEnabled")
    asked = [*([promotes] if promotion else []), *gates(item), *ties]
    strange = strange_names(situation) if is_named(item, ties) else []
    if is_named(item, [each for each in ties if each not in strange]):
        return passed(name, say(OWN, name=name), asked)
    if promotion and not promotes.known:
        return unanswered(item, asked)
    if promotion and promotes.value is not True:
        return passed(name, say(PLAIN, name=name), asked)
    if strange:
        lacking = unread(name, f"{cmdlet('OrganizationConfig', 'on-premises')}: Guid")
        because = say(STRANGER, name=name)
        return msgspec.structs.replace(lacking, because=because, bases=bases_of(asked))
    read = uncollected(situation, "OnPremisesOrganization", ONLINE) is None
    if not read or not all(each.known for each in ties):
        return unread(name, f"{cmdlet('OnPremisesOrganization')}: InboundConnector")
    because = say(PROMOTES if promotion else EXTRA, name=name)
    also = inquiries(situation, "OnPremisesOrganization", ONLINE)
    return failed(name, because, asked, other_end(situation, item), also)
