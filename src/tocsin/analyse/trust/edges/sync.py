"""What the domain is to the tenant where accounts are synchronised."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.analyse.trust.drawing import AD_DOMAIN, CLOUD_MAILBOXES, TENANT, edge, node_id
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation
from tocsin.model.text import N_, say
from tocsin.model.trusts import Basis, Edge, Node

ROLES_NAMED = 3
"""Role holders told in a sentence."""

CONNECT = node_id("EntraConnect", "Entra Connect")
SYNCED = N_(
    "Accounts of the domain are synchronised: whoever rules the domain rules them in Entra."
)
PRIVILEGED = N_("{count} privileged roles in Entra are held by synchronised accounts: {who}.")
OWNERS = N_("Synchronised accounts own mailboxes in Exchange Online.")
CLOUD_ONLY = N_("Give privileged roles to accounts that exist in Entra alone.")


def draw(situation: Situation) -> Iterator[Node | Edge]:
    """Drawn only where an export shows that accounts are synchronised."""
    tenants = [
        item.ask("onPremisesSyncEnabled").basis
        for item in objects(situation, "Tenant", "entra")
        if item.ask("onPremisesSyncEnabled").value is True
    ]
    holders = [
        item
        for item in objects(situation, "DirectoryRoleMember", "entra")
        if item.ask("onPremisesSyncEnabled").value is True
    ]
    shown = (*tenants, *(item.ask("onPremisesSyncEnabled").basis for item in holders))
    if not shown:
        return
    yield Node(
        id=CONNECT, kind="EntraConnect", name="Entra Connect", side="on-premises", bases=shown
    )
    yield _edge(AD_DOMAIN, CONNECT, SYNCED, shown)
    yield _edge(CONNECT, CLOUD_MAILBOXES, OWNERS, shown)
    if holders:
        yield _privileged(holders)


def _edge(source: str, target: str, words: str, bases: tuple[Basis, ...]) -> Edge:
    return edge(
        "HX_SyncsTo", source, target, say(words), checks=("HYB-075",), fix=None, bases=bases
    )


def _privileged(holders: list[Item]) -> Edge:
    told = sorted({_told(item) for item in holders})
    more = ", …" if len(told) > ROLES_NAMED else ""
    return edge(
        "HX_SyncsTo",
        CONNECT,
        TENANT,
        say(PRIVILEGED, count=len(told), who=", ".join(told[:ROLES_NAMED]) + more),
        checks=("HYB-075",),
        fix=say(CLOUD_ONLY),
        bases=tuple(item.ask("onPremisesSyncEnabled").basis for item in holders),
    )


def _told(item: Item) -> str:
    who = next(iter(item.ask("UserPrincipalName").texts()), item.setting.name)
    role = next(iter(item.ask("Role").texts()), "")
    return f"{who} ({role})" if role else who
