"""The directory's part of exports: security descriptors, Exchange's groups, computers' accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.directory_principals import GROUP_NAMES, WELL_KNOWN
from tocsin.formats.syntax.records import Object, Value, fields, member, members, text_of
from tocsin.formats.syntax.security_descriptor import parse_sddl
from tocsin.model.setting import Lost, Setting

ADMIN_HOLDER = "CN=AdminSDHolder,CN=System,"
_UNCONSTRAINED = 0x80000
"""TRUSTED_FOR_DELEGATION in userAccountControl."""


def access_controls(thing: Object, properties: dict[str, Any]) -> Iterator[tuple[Setting, int]]:
    """One `AccessControl` for each object whose descriptor the record holds as SDDL.

    Either the record is one such object, or Microsoft's script's: `Permissions` of a domain and of
    AdminSDHolder, and `MesoObject`. Beside each, how many of its entries could not be read.
    """
    found = fields(thing)
    if "permissions" not in found:
        own = _named(found, ("object", "distinguishedname", "dn", "identity"))
        yield _access_control(own, text_of(found.get("sddl")), properties)
        return
    for each in [*members(found.get("permissions")), *members(found.get("mesoobject"))]:
        inside = fields(each)
        sddl = text_of(member(inside.get("acl"), "Sddl"))
        yield _access_control(text_of(inside.get("dn")), sddl, {})


def _access_control(dn: str, sddl: str, properties: Mapping[str, Any]) -> tuple[Setting, int]:
    kept = {name: value for name, value in properties.items() if name.lower() != "sddl"}
    lost: dict[str, Lost] = {}
    kept["Object"] = dn
    kept["ObjectKind"] = _kind_of_object(dn)
    skipped = 0
    try:
        found = parse_sddl(sddl)
        kept["Entries"], skipped = found.entries, found.skipped
    except ValueError:
        lost["Entries"] = "unreadable"
    setting = Setting(kind="AccessControl", side="directory", name=dn, properties=kept, lost=lost)
    return setting, skipped


def _kind_of_object(dn: str) -> str:
    parts = distinguished_name.split(dn)
    if parts and all(part.type == "dc" for part in parts):
        return "domain"
    return "AdminSDHolder" if dn.lower().startswith(ADMIN_HOLDER.lower()) else "other"


def group(found: Mapping[str, Value], properties: dict[str, Any]) -> None:
    """A group under our names: its SID, and which of Exchange's groups it is."""
    dn = text_of(found.get("distinguishedname"))
    name = text_of(found.get("name")) or _relative(dn) or text_of(found.get("wellknownname"))
    if name:
        _put(properties, "Name", name)
    sid = _sid(found.get("sid"))
    if sid:
        _put(properties, "Sid", sid)
    if "wellknown" not in found:
        guid = text_of(found.get("wellknownguid")).replace("-", "").lower()
        stated = text_of(found.get("wellknownname")) or name
        _put(properties, "WellKnown", WELL_KNOWN.get(guid) or GROUP_NAMES.get(stated.lower(), ""))
    if isinstance(properties.get("Members"), list):
        properties["Members"] = [each for each in properties["Members"] if isinstance(each, dict)]


def computer(found: Mapping[str, Value], properties: dict[str, Any]) -> None:
    """A computer's account (Get-ADComputer) under our names."""
    sid = _sid(found.get("sid"))
    if sid:
        _put(properties, "Sid", sid)
    if "unconstraineddelegation" not in found:
        flag = found.get("trustedfordelegation")
        bits = found.get("useraccountcontrol")
        if isinstance(flag, bool):
            _put(properties, "UnconstrainedDelegation", flag)
        elif isinstance(bits, int) and not isinstance(bits, bool):
            _put(properties, "UnconstrainedDelegation", bool(bits & _UNCONSTRAINED))
    last = next((n for n in properties if n.lower() == "lastlogondate"), None)
    if last is not None and "lastlogon" not in found:
        _put(properties, "LastLogon", properties[last])


def _put(properties: dict[str, Any], name: str, value: Any) -> None:
    for each in [each for each in properties if each.lower() == name.lower()]:
        del properties[each]
    properties[name] = value


def _sid(value: Value) -> str:
    return text_of(member(value, "Value")) or text_of(value)


def _named(found: Mapping[str, Value], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := text_of(found.get(name)))), "")


def _relative(dn: str) -> str:
    parts = distinguished_name.split(dn)
    return parts[0].value if parts else ""
