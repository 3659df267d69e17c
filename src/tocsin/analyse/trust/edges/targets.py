"""What an intruder is after: always there, reached or not."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.drawing import (
    AD_DOMAIN,
    CLOUD_MAILBOXES,
    MAIL_TRUST,
    ON_PREM_MAILBOXES,
    TENANT,
)
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.situation import Situation
from tocsin.model.trusts import Edge, Node


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """One node each; exports that tell a tenant's or domain's name add it as a fact."""
    tenants = [
        text
        for item in objects(situation, "Tenant", "entra")
        for text in item.ask("displayName").texts()
    ]
    domains = [
        text
        for item in objects(situation, "AccessControl", "directory")
        if item.ask("ObjectKind").value == "domain"
        for text in item.ask("Object").texts()
    ]
    yield Node(id=TENANT, kind="Tenant", name="tenant", side="cloud", facts=_named(tenants))
    yield Node(
        id=CLOUD_MAILBOXES, kind="CloudMailboxes", name="mailboxes in Exchange Online", side="cloud"
    )
    yield Node(id=MAIL_TRUST, kind="MailTrust", name="mail taken for internal", side="cloud")
    yield Node(
        id=AD_DOMAIN, kind="ADDomain", name="domain", side="on-premises", facts=_named(domains)
    )
    yield Node(
        id=ON_PREM_MAILBOXES,
        kind="OnPremMailboxes",
        name="mailboxes on-premises",
        side="on-premises",
    )


def _named(names: list[str]) -> dict[str, str]:
    return {"name": ", ".join(sorted(set(names)))} if names else {}
