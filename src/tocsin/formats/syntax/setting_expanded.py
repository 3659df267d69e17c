"""What Microsoft Graph put into an object with `$expand`: owners, members of a role, both ends of one."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.formats.syntax.records import Object, Value, fields, member, members, text_of

_MEMBER = {
    "userprincipalname": "UserPrincipalName",
    "displayname": "DisplayName",
    "onpremisessyncenabled": "onPremisesSyncEnabled",
    "accountenabled": "accountEnabled",
    "id": "MemberId",
}
"""Of a member of a role, by Graph's names in lower case."""


def expanded(kind: str, thing: Object) -> Iterator[tuple[str, Object]]:
    """The object, and those that were expanded in it, each with its kind; empty for one to be told."""
    found = fields(thing)
    if kind == "DirectoryRoleMember":
        yield from _role(found)
        return
    yield kind, thing
    if "owners" in found and "appid" in found:
        for each in members(found["owners"]):
            owner = fields(each)
            name = owner.get("userprincipalname") or owner.get("displayname")
            kept: dict[str, Value] = {"AppId": found["appid"], "UserPrincipalName": name}
            yield "AppOwner", Object(properties=kept)


def _role(found: dict[str, Value]) -> Iterator[tuple[str, Object]]:
    """A directory role with its members, or one assignment with its principal and role."""
    if "roledefinition" in found or "principal" in found:
        role = text_of(member(found.get("roledefinition"), "displayName"))
        yield from _members(role or text_of(found.get("roledefinitionid")), found.get("principal"))
        return
    yield from _members(text_of(found.get("displayname")), found.get("members"))


def _members(role: str, many: Value) -> Iterator[tuple[str, Object]]:
    for each in members(many):
        inside = fields(each)
        kept: dict[str, Value] = {"Role": role}
        kind = text_of(inside.get("@odata.type")).rpartition(".")[2]
        if kind:
            kept["MemberType"] = kind
        kept |= {name: inside[low] for low, name in _MEMBER.items() if low in inside}
        yield "DirectoryRoleMember", Object(properties=kept)
