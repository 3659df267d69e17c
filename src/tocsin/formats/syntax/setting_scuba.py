"""ScubaGear's own objects about Entra, as the Graph objects that it made them of.

Source: https://github.com/cisagov/ScubaGear, `Modules/Providers`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.formats.syntax.records import Object, Value, fields, member, members, text_of, texts_of

_APPLICATION = (
    "AppId",
    "DisplayName",
    "KeyCredentials",
    "PasswordCredentials",
    "FederatedCredentials",
    "AppOwnerOrganizationId",
)


def applications(thing: Object) -> Iterator[tuple[str, Object]]:
    """Every dedicated hybrid application, and the roles that it was granted."""
    for each in members(fields(thing).get("apps")):
        found = fields(each)
        kept: dict[str, Value] = {
            name: found[name.lower()] for name in _APPLICATION if name.lower() in found
        }
        ids = found.get("objectid")
        if own := text_of(member(ids, "Application")):
            kept["Id"] = own
        # Without a registration in this tenant its keys were not asked for.
        if found.get("appregistrationexists") is False:
            kept.pop("KeyCredentials", None)
            kept.pop("PasswordCredentials", None)
        yield "Application", Object(properties=kept)
        principal = text_of(member(ids, "ServicePrincipal"))
        for role in members(found.get("permissions")):
            granted: dict[str, Value] = {
                "appRoleId": text_of(member(role, "RoleId")),
                "principalId": principal,
                "principalDisplayName": found.get("displayname"),
                "resourceDisplayName": member(role, "ApplicationDisplayName"),
            }
            yield "AppRoleAssignment", Object(properties=granted)
        if isinstance(assigned := found.get("fullaccessasapprole"), Object):
            yield "AppRoleAssignment", assigned


def role_members(thing: Object) -> Iterator[tuple[str, Object]]:
    """Every privileged user, once for each role: they stand under their ids.

    ScubaGear takes a user with an immutable id of the own directory for a synchronised one.
    """
    for identifier, each in thing.properties.items():
        if not isinstance(each, Object):
            continue
        found = fields(each)
        kept: dict[str, Value] = {"MemberId": identifier, "MemberType": "user"}
        if "displayname" in found:
            kept["DisplayName"] = found["displayname"]
        if "onpremisesimmutableid" in found:
            kept["onPremisesSyncEnabled"] = bool(text_of(found["onpremisesimmutableid"]))
        for role in texts_of(found.get("roles")):
            yield "DirectoryRoleMember", Object(properties={"Role": role, **kept})


def tenant(thing: Object) -> Object | str:
    """Graph's object of the organisation, or why it was not read."""
    data = fields(thing).get("aadadditionaldata")
    found = members(data)
    if found:
        return found[0]
    fault = text_of(data)
    return fault or "AADAdditionalData"
