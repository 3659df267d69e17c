"""What an intruder is after: always there, reached or not."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.drawing import node_id
from tocsin.analyse.trust.situation import Situation
from tocsin.model.trusts import Edge, Node

TENANT = node_id("Tenant", "tenant")
CLOUD_MAILBOXES = node_id("CloudMailboxes", "mailboxes in Exchange Online")
MAIL_TRUST = node_id("MailTrust", "mail taken for internal")
AD_DOMAIN = node_id("ADDomain", "domain")
ON_PREM_MAILBOXES = node_id("OnPremMailboxes", "mailboxes on-premises")


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """One node each; exports that tell a tenant's or domain's name add it as a fact."""
    del situation
    yield Node(id=TENANT, kind="Tenant", name="tenant", side="cloud")
    yield Node(
        id=CLOUD_MAILBOXES, kind="CloudMailboxes", name="mailboxes in Exchange Online", side="cloud"
    )
    yield Node(id=MAIL_TRUST, kind="MailTrust", name="mail taken for internal", side="cloud")
    yield Node(id=AD_DOMAIN, kind="ADDomain", name="domain", side="on-premises")
    yield Node(
        id=ON_PREM_MAILBOXES,
        kind="OnPremMailboxes",
        name="mailboxes on-premises",
        side="on-premises",
    )
