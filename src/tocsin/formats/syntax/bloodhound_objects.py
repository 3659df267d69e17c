"""Objects of SharpHound's collections as settings: Exchange's groups, computers, domains, AdminSDHolder.

The collector writes each right as one edge of BloodHound's graph. It lists on an object what holds for
that object: rights that are only inherited by others, and denied ones, are not there.
https://bloodhound.specterops.io/resources/edges/overview
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.directory_principals import GROUP_NAMES, GROUP_PLACES, principal
from tocsin.formats.syntax.json_records import at, text_at
from tocsin.formats.syntax.security_descriptor import COMBINED, RIGHTS, rights_of
from tocsin.model.evidence import Evidence
from tocsin.model.locator import Locator
from tocsin.model.setting import Lost

MEMBERS_LIMIT = 5000
"""Members of one group, service names of one computer, entries of one object that are kept."""

EDGES: dict[str, tuple[int, str]] = {
    "GenericAll": (COMBINED["GenericAll"], ""),
    "GenericWrite": (COMBINED["GenericWrite"], ""),
    "WriteDacl": (RIGHTS["WriteDacl"], ""),
    "WriteOwner": (RIGHTS["WriteOwner"], ""),
    # An owner may always read the descriptor and write its list ([MS-DTYP] 2.5.3.2).
    "Owns": (RIGHTS["ReadControl"] | RIGHTS["WriteDacl"], ""),
    "AllExtendedRights": (RIGHTS["ExtendedRight"], ""),
    "GetChanges": (RIGHTS["ExtendedRight"], "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2"),
    "GetChangesAll": (RIGHTS["ExtendedRight"], "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"),
    "GetChangesInFilteredSet": (RIGHTS["ExtendedRight"], "89e95b76-444d-4c62-991a-0facbeda640c"),
    "ForceChangePassword": (RIGHTS["ExtendedRight"], "00299570-246d-11d0-a768-00aa006e0529"),
    "AddMember": (RIGHTS["WriteProperty"], "bf9679c0-0de6-11d0-a285-00aa003049e2"),
    "AddSelf": (RIGHTS["Self"], "bf9679c0-0de6-11d0-a285-00aa003049e2"),
    "WriteSPN": (RIGHTS["WriteProperty"], "f3a64788-5306-11d1-a9c5-0000f80367c1"),
    "AddKeyCredentialLink": (RIGHTS["WriteProperty"], "5b47d60f-6090-40b2-9f37-2a4de88f3063"),
    "AddAllowedToAct": (RIGHTS["WriteProperty"], "3f78c3e5-f79a-46bd-a0b8-9d18116ddc79"),
    "WriteAccountRestrictions": (RIGHTS["WriteProperty"], "4c164200-20c0-11d0-a768-00aa006e0529"),
    "WriteGPLink": (RIGHTS["WriteProperty"], "f30e3bbe-9ff0-11d1-b603-0000f80367c1"),
}
"""Names of edges to the rights and the object type that they stand for ([MS-ADTS] 5.1.3.2)."""

LEFT_OUT = ["deny", "inherit-only"]
"""Entries that the collector never writes, as told in the property `LeftOut`."""

Shape = Literal["group", "computer", "domain", "container", ""]


def shape_of(value: dict[str, Any]) -> Shape:
    """What a record is, by the members that only its kind has; empty for all other kinds."""
    if "Members" in value:
        return "group"
    if "Trusts" in value:
        return "domain"
    if value.keys() & {"Sessions", "LocalGroups", "LocalAdmins"}:
        return "computer"
    names = _names(value)
    return "container" if names[:2] == ["adminsdholder", "system"] else ""


def is_exchange_group(value: dict[str, Any]) -> bool:
    """Whether setup made it: by its name, or by the unit it is in."""
    return bool(_well_known(value)) or any(name in GROUP_PLACES for name in _names(value)[1:2])


def is_exchange_computer(value: dict[str, Any]) -> bool:
    """Whether it carries the service names of a mailbox server."""
    names = _texts(value, "serviceprincipalnames")
    return any(name.lower().startswith(("exchangemdb/", "exchangerfr/")) for name in names)


def group(value: dict[str, Any], place: Locator) -> Evidence:
    """One group with its direct members, by SID."""
    name = _name(value)
    properties = {**_common(value, name), "WellKnown": _well_known(value)}
    lost: dict[str, Lost] = {}
    members = at(value, "Members")
    if isinstance(members, list) and len(members) <= MEMBERS_LIMIT:
        properties["Members"] = [found for each in members if (found := _principal(each))]
    else:
        lost["Members"] = "cut" if isinstance(members, list) else "unreadable"
    return principal("DirectoryGroup", _own(value), properties, place, _quote(value), lost)


def computer(value: dict[str, Any], place: Locator) -> Evidence:
    """One computer account; who is local administrator on it where that was collected."""
    name = _name(value)
    properties = _common(value, name)
    facts = at(value, "Properties")
    host = text_at(facts, "name")
    if "." in host:
        properties["DnsHostName"] = host
    for spelled, theirs in (
        ("Enabled", "enabled"),
        ("UnconstrainedDelegation", "unconstraineddelegation"),
    ):
        if isinstance(found := at(facts, theirs), bool):
            properties[spelled] = found
    for theirs in ("lastlogontimestamp", "lastlogon"):
        if isinstance(found := at(facts, theirs), int) and not isinstance(found, bool):
            properties["LastLogon"] = _time(found)
            break
    if isinstance(at(facts, "serviceprincipalnames"), list):
        properties["ServicePrincipalNames"] = _texts(value, "serviceprincipalnames")
    admins = _local_admins(value)
    if admins is not None:
        properties["LocalAdmins"] = admins
    return principal("DirectoryComputer", _own(value), properties, place, _quote(value))


def access_control(value: dict[str, Any], kind: str, place: Locator) -> Evidence:
    """Who may do what to the object itself. kind: "domain" or "AdminSDHolder"."""
    dn = text_at(value, "Properties", "distinguishedname") or text_at(value, "Properties", "name")
    properties: dict[str, Any] = {"Object": dn, "ObjectKind": kind, "LeftOut": LEFT_OUT}
    lost: dict[str, Lost] = {}
    aces = at(value, "Aces")
    if isinstance(aces, list) and len(aces) <= MEMBERS_LIMIT:
        properties["Entries"] = [found for each in aces if (found := _entry(each))]
    elif aces is not None:
        lost["Entries"] = "cut" if isinstance(aces, list) else "unreadable"
    return principal("AccessControl", _own(value), properties, place, _quote(value), lost)


def _entry(ace: Any) -> dict[str, Any] | None:
    right, trustee = text_at(ace, "RightName"), sid_of(text_at(ace, "PrincipalSID"))
    if not right or not trustee:
        return None
    mask, about = EDGES.get(right, (0, ""))
    return {
        "Type": "allow",
        "Flags": ["ID"] if at(ace, "IsInherited") is True else [],
        "Rights": rights_of(mask) if mask else [right],
        "ObjectType": about,
        "InheritedObjectType": "",
        "Trustee": trustee,
    }


def _common(value: dict[str, Any], name: str) -> dict[str, Any]:
    dn, sid = text_at(value, "Properties", "distinguishedname"), text_at(value, "ObjectIdentifier")
    return {
        "Name": name,
        **({"Sid": sid_of(sid)} if sid else {}),
        **({"DistinguishedName": dn} if dn else {}),
    }


def _own(value: dict[str, Any]) -> str:
    """BloodHound's own name, with the domain: an export of the directory tells of the same object more
    and in another form, so that the two must not be taken for one that disagrees with itself.
    """
    return text_at(value, "Properties", "name") or text_at(value, "ObjectIdentifier")


def _name(value: dict[str, Any]) -> str:
    """The account's name, else what stands before the domain in BloodHound's own."""
    account = text_at(value, "Properties", "samaccountname").removesuffix("$")
    shown = text_at(value, "Properties", "name")
    return account or shown.partition("@" if "@" in shown else ".")[0]


def _well_known(value: dict[str, Any]) -> str:
    shown = text_at(value, "Properties", "name").partition("@")[0]
    return GROUP_NAMES.get(shown.lower()) or GROUP_NAMES.get(_name(value).lower(), "")


def sid_of(text: str) -> str:
    """A SID without the domain that BloodHound writes before those that every domain has."""
    before, mark, rest = text.partition("-S-1-")
    return f"S-1-{rest}" if mark and before else text


def _principal(value: Any) -> dict[str, Any] | None:
    sid, kind = text_at(value, "ObjectIdentifier"), text_at(value, "ObjectType").lower()
    if not sid:
        return None
    known = {"ObjectClass": kind} if kind in ("user", "group", "computer") else {}
    return {"Sid": sid_of(sid), **known}


def _local_admins(value: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Members of the local group Administrators; None where they were not collected."""
    found = at(value, "LocalAdmins")
    groups = at(value, "LocalGroups")
    for each in groups if isinstance(groups, list) else ():
        if text_at(each, "ObjectIdentifier").endswith("-544"):
            found = each
    results = at(found, "Results")
    if at(found, "Collected") is not True or not isinstance(results, list):
        return None
    return [each for one in results[:MEMBERS_LIMIT] if (each := _principal(one))]


def _names(value: dict[str, Any]) -> list[str]:
    dn = text_at(value, "Properties", "distinguishedname")
    return [part.value.lower() for part in distinguished_name.split(dn)]


def _texts(value: dict[str, Any], name: str) -> list[str]:
    found = at(value, "Properties", name)
    many = found[:MEMBERS_LIMIT] if isinstance(found, list) else []
    return [each for each in many if isinstance(each, str)]


def _time(seconds: int) -> str | None:
    """ISO 8601 of seconds since 1970; BloodHound writes -1 and 0 for never."""
    if not 0 < seconds < 253_402_300_800:  # the year 10000
        return None
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _quote(value: dict[str, Any]) -> str:
    name, sid = text_at(value, "Properties", "name"), text_at(value, "ObjectIdentifier")
    return f"{name} ({sid})"
