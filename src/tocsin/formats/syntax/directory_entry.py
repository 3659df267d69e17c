"""One directory object, and how what it says becomes evidence."""

from __future__ import annotations

import re
import uuid

import msgspec

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.distinguished_name import Place
from tocsin.model.evidence import QUOTE_LIMIT, Evidence, Host, Identifier
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.text import Sentence

PRODUCT = "Exchange Server"

FACT_LIMIT = 500
"""Longest fact kept, in characters."""

VALUES_LIMIT = 50
"""Values of one attribute that are read."""

CLASSES = (
    "msExchExchangeServer",
    "serviceConnectionPoint",
    "msExchVirtualDirectory",
    "msExchSmtpReceiveConnector",
    "msExchRoutingSMTPConnector",
    "msExchAcceptedDomain",
    "msExchCoexistenceRelationship",
    "msExchOrganizationContainer",
)
"""The configuration objects that are understood, by class."""

ATTRIBUTES = (
    "objectClass",
    "cn",
    "objectGUID",
    "whenCreated",
    "whenChanged",
    "isDeleted",
    "serialNumber",
    "versionNumber",
    "networkAddress",
    "msExchCurrentServerRoles",
    "msExchServerSite",
    "msExchProductID",
    "msExchServerInternalTLSCert",
    "keywords",
    "serviceBindingInformation",
    "msExchInternalHostName",
    "msExchExternalHostName",
    "msExchSMTPReceiveConnectorFQDN",
    "msExchSmtpReceiveBindings",
    "msExchSmtpReceiveTlsCertificateName",
    "msExchSmartHostList",
    "msExchSmtpSmartHost",
    "msExchSMTPSendConnectorFQDN",
    "msExchSmtpSendTlsCertificateName",
    "msExchSourceBridgeheadServersDN",
    "homeMTA",
    "routingList",
    "msExchAcceptedDomainName",
    "msExchAcceptedDomainFlags",
    "msExchCoexistenceDomains",
    "msExchCoexistenceServers",
    "msExchCoexistenceTransportServers",
    "msExchCoexistenceFrontendTransportServers",
    "msExchCoexistenceEdgeTransportServers",
    "msExchCoexistenceOnPremisesSmartHost",
    "msExchCoexistenceSecureMailCertificateThumbprint",
    "msExchCoexistenceExternalIPAddresses",
    "msExchCoexistenceFeatureFlags",
    "objectVersion",
    "rangeUpper",
    "servicePrincipalName",
    "dNSHostName",
)
"""Every attribute that is looked at: what to ask a server for, what to keep of an export."""


_URL_HOST = re.compile(r"[a-z]+://([^/:\s]+)", re.IGNORECASE)


class Entry(msgspec.Struct, frozen=True):
    """One object: its DN and its attributes, by name in lower case without options."""

    dn: str
    attributes: dict[str, list[bytes]]

    def texts(self, name: str, limit: int = VALUES_LIMIT) -> list[str]:
        """The values as text, at most `limit`, blanks and what is not UTF-8 left out."""
        found: list[str] = []
        for raw in self.attributes.get(name.lower(), ())[:limit]:
            try:
                text = raw.decode("utf-8").strip("\0 \t\r\n")
            except UnicodeDecodeError:
                continue
            if text:
                found.append(text)
        return found

    def text(self, name: str) -> str:
        """The first value, or nothing."""
        return next(iter(self.texts(name)), "")


def guid(entry: Entry) -> list[Identifier]:
    """The objectGUID in canonical text: 16 bytes little endian, or text already (ldbsearch)."""
    for raw in entry.attributes.get("objectguid", ())[:1]:
        try:
            value = uuid.UUID(bytes_le=raw) if len(raw) == 16 else uuid.UUID(raw.decode("ascii"))
        except ValueError:
            continue
        return [Identifier("guid", str(value))]
    return []


def beside(
    entry: Entry, at: Locator, where: Place, facts: dict[str, str], hosts: list[str]
) -> Evidence:
    """Evidence of a server from an object that is not the server's own.

    A host name among `hosts` is the server's only when it begins with the server's name: the
    others are names that many servers share.
    """
    short = where.server
    names = [short]
    for text in hosts:
        match = _URL_HOST.match(text)
        name = match[1] if match else text
        if name.lower().startswith(f"{short.lower()}.") and name not in names:
            names.insert(0, name)
    host = Host(
        seen_by="directory",
        names=tuple(names),
        identifiers=(Identifier("dn", where.dn),) if where.dn else (),
        product=PRODUCT,
        organisation=where.organisation,
        facts=facts,
    )
    return evidence(at, host, f"dn: {entry.dn}")


def facts_by_name(entry: Entry, attributes: tuple[str, ...]) -> dict[str, str]:
    """The attributes that are there, values joined, by the spelling asked for."""
    found = {name: entry.texts(name) for name in attributes}
    return {name: clip(", ".join(values)) for name, values in found.items() if values}


def facts_of(entry: Entry, attributes: tuple[str, ...]) -> dict[str, str]:
    """Facts of an object beside the server, so that those of many objects do not collide."""
    owner = own_name(entry)
    return {f"{name} of {owner}": value for name, value in facts_by_name(entry, attributes).items()}


def own_name(entry: Entry) -> str:
    """The common name of the object itself."""
    parts = distinguished_name.split(entry.dn)
    return entry.text("cn") or (parts[0].value if parts else "")


def organisation_of(entry: Entry) -> str | None:
    """The Exchange organisation the object lies in."""
    return distinguished_name.organisation(distinguished_name.split(entry.dn))


def clip(text: str) -> str:
    """The text, cut at `FACT_LIMIT`."""
    return text if len(text) <= FACT_LIMIT else text[: FACT_LIMIT - 1] + "…"


def evidence(at: Locator, host: Host, quote: str) -> Evidence:
    """The host as evidence; the directory states no time of observation."""
    return Evidence(at=at, body=host, quote=quote[:QUOTE_LIMIT])


def attribute_gap(at: Locator, attribute: str, why: Sentence) -> Gap:
    """One attribute that could not be read; the rest of the object still counts."""
    position = f"{at.position}, attribute {attribute}" if at.position else attribute
    return Gap(at=msgspec.structs.replace(at, position=position), why=why)
