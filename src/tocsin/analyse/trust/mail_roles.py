"""Apps beside the hybrid's own that may open mailboxes in Exchange Online, whoever's these are.

A role of the kind Application holds for every mailbox, unless an application access policy or RBAC for
Applications narrows it (https://learn.microsoft.com/graph/auth-limit-mailbox-access); of those nothing
is collected. Ids of roles: https://learn.microsoft.com/graph/permissions-reference.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.principals import DEDICATED, FULL_ACCESS, Principal, principals
from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation
from tocsin.analyse.trust.verdicts import uncollected

Opens = Literal["everything", "mail", "sending"]
"""All that a mailbox holds; its mail; forged mail out of it, or rules in it, the gravest first."""

OPENS: tuple[Opens, ...] = ("everything", "mail", "sending")

ROLES: dict[str, tuple[str, Opens]] = {
    FULL_ACCESS: ("full_access_as_app", "everything"),
    "e2a3a72e-5f79-4c64-b1b1-878b674786c9": ("Mail.ReadWrite", "mail"),
    "810c84a8-4a9e-49e6-bf7d-12d183f40d01": ("Mail.Read", "mail"),
    "b633e1c5-b582-4048-a93e-9f11b44c7e96": ("Mail.Send", "sending"),
    "6931bccd-447a-43d1-b442-00a195474933": ("MailboxSettings.ReadWrite", "sending"),
}
"""Roles of Exchange Online and of Microsoft Graph, by their ids: name, and what they open."""

MICROSOFT = frozenset(
    ("f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47")
)
"""Tenants that Microsoft's own services are registered in."""


class Outsider(msgspec.Struct, frozen=True, kw_only=True):
    """One app and its roles. principal: None where only its roles were read. sure: it is known not to
    be the hybrid's app."""

    name: str
    principal: Principal | None
    roles: tuple[str, ...]
    opens: Opens
    sure: bool
    answers: tuple[Answer, ...]


@remembered
def outsiders(situation: Situation) -> tuple[Outsider, ...]:
    """Each app with such a role that is neither the hybrid's nor Microsoft's, in order of name."""
    told = _dedicated_told(situation)
    found: dict[tuple[str, str], list[tuple[Item, Principal | None]]] = {}
    for item in objects(situation, "AppRoleAssignment", "entra"):
        if _role(item) not in ROLES:
            continue
        holder = _holder(situation, item)
        if _hybrids(item, holder) or _microsofts(holder):
            continue
        name = holder.name if holder else _text(item, "principalDisplayName")
        key = holder.app_id if holder else _text(item, "principalId").lower()
        found.setdefault((name, key), []).append((item, holder))
    return tuple(
        _outsider(name, rows, sure=told and bool(name or key))
        for (name, key), rows in sorted(found.items())
    )


def whose(item: Item, app: Principal) -> bool | None:
    """Whether a role was given to the app: by its object id, else by its name; None if unread."""
    by_id, by_name = item.ask("principalId"), item.ask("principalDisplayName")
    if by_id.filled and app.ids:
        return str(by_id.value).lower() in app.ids
    return str(by_name.value).lower() == app.name.lower() if by_name.filled else None


def _outsider(name: str, rows: list[tuple[Item, Principal | None]], *, sure: bool) -> Outsider:
    named = dict.fromkeys(ROLES[_role(item)] for item, _ in rows)
    return Outsider(
        name=name or _text(rows[0][0], "principalId"),
        principal=rows[0][1],
        roles=tuple(sorted(role for role, _ in named)),
        opens=min((opens for _, opens in named), key=OPENS.index),
        sure=sure,
        answers=tuple(
            item.ask(each) for item, _ in rows for each in ("appRoleId", "principalDisplayName")
        ),
    )


def _dedicated_told(situation: Situation) -> bool:
    """Whether it is known which app is the hybrid's: it was read, or the servers say that they have
    none."""
    known = principals(situation)
    servers = objects(situation, "AuthServer", "on-premises")
    used = [each.ask("ApplicationIdentifier") for each in servers]
    ids = {text.lower() for each in used for text in each.texts()}
    if any(each.kind == "dedicated" for each in known):
        return ids <= {each.app_id for each in known}
    asked = uncollected(situation, "AuthServer", "on-premises") is None
    return asked and not ids and all(each.known for each in used)


def _holder(situation: Situation, item: Item) -> Principal | None:
    by_id, by_name = _named(situation)
    number = _text(item, "principalId").lower()
    if number in by_id:
        return by_id[number]
    named = by_name.get(_text(item, "principalDisplayName").lower(), ())
    return next((each for each in named if whose(item, each)), None)


@remembered
def _named(
    situation: Situation,
) -> tuple[dict[str, Principal], dict[str, tuple[Principal, ...]]]:
    """Apps by the ids of their service principals, and by name."""
    known = principals(situation)
    by_name: dict[str, tuple[Principal, ...]] = {}
    for each in known:
        by_name[each.name.lower()] = (*by_name.get(each.name.lower(), ()), each)
    return {number: each for each in known for number in each.ids}, by_name


def _hybrids(item: Item, holder: Principal | None) -> bool:
    if holder is not None:
        return holder.kind != "other"
    return _text(item, "principalDisplayName").lower().startswith(DEDICATED)


def _microsofts(holder: Principal | None) -> bool:
    owners = holder.ask("appOwnerOrganizationId") if holder else ()
    return any(text.lower() in MICROSOFT for each in owners for text in each.texts())


def _role(item: Item) -> str:
    return _text(item, "appRoleId").lower()


def _text(item: Item, name: str) -> str:
    return next(iter(item.ask(name).texts()), "")
