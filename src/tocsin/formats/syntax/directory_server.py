"""Exchange's own server objects (class msExchExchangeServer).

Cumulative updates write the version into the directory, security updates never do, so every
version from here has the precision `cu`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.certificate_bytes import read_certificate
from tocsin.formats.syntax.directory_entry import (
    FACT_LIMIT,
    PRODUCT,
    Entry,
    attribute_gap,
    clip,
    evidence,
    facts_by_name,
    guid,
    organisation_of,
)
from tocsin.model.build import Version, parse_version, version_from_server_version
from tocsin.model.evidence import Evidence, Host, Identifier
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import N_, Sentence, say

ROLES = {
    1: "Cafe",
    2: "Mailbox",
    4: "ClientAccess",
    16: "UnifiedMessaging",
    32: "HubTransport",
    64: "Edge",
    4096: "ProvisionedServer",
    16384: "FrontendTransport",
}
"""Bits of msExchCurrentServerRoles. 2013 and later write 54, 16385 or their sum 16439."""

_SERVICE_PACK = re.compile(r"\s*:[^)]*(?=\))")


def server(entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
    """One server: names, version, roles, site, GUID, certificate."""
    where = distinguished_name.place(entry.dn)
    short = entry.text("cn") or (where.server if where else "")
    names = tuple(dict.fromkeys([*_network_names(entry), *([short] if short else [])]))
    version, printed, fault = _version(entry)
    if fault is not None:
        yield attribute_gap(at, "serialNumber", fault)
    facts = facts_by_name(
        entry,
        ("msExchServerSite", "msExchProductID", "whenCreated", "whenChanged", "versionNumber"),
    )
    facts |= _roles(entry)
    identifiers = [Identifier("dn", entry.dn), *guid(entry)]
    for raw in entry.attributes.get("msexchserverinternaltlscert", ())[:1]:
        try:
            certificate = read_certificate(raw)
        except ValueError as error:
            why = say(N_("the certificate cannot be read: {error}"), error=str(error)[:200])
            yield attribute_gap(at, "msExchServerInternalTLSCert", why)
            continue
        identifiers += [
            Identifier("certificate", certificate.sha1),
            Identifier("certificate", certificate.sha256),
        ]
        facts["msExchServerInternalTLSCert"] = clip(
            f"{certificate.subject}, until {certificate.not_after}, for "
            + (", ".join(certificate.names) or "no DNS name")
        )
    yield evidence(
        at,
        Host(
            seen_by="directory",
            names=names,
            identifiers=tuple(identifiers),
            product=PRODUCT,
            version=version,
            organisation=organisation_of(entry),
            facts=facts,
        ),
        printed or f"dn: {entry.dn}",
    )


def _version(entry: Entry) -> tuple[Version | None, str, Sentence | None]:
    """The version, the attribute it was read from, and what is wrong with it."""
    printed = entry.texts("serialNumber")
    for text in printed:
        try:
            return (
                parse_version(_SERVICE_PACK.sub("", text), "cu"),
                f"serialNumber: {text}",
                None,
            )
        except ValueError:
            continue
    number = entry.text("versionNumber")
    if number:
        try:
            return version_from_server_version(int(number)), f"versionNumber: {number}", None
        except ValueError:
            printed.append(number)
    if printed:
        return (
            None,
            "",
            say(N_("this is no Exchange version: {text}"), text=clip(printed[0])),
        )
    return None, "", None


def _network_names(entry: Entry) -> list[str]:
    """Host names of networkAddress, fully qualified first."""
    found: dict[str, list[str]] = {}
    for text in entry.texts("networkAddress"):
        protocol, _, name = text.partition(":")
        if name and len(name) <= FACT_LIMIT:
            found.setdefault(protocol.lower(), []).append(name)
    # ncacn_np and ncacn_spx repeat the NetBIOS name.
    return [*found.get("ncacn_ip_tcp", ()), *found.get("netbios", ())]


def _roles(entry: Entry) -> dict[str, str]:
    text = entry.text("msExchCurrentServerRoles")
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return {}
    names = [name for bit, name in ROLES.items() if int(text) & bit]
    return {"msExchCurrentServerRoles": f"{text} ({', '.join(names) or 'none'})"}
