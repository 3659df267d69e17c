"""What shows that an organisation is tied to Exchange Online at all.

Without it, nothing that a hybrid has by design is drawn: an Exchange that stands alone has neither
connector nor principal in the cloud.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from tocsin.analyse.trust.connectors import inbound
from tocsin.analyse.trust.drawing import BASES_KEPT, flow_basis
from tocsin.analyse.trust.keys import to_the_cloud
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import principals
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation
from tocsin.model.setting import Side
from tocsin.model.trusts import Basis

MAIL_ONLY = frozenset({"securemail", "centralized", "centralizedtransport"})
"""Features of a hybrid that need no tokens; the others do."""

WHOLE: tuple[tuple[str, Side], ...] = (
    ("HybridConfiguration", "on-premises"),
    ("OnPremisesOrganization", "exchange-online"),
    ("OnPremServerReport", "exchange-online"),
)
"""Kinds of which one object shows it."""


def tie(situation: Situation) -> tuple[Basis, ...]:
    """What shows the tie; empty where nothing does."""
    return tuple(islice(_shown(situation), BASES_KEPT))


def tokens(situation: Situation) -> tuple[Basis, ...]:
    """What shows, or lets expect, that servers sign tokens for Exchange Online; empty where the
    hybrid was set up for mail alone, or its authorisation servers were read and none is in use."""
    features = [
        item.ask("Features") for item in objects(situation, "HybridConfiguration", "on-premises")
    ]
    known = [each for each in features if each.known]
    named = {text.lower() for each in known for text in each.texts()}
    if known and named <= MAIL_ONLY:
        return ()
    if situation.settings.asked("AuthServer", "on-premises"):
        servers = objects(situation, "AuthServer", "on-premises")
        used = [each.ask("Enabled") for each in servers if each.ask("Enabled").value is not False]
        if not used:
            return ()
        return tuple(each.basis for each in used)
    return tie(situation)


def used(item: Item) -> bool | None:
    """Whether an object is enabled; None where that was not collected."""
    answer = item.ask("Enabled")
    if answer.value is False:
        return False
    return True if answer.known else None


def _shown(situation: Situation) -> Iterator[Basis]:
    for kind, side in WHOLE:
        yield from (item.basis() for item in objects(situation, kind, side))
    yield from (item.ask("ConnectorType").basis for item, _ in inbound(situation))
    for item in objects(situation, "SendConnector", "on-premises"):
        if to_the_cloud(item) and used(item) is not False:
            yield item.ask("AddressSpaces").basis
    for item in objects(situation, "AuthServer", "on-premises"):
        if used(item) is not False:
            yield item.ask("Type").basis
    for principal in principals(situation):
        yield from (key.basis for key in principal.keys if principal.kind != "other")
    yield from _seen(situation)


def _seen(situation: Situation) -> Iterator[Basis]:
    # Whether Exchange Online reports a server is no sign here: not being seen must lower no score.
    # A name alone shows nothing: whoever connects can call itself a server of the organisation.
    for flow in situation.flows:
        if flow.to_cloud and (flow.internal or situation.server_at(flow.address) is not None):
            yield flow_basis(flow)
