"""Attributes of AD's objects of Exchange's configuration, and the properties that cmdlets make of them.

AD keeps each property in an attribute of its own, or as one bit of a number. Only what is known of
both is listed; the rest stays out. Attribute names: https://learn.microsoft.com/exchange/plan-and-deploy/
active-directory/ad-schema-changes; bits are those that real objects of known settings hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.directory_principals import ATTRIBUTES as PRINCIPAL_ATTRIBUTES
from tocsin.formats.syntax.directory_principals import number

FEATURES = (
    (1, "FreeBusy"),
    (2, "MoveMailbox"),
    (4, "Mailtips"),
    (8, "MessageTracking"),
    (16, "OwaRedirection"),
    (32, "OnlineArchive"),
    (64, "SecureMail"),
    (128, "CentralizedTransport"),
    (256, "CentralizedTransport"),
    (512, "Photos"),
)
"""Bits of msExchCoexistenceFeatureFlags."""

AUTH_MECHANISMS = (
    (1, "Tls"),
    (2, "Integrated"),
    (4, "BasicAuth"),
    (8, "BasicAuthRequireTLS"),
    (16, "ExchangeServer"),
    (32, "ExternalAuthoritative"),
)
"""Bits of msExchSMTPReceiveInboundSecurityFlag, which Get-ReceiveConnector calls AuthMechanism."""

_DOMAIN_TYPES = {0: "Authoritative", 1: "ExternalRelay", 2: "InternalRelay"}
_THUMBPRINT = re.compile(r"([012]):([0-9A-Fa-f]{40})?")
_THUMBPRINTS = (
    "CurrentCertificateThumbprint",
    "PreviousCertificateThumbprint",
    "NextCertificateThumbprint",
)

Convert = Callable[[list[str]], Any]
"""Values of an attribute to the value of a property; raises ValueError for what is no such value."""


class _Absent:
    """The attribute says nothing about the property."""


ABSENT = _Absent()


def _text(values: list[str]) -> Any:
    return values[0] if values else None


def _texts(values: list[str]) -> Any:
    return values


def _names(values: list[str]) -> Any:
    """The servers that DNs name, by their names."""
    found = []
    for value in values:
        where = distinguished_name.place(value)
        parts = distinguished_name.split(value)
        found.append(where.server if where else parts[0].value if parts else value)
    return found


def _name(values: list[str]) -> Any:
    return next(iter(_names(values)), None)


def _split(values: list[str]) -> Any:
    """One value that holds several."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _truth(values: list[str]) -> Any:
    return {"TRUE": True, "FALSE": False}.get(values[0].upper(), ABSENT) if values else ABSENT


def _bit(mask: int) -> Convert:
    def convert(values: list[str]) -> Any:
        flags = number(values[0]) if values else None
        return ABSENT if flags is None else bool(flags & mask)

    return convert


def _bits(table: tuple[tuple[int, str], ...]) -> Convert:
    def convert(values: list[str]) -> Any:
        flags = number(values[0]) if values else None
        if flags is None:
            return ABSENT
        return list(dict.fromkeys(name for bit, name in table if flags & bit))

    return convert


def _domain_type(values: list[str]) -> Any:
    flags = number(values[0]) if values else None
    return ABSENT if flags is None else _DOMAIN_TYPES.get(flags & 3, ABSENT)


def _thumbprint(index: int) -> Convert:
    """One value of `0:…`, `1:…`, `2:…`: the current certificate, the one before, the next."""

    def convert(values: list[str]) -> Any:
        found = [_THUMBPRINT.fullmatch(each) for each in values]
        if not values or not all(found):
            return ABSENT
        return next((m[2].upper() for m in found if m and m[2] and int(m[1]) == index), "")

    return convert


class Class(msgspec.Struct, frozen=True):
    """How one class of objects is told: kind of setting, and property to attribute and conversion."""

    kind: str
    properties: Mapping[str, tuple[str, Convert]]


_SEND = {
    "AddressSpaces": ("routingList", _texts),
    "SmartHosts": ("msExchSmtpSmartHost", _split),
    "Fqdn": ("msExchSMTPSendConnectorFQDN", _text),
    "TlsCertificateName": ("msExchSmtpTLSCertificate", _text),
    "TlsDomain": ("msExchSmtpSendTlsDomain", _text),
    "SourceTransportServers": ("msExchSourceBridgeheadServersDN", _names),
    "Enabled": ("msExchSmtpSendEnabled", _truth),
    "RequireTLS": ("msExchSmtpOutboundSecurityFlag", _bit(4)),
    "IgnoreSTARTTLS": ("msExchSmtpOutboundSecurityFlag", _bit(0x800000)),
    "CloudServicesMailEnabled": ("msExchSmtpSendFlags", _bit(0x20000)),
}
_RECEIVE = {
    "Bindings": ("msExchSmtpReceiveBindings", _texts),
    "Fqdn": ("msExchSMTPReceiveConnectorFQDN", _text),
    "RemoteIPRanges": ("msExchSmtpReceiveRemoteIPRanges", _texts),
    "TlsCertificateName": ("msExchSmtpTLSCertificate", _text),
    "TlsDomainCapabilities": ("msExchSmtpReceiveTlsDomainCapabilities", _texts),
    "Enabled": ("msExchSmtpReceiveEnabled", _truth),
    "AuthMechanism": ("msExchSMTPReceiveInboundSecurityFlag", _bits(AUTH_MECHANISMS)),
}
_HYBRID = {
    "Domains": ("msExchCoexistenceDomains", _texts),
    "ClientAccessServers": ("msExchCoexistenceServers", _names),
    "SendingTransportServers": ("msExchCoexistenceTransportServers", _names),
    "ReceivingTransportServers": ("msExchCoexistenceFrontendTransportServers", _names),
    "EdgeTransportServers": ("msExchCoexistenceEdgeTransportServers", _names),
    "OnPremisesSmartHost": ("msExchCoexistenceOnPremisesSmartHost", _text),
    "TlsCertificateName": ("msExchCoexistenceSecureMailCertificateThumbprint", _text),
    "ExternalIPAddresses": ("msExchCoexistenceExternalIPAddresses", _texts),
    "Features": ("msExchCoexistenceFeatureFlags", _bits(FEATURES)),
}
_PARTNER = {
    "ApplicationIdentifier": ("msExchAuthApplicationIdentifier", _text),
    "Realm": ("msExchAuthRealm", _text),
    "LinkedAccount": ("msExchAuthLinkedAccount", _name),
    "Enabled": ("msExchAuthFlags", _bit(1)),
    "UseAuthServer": ("msExchAuthFlags", _bit(2)),
    "AcceptSecurityIdentifierInformation": ("msExchAuthFlags", _bit(4)),
}
_AUTH_SERVER = {
    "ApplicationIdentifier": ("msExchAuthApplicationIdentifier", _text),
    "Realm": ("msExchAuthRealm", _text),
    "IssuerIdentifier": ("msExchAuthIssuerName", _text),
}
_AUTH_CONFIG = {
    "ServiceName": ("msExchAuthApplicationIdentifier", _text),
    "Realm": ("msExchAuthRealm", _text),
    **{
        name: ("msExchAuthCertificateThumbprint", _thumbprint(i))
        for i, name in enumerate(_THUMBPRINTS)
    },
}
_ACCEPTED = {
    "DomainName": ("msExchAcceptedDomainName", _text),
    "DomainType": ("msExchAcceptedDomainFlags", _domain_type),
}
OVERRIDE = "msExchConfigurationXML"

CLASSES = {
    "msexchroutingsmtpconnector": Class("SendConnector", _SEND),
    "msexchsmtpreceiveconnector": Class("ReceiveConnector", _RECEIVE),
    "msexchcoexistencerelationship": Class("HybridConfiguration", _HYBRID),
    "msexchauthpartnerapplication": Class("PartnerApplication", _PARTNER),
    "msexchauthauthserver": Class("AuthServer", _AUTH_SERVER),
    "msexchauthauthconfig": Class("AuthConfig", _AUTH_CONFIG),
    "msexchaccepteddomain": Class("AcceptedDomain", _ACCEPTED),
    "msexchconfigsettings": Class("SettingOverride", {}),
}

SETTING_ATTRIBUTES = tuple(
    dict.fromkeys(
        (
            *PRINCIPAL_ATTRIBUTES,
            OVERRIDE,
            *(name for each in CLASSES.values() for name, _ in each.properties.values()),
        )
    )
)
"""Attributes to ask a server for, or to keep of an export, beside those of every directory reader."""
