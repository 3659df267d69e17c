"""Exchange's groups, the computers in them, and who may do what to the domain, as AD says it.

Groups are told by their place in `otherWellKnownObjects`, which names them by GUID whatever they are
called; where that was not read, by the names and the place that setup gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.directory_entry import Entry, attribute_gap, guid, own_name
from tocsin.formats.syntax.security_descriptor import Descriptor, parse_bytes, parse_sddl, sid_of
from tocsin.model.evidence import QUOTE_LIMIT, Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Lost, Setting
from tocsin.model.text import N_, say

MEMBERS_LIMIT = 1000
"""Members of one group; a group that has as many or more is told without them."""

WELL_KNOWN = {
    "4c17d0117ebe6642afaee03bc66d381f": "EWP",
    "ea876a58db6dd04c9006939818f800eb": "ETS",
    "a7d2016c83f003458132789eeb127b84": "ExchangeServers",
    "c262a929d691b74a9e068728f8f842ea": "OrganizationManagement",
}
"""GUIDs in otherWellKnownObjects of `CN=Microsoft Exchange,CN=Services` to names of ours.
https://learn.microsoft.com/windows/win32/adschema/a-otherwellknownobjects"""

GROUP_NAMES = {
    "exchange windows permissions": "EWP",
    "exchange trusted subsystem": "ETS",
    "exchange servers": "ExchangeServers",
    "organization management": "OrganizationManagement",
}
"""The names that setup gives them."""

GROUP_PLACES = ("microsoft exchange security groups", "microsoft exchange protected groups")
"""The organisational units that setup puts them in; the second under AD split permissions."""

ATTRIBUTES = (
    "member",
    "otherWellKnownObjects",
    "objectSid",
    "sAMAccountName",
    "userAccountControl",
    "lastLogonTimestamp",
    "nTSecurityDescriptor",
    "groupType",
    "instanceType",
    "uSNChanged",
)
"""What is looked at here, beside the attributes of every directory reader."""

DISABLED = 0x2
UNCONSTRAINED = 0x80000
"""ACCOUNTDISABLE and TRUSTED_FOR_DELEGATION of userAccountControl ([MS-ADTS] 2.2.16)."""

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_LINK = re.compile(r"B:32:([0-9A-Fa-f]{32}):(.+)", re.DOTALL)
_EXTENDED = re.compile(r"<(?P<name>SID|GUID)=(?P<value>[^>]{1,200})>;")
# Relative ids of SDDL's aliases that belong to the domain itself; its forest's are not among them.
_DOMAIN_ALIASES = {"DA": 512, "DU": 513, "DG": 514, "DC": 515, "DD": 516, "CA": 517, "PA": 520}


def well_known(entry: Entry) -> dict[str, str]:
    """The DNs, folded, that otherWellKnownObjects of this entry gives to Exchange's groups."""
    found: dict[str, str] = {}
    for raw in entry.attributes.get("otherwellknownobjects", ()):
        link = _LINK.fullmatch(raw.decode("utf-8", errors="replace").strip())
        if link is not None and link[1].lower() in WELL_KNOWN:
            found[folded(link[2])] = WELL_KNOWN[link[1].lower()]
    return found


def folded(dn: str) -> str:
    """A DN in a form in which two spellings of it are equal."""
    parts = distinguished_name.split(dn)
    return ",".join(f"{part.type}={part.value.lower()}" for part in parts) or dn.lower()


def classes_of(entry: Entry) -> set[str]:
    """The classes of the entry, in lower case."""
    return {each.lower() for each in entry.texts("objectClass")}


def is_complete(entry: Entry) -> bool:
    """Whether all attributes were asked for: then what is not there is empty."""
    return "instancetype" in entry.attributes and "usnchanged" in entry.attributes


def is_group(entry: Entry) -> bool:
    """By class, or by what only groups have."""
    return "group" in classes_of(entry) or "grouptype" in entry.attributes


def is_computer(entry: Entry) -> bool:
    """By class, or by what its account looks like."""
    classes = classes_of(entry)
    if classes:
        return "computer" in classes
    return "useraccountcontrol" in entry.attributes and entry.text("sAMAccountName").endswith("$")


def group(entry: Entry, at: Locator, known: Mapping[str, str], *, complete: bool) -> Evidence:
    """One group. known: as `well_known` found. complete: no members then means none."""
    name = own_name(entry)
    parts = distinguished_name.split(entry.dn)
    place = next((part.value.lower() for part in parts[1:2]), "")
    by_name = GROUP_NAMES.get(name.lower(), "") if place in GROUP_PLACES else ""
    properties: dict[str, Any] = {
        "Name": name,
        "DistinguishedName": entry.dn,
        "WellKnown": known.get(folded(entry.dn), by_name),
        **_sid(entry),
        **guid_of(entry),
    }
    lost: dict[str, Lost] = {}
    values = entry.attributes.get("member", [])
    if len(values) >= MEMBERS_LIMIT:
        lost["Members"] = "cut"
    elif values or complete:
        properties["Members"] = [_member(value) for value in values]
    return principal("DirectoryGroup", name, properties, at, f"dn: {entry.dn}", lost)


def is_exchange_group(entry: Entry, known: Mapping[str, str]) -> bool:
    """Whether setup made it, by its GUID or by its place."""
    parts = distinguished_name.split(entry.dn)
    return folded(entry.dn) in known or any(p.value.lower() in GROUP_PLACES for p in parts[1:2])


def _member(raw: bytes) -> dict[str, Any]:
    """One member: a DN, before which Samba's tools may write its SID."""
    text = raw.decode("utf-8", errors="replace").strip()
    found: dict[str, Any] = {}
    while (part := _EXTENDED.match(text)) is not None:
        if part["name"] == "SID" and part["value"].upper().startswith("S-1-"):
            found["Sid"] = part["value"].upper()
        text = text[part.end() :]
    parts = distinguished_name.split(text)
    return {"Name": parts[0].value if parts else text, **found, "DistinguishedName": text}


def computer(entry: Entry, at: Locator, *, complete: bool) -> Evidence:
    """One computer account. complete: what is not there is empty."""
    name = entry.text("sAMAccountName").removesuffix("$") or own_name(entry)
    properties: dict[str, Any] = {
        "Name": name,
        "DistinguishedName": entry.dn,
        **_sid(entry),
        **guid_of(entry),
    }
    if host := entry.text("dNSHostName"):
        properties["DnsHostName"] = host
    flags = number(entry.text("userAccountControl"))
    if flags is not None:
        properties["Enabled"] = not flags & DISABLED
        properties["UnconstrainedDelegation"] = bool(flags & UNCONSTRAINED)
    if names := entry.texts("servicePrincipalName", MEMBERS_LIMIT):
        properties["ServicePrincipalNames"] = names
    elif complete:
        properties["ServicePrincipalNames"] = []
    ticks = number(entry.text("lastLogonTimestamp"))
    if ticks is not None:
        properties["LastLogon"] = filetime(ticks)
    elif complete:
        properties["LastLogon"] = None
    return principal("DirectoryComputer", name, properties, at, f"dn: {entry.dn}")


def access_control(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    """Who may do what to the domain's root or AdminSDHolder; nothing for other objects."""
    kind = _object_kind(entry)
    raw = next(iter(entry.attributes.get("ntsecuritydescriptor", ())), None)
    if not kind or raw is None:
        return
    lost: dict[str, Lost] = {}
    properties: dict[str, Any] = {"Object": entry.dn, "ObjectKind": kind, **guid_of(entry)}
    try:
        found = _descriptor(raw, _sid(entry).get("Sid", ""))
    except ValueError as error:
        why = say(N_("the security descriptor cannot be read: {error}"), error=str(error)[:200])
        yield attribute_gap(at, "nTSecurityDescriptor", why)
        lost["Entries"] = "unreadable"
    else:
        properties["Entries"] = found.entries
        if found.skipped:
            why = say(
                N_("{count} entries that hold under a condition only were not read"),
                count=found.skipped,
            )
            yield attribute_gap(at, "nTSecurityDescriptor", why)
    yield principal("AccessControl", entry.dn, properties, at, f"dn: {entry.dn}", lost)


def _object_kind(entry: Entry) -> str:
    parts = distinguished_name.split(entry.dn)
    if parts and all(part.type == "dc" for part in parts):
        return "domain"
    names = [part.value.lower() for part in parts[:2]]
    return "AdminSDHolder" if names == ["adminsdholder", "system"] else ""


def _descriptor(raw: bytes, domain: str) -> Descriptor:
    """As stored, or as text, which Samba's tools can print."""
    if raw[:1] == b"\x01":
        return parse_bytes(raw)
    names = {alias: f"{domain}-{rid}" for alias, rid in _DOMAIN_ALIASES.items()} if domain else {}
    return parse_sddl(raw.decode("utf-8", errors="replace"), names)


def guid_of(entry: Entry) -> dict[str, str]:
    """The objectGUID as a property; nothing where it is not there."""
    found = guid(entry)
    return {"Guid": found[0].value} if found else {}


def _sid(entry: Entry) -> dict[str, str]:
    """The SID: bytes, or text already (ldbsearch); nothing where it is neither."""
    for raw in entry.attributes.get("objectsid", ())[:1]:
        if raw[:4].upper() == b"S-1-":
            return {"Sid": raw.decode("ascii", errors="replace").strip().upper()[:200]}
        try:
            return {"Sid": sid_of(raw)}
        except ValueError:
            continue
    return {}


def principal(
    kind: str,
    name: str,
    properties: dict[str, Any],
    at: Locator,
    quote: str,
    lost: dict[str, Lost] | None = None,
) -> Evidence:
    """A setting of the directory's side, as evidence."""
    body = Setting(
        seen_by="directory",
        kind=kind,
        side="directory",
        name=name,
        properties=properties,
        lost=lost or {},
    )
    return Evidence(at=at, body=body, quote=quote[:QUOTE_LIMIT])


def number(text: str) -> int | None:
    """A whole number as AD prints it; None where it is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,19}", text) else None


def filetime(ticks: int) -> str | None:
    """ISO 8601 of 100 ns since 1601; None for never."""
    if not 0 < ticks < 2_650_467_744_000_000_000:  # the year 9999
        return None
    found = _EPOCH + timedelta(microseconds=ticks // 10)
    return f"{found:%Y-%m-%dT%H:%M:%SZ}"
