"""Which kind of configured object a record is: by its type's name, else by its properties' names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from tocsin.formats.syntax.records import Object, Value, text_of
from tocsin.formats.syntax.setting_syntax import Origin
from tocsin.knowledge.hybrid import Kind, kinds
from tocsin.knowledge.hybrid_values import virtual_directories

NAMES_LIMIT = 400
"""Property names up to which the answer for them is remembered; tables of objects are alike."""

EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"
"""Microsoft's own application: a tenant can hold its service principal, never its registration."""

_VERSIONS = ("fileversion", "fileversioninfo", "productversion")
_PREFIXES = ("Deserialized.", "Selected.")
_GENERAL = frozenset(("PSCustomObject", "PSObject", "Object", "Hashtable", "OrderedDictionary"))
_GRAPH = {
    "serviceprincipal": "ServicePrincipal",
    "application": "Application",
    "approleassignment": "AppRoleAssignment",
    "organization": "Tenant",
}
"""Microsoft Graph's types to our kinds."""

_GUID = re.compile(r"/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=/|\Z)|\('[^')]{1,64}'\)")


def kind_of(thing: Object, found: Mapping[str, Value], origin: Origin) -> Kind | None:
    """What the file states, what the object's type says, what printed it, what it has; in this order."""
    if origin.kind:
        return kinds().get(origin.kind)
    for stated in (text_of(found.get("@odata.type")), *thing.types):
        # The most derived type that says anything decides; those it is derived from are of others too.
        by_type = _of_type(stated) if stated else None
        if by_type is not None or (stated and not _says_nothing(stated)):
            return by_type
    if origin.cmdlet and (named := of_cmdlet(origin.cmdlet)) is not None:
        return named
    if is_setup(found):
        return kinds()["ExSetup"]
    if len(found) > NAMES_LIMIT:
        return None
    by_names = _of_names(tuple(found))
    if by_names is None or by_names.name != "Application":
        return by_names
    ours = text_of(found.get("appid")).lower() != EXCHANGE_ONLINE
    return by_names if ours else kinds()["ServicePrincipal"]


def of_cmdlet(text: str) -> Kind | None:
    """The kind that a cmdlet or a request exports: `Get-InboundConnector`, `GET /applications`."""
    plain = text.strip().lower().partition("?")[0]
    found = _by_cmdlet().get(plain)
    if found is None and plain.startswith("get /"):
        plain = re.sub(r"^get /(?:v1\.0|beta)/", "get /", plain)
        found = _by_cmdlet().get(_GUID.sub("/{id}", plain)) or _by_cmdlet().get(
            _GUID.sub("", plain)
        )
    return found


def of_key(name: str) -> Kind | None:
    """The kind that a member of another tool's collection holds."""
    return _by_key().get(name)


def is_setup(found: Mapping[str, Value]) -> bool:
    """Whether it is what `Get-Command ExSetup.exe` or its FileVersionInfo says."""
    texts = [text_of(found.get(name)) for name in ("originalfilename", "internalname", "name")]
    names_it = any(text.lower() == "exsetup.exe" for text in texts)
    names_it = names_it or text_of(found.get("filename")).lower().endswith("\\exsetup.exe")
    return names_it and any(name in found for name in _VERSIONS)


def _says_nothing(type_name: str) -> bool:
    """Whether a type is one that any object may have."""
    plain = type_name.rpartition(".")[2]
    return plain in _GENERAL or not type_name.startswith(
        ("Microsoft.", "#", "Deserialized.Microsoft.", "Selected.Microsoft.", "HealthChecker.")
    )


def _of_type(type_name: str) -> Kind | None:
    plain = type_name
    for prefix in _PREFIXES:
        plain = plain.removeprefix(prefix)
    last = re.split(r"[.+]", plain)[-1]
    if plain.lower().startswith(("#microsoft.graph.", "microsoft.graph.")):
        last = last.removeprefix("MicrosoftGraph").rstrip("0123456789").lower()
        return kinds().get(_GRAPH.get(last, ""))
    if not plain.startswith(("Microsoft.Exchange.", "#Exchange.")) and "Certificate" not in plain:
        return None
    return _by_type().get(last)


@lru_cache(maxsize=4096)
def _of_names(names: tuple[str, ...]) -> Kind | None:
    known = frozenset(names)
    for kind in kinds().values():
        for marks in kind.marks:
            if all(mark.lower() in known for mark in marks):
                return kind
    return None


@cache
def _by_type() -> dict[str, Kind]:
    return {name: kind for kind in kinds().values() for name in kind.types}


@cache
def _by_cmdlet() -> dict[str, Kind]:
    found = {
        each.strip().lower(): kind
        for kind in kinds().values()
        for each in (*kind.cmdlet.split(","), *kind.also, kind.name)
    }
    found |= {each.cmdlet.lower(): kinds()["VirtualDirectory"] for each in virtual_directories()}
    return found


@cache
def _by_key() -> dict[str, Kind]:
    return {key: kind for kind in kinds().values() for key in kind.keys}
