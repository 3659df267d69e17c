"""From a record of an export to `Setting`s: which kind of object it is, and its values made plain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tocsin.formats.syntax.records import Object, Value, fields, text_of
from tocsin.formats.syntax.setting_certificate import certificate_settings
from tocsin.formats.syntax.setting_directory import access_controls, computer, group
from tocsin.formats.syntax.setting_graph import KINDS as GRAPH_KINDS
from tocsin.formats.syntax.setting_graph import entra
from tocsin.formats.syntax.setting_kind import kind_of
from tocsin.formats.syntax.setting_place import server_of, service_of, side_of
from tocsin.formats.syntax.setting_syntax import Damage, Origin
from tocsin.formats.syntax.setting_value import Plain, is_secret
from tocsin.knowledge.hybrid import Kind
from tocsin.model.finding import GapKind
from tocsin.model.setting import Lost, Setting
from tocsin.model.text import N_, Sentence, say

PROPERTIES_LIMIT = 2000
"""Properties of one object that are kept."""

NAME_LIMIT = 512
"""Longest name of a property or an object, in characters."""

_NOISE = frozenset(("serializationdata", "pipelinevariable"))
_NAMED_BY = {
    "ExchangeCertificate": ("thumbprint",),
    "ServicePrincipal": ("displayname", "appid"),
    "Application": ("displayname", "appid"),
    "AppRoleAssignment": ("principaldisplayname", "principalid"),
    "DirectoryRoleMember": ("userprincipalname", "displayname"),
    "AppOwner": ("userprincipalname",),
    "Tenant": ("displayname",),
    "OnPremServerReport": ("serverfqdn",),
    "ExSetup": (),
}
"""Kinds that are not known by their Name or Identity."""


class Told(msgspec.Struct, frozen=True):
    """A setting, and what of it could not be kept or read."""

    setting: Setting
    loss: Sentence | None = None
    kind: GapKind = "limit"


def setting_of(thing: Object, *, sure: bool = True) -> Setting | None:
    """The first setting that a record is; None where its kind is not known."""
    origin = Origin(syntax="clixml" if sure else "printed")
    first = next(settings_of(thing, origin), None)
    return None if first is None else first.setting


def settings_of(thing: Object, origin: Origin) -> Iterator[Told]:
    """Every setting that a record is: none where its kind is not known, mostly one."""
    found = fields(thing)
    kind = kind_of(thing, found, origin)
    if kind is None:
        return
    properties, lost, limit = _plain(thing, kind, origin)
    if kind.name == "AccessControl":
        for each, skipped in access_controls(thing, properties):
            why = say(N_("{count} entries of the access list cannot be read"), count=skipped)
            yield Told(each, why if skipped else limit, "unreadable" if skipped else "limit")
        return
    _own(kind, thing, found, properties, lost, origin)
    # JSON nests what other syntaxes print: a server's name, an identity.
    found |= {name.lower(): text for name, text in properties.items() if isinstance(text, str)}
    yield Told(
        Setting(
            kind=kind.name,
            side=side_of(kind, found, origin),
            name=_name(kind, thing, found, properties)[:NAME_LIMIT],
            server=server_of(kind, found, origin),
            properties=properties,
            lost=lost,
            sure=origin.sure,
        ),
        limit,
    )


def _plain(
    thing: Object, kind: Kind, origin: Origin
) -> tuple[dict[str, Any], dict[str, Lost], Sentence | None]:
    plain = Plain(origin.syntax, kind.name)
    properties: dict[str, Any] = {}
    lost: dict[str, Lost] = {}
    limit: Sentence | None = None
    taken: set[str] = set()
    for stated, value in thing.properties.items():
        name = stated.strip()
        lower = name.lower()
        # `@odata.type` and `SenderDomains@data.type` tell of the syntax, not of the object.
        if not name or "@" in name or lower in taken or lower in _NOISE or is_secret(name, value):
            continue
        if len(taken) >= PROPERTIES_LIMIT or len(name) > NAME_LIMIT:
            limit = say(
                N_("an object of more than {limit} properties, cut"), limit=PROPERTIES_LIMIT
            )
            break
        taken.add(lower)
        kept = plain.property(name, value)
        if isinstance(kept, Damage):
            lost[name] = kept.why
            if kept.limit:
                limit = say(N_("{name} is larger or deeper than what is kept of it"), name=name)
        else:
            properties[name] = kept
    return properties, lost, limit


def _own(
    kind: Kind,
    thing: Object,
    found: Mapping[str, Value],
    properties: dict[str, Any],
    lost: dict[str, Lost],
    origin: Origin,
) -> None:
    """What we name ourselves in objects of some kinds."""
    if kind.name in GRAPH_KINDS:
        entra(kind.name, found, properties, lost)
    elif kind.name == "ExchangeCertificate":
        certificate_settings(found, properties, lost)
    elif kind.name == "VirtualDirectory" and "service" not in found:
        if service := service_of(thing, found, origin.cmdlet):
            properties["Service"] = service
    elif kind.name == "DirectoryGroup":
        group(found, properties)
    elif kind.name == "DirectoryComputer":
        computer(found, properties)
    elif kind.name == "ExSetup" and "fileversion" not in found:
        inner = found.get("fileversioninfo")
        if isinstance(inner, Object):
            version = text_of(fields(inner).get("fileversion"))
            properties |= {"FileVersion": version} if version else {}


def _name(
    kind: Kind, thing: Object, found: Mapping[str, Value], properties: Mapping[str, Any]
) -> str:
    for name in _NAMED_BY.get(kind.name, ("name", "identity")):
        if kind.name == "ExchangeCertificate":
            return str(properties.get("Thumbprint") or "")
        if text := text_of(found.get(name)):
            return text
    if kind.name == "DirectoryGroup":
        return str(properties.get("Name") or "")
    if kind.name in ("ExSetup", "ReceiveConnectorPermission"):
        return text_of(found.get("identity"))
    return text_of(found.get("name")) or text_of(found.get("identity")) or thing.text
