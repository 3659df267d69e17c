"""Objects of Microsoft Graph as settings: named properties only, and no key or secret among them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

from tocsin.model.setting import Setting

LIST_LIMIT = 5_000
"""Entries kept of one list (keys, owners, domains)."""

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
    ),
}  # fmt: skip

_KEY = ("keyId", "displayName", "startDateTime", "endDateTime", "type", "usage")
_SECRET = ("keyId", "displayName", "startDateTime", "endDateTime")
_FRACTION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")
_HEX = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")


def setting(kind: str, thing: dict[str, Any], owners: Iterable[str] | None = None) -> Setting:
    """One object of a kind, with the owners that were asked for separately; None: not asked."""
    properties = {name: _value(name, thing[name]) for name in _PROPERTIES[kind] if name in thing}
    if kind == "Tenant" and isinstance(domains := thing.get("verifiedDomains"), list):
        names = (each.get("name") for each in domains[:LIST_LIMIT] if isinstance(each, dict))
        properties["verifiedDomains"] = [each for each in names if isinstance(each, str)]
    if owners is not None:
        properties["owners"] = list(owners)
    name = thing.get("displayName") or thing.get("principalDisplayName") or thing.get("id")
    return Setting(kind=kind, side="entra", name=_text(name), properties=properties)


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
            found[names.get(name, name)] = _value(name, thing[name])
    return Setting(
        kind="DirectoryRoleMember",
        side="entra",
        name=f"{found['Role']}: {owner_name(thing)}",
        properties=found,
    )


def _value(name: str, value: Any) -> Any:
    if name == "keyCredentials":
        return [_key(each) for each in _objects(value)] if isinstance(value, list) else None
    if name == "passwordCredentials":
        chosen = [_chosen(each, _SECRET) for each in _objects(value)]
        return chosen if isinstance(value, list) else None
    if name == "requiredResourceAccess":
        return [_access(each) for each in _objects(value)] if isinstance(value, list) else None
    if isinstance(value, str):
        return _moment(value)
    return value if value is None or isinstance(value, bool | int | float) else None


def _objects(value: Any) -> list[dict[str, Any]]:
    listed = value[:LIST_LIMIT] if isinstance(value, list) else []
    return [each for each in listed if isinstance(each, dict)]


def _chosen(thing: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: thing[name] for name in names if name in thing}
    return {
        name: _moment(value) if isinstance(value, str) else None for name, value in found.items()
    }


def _key(thing: dict[str, Any]) -> dict[str, Any]:
    found = _chosen(thing, _KEY)
    if "customKeyIdentifier" in thing:
        identifier = thing["customKeyIdentifier"]
        found["customKeyIdentifier"] = (
            thumbprint(identifier) if isinstance(identifier, str) else None
        )
    return found


def thumbprint(text: str) -> str:
    """A key's identifier as upper hex. Graph writes it in hex or in base64, of the bytes or of the
    hex itself; anything else is given back as it is."""
    if _HEX.fullmatch(text):
        return text.upper()
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text[:200]
    if len(raw) in (20, 32):
        return raw.hex().upper()
    inner = raw.decode("latin-1")
    return inner.upper() if _HEX.fullmatch(inner) else text[:200]


def _access(thing: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"resourceAppId": _text(thing.get("resourceAppId"))}
    roles = _objects(thing.get("resourceAccess"))
    found["resourceAccess"] = [
        {name: _text(each.get(name)) for name in ("id", "type")} for each in roles
    ]
    return found


def _moment(text: str) -> str:
    """A time without parts of a second, another text as it is."""
    found = _FRACTION.fullmatch(text)
    return f"{found[1]}Z" if found else text[:4_000]


def _text(value: Any) -> str:
    return value[:1_000] if isinstance(value, str) else ""
