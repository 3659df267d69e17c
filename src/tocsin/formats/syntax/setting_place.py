"""Where a configured object lives: its side, its server, what a virtual directory serves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tocsin.formats.syntax.exchange_values import (
    host_name,
    is_cut,
    is_online,
    own_place,
    shell_host,
)
from tocsin.formats.syntax.records import Object, Value, member, text_of
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.knowledge.hybrid import Kind
from tocsin.knowledge.hybrid_values import virtual_directories
from tocsin.model.setting import Side

Fields = Mapping[str, Value]

_CLOUD_NAME = re.compile(
    r",dc=prod,dc=outlook,dc=(?:com|cn)|,cn=configurationunits,dc=", re.IGNORECASE
)
_OWN_NAME = re.compile(r",cn= ?microsoft exchange,cn= ?services,", re.IGNORECASE)
_OWN_SCHEMA = re.compile(r"[^/]+/Configuration/Schema/", re.IGNORECASE)
_ONLINE_ONLY = ("rejectdirectsend", "auditdisabled", "connectorsenabledforteams")
"""Properties of an organisation that only Exchange Online has."""

_METABASE = re.compile(r"IIS://([^/]+)/", re.IGNORECASE)
_ON_A_SERVER = frozenset(
    ("VirtualDirectory", "ReceiveConnector", "ReceiveConnectorPermission", "ExchangeCertificate")
)
_ASKED_THERE = frozenset(("ExchangeCertificate", "ExSetup"))
"""Kinds that a server answers of itself when no other is named."""

_NAMED_BY = {
    "ExchangeServer": ("fqdn", "name"),
    "EdgeSubscription": ("name",),
    "OnPremServerReport": ("serverfqdn",),
    "ExSetup": ("server", "servername", "computername", "machinename", "computer", "hostname"),
}
"""Where objects of a kind name the server that they are of."""


def side_of(kind: Kind, found: Fields, origin: Origin) -> Side:
    """Where it lives: as the file or its kind states, else by what its own names show; never guessed."""
    if origin.side or kind.side:
        return origin.side or kind.side
    if kind.name == "MxRecord":
        return ""
    dn = text_of(found.get("distinguishedname")) or text_of(
        member(found.get("identity"), "DistinguishedName")
    )
    if is_online(found) or _CLOUD_NAME.search(dn):
        return "exchange-online"
    if _OWN_NAME.search(dn) and not is_cut(dn):
        return "on-premises"
    return _by_session(found) or _by_organisation(kind, found)


def _by_session(found: Fields) -> Side:
    session = text_of(found.get("pscomputername"))
    if host_name(session):
        return "on-premises" if shell_host(session) else "exchange-online"
    schema = text_of(found.get("objectcategory"))
    # Exchange Online's are found by their forest's name before.
    return "on-premises" if _OWN_SCHEMA.match(schema) and not is_cut(schema) else ""


def _by_organisation(kind: Kind, found: Fields) -> Side:
    if text_of(found.get("organizationalunitroot")).lower().endswith(".onmicrosoft.com"):
        return "exchange-online"
    if kind.name != "OrganizationConfig":
        return ""
    # No organisation of one's own can have a dot in its name.
    named = text_of(found.get("name")).lower().endswith(".onmicrosoft.com")
    return "exchange-online" if named or any(each in found for each in _ONLINE_ONLY) else ""


def server_of(kind: Kind, found: Fields, origin: Origin) -> str:
    """The server whose object it is, with its full name where the object shows it."""
    name = _server(kind, found)
    if not name:
        return origin.server
    if "." in name:
        return name
    full = [origin.server, shell_host(text_of(found.get("pscomputername"))), *_full(found)]
    short = name.lower()
    return next((each for each in full if each.lower().split(".")[0] == short), name)


def _server(kind: Kind, found: Fields) -> str:
    stated = [host_name(text_of(found.get(name))) for name in _NAMED_BY.get(kind.name, ())]
    if kind.name in _ON_A_SERVER:
        stated += _of_object(found)
    if kind.name in _ASKED_THERE:
        stated.append(shell_host(text_of(found.get("pscomputername"))))
    return next((each for each in stated if each), "")


def _of_object(found: Fields) -> Iterator[str]:
    """The server that an object on it names: as reference, in its identity, its path, or its place."""
    for name in ("server", "servername"):
        yield host_name(_relative(text_of(found.get(name))))
    before, backslash, _ = text_of(found.get("identity")).partition("\\")
    yield host_name(before) if backslash else ""
    place = own_place(found)
    yield place.server if place is not None else ""
    path = _METABASE.match(text_of(found.get("metabasepath")))
    yield host_name(path[1]) if path is not None else ""


def _relative(text: str) -> str:
    return text.rpartition("/")[2]


def _full(found: Fields) -> list[str]:
    path = _METABASE.match(text_of(found.get("metabasepath")))
    names = [host_name(text_of(found.get("fqdn")))]
    return [*names, host_name(path[1])] if path else names


def service_of(thing: Object, found: Fields, cmdlet: str) -> str:
    """What a virtual directory serves; empty where nothing of it tells."""
    last = thing.types[0].rpartition(".")[2] if thing.types else ""
    path = text_of(found.get("metabasepath")).rpartition("/")[2].lower()
    name = text_of(found.get("name")) or text_of(found.get("identity")).rpartition("\\")[2]
    label = name.partition(" (")[0].strip().lower()
    for each in virtual_directories():
        if last in each.types or cmdlet.strip().lower() == each.cmdlet.lower():
            return each.service
    for each in virtual_directories():
        if each.path.lower() in (path, label):
            return each.service
    return ""
