"""Entra's objects under Microsoft Graph's own names, whoever wrote them: Graph, its PowerShell, ScubaGear.

Of keys only what names them is kept: thumbprint, id, name and dates; never the key, a secret or its
hint. https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from tocsin.formats.syntax.records import Object, Value, fields
from tocsin.formats.syntax.setting_certificate import thumbprint
from tocsin.formats.syntax.setting_value import Plain

KINDS = frozenset(("ServicePrincipal", "Application", "AppRoleAssignment", "Tenant"))
"""Kinds whose properties bear Graph's names; those of our own making keep ours."""

KEYS_LIMIT = 1000
"""Keys and secrets of one application that are kept."""

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){20,64}")
_KEPT = ("keyId", "displayName", "startDateTime", "endDateTime", "type", "usage")
_CREDENTIALS = ("keyCredentials", "passwordCredentials")
_NAMES = {
    "objectid": "id",
    "tenantid": "id",
    "creationtimestamp": "createdDateTime",
    "federatedcredentials": "federatedIdentityCredentials",
}
"""What others call a property of Graph's."""


def named(name: str) -> str:
    """A property's name as Graph spells it: `KeyCredentials` is `keyCredentials`."""
    other = _NAMES.get(name.lower())
    return other or name[:1].lower() + name[1:]


def entra(
    kind: str, found: Mapping[str, Value], properties: dict[str, Any], lost: dict[str, Any]
) -> None:
    """Give the properties Graph's names, and keys their thumbprints; both are changed."""
    if kind not in KINDS:
        return
    for told in (properties, lost):
        for name in list(told):
            value = told.pop(name)
            told.setdefault(named(name), value)
    for name in _CREDENTIALS:
        if name in properties:
            properties[name] = credentials(found.get(name.lower()))
    if isinstance(domains := properties.get("verifiedDomains"), list):
        properties["verifiedDomains"] = [_domain(each) for each in domains]
    if isinstance(owners := properties.get("owners"), list):
        properties["owners"] = [
            _lowered(each) if isinstance(each, dict) else each for each in owners
        ]


def _domain(value: Any) -> Any:
    """The name of a verified domain, whose other members are not asked for."""
    return _lowered(value).get("name") if isinstance(value, dict) else value


def credentials(value: Value) -> list[dict[str, Any]] | None:
    """Keys or secrets of an application: one, a list of them, or null."""
    if value is None:
        return None
    if isinstance(value, Object) and (value.items or not value.properties):
        value = value.items
    many = value if isinstance(value, list) else [value]
    # One that cannot be read is there all the same.
    return [
        _credential(each) if isinstance(each, Object) else {}
        for each in many[:KEYS_LIMIT]
        if each is not None
    ]


def _credential(thing: Object) -> dict[str, Any]:
    found = fields(thing)
    plain = Plain("json", "")
    told: dict[str, Any] = {}
    for name in _KEPT:
        value = found.get(name.lower())
        if name.lower() in found and (value is None or isinstance(value, str)):
            kept = plain.property(name, value)
            if kept is None or isinstance(kept, str):
                told[name] = kept
    print_ = _identifier(found.get("customkeyidentifier")) or _of_key(found.get("key"))
    if print_:
        told["customKeyIdentifier"] = print_
    elif "customkeyidentifier" in found and found["customkeyidentifier"] is None:
        told["customKeyIdentifier"] = None
    return told


def _identifier(value: Value) -> str:
    """The thumbprint in upper-case hexadecimal, out of Base64, hexadecimal or a list of bytes."""
    raw = _raw(value)
    if raw is None:
        return ""
    # Some tools put the thumbprint's text, not its bytes.
    text = raw.decode("ascii", "replace")
    return text.upper() if _HEX.fullmatch(text) else raw.hex().upper()


def _of_key(value: Value) -> str:
    raw = _raw(value)
    return thumbprint(raw) if raw and len(raw) > 100 else ""


def _raw(value: Value) -> bytes | None:
    if isinstance(value, bytes):
        return value
    if isinstance(value, list) and value:
        numbers = [each for each in value if isinstance(each, int) and 0 <= each < 256]
        return bytes(numbers) if len(numbers) == len(value) else None
    if not isinstance(value, str) or not value:
        return None
    if _HEX.fullmatch(value):
        return bytes.fromhex(value)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _lowered(members: dict[str, Any]) -> dict[str, Any]:
    return {named(name): value for name, value in members.items()}
