"""Servers that are named by objects which are not their own, and by remote sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.certificate_bytes import Certificate, read_certificate
from tocsin.formats.syntax.exchange_values import (
    Named,
    admin_version,
    clip,
    host_name,
    is_type_name,
    organisation,
    own_place,
    servers_in,
    shell_host,
)
from tocsin.formats.syntax.exchange_vocabulary import OBJECT_FACTS, SERVER_NAMING, is_exchange
from tocsin.formats.syntax.records import Object, Value, fields, text_of, texts_of
from tocsin.model.build import Version
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Identifier
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, say

PRODUCT = "Exchange Server"

Fields = Mapping[str, Value]

_URL_HOST = re.compile(r"[a-z]+://([^/:\s]+)", re.IGNORECASE)
_PRINCIPAL = re.compile(r"exchange(?:mdb|rfr)/([\w.-]{1,255})", re.IGNORECASE)
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_ORGANISATION_WIDE = ("cn=microsoft exchange server auth certificate", "cn=federation")
"""Certificates that every server of an organisation holds: they tell no server from another."""


class _Naming(msgspec.Struct):
    """One server, and how the object names it."""

    named: Named
    labels: list[str]


def describe_beside(thing: Object, at: Locator) -> Iterator[Evidence | Gap]:
    """Every server that an object names, and the one whose session it was fetched through."""
    found = fields(thing)
    yield from _computer(found, at)
    if not _is_exchange(thing, found):
        return
    naming: dict[str, _Naming] = {}
    yield from _collect(found, naming, at)
    owner = own_place(found)
    if owner is not None:
        own = Named(owner.server, dn=owner.dn, organisation=owner.organisation or "")
        _note(naming, own, "")
    certificate: Certificate | None = None
    if name := _of_identity(found):
        certificate = _certificate(thing, found)
        if certificate is not None:
            _note(naming, Named(name), "Identity")
    title = text_of(found.get("name")) or text_of(found.get("identity")) or thing.text
    full = _full_names(found)
    version = _version(found, naming)
    for each in naming.values():
        yield _evidence(each, found, at, title, full, version, certificate)
    yield from _session(found, naming, at)


def _computer(found: Fields, at: Locator) -> Iterator[Evidence]:
    """A computer account that carries Exchange's service principal names (Get-ADComputer).

    exchangeAB is no sign: domain controllers carry it. Names other than the account's own belong to
    an alternate service account, which many servers share.
    """
    inner = found.get("computerobject")
    account = fields(inner) if isinstance(inner, Object) else found
    printed = text_of(account.get("serviceprincipalname") or account.get("serviceprincipalnames"))
    if not printed:
        return
    relative = distinguished_name.split(text_of(account.get("distinguishedname")))
    own = [text_of(account.get(label)) for label in ("dnshostname", "name", "samaccountname")]
    own += [relative[0].value] if relative else []
    labels = {name.split(".")[0].rstrip("$").lower() for name in own} - {""}
    hosts = dict.fromkeys(match[1] for match in _PRINCIPAL.finditer(printed))
    names = [name for name in hosts if name.split(".")[0].lower() in labels and host_name(name)]
    if names:
        names = sorted(dict.fromkeys(names), key=lambda name: "." not in name)[:4]
        facts = {"ServicePrincipalName": f"exchangeMDB/{names[0]}"}
        host = Host(seen_by="export", names=tuple(names), product=PRODUCT, facts=facts)
        yield Evidence(at=at, body=host, quote=f"ServicePrincipalName: exchangeMDB/{names[0]}")


def session_host(found: Fields) -> str:
    """The server whose remote shell the object came through; empty for Exchange Online's."""
    return shell_host(text_of(found.get("pscomputername")))


def _is_exchange(thing: Object, found: Fields) -> bool:
    return any("Microsoft.Exchange." in kind for kind in thing.types) or is_exchange(found)


def _collect(found: Fields, naming: dict[str, _Naming], at: Locator) -> Iterator[Gap]:
    for label in SERVER_NAMING:
        value = found.get(label.lower())
        if value is None:
            continue
        names, lost = servers_in(value)
        for each in names:
            _note(naming, each, label)
        if lost == "cut":
            why = say(N_("PowerShell cut the servers in {name}: export them whole"), name=label)
            yield Gap(at=at, why=why, kind="not-collected")
        elif lost == "type":
            why = say(
                N_("the servers in {name} were not written, only the kind of list they were in"),
                name=label,
            )
            yield Gap(at=at, why=why, kind="not-collected")
    if "supportedversionforextendedprotection" in found:
        # Microsoft's own script prints it of the Exchange server that it asked.
        for each in servers_in(found.get("computername"))[0]:
            _note(naming, each, "ComputerName")


def _note(naming: dict[str, _Naming], each: Named, label: str) -> None:
    short = each.name.split(".")[0].lower()
    known = naming.setdefault(short, _Naming(each, []))
    if each.dn and not known.named.dn:
        guid = each.guid or known.named.guid
        known.named = msgspec.structs.replace(each, guid=guid)
    elif "." in each.name and "." not in known.named.name:
        known.named = msgspec.structs.replace(known.named, name=each.name)
    if label and label not in known.labels:
        known.labels.append(label)


def _full_names(found: Fields) -> list[str]:
    """Host names in the object that may be the server's own in full; the caller compares."""
    names = [session_host(found)]
    for label in ("fqdn", "internalurl", "metabasepath", "serverfqdn", "mountedonserver"):
        for text in texts_of(found.get(label))[:20]:
            match = _URL_HOST.match(text)
            names.append(host_name(match[1] if match else text))
    names.append(_of_identity(found))
    return [name for name in names if "." in name]


def _of_identity(found: Fields) -> str:
    r"""`EX01` of the identity `EX01\owa (Default Web Site)`."""
    server, backslash, _ = text_of(found.get("identity")).partition("\\")
    return host_name(server) if backslash else ""


def _version(found: Fields, naming: dict[str, _Naming]) -> Version | None:
    """The AdminDisplayVersion of virtual directories and databases is that of their one server."""
    if len(naming) != 1:
        return None
    try:
        version = admin_version(found.get("admindisplayversion"))
    except ValueError:
        return None
    return None if version is None or version.exchange_online else version


def _evidence(
    each: _Naming,
    found: Fields,
    at: Locator,
    title: str,
    full: list[str],
    version: Version | None,
    certificate: Certificate | None,
) -> Evidence:
    name, short = each.named.name, each.named.name.split(".")[0]
    names = [other for other in full if other.split(".")[0].lower() == short.lower()][:1]
    names += [name] if name.lower() not in {other.lower() for other in names} else []
    told = {f"{label} of {clip(title)}": name for label in each.labels} if title else {}
    for label in OBJECT_FACTS:
        text = text_of(found.get(label.lower()))
        if text and text != "{}" and not is_type_name(text):
            told[f"{label} of {clip(title)}"] = clip(text)
    identifiers = [Identifier("dn", each.named.dn)] if each.named.dn else []
    if each.named.guid:
        identifiers.append(Identifier("guid", each.named.guid))
    if certificate is not None and "Identity" in each.labels:
        identifiers.append(Identifier("certificate", certificate.sha1))
        if certificate.sha256:
            identifiers.append(Identifier("certificate", certificate.sha256))
        told[f"Certificate {certificate.sha1[:8]}"] = clip(
            f"{certificate.subject}, for {', '.join(certificate.names) or 'no DNS name'}"
        )
    host = Host(
        seen_by="export",
        names=tuple(names),
        identifiers=tuple(identifiers),
        product=PRODUCT,
        version=version,
        organisation=each.named.organisation or organisation(found),
        facts=told,
    )
    quote = "; ".join(f"{label}: {name}" for label in each.labels) or f"Identity: {title}"
    return Evidence(at=at, body=host, quote=quote[:QUOTE_LIMIT])


def _session(found: Fields, naming: dict[str, _Naming], at: Locator) -> Iterator[Evidence]:
    """The Exchange server that answered: its shell is open on Exchange servers only."""
    name = session_host(found)
    if not name or name.split(".")[0].lower() in naming:
        return
    host = Host(
        seen_by="export",
        names=(name,),
        product=PRODUCT,
        organisation=organisation(found),
        facts={"PSComputerName": name},
    )
    yield Evidence(at=at, body=host, quote=f"PSComputerName: {name}")


def _certificate(thing: Object, found: Fields) -> Certificate | None:
    """The certificate of Get-ExchangeCertificate, unless every server has the same."""
    raw = found.get("rawdata")
    kinds = any(kind.endswith(".ExchangeCertificate") for kind in thing.types)
    if not kinds and not ("thumbprint" in found and "services" in found):
        return None
    try:
        certificate = read_certificate(raw) if isinstance(raw, bytes) else None
    except ValueError:
        certificate = None
    if certificate is None:
        thumbprint = text_of(found.get("thumbprint"))
        if not _THUMBPRINT.fullmatch(thumbprint):
            return None
        certificate = Certificate(
            sha1=thumbprint.lower(),
            sha256="",
            subject=text_of(found.get("subject")),
            names=tuple(texts_of(found.get("certificatedomains"))),
        )
    if certificate.subject.lower().startswith(_ORGANISATION_WIDE):
        return None
    return certificate
