"""What AD's objects of Exchange's configuration say, under the names that Exchange's cmdlets use.

AD keeps each property in an attribute of its own, or as one bit of a number. Only what is known of
both is told; the rest stays out. Attribute names: https://learn.microsoft.com/exchange/plan-and-deploy/
active-directory/ad-schema-changes; bits are those that real objects of known settings hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from tocsin.formats.syntax import distinguished_name
from tocsin.formats.syntax.directory_entry import Entry, own_name
from tocsin.formats.syntax.directory_principals import (
    ATTRIBUTES as PRINCIPAL_ATTRIBUTES,
)
from tocsin.formats.syntax.directory_principals import (
    access_control,
    classes_of,
    computer,
    folded,
    group,
    guid_of,
    is_complete,
    is_computer,
    is_exchange_group,
    is_group,
    number,
    well_known,
)
from tocsin.formats.syntax.setting_override import override_of
from tocsin.knowledge.hybrid import kinds
from tocsin.model.evidence import QUOTE_LIMIT, Evidence
from tocsin.model.finding import Gap
from tocsin.model.locator import Locator
from tocsin.model.setting import Lost, Setting, Side
from tocsin.model.text import N_, say

COMPUTERS_LIMIT = 20_000
"""Computers told that carry no name of an Exchange service; those that do are always told."""

HELD_LIMIT = 5_000
"""Groups kept in mind until it is known whether they are Exchange's under another name."""

ITEMS_LIMIT = 1000
"""Values of one property; one that has as many or more is told as lost."""

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
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z")

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


class _Class(msgspec.Struct, frozen=True):
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
_OVERRIDE = "msExchConfigurationXML"

_CLASSES = {
    "msexchroutingsmtpconnector": _Class("SendConnector", _SEND),
    "msexchsmtpreceiveconnector": _Class("ReceiveConnector", _RECEIVE),
    "msexchcoexistencerelationship": _Class("HybridConfiguration", _HYBRID),
    "msexchauthpartnerapplication": _Class("PartnerApplication", _PARTNER),
    "msexchauthauthserver": _Class("AuthServer", _AUTH_SERVER),
    "msexchauthauthconfig": _Class("AuthConfig", _AUTH_CONFIG),
    "msexchaccepteddomain": _Class("AcceptedDomain", _ACCEPTED),
    "msexchconfigsettings": _Class("SettingOverride", {}),
}

SETTING_CLASSES = (
    "msExchRoutingSMTPConnector",
    "msExchSmtpReceiveConnector",
    "msExchCoexistenceRelationship",
    "msExchAuthPartnerApplication",
    "msExchAuthAuthServer",
    "msExchAuthAuthConfig",
    "msExchAcceptedDomain",
    "msExchConfigSettings",
)
"""The classes of configuration objects that become settings: what to ask a server for."""

SETTING_ATTRIBUTES = tuple(
    dict.fromkeys(
        (
            *PRINCIPAL_ATTRIBUTES,
            _OVERRIDE,
            *(name for each in _CLASSES.values() for name, _ in each.properties.values()),
        )
    )
)
"""Attributes to ask a server for, or to keep of an export, beside those of every directory reader."""


class Directory:
    """Entries of one directory in, settings out; a few groups wait for the object that names them.

    complete: every attribute was asked for, so what an entry lacks is empty; None: the entry itself
    shows it. found: how many objects of each kind were told.
    """

    def __init__(self, *, complete: bool | None = None) -> None:
        self.complete = complete
        self.found: Counter[str] = Counter()
        self._known: dict[str, str] = {}
        self._held: dict[str, tuple[Entry, Locator, bool]] = {}
        self._computers = 0
        self._left = 0

    def read(self, entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
        """What one entry says; nothing for objects of other kinds and for deleted ones."""
        self._known |= well_known(entry)
        if entry.text("isDeleted").upper() == "TRUE" or "\\0adel:" in entry.dn.lower():
            return
        for each in self._read(entry, at):
            yield self._counted(each)

    def end(self, at: Locator) -> Iterator[Evidence | Gap]:
        """Groups that turned out to be Exchange's, and what was left out. at: the directory."""
        for dn, (entry, place, complete) in self._held.items():
            if dn in self._known:
                yield self._counted(group(entry, place, self._known, complete=complete))
        if self._left:
            why = say(
                N_("more than {limit} computers; {count} that name no Exchange service left out"),
                limit=COMPUTERS_LIMIT,
                count=self._left,
            )
            yield Gap(at=at, kind="limit", why=why)

    def _counted(self, each: Evidence | Gap) -> Evidence | Gap:
        if isinstance(each, Evidence) and isinstance(each.body, Setting):
            self.found[each.body.kind] += 1
        return each

    def _read(self, entry: Entry, at: Locator) -> Iterator[Evidence | Gap]:
        complete = is_complete(entry) if self.complete is None else self.complete
        classes = classes_of(entry)
        known = next((_CLASSES[name] for name in classes if name in _CLASSES), None)
        if known is not None:
            yield configuration(entry, at, known, complete=complete)
        elif is_group(entry):
            if is_exchange_group(entry, self._known):
                yield group(entry, at, self._known, complete=complete)
            elif len(self._held) < HELD_LIMIT:
                self._held[folded(entry.dn)] = (_kept(entry), at, complete)
        elif is_computer(entry):
            spoken = [each.lower() for each in entry.texts("servicePrincipalName", ITEMS_LIMIT)]
            if any(each.startswith(("exchangemdb/", "exchangerfr/")) for each in spoken):
                yield computer(entry, at, complete=complete)
            elif self._computers < COMPUTERS_LIMIT:
                self._computers += 1
                yield computer(entry, at, complete=complete)
            else:
                self._left += 1
        yield from access_control(entry, at)


def side_of(kind: str) -> Side:
    """Where objects of a kind live that a directory tells: Exchange's own, or the directory's."""
    return kinds()[kind].side or "on-premises"


def _kept(entry: Entry) -> Entry:
    wanted = ("cn", "member", "objectsid", "objectclass")
    return Entry(
        entry.dn, {name: entry.attributes[name] for name in wanted if name in entry.attributes}
    )


def configuration(entry: Entry, at: Locator, known: _Class, *, complete: bool) -> Evidence:
    """One object of Exchange's configuration."""
    name = own_name(entry)
    where = distinguished_name.place(entry.dn)
    properties: dict[str, Any] = {
        "Name": name,
        "Identity": f"{where.server}\\{name}" if where else name,
        "DistinguishedName": entry.dn,
        **({"Server": where.server} if where else {}),
        **guid_of(entry),
        **_times(entry),
    }
    lost: dict[str, Lost] = {}
    for spelled, (attribute, convert) in known.properties.items():
        raw = entry.attributes.get(attribute.lower(), [])
        if len(raw) >= ITEMS_LIMIT:
            lost[spelled] = "cut"
        elif raw or complete:
            value = convert(entry.texts(attribute, ITEMS_LIMIT))
            if value is not ABSENT:
                properties[spelled] = value
    if known.kind == "SettingOverride":
        properties |= override_of(entry.text(_OVERRIDE))
    body = Setting(
        seen_by="directory",
        kind=known.kind,
        side=side_of(known.kind),
        name=name,
        server=where.server if where else "",
        properties=properties,
        lost=lost,
    )
    return Evidence(at=at, body=body, quote=f"dn: {entry.dn}"[:QUOTE_LIMIT])


def _times(entry: Entry) -> dict[str, str]:
    """When the object was made and changed, in UTC, under both of the cmdlets' names."""
    found: dict[str, str] = {}
    for name in ("whenCreated", "whenChanged"):
        match = _TIME.fullmatch(entry.text(name))
        if match is not None:
            year, month, day, hour, minute, second = match.groups()
            text = f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"
            spelled = name[0].upper() + name[1:]
            found |= {spelled: text, f"{spelled}UTC": text}
    return found
