"""What the objects of Exchange's cmdlets say about servers, whatever syntax they came in.

`describe` takes one record and yields evidence. A server is known by its own object
(Get-ExchangeServer), by what names it (connectors, virtual directories, mailboxes), by the remote
session an object was fetched through, or by Exchange Online's report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from tocsin.formats.syntax.exchange_naming import describe_beside, session_host
from tocsin.formats.syntax.exchange_values import (
    admin_version,
    clip,
    file_version,
    host_name,
    is_cut,
    is_online,
    is_server_itself,
    is_type_name,
    organisation,
    own_place,
)
from tocsin.formats.syntax.exchange_vocabulary import (
    COMPUTER_NAMES,
    EXSETUP,
    REPORT_FACTS,
    SERVER_FACTS,
)
from tocsin.formats.syntax.records import Object, Value, fields, text_of, texts_of
from tocsin.model.build import Version
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Identifier
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

PRODUCT = "Exchange Server"

Fields = Mapping[str, Value]

_SERVER_MARKS = ("exchangelegacydn", "serverrole", "isexchange2007orlater", "ise15orlater")
_OTHERS_SERVER = ("server", "servername", "metabasepath", "mountedonserver", "servers")
_FILE_VERSIONS = ("FileVersion", "FileVersionRaw", "ProductVersion", "ProductVersionRaw")


def describe(thing: Object, at: Locator) -> Iterator[Evidence | Gap]:
    """What one object says; nothing for objects that name no server."""
    found = fields(thing)
    if "serverfqdn" in found and "build" in found:
        yield from _report(found, at)
    elif is_online(found):
        return
    elif _is_program(thing, found):
        yield from _program(thing, found, at)
    elif _is_bare_version(thing, found):
        yield from _bare_version(thing, at)
    elif _is_server(thing, found):
        yield from describe_server(thing, at)
    else:
        yield from describe_beside(thing, at)


def describe_server(thing: Object, at: Locator) -> Iterator[Evidence | Gap]:
    """A server's own object: Get-ExchangeServer, Get-MailboxServer, Get-TransportService, ..."""
    found = fields(thing)
    version: Version | None = None
    try:
        version = admin_version(found.get("admindisplayversion"))
        if version is None:
            version = admin_version(found.get("version"))
    except ValueError as error:
        yield version_gap(at, "AdminDisplayVersion", found.get("admindisplayversion"), error)
    # A script's own column beside Get-ExchangeServer's: what ExSetup.exe itself is.
    updates = [value for name, value in found.items() if name.startswith("exsetup")]
    updates += [found[name] for name in ("fileversion",) if name in found]
    try:
        version = file_version(updates) or version
    except ValueError as error:
        yield version_gap(at, "ExSetup", updates, error)
    if version is not None and version.exchange_online:
        return
    names = server_names(found)
    if not names:
        names = (host_name(thing.text),) if host_name(thing.text) else ()
    if not names:
        yield _nameless(found, at)
        return
    quoted = {name: text_of(found.get(name.lower())) for name in ("Name", "Fqdn")}
    quoted = {name: text for name, text in quoted.items() if text}
    if version is not None:
        stated = "AdminDisplayVersion" if version.precision == "cu" else "ExSetup"
        quoted[stated] = version.text
    host = Host(
        seen_by="export",
        names=names,
        identifiers=_identifiers(found),
        product=PRODUCT,
        version=version,
        organisation=organisation(found),
        facts=facts(found, SERVER_FACTS),
    )
    yield evidence(at, host, quoted or {"ToString": thing.text})


def server_names(found: Fields) -> tuple[str, ...]:
    """The names a server's own object gives it, fully qualified first."""
    short = host_name(text_of(found.get("name")))
    if short and is_cut(text_of(found.get("name"))):
        short = ""
    full = host_name(text_of(found.get("fqdn")))
    domain = host_name(text_of(found.get("domain")))
    names = [full] if full else []
    for address in texts_of(found.get("networkaddress")):
        protocol, _, name = address.partition(":")
        if protocol.strip("{ ").lower() == "ncacn_ip_tcp":
            names.append(host_name(name))
    if short and not names and "." in domain and "." not in short:
        names.append(f"{short}.{domain}")
    place = own_place(found) if is_server_itself(found) else None
    names += [short, place.server if place is not None else ""]
    session = session_host(found)
    own = {name.split(".")[0].lower() for name in names if name}
    if session.split(".")[0].lower() in own and not full:
        names.append(session)
    unique: dict[str, str] = {}
    for name in names:
        if name:
            unique.setdefault(name.lower(), name)
    return tuple(sorted(unique.values(), key=lambda name: "." not in name))


def facts(found: Fields, names: tuple[str, ...], of: str = "") -> dict[str, str]:
    """The properties of those names that are filled, by the producer's spelling."""
    told: dict[str, str] = {}
    for name in names:
        text = text_of(found.get(name.lower()))
        if text and text != "{}" and not is_type_name(text):
            told[f"{name} of {of}" if of else name] = clip(text)
    return told


def evidence(at: Locator, host: Host, quoted: Mapping[str, str]) -> Evidence:
    """The host as evidence; exports of cmdlets state no time of observation."""
    quote = "; ".join(f"{name}: {value}" for name, value in quoted.items())
    return Evidence(at=at, body=host, quote=quote[:QUOTE_LIMIT])


def value_gap(at: Locator, name: str, fault: str) -> Gap:
    """One value that could not be read; the rest of the object still counts."""
    why = say(N_("{name} cannot be read: {fault}"), name=name, fault=clip(fault))
    return Gap(at=_property(at, name), why=why)


def version_gap(at: Locator, name: str, value: Value, fault: ValueError) -> Gap:
    """A version that could not be read; one that PowerShell cut is missing rather than broken."""
    printed = next((text for text in texts_of(value) if is_cut(text)), "")
    if not printed:
        return value_gap(at, name, str(fault))
    why = say(
        N_("PowerShell cut {name} to {text}: export it with Format-List or Export-Clixml"),
        name=name,
        text=clip(printed),
    )
    return Gap(at=_property(at, name), why=why, kind="not-collected")


def _property(at: Locator, name: str) -> Locator:
    place = f"{at.position}, property {name}" if at.position else f"property {name}"
    return msgspec.structs.replace(at, position=place)


def _nameless(found: Fields, at: Locator) -> Gap:
    printed = text_of(found.get("name")) or text_of(found.get("identity"))
    if printed:
        why = say(N_("a server's object whose name cannot be read: {name}"), name=clip(printed))
        return Gap(at=at, why=why, kind="limit" if is_cut(printed) else "unreadable")
    return Gap(at=at, why=say(N_("a server's object without its name")), kind="not-collected")


def _identifiers(found: Fields) -> tuple[Identifier, ...]:
    told: list[Identifier] = []
    guid = text_of(found.get("guid")).lower()
    if len(guid) == 36 and guid.strip("0-"):
        told.append(Identifier("guid", guid))
    place = own_place(found)
    if place is not None and is_server_itself(found):
        told.append(Identifier("dn", place.dn))
    thumbprint = text_of(found.get("internaltransportcertificatethumbprint")).lower()
    if len(thumbprint) == 40 and thumbprint.isalnum():
        told.append(Identifier("certificate", thumbprint))
    return tuple(told)


def _is_server(thing: Object, found: Fields) -> bool:
    if any(kind.endswith(".Management.ExchangeServer") for kind in thing.types):
        return True
    if any(name in found for name in _OTHERS_SERVER):
        return False
    if is_server_itself(found) or any(name in found for name in _SERVER_MARKS):
        return True
    if "admindisplayversion" not in found:
        return False
    try:
        return admin_version(found["admindisplayversion"]) is not None
    except ValueError:
        # An organisation's own version is of another kind: `0.20 (15.1.0.0)`.
        text = text_of(found["admindisplayversion"])
        return "identity" not in found and not text.startswith("0.")


def _report(found: Fields, at: Locator) -> Iterator[Evidence | Gap]:
    """Get-OnPremServerReportInfo: what Exchange Online saw of a server that sent it mail."""
    version: Version | None = None
    try:
        version = file_version([found.get("build")])
    except ValueError as error:
        yield version_gap(at, "Build", found.get("build"), error)
    printed = text_of(found.get("serverfqdn"))
    name = host_name(printed)
    if not name:
        yield value_gap(at, "ServerFQDN", printed)
        return
    host = Host(
        seen_by="exchange-online",
        names=(name,),
        product=PRODUCT,
        version=version,
        facts=facts(found, REPORT_FACTS),
    )
    yield evidence(at, host, {"ServerFQDN": name, "Build": text_of(found.get("build"))})


def _file_information(thing: Object, found: Fields) -> tuple[Object, Fields]:
    """The FileVersionInfo in a command's or a file's object, else the object itself."""
    for name in ("fileversioninfo", "versioninfo"):
        inner = found.get(name)
        if isinstance(inner, Object):
            return inner, fields(inner)
        if isinstance(inner, str):
            return Object(text=inner), {}
    return thing, found


def _is_program(thing: Object, found: Fields) -> bool:
    """Whether this is the version of ExSetup.exe, which every update replaces."""
    if "admindisplayversion" in found or "exchangelegacydn" in found:
        return False
    inner, details = _file_information(thing, found)
    named = [
        text_of(details.get(name) or found.get(name))
        for name in ("filename", "originalfilename", "internalname", "path", "source", "file")
    ]
    named += [text_of(found.get("name"))] if "version" in found else []
    files = [name for name in named if name]
    if any("exsetup" in name.lower() for name in files) or "exsetup" in inner.text.lower():
        return True
    if any(name.startswith("exsetup") for name in found):
        return True
    # A table cuts long paths before the program's name; the folder is Exchange's all the same.
    foreign = [name for name in files if "\\exchange server\\" not in name.lower()]
    if "fileversion" not in details or foreign:
        return False
    return EXSETUP.search(text_of(details["fileversion"])) is not None


def _program(thing: Object, found: Fields, at: Locator) -> Iterator[Evidence | Gap]:
    inner, details = _file_information(thing, found)
    values: list[Value] = [details.get(name.lower()) for name in _FILE_VERSIONS]
    values += [value for name, value in found.items() if name.startswith("exsetup")]
    values += [_numbers(details), found.get("version"), _after_label(inner.text)]
    try:
        version = file_version(values)
    except ValueError as error:
        yield version_gap(at, "FileVersion", values, error)
        return
    if version is None:
        return
    stated = {label: host_name(text_of(found.get(label.lower()))) for label in COMPUTER_NAMES}
    stated = dict([each for each in stated.items() if each[1]][:1])
    told = facts(details, ("FileName", "FileVersion")) or {"FileVersion": version.text}
    names = tuple(stated.values())
    host = Host(seen_by="export", names=names, product=PRODUCT, version=version, facts=told)
    yield evidence(at, host, {"FileVersion": version.text} | stated)


def _numbers(details: Fields) -> str:
    """FileMajorPart and the three beside it."""
    labels = ("filemajorpart", "fileminorpart", "filebuildpart", "fileprivatepart")
    parts = [text_of(details.get(label)) for label in labels]
    return ".".join(parts) if all(parts) else ""


def _after_label(text: str) -> str:
    """The version in the text of a FileVersionInfo, `File: ... FileVersion: 15.02.0986.005 ...`."""
    return text.partition("FileVersion:")[2][:100] if "exsetup" in text.lower() else ""


def _is_bare_version(thing: Object, found: Fields) -> bool:
    if any(kind.endswith("Exchange.Data.ServerVersion") for kind in thing.types):
        return True
    shape = {"major", "minor", "build", "revision"}
    return shape <= found.keys() and "filepatchleveldescription" in found


def _bare_version(thing: Object, at: Locator) -> Iterator[Evidence | Gap]:
    """An AdminDisplayVersion on its own: a version, of no server that is named."""
    try:
        version = admin_version(thing)
    except ValueError as error:
        yield version_gap(at, "AdminDisplayVersion", thing, error)
        return
    if version is not None:
        host = Host(seen_by="export", product=PRODUCT, version=version)
        yield evidence(at, host, {"AdminDisplayVersion": version.text})
