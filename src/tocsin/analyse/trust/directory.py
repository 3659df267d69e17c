"""Groups of Exchange in the directory, who is in them, and what they may do to the domain.

What an entry allows: https://learn.microsoft.com/windows/win32/secauthz/ace-strings; what Exchange is
given: https://learn.microsoft.com/exchange/permissions/split-permissions/split-permissions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.remembering import remembered
from tocsin.analyse.trust.settings import Item
from tocsin.analyse.trust.situation import Situation
from tocsin.model.server_state import ServerState
from tocsin.model.trusts import Basis

WellKnown = Literal["EWP", "ETS", "ExchangeServers", "OrganizationManagement"]

NAMES: dict[WellKnown, str] = {
    "EWP": "Exchange Windows Permissions",
    "ETS": "Exchange Trusted Subsystem",
    "ExchangeServers": "Exchange Servers",
    "OrganizationManagement": "Organization Management",
}
"""What setup calls them; a group is known by its place in otherWellKnownObjects where that was read."""

PROTECTED = "ou=microsoft exchange protected groups,"
"""Where setup puts Exchange Windows Permissions under AD split permissions."""

NOTHING = "00000000-0000-0000-0000-000000000000"
USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
PERSON = "4828cc14-1437-45bc-9b07-ad6f015e5f28"
GROUP = "bf967a9c-0de6-11d0-a285-00aa003049e2"
RESET_PASSWORD = "00299570-246d-11d0-a768-00aa006e0529"  # noqa: S105 - the id of a right
MEMBER = "bf9679c0-0de6-11d0-a285-00aa003049e2"
"""Schema and right ids: class user, class inetOrgPerson, class group, User-Force-Change-Password,
attribute member (https://learn.microsoft.com/windows/win32/adschema/)."""

REPLICATE_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
"""Right DS-Replication-Get-Changes-All: who has it on a domain's root copies every password's hash."""
REPLICATE = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2"
"""Right DS-Replication-Get-Changes, without which the other one is refused."""

IDENTITIES = "00fbf30c-91fe-11d1-aebc-0000f80367c1"
PUBLIC_INFORMATION = "e48d0154-bcf8-11d1-8702-00c04fb96050"
"""Attribute altSecurityIdentities, which says what certificate signs an account in, and the property
set that it is part of."""

CONTROL = frozenset({"writedacl", "writeowner", "genericall"})
"""Rights that let their holder give itself every other one."""

Power = Literal["control", "reset-password", "add-member"]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One member. kind: its class, empty where not collected. server: of the inventory, if it is one.
    enabled: None where not collected."""

    name: str
    sid: str
    dn: str
    kind: str
    enabled: bool | None
    server: ServerState | None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One group as read. members: None where they were not collected."""

    name: str
    sid: str
    dn: str
    well_known: WellKnown | None
    members: tuple[Member, ...] | None
    item: Item
    basis: Basis


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that allows something. on: `domain`, `AdminSDHolder` or other; object: whose access
    list it is in. trustee: as written; group: which of Exchange's it is, None for another, `?` where
    its SID is of nobody that was read. refused: attributes that the same list denies the trustee to
    write."""

    on: str
    object: str
    trustee: str
    group: WellKnown | Literal["?"] | None
    rights: frozenset[str]
    flags: frozenset[str]
    object_type: str
    inherited_type: str
    refused: frozenset[str] = frozenset()
    basis: Basis

    @property
    def here(self) -> bool:
        """Whether it holds for the object itself, not only for what is below it."""
        return "IO" not in self.flags

    @property
    def controls(self) -> bool:
        """Whether it lets the holder rewrite the whole access list."""
        return bool(self.rights & CONTROL) and not self.object_type

    @property
    def replicates(self) -> bool:
        """Whether it lets the holder copy what the domain keeps secret, from its root."""
        return "extendedright" in self.rights and self.object_type in ("", REPLICATE_ALL)

    @property
    def asks_for_changes(self) -> bool:
        """Whether it lets the holder ask a domain controller for changes at all."""
        return "extendedright" in self.rights and self.object_type in ("", REPLICATE)

    @property
    def takes_over(self) -> bool:
        """Whether it lets the holder into the very account or group in whose list it is."""
        whole = self.object_type == ""
        reset = "extendedright" in self.rights and (whole or self.object_type == RESET_PASSWORD)
        writes = self.rights & {"writeproperty", "genericwrite", "self"}
        return reset or bool(writes and (whole or self.object_type == MEMBER))

    @property
    def maps_identities(self) -> bool:
        """Whether it lets the holder say which certificate signs a user in."""
        if IDENTITIES in self.refused or self.inherited_type not in ("", USER, PERSON):
            return False
        writes = self.rights & {"writeproperty", "genericwrite"}
        return bool(writes) and self.object_type in ("", IDENTITIES, PUBLIC_INFORMATION)

    def over(self, kind: str) -> Power | None:
        """The gravest it gives over objects of that class below: USER, PERSON or GROUP."""
        if "CI" not in self.flags or self.inherited_type not in ("", kind):
            return None
        if self.controls:
            return "control"
        whole = self.object_type == ""
        extended = "extendedright" in self.rights and (whole or self.object_type == RESET_PASSWORD)
        if kind in (USER, PERSON) and extended:
            return "reset-password"
        writes = self.rights & {"writeproperty", "genericwrite", "self"}
        if kind == GROUP and writes and (whole or self.object_type == MEMBER):
            return "add-member"
        return None


def groups(situation: Situation, *wanted: WellKnown) -> tuple[Group, ...]:
    """Groups that were read; only Exchange's of those names if any are given."""
    return tuple(each for each in _groups(situation) if not wanted or each.well_known in wanted)


@remembered
def grants(situation: Situation) -> tuple[Grant, ...]:
    """Every entry that allows something in an access list that was read, less what is denied."""
    sids = {each.sid.upper(): each.well_known for each in groups(situation) if each.sid}
    return tuple(
        grant for item in objects(situation, "AccessControl") for grant in _grants(item, sids)
    )


def split_permissions(situation: Situation) -> tuple[bool | None, tuple[Basis, ...]]:
    """Whether Active Directory split permissions are in force, and what shows it: the group lies
    where setup moves it, or the trusted subsystem is no member of it. None where neither was read."""
    for group in groups(situation, "EWP"):
        if PROTECTED in group.dn.lower():
            return True, (group.basis,)
        if group.members is not None:
            inside = {each.sid.upper() for each in group.members if each.sid}
            subsystems = {each.sid.upper() for each in groups(situation, "ETS") if each.sid}
            named = any(_is_named(each.name, "ETS") for each in group.members)
            return not (named or inside & subsystems), (group.basis,)
    given = [
        each.basis for each in grants(situation) if each.group == "EWP" and each.on == "domain"
    ]
    return (False, tuple(given)) if given else (None, ())


def live(situation: Situation, member: Member) -> bool | None:
    """Whether a member is an Exchange server there is. None where no full list of servers was read,
    the member's name was not, or several servers have it."""
    if member.server is not None:
        return True
    if member.kind and member.kind.lower() != "computer":
        return False
    if situation.several(member.name):
        return None
    return False if servers_listed(situation) and member.name else None


def servers_listed(situation: Situation) -> bool:
    """Whether a list of all Exchange servers was read: from the directory, or Get-ExchangeServer."""
    return situation.settings.asked("ExchangeServer") or any(
        "directory" in each.seen_by for each in situation.servers
    )


@remembered
def _groups(situation: Situation) -> tuple[Group, ...]:
    return tuple(_group(situation, item) for item in objects(situation, "DirectoryGroup"))


def _group(situation: Situation, item: Item) -> Group:
    def text(name: str) -> str:
        return next(iter(item.ask(name).texts()), "")

    known = text("WellKnown")
    name = text("Name") or item.setting.name
    members = item.ask("Members")
    return Group(
        name=name,
        sid=text("Sid"),
        dn=text("DistinguishedName"),
        well_known=next((each for each in NAMES if each == known), None) or _named(name),
        members=_members(situation, members.value) if members.known else None,
        item=item,
        basis=members.basis if members.known else item.basis(),
    )


def _members(situation: Situation, value: Any) -> tuple[Member, ...]:
    entries = value if isinstance(value, list) else [value]
    return tuple(_member(situation, each) for each in entries if isinstance(each, dict))


def _member(situation: Situation, value: dict[str, Any]) -> Member:
    said = {str(name).lower(): each for name, each in value.items()}
    name = str(said.get("name") or "").rstrip("$")
    dn = str(said.get("distinguishedname") or "")
    enabled = said.get("enabled")
    kind = str(said.get("objectclass") or "")
    sid = str(said.get("sid") or "")
    hosts = _hosts(situation)
    computer = hosts.get(sid.lower()) or hosts.get(dn.lower()) or ()
    account = name.rpartition("\\")[2] or dn.partition(",")[0].partition("=")[2]
    account = account or next(iter(computer), "")
    # An export that lists members by their place alone does not say what they are.
    kind = kind or ("computer" if computer else "")
    asked = (*computer, account) if kind.lower() in ("", "computer") else ()
    server = next((found for each in asked if (found := situation.server(each))), None)
    return Member(
        name=account,
        sid=sid,
        dn=dn,
        kind=kind,
        enabled=enabled if isinstance(enabled, bool) else None,
        server=server,
    )


@remembered
def _hosts(situation: Situation) -> dict[str, tuple[str, ...]]:
    """Names of the computers that were read, the full one first, by SID and by distinguished name."""
    found: dict[str, tuple[str, ...]] = {}
    for item in objects(situation, "DirectoryComputer", "directory"):
        spoken = (*item.ask("DnsHostName").texts(), *item.ask("Name").texts())
        names = tuple(each.rstrip("$") for each in spoken)
        for key in (*item.ask("Sid").texts(), *item.ask("DistinguishedName").texts()):
            found.setdefault(key.lower(), names)
    return found


def _named(name: str) -> WellKnown | None:
    return next((each for each in NAMES if _is_named(name, each)), None)


def _is_named(name: str, group: WellKnown) -> bool:
    return name.rpartition("\\")[2].strip().lower() == NAMES[group].lower()


def _grants(item: Item, sids: dict[str, WellKnown | None]) -> Iterator[Grant]:
    entries = item.ask("Entries")
    values = entries.value if isinstance(entries.value, list) else []
    # An entry whose rights or flags cannot be read may mean anything: it is left out.
    whole = (each for each in values if isinstance(each, dict))
    listed = [e for e in whole if None not in (_words(e.get("Rights")), _words(e.get("Flags")))]
    found = [_grant(item, entry, sids) for entry in listed]
    denied = [each for kind, each in found if kind == "deny"]
    for kind, each in found:
        if kind == "allow":
            lost = frozenset[str]().union(*(d.rights for d in denied if _covers(d, each)))
            refused = frozenset(d.object_type for d in denied if _refuses(d, each))
            yield msgspec.structs.replace(each, rights=each.rights - lost, refused=refused)


def _grant(
    item: Item, entry: dict[str, Any], sids: dict[str, WellKnown | None]
) -> tuple[str, Grant]:
    trustee = str(entry.get("Trustee") or "")
    grant = Grant(
        on=next(iter(item.ask("ObjectKind").texts()), ""),
        object=next(iter(item.ask("Object").texts()), "") or item.setting.name,
        trustee=trustee,
        group=_trustee(trustee, sids),
        rights=frozenset(each.lower() for each in _words(entry.get("Rights")) or ()),
        flags=frozenset(each.upper() for each in _words(entry.get("Flags")) or ()),
        object_type=_guid(entry.get("ObjectType")),
        inherited_type=_guid(entry.get("InheritedObjectType")),
        basis=item.basis("Entries", _printed(entry)),
    )
    return str(entry.get("Type") or "").lower(), grant


def _covers(denial: Grant, grant: Grant) -> bool:
    """Whether a denial to the same trustee reaches wherever the grant does."""
    return (
        denial.trustee.upper() == grant.trustee.upper()
        and denial.object_type in ("", grant.object_type)
        and denial.inherited_type in ("", grant.inherited_type)
        and (denial.here or not grant.here)
        and ("CI" in denial.flags or "CI" not in grant.flags)
    )


def _refuses(denial: Grant, grant: Grant) -> bool:
    """Whether a denial keeps the same trustee from one attribute wherever the grant reaches."""
    whole = msgspec.structs.replace(denial, object_type="")
    return bool(denial.object_type and "writeproperty" in denial.rights and _covers(whole, grant))


def _trustee(trustee: str, sids: dict[str, WellKnown | None]) -> WellKnown | Literal["?"] | None:
    if trustee.upper() in sids:
        return sids[trustee.upper()]
    if not trustee.upper().startswith("S-1-5-21-"):
        return _named(trustee)
    # The SID of a group of the domain that no list of groups names: it may be Exchange's.
    return None if {"EWP", "ETS"} <= set(sids.values()) else "?"


def _words(value: Any) -> tuple[str, ...] | None:
    """The members of a list, none where it is absent; None for what is no list of words."""
    if isinstance(value, str):
        return tuple(each.strip() for each in value.split(",") if each.strip())
    if isinstance(value, list):
        return tuple(map(str, value))
    return () if value is None else None


def _guid(value: Any) -> str:
    text = str(value or "").strip("{} ").lower()
    return "" if text == NOTHING else text


def _printed(entry: dict[str, Any]) -> str:
    def text(name: str) -> str:
        value = entry.get(name) or ""
        return " ".join(map(str, value)) if isinstance(value, list) else str(value)

    names = ("Type", "Flags", "Rights", "ObjectType", "InheritedObjectType", "Trustee")
    return ";".join(text(name) for name in names)
