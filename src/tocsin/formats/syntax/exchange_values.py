"""Values of Exchange's objects: versions, host names, and references to servers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.records import Object, Value, member, text_of, texts_of
from tocsin.model.build import Precision, Version, parse_version

FACT_LIMIT = 500
"""Longest fact kept, in characters."""

NAMES_LIMIT = 200
"""Servers read out of one property."""

CUT = ("...", "…")
"""What PowerShell puts where it cut a value or a list."""

_HOST = re.compile(r"[^\W_][\w-]{0,62}(?:\.[\w-]{1,63}){0,20}\.?")
_ADDRESS_LIKE = re.compile(r"[\d.]+")
_TYPE_NAME = re.compile(r"\{?(?:System|Microsoft\.Exchange|Deserialized)\.[\w.`+]+(?:\[|\}|\Z)")
_LOOSE_VERSION = re.compile(r"\D*(\d{1,2})\.(\d{1,2})\D+(\d{1,5})(?:\.(\d{1,5}))?\D*")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2}\.\d{1,2}\.\d{1,5}\.\d{1,5})(?![\d.])")
_MAJORS = frozenset((6, 8, 14, 15))
"""Exchange 2003, 2007, 2010, and 2013 up to Subscription Edition."""

_NOT_HOSTS = frozenset(("localhost", "true", "false", "null", "none", "system", "unknown"))
_EXTENSIONS = (".exe", ".dll", ".config", ".xml")
_LEGACY = re.compile(r"/o=([^/]{1,256})/.*/cn=servers/cn=([^/]{1,256})", re.IGNORECASE)
_LEGACY_ORGANISATION = re.compile(r"/o=([^/]{1,256})/", re.IGNORECASE)
_CLOUD = re.compile(
    r"prod\.outlook\.com|prod\.exchangelabs\.com|sdf\.exchangelabs\.com|prod\.partner\.outlook\.cn"
    r"|/o=exchangelabs/|microsoft exchange hosted organizations",
    re.IGNORECASE,
)
_CLOUD_SERVER = re.compile(r"[a-z]{2,6}\d{0,3}pr[a-z]?\d{2}[a-z0-9]{0,12}mb\d{2,}", re.IGNORECASE)
_CLOUD_SHELL = re.compile(
    r"(?:.*\.)?(?:outlook\.com|office365\.com|office\.com|outlook\.cn|office365\.us|outlook\.de)",
    re.IGNORECASE,
)

Lost = Literal["", "cut", "type"]
"""`cut`: PowerShell shortened the value. `type`: only the name of its type was written."""


class Named(msgspec.Struct, frozen=True):
    """A server as another object refers to it; empty what the reference leaves out."""

    name: str
    dn: str = ""
    guid: str = ""
    organisation: str = ""


def host_name(text: str) -> str:
    """`text` if it can be a host's name (not an address, a file or a cut name), else nothing."""
    name = text.strip()
    if len(name) > 255 or not _HOST.fullmatch(name) or _ADDRESS_LIKE.fullmatch(name):
        return ""
    if name.lower() in _NOT_HOSTS or name.lower().endswith(_EXTENSIONS):
        return ""
    return name.rstrip(".")


def shell_host(text: str) -> str:
    """The Exchange server behind a remote session; nothing for Exchange Online's gateways."""
    name = host_name(text)
    return "" if _CLOUD_SHELL.fullmatch(name) else name


def is_cut(text: str) -> bool:
    """Whether PowerShell shortened the text to fit the window."""
    return text.rstrip("} ").endswith(CUT)


def is_type_name(text: str) -> bool:
    """Whether only the type of a value was written (Export-Csv does so with collections)."""
    return _TYPE_NAME.match(text.strip()) is not None


def is_online(fields: Mapping[str, Value]) -> bool:
    """Whether an object lives in Exchange Online, so that its servers are Microsoft's."""
    for name in (
        "distinguishedname",
        "organizationid",
        "originatingserver",
        "objectcategory",
        "organizationalunit",
        "serverlegacydn",
        "exchangelegacydn",
        "identity",
    ):
        value = fields.get(name)
        if value is not None and _CLOUD.search(text_of(value)[:4096]):
            return True
    return any(
        _CLOUD_SERVER.fullmatch(text_of(fields[name]).split(".")[0])
        for name in ("servername", "server")
        if name in fields
    )


def admin_version(value: Value) -> Version | None:
    """An AdminDisplayVersion, as object or text; None when blank. ValueError when it is none.

    Updates do not change it, so it names the cumulative update only. The text is translated in
    some languages; the numbers are not.
    """
    text = _parts(value, "Version {0}.{1} (Build {2}.{3})") or text_of(value)
    if not text:
        return None
    try:
        found = parse_version(text, "cu")
    except ValueError:
        loose = _LOOSE_VERSION.fullmatch(text)
        if loose is None or is_cut(text):
            raise
        dotted = ".".join(part for part in loose.groups() if part is not None)
        found = msgspec.structs.replace(parse_version(dotted, "cu"), text=text[:FACT_LIMIT])
    if found.major not in _MAJORS:
        msg = f"not a version of Exchange: {text[:FACT_LIMIT]}"
        raise ValueError(msg)
    return found


def file_version(values: Iterable[Value], precision: Precision = "update") -> Version | None:
    """The first of `values` that holds a full version; None when all are blank.

    ValueError when one is filled and none can be read.
    """
    unread = ""
    for value in values:
        text = _parts(value, "{0}.{1}.{2}.{3}") or text_of(value)
        match = _DOTTED.search(text)
        if match is not None:
            found = parse_version(match[1], precision)
            if found.major in _MAJORS:
                return found
        unread = unread or text
    if unread:
        msg = f"not a version of Exchange: {unread[:FACT_LIMIT]}"
        raise ValueError(msg)
    return None


def _parts(value: Value, form: str) -> str:
    """A nested version object written out; nothing when `value` is none."""
    if not isinstance(value, Object):
        return ""
    numbers = [text_of(member(value, name)) for name in ("Major", "Minor", "Build", "Revision")]
    if not all(number.isascii() and number.isdigit() and len(number) < 6 for number in numbers):
        return ""
    return form.format(*numbers)


def organisation(fields: Mapping[str, Value]) -> str | None:
    """The Exchange organisation, out of the legacy name or the distinguished name."""
    for name in ("exchangelegacydn", "serverlegacydn", "legacyexchangedn"):
        match = _LEGACY_ORGANISATION.match(text_of(fields.get(name)))
        if match is not None:
            return match[1]
    for dn in _names_in(fields):
        found = distinguished_name.organisation(distinguished_name.split(dn))
        if found:
            return found
    return None


def own_place(fields: Mapping[str, Value]) -> distinguished_name.Place | None:
    """The server an object is or lies below, by its distinguished name."""
    for dn in _names_in(fields):
        found = distinguished_name.place(dn)
        if found is not None:
            return found
    return None


def is_server_itself(fields: Mapping[str, Value]) -> bool:
    """Whether the object's own distinguished name is that of a server."""
    for dn in _names_in(fields):
        found = distinguished_name.place(dn)
        if found is not None:
            return len(distinguished_name.split(found.dn)) == len(distinguished_name.split(dn))
    return False


def _names_in(fields: Mapping[str, Value]) -> list[str]:
    identity = fields.get("identity")
    found = (
        text_of(fields.get("distinguishedname")),
        text_of(member(identity, "DistinguishedName")),
    )
    return [dn for dn in found if dn]


def servers_in(value: Value) -> tuple[list[Named], Lost]:
    """The servers that a property refers to, and whether some are missing."""
    found: list[Named] = []
    lost: Lost = ""
    for each in _references(value):
        if isinstance(each, Object):
            found.extend(_from_object(each))
            continue
        names, why = _from_text(each)
        found.extend(names)
        lost = lost or why
    return found[:NAMES_LIMIT], lost


def _references(value: Value) -> list[Object | str]:
    if isinstance(value, Object):
        if value.items:
            return _references(value.items)
        if value.properties:
            return [value]
        return [value.text] if value.text else list(texts_of(value))
    if isinstance(value, list):
        found: list[Object | str] = []
        for each in value[:NAMES_LIMIT]:
            found += [each] if isinstance(each, Object) and each.properties else texts_of(each)
        return found
    return list(texts_of(value))


def _from_object(thing: Object) -> list[Named]:
    dn = text_of(member(thing, "DistinguishedName"))
    where = distinguished_name.place(dn)
    name = host_name(text_of(member(thing, "Name")) or thing.text)
    if where is None:
        return [Named(name)] if name else []
    guid = text_of(member(thing, "ObjectGuid")).lower()
    return [
        Named(
            where.server,
            dn=where.dn,
            guid="" if len(guid) != 36 or not guid.strip("0-") else guid,
            organisation=where.organisation or "",
        )
    ]


def _from_text(text: str) -> tuple[list[Named], Lost]:
    text = text.strip()
    if is_type_name(text):
        return [], "type"
    where = distinguished_name.place(text.strip("{}"))
    if where is not None:
        return [Named(where.server, dn=where.dn, organisation=where.organisation or "")], ""
    legacy = _LEGACY.match(text)
    if legacy is not None:
        return [Named(legacy[2], organisation=legacy[1])], ""
    cut = is_cut(text)
    parts = re.split(r"[,;\s]+", text.strip("{}[]() .…"))
    if cut and not text.endswith("}"):
        # Cut by the width of the window, so the last name is not whole; a list that was cut after
        # four values still ends with its brace.
        parts = parts[:-1]
    return [Named(name) for name in map(_last, parts) if host_name(name)], "cut" if cut else ""


def _last(part: str) -> str:
    """`EX01` of the canonical name `contoso.com/Configuration/.../Servers/EX01`."""
    return part.rpartition("/")[2] if "/" in part else part


def clip(text: str) -> str:
    """The text, cut at `FACT_LIMIT`."""
    return text if len(text) <= FACT_LIMIT else text[: FACT_LIMIT - 1] + "…"
