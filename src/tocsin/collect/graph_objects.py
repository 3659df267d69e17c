"""Objects of Microsoft Graph as settings: named properties only, and no key or secret among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tocsin.formats.syntax.records import Object, from_plain
from tocsin.formats.syntax.setting_record import settings_of
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.model.setting import Setting

_PROPERTIES = {
    "ServicePrincipal": (
        "id", "appId", "displayName", "servicePrincipalType", "appOwnerOrganizationId",
        "accountEnabled", "keyCredentials", "passwordCredentials",
    ),
    "Application": (
        "id", "appId", "displayName", "signInAudience", "createdDateTime", "keyCredentials",
        "passwordCredentials", "requiredResourceAccess",
    ),
    "AppRoleAssignment": (
        "id", "appRoleId", "principalId", "principalType", "principalDisplayName", "resourceId",
        "resourceDisplayName", "createdDateTime",
    ),
    "Tenant": (
        "id", "displayName", "onPremisesSyncEnabled", "onPremisesLastSyncDateTime", "tenantType",
        "verifiedDomains",
    ),
}  # fmt: skip


def setting(kind: str, thing: dict[str, Any], owners: Iterable[str] | None = None) -> Setting:
    """One object of a kind, with the owners that were asked for separately; None: not asked.

    Read by the same code as saved answers; what is not named here is not handed to it.
    """
    named = {name: thing[name] for name in _PROPERTIES[kind] if name in thing}
    origin = Origin(syntax="json", kind=kind, side="entra")
    try:
        told = next(settings_of(_record(named), origin)).setting
    except ValueError:
        # Nested deeper than any object of Graph: what is not nested is kept.
        flat = {name: each for name, each in named.items() if not isinstance(each, list | dict)}
        told = next(settings_of(_record(flat), origin)).setting
        lost = told.lost | dict.fromkeys(named.keys() - flat.keys(), "depth")
        told = msgspec.structs.replace(told, lost=lost)
    if owners is None:
        return told
    return msgspec.structs.replace(told, properties={**told.properties, "owners": list(owners)})


def _record(thing: dict[str, Any]) -> Object:
    found = from_plain(thing)
    assert isinstance(found, Object)
    return found


def owner(thing: dict[str, Any], app_id: str) -> Setting:
    """One owner of an application."""
    name = owner_name(thing)
    found = {"AppId": app_id, "UserPrincipalName": name}
    return Setting(kind="AppOwner", side="entra", name=name, properties=found)


def owner_name(thing: dict[str, Any]) -> str:
    """What a reader knows an owner by: a user's name, an application's, else the identifier."""
    return _text(thing.get("userPrincipalName") or thing.get("displayName") or thing.get("id"))


def role_member(thing: dict[str, Any], role: dict[str, Any]) -> Setting:
    """One member of a role of the tenant. Users have a userPrincipalName, others have none."""
    found: dict[str, Any] = {
        "Role": _text(role.get("displayName")),
        "RoleTemplateId": _text(role.get("roleTemplateId")),
        "MemberId": _text(thing.get("id")),
    }
    if isinstance(kind := thing.get("@odata.type"), str):
        found["MemberType"] = kind.rpartition(".")[2]
    names = {"userPrincipalName": "UserPrincipalName", "displayName": "DisplayName"}
    for name in ("userPrincipalName", "displayName", "onPremisesSyncEnabled", "accountEnabled"):
        # Graph leaves out of a group or an application what only users have.
        if name in thing:
            value = thing[name]
            fit = value is None or isinstance(value, bool | str)
            found[names.get(name, name)] = value if fit else None
    return Setting(
        kind="DirectoryRoleMember",
        side="entra",
        name=f"{found['Role']}: {owner_name(thing)}",
        properties=found,
    )


def _text(value: Any) -> str:
    return value[:1_000] if isinstance(value, str) else ""
