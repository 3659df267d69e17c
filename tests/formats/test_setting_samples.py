"""Every hybrid sample gives its objects with the values that the checks ask for.

Values: read in the files themselves. Builds and origin: SOURCES.md beside the samples.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from powershell_reading import read
from setting_reading import CSS, HYBRID, item, of_file, one, value

Row = tuple[str, str, str, str, dict[str, Any]]
"""File, kind, name, side, and what its properties are."""

AUTH_4 = ["Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS"]
AUTH_5 = [*AUTH_4, "ExchangeServer"]
ALL_ADDRESSES = ["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0.0.0.0-255.255.255.255"]
FEATURES = [
    "FreeBusy",
    "MoveMailbox",
    "Mailtips",
    "MessageTracking",
    "OwaRedirection",
    "OnlineArchive",
    "SecureMail",
    "Photos",
]
ON, EXO, AD, ENTRA = "on-premises", "exchange-online", "directory", "entra"
FRONTEND = "Default Frontend WIN-CTD3L0RGEN4"

CLIXML: list[Row] = [
    ("E16/ExSetup.xml", "ExSetup", "", ON, {"FileVersion": "15.01.2375.007"}),
    (
        "E16/GetAcceptedDomain.xml",
        "AcceptedDomain",
        "Contoso Wild",
        ON,
        {"DomainName": "*.contoso.local", "MatchSubDomains": False},
    ),
    ("E16/GetExchangeServer.xml", "ExchangeServer", "SOLO-E16A", ON, {"ServerRole": ["Mailbox"]}),
    ("E16/GetOrganizationConfig.xml", "OrganizationConfig", "SoloORG", ON, {"IsMixedMode": False}),
    ("E19/ExSetup.xml", "ExSetup", "", ON, {"FileVersion": "15.02.0986.005"}),
    (
        "E19/GetAcceptedDomain.xml",
        "AcceptedDomain",
        "Solo.com",
        ON,
        {
            "DomainName": "Solo.com",
            "DomainType": "Authoritative",
            "IsCoexistenceDomain": False,
            "WhenChanged": "2021-10-06T19:24:05Z",
            "MailFlowPartner": None,
        },
    ),
    (
        "E19/GetAcceptedDomain_Problem.xml",
        "AcceptedDomain",
        "Problem Accepted Domain",
        ON,
        {"DomainName": "*", "DomainType": "InternalRelay"},
    ),
    (
        "E19/GetAuthConfig.xml",
        "AuthConfig",
        "Auth Configuration",
        ON,
        {
            "CurrentCertificateThumbprint": "C3EDCF181EF4F9B53D01768ECA99564014BCA6E7",
            "PreviousCertificateThumbprint": "",
            "NextCertificateEffectiveDate": None,
        },
    ),
    (
        "E19/GetExchangeCertificate.xml",
        "ExchangeCertificate",
        "C3EDCF181EF4F9B53D01768ECA99564014BCA6E7",
        ON,
        {
            "Thumbprint": "C3EDCF181EF4F9B53D01768ECA99564014BCA6E7",
            "Subject": "CN=Microsoft Exchange Server Auth Certificate",
            "SerialNumber": "22AEC57F54869DBD4B2AC9FA4C14AB89",
            # The file prints 11/06/2024 14:47:32 of a machine at UTC-8.
            "NotAfter": "2024-11-06T22:47:32Z",
            "IsSelfSigned": True,
            "CertificateDomains": [],
        },
    ),
    (
        "E19/GetExchangeCertificate.xml",
        "ExchangeCertificate",
        "6C7DE09FB39A40144F57EFEBC3DF0148E3A9AB28",
        ON,
        {"CertificateDomains": ["Solo-E19A", "Solo-E19A.Solo.com"]},
    ),
    (
        "E19/GetExchangeServer.xml",
        "ExchangeServer",
        "SOLO-E19A",
        ON,
        {
            "Fqdn": "Solo-E19A.Solo.com",
            "AdminDisplayVersion": "Version 15.2 (Build 986.5)",
            "IsEdgeServer": False,
            "Edition": "StandardEvaluation",
            "InternetWebProxy": None,
        },
    ),
    (
        "E19/GetHybridConfiguration.xml",
        "HybridConfiguration",
        "Hybrid Configuration",
        ON,
        {
            "ReceivingTransportServers": ["ex-02"],
            "SendingTransportServers": ["ex-02"],
            "EdgeTransportServers": [],
            "Domains": ["contoso.com"],
            "OnPremisesSmartHost": "mail.contoso.com",
            "Features": FEATURES,
            "TlsCertificateName": "<I>CN=GeoTrust TLS RSA CA G1, OU=www.digicert.com, "
            "O=DigiCert Inc, C=US<S>CN=mail.contoso.com",
            "WhenChangedUTC": "2025-04-09T14:16:22Z",
        },
    ),
    (
        "E19/GetPartnerApplication.xml",
        "PartnerApplication",
        "Exchange Online",
        ON,
        {
            "ApplicationIdentifier": "00000002-0000-0ff1-ce00-000000000000",
            "AcceptSecurityIdentifierInformation": False,
            "LinkedAccount": "contoso.lab/Users/Exchange Online-ApplicationAccount",
            "UseAuthServer": True,
            "Enabled": True,
            "CertificateStrings": [],
        },
    ),
    (
        "E19/GetReceiveConnector.xml",
        "ReceiveConnector",
        "Default WIN-CTD3L0RGEN4",
        ON,
        {
            "AuthMechanism": AUTH_5,
            "PermissionGroups": ["ExchangeUsers", "ExchangeServers", "ExchangeLegacyServers"],
            "RemoteIPRanges": ALL_ADDRESSES,
            "TlsDomainCapabilities": [],
            "Bindings": ["0.0.0.0:2525", "[::]:2525"],
            "TransportRole": ["HubTransport"],
            "TlsCertificateName": None,
            "RequireTLS": False,
            "Server": "WIN-CTD3L0RGEN4",
        },
    ),
    (
        "E19/GetReceiveConnector.xml",
        "ReceiveConnector",
        FRONTEND,
        ON,
        {
            "PermissionGroups": ["AnonymousUsers", "ExchangeServers", "ExchangeLegacyServers"],
            "TlsDomainCapabilities": ["fabrikam.com:AcceptCloudServicesMail"],
            "Enabled": True,
        },
    ),
    (
        "E19/GetReceiveConnector.xml",
        "ReceiveConnector",
        "Client Frontend WIN-CTD3L0RGEN4",
        ON,
        {"AuthMechanism": AUTH_4, "PermissionGroups": ["ExchangeUsers"]},
    ),
    (
        "E19/GetSendConnector.xml",
        "SendConnector",
        "Mail to O365",
        ON,
        {
            "AddressSpaces": ["SMTP:*;1"],
            "SmartHosts": ["microsoft-com.mail.protection.outlook.com"],
            "SourceTransportServers": ["WIN-CTD3L0RGEN4"],
            "TlsAuthLevel": None,
            "TlsDomain": None,
            "RequireTLS": False,
            "IgnoreSTARTTLS": False,
            "CloudServicesMailEnabled": True,
            "TlsCertificateName": "<I>CN=localhost<S>CN=localhost",
        },
    ),
    (
        "E19/GetSettingOverride.xml",
        "SettingOverride",
        "DisablingAMSIScan",
        ON,
        {"ComponentName": "Cafe", "Parameters": ["Enabled=True"]},
    ),
    (
        "E19/GetSettingOverride1.xml",
        "SettingOverride",
        "EnableSigningVerification",
        ON,
        {"SectionName": "EnableSerializationDataSigning", "Status": "Accepted"},
    ),
    (
        "E19/GetSettingOverride2.xml",
        "SettingOverride",
        "EnableExchangeHybrid3PAppFeature",
        ON,
        {
            "ComponentName": "Global",
            "SectionName": "ExchangeOnpremAsThirdPartyAppId",
            "Parameters": ["Enabled=true"],
            "Server": None,
        },
    ),
    (
        "E19/GetWebServicesVirtualDirectory.xml",
        "VirtualDirectory",
        "EWS (Default Web Site)",
        ON,
        {
            "Service": "EWS",
            "MRSProxyEnabled": False,
            "ExtendedProtectionTokenChecking": "None",
            "ExtendedProtectionFlags": [],
            "InternalUrl": "https://solo-e19a.solo.com/EWS/Exchange.asmx",
            "ExternalUrl": None,
            "WindowsAuthentication": True,
        },
    ),
    (
        "E19/GetOrganizationConfig.xml",
        "OrganizationConfig",
        "SoloORG",
        ON,
        {
            "Guid": "76fd9fb1-54f2-4fc8-8b04-97ca4824a55b",
            "OAuth2ClientProfileEnabled": False,
            "MitigationsEnabled": True,
        },
    ),
    (
        "E19/GetExchangeWellKnownSecurityGroups.xml",
        "DirectoryGroup",
        "Exchange Windows Permissions",
        AD,
        {"WellKnown": "EWP", "Sid": "S-1-5-21-1281225956-1072373970-2205875210-1122"},
    ),
    (
        "E19/GetExchangeWellKnownSecurityGroups.xml",
        "DirectoryGroup",
        "Exchange Trusted Subsystem",
        AD,
        {"WellKnown": "ETS", "Sid": "S-1-5-21-1281225956-1072373970-2205875210-1120"},
    ),
    (
        "authcert/GetAuthConfig.xml",
        "AuthConfig",
        "Auth Configuration",
        ON,
        {
            "CurrentCertificateThumbprint": "E1BDF9AE58C93C75E76C9DD882138FB8FF0FA786",
            "NextCertificateThumbprint": "BC6BF924D6EF046E64F8D1987DC1D7D2F4C0042A",
        },
    ),
    (
        "authcert/GetAuthConfigNoNextCert.xml",
        "AuthConfig",
        "Auth Configuration",
        ON,
        {"NextCertificateThumbprint": ""},
    ),
    (
        "authcert/GetExchangeServer.xml",
        "ExchangeServer",
        "E2k16-2",
        ON,
        {"Fqdn": "E2k16-2.Contoso.lab", "AdminDisplayVersion": "Version 15.1 (Build 2507.18)"},
    ),
    (
        "connectors/GetReceiveConnectorEmptyTlsCertificateName.xml",
        "ReceiveConnector",
        FRONTEND,
        ON,
        {"TlsDomainCapabilities": ["fabrikam.com:AcceptCloudServicesMail"]},
    ),
    (
        "connectors/GetSendConnectorConfiguredToRelayToM365.xml",
        "SendConnector",
        "My company to Office 365",
        ON,
        {"TlsAuthLevel": "CertificateValidation", "RequireTLS": True},
    ),
]

OTHERS: list[Row] = [
    (
        "exo-adminapi-json/get-inboundconnector.admin-api.json",
        "InboundConnector",
        "connectortest",
        EXO,
        {
            "TlsSenderCertificateName": "*.contoso.example",
            "SenderIPAddresses": [],
            "Enabled": False,
            "ConnectorType": "OnPremises",
            "CloudServicesMailEnabled": True,
            "TreatMessagesAsInternal": False,
            "WhenChangedUTC": "2026-07-23T22:55:13Z",
        },
    ),
    (
        "exo-adminapi-json/get-inboundconnector.admin-api.json",
        "InboundConnector",
        "myorgemail",
        EXO,
        {"TlsSenderCertificateName": None, "SenderIPAddresses": ["192.0.2.31"]},
    ),
    (
        "exo-adminapi-json/get-outboundconnector.admin-api.json",
        "OutboundConnector",
        "outboundconnection",
        EXO,
        {
            "TlsSettings": "CertificateValidation",
            "TlsDomain": None,
            "SmartHosts": ["smtp-relay.partner.example"],
            "RouteAllMessagesViaOnPremises": False,
        },
    ),
    (
        "format-list/get-hybridconfiguration.ru-locale.fl.txt",
        "HybridConfiguration",
        "Hybrid Configuration",
        ON,
        {
            "ReceivingTransportServers": ["MXM"],
            "EdgeTransportServers": [],
            "OnPremisesSmartHost": "mxm.contoso.ru",
            "Domains": ["contoso.ru"],
            "Features": FEATURES,
        },
    ),
    (
        "format-list/get-intraorganizationconnector.online.fl.txt",
        "IntraOrganizationConnector",
        "HybridIOC - 550d3715-58c4-4079-af8e-b45162205800",
        EXO,
        {
            "TargetAddressDomains": ["contoso.ru"],
            "DiscoveryEndpoint": "https://mxm.contoso.ru/autodiscover/autodiscover.svc",
            "TargetSharingEpr": "",
            "Enabled": True,
        },
    ),
    (
        "format-list/get-intraorganizationconnector.onprem.fl.txt",
        "IntraOrganizationConnector",
        "HybridIOC - 2c0c0d83-c6ab-462b-98ab-2401a8bc502d",
        ON,
        {"TargetAddressDomains": ["contosoru.mail.onmicrosoft.com"]},
    ),
    (
        "format-list/get-migrationendpoint-and-orgrel.hybrid-agent.fl.txt",
        "MigrationEndpoint",
        "Hybrid Migration Endpoint - EWS (Default Web Site)",
        EXO,
        {
            "RemoteServer": "087f1c2e-8711-4176-ab4f-4b1c1777a350.resource."
            "mailboxmigration.his.msappproxy.net"
        },
    ),
    (
        "format-list/get-migrationendpoint-and-orgrel.hybrid-agent.fl.txt",
        "OrganizationRelationship",
        "O365 to On-premises - c6d22e11-2340-4432-9122-19097bacf0c1",
        "",
        {
            "TargetSharingEpr": "https://087f1c2e-8711-4176-ab4f-4b1c1777a350.resource."
            "mailboxmigration.his.msappproxy.net/EWS/Exchange.asmx"
        },
    ),
    (
        "format-list/get-organizationrelationship.onprem.fl.txt",
        "OrganizationRelationship",
        "On-premises to O365 - 00000000-0000-4000-8000-0000000000a2",
        ON,
        {
            "DomainNames": ["contoso.mail.onmicrosoft.com"],
            "FreeBusyAccessLevel": "LimitedDetails",
            "MailboxMoveEnabled": True,
            "TargetApplicationUri": "outlook.com",
        },
    ),
]

NOTHING = ("E19/GetIrmConfiguration.xml", "E19/GetMailboxServer.xml")
CERTIFICATES = {
    "authcert/GetExchangeCertificate.xml": 8,
    "authcert/GetExchangeCertificateBroken.xml": 5,
    "connectors/GetExchangeCertificateMultipleMatches.xml": 5,
    "connectors/GetExchangeCertificateOnAzure.xml": 3,
    "connectors/GetExchangeCertificateWithoutAuth.xml": 3,
}


def check(row: Row, root: Path):
    file, kind, name, side, wanted = row
    setting = one(of_file(root / file), kind, name)
    assert setting.side == side
    for property_, expected in wanted.items():
        assert value(setting, property_) == expected, property_


@pytest.mark.shared
@pytest.mark.parametrize("row", CLIXML, ids=lambda row: f"{row[0]}:{row[2]}")
def test_clixml_objects_have_the_values_of_the_file(shared: Path, row: Row):
    check(row, shared / CSS)


@pytest.mark.shared
@pytest.mark.parametrize("row", OTHERS, ids=lambda row: f"{row[0]}:{row[2]}")
def test_json_and_printed_objects_have_the_values_of_the_file(shared: Path, row: Row):
    check(row, shared / HYBRID)


@pytest.mark.shared
def test_every_sample_is_expected_somewhere(shared: Path):
    root = shared / HYBRID
    files = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()} - {"SOURCES.md"}
    clixml = {row[0] for row in CLIXML} | set(NOTHING) | set(CERTIFICATES)
    clixml |= {f"{each}/GetExchangeDomainsAclPermissions.xml" for each in ("E16", "E19")}
    told = {f"clixml-css-exchange/{each}" for each in clixml} | {row[0] for row in OTHERS}
    told |= {each for each in files if each.startswith("scubagear/")}  # test_scubagear.py
    assert files == told
    assert len(files) == 46


@pytest.mark.shared
def test_objects_that_no_trust_rests_on_are_no_settings(shared: Path):
    for name in NOTHING:
        assert not of_file(shared / CSS / name)


@pytest.mark.shared
@pytest.mark.parametrize("name", CERTIFICATES)
def test_certificates_are_read_out_of_their_bytes(shared: Path, name: str):
    found = of_file(shared / CSS / name)
    assert len(found) == CERTIFICATES[name]
    for setting in found:
        # Windows prints the thumbprint into the text of the object, which is not what is read.
        text = (shared / CSS / name).read_text("utf-8-sig")
        assert f"[Thumbprint]_x000D__x000A_  {value(setting, 'Thumbprint')}" in text
        assert value(setting, "NotAfter").endswith("Z")
        # They are no part of a certificate, and Export-Clixml does not keep them.
        for lost in ("Services", "HasPrivateKey", "PrivateKeyExportable"):
            assert not item(setting).ask(lost).known


@pytest.mark.shared
def test_names_of_a_certificate_are_printed_as_windows_prints_them(shared: Path):
    """The object's text holds subject and issuer as Windows prints them."""
    for name in (*CERTIFICATES, "E19/GetExchangeCertificate.xml"):
        text = (shared / CSS / name).read_text("utf-8-sig").replace("_x000D__x000A_", "\n")
        for setting in of_file(shared / CSS / name):
            before = text[: text.index(value(setting, "Thumbprint"))]
            printed = before.rpartition("[Subject]")[2]
            plain = printed.replace("&quot;", '"').replace("&amp;", "&")
            assert f"  {value(setting, 'Subject')}\n" in plain.replace("\r", "")
            assert f"  {value(setting, 'Issuer')}\n" in plain.replace("\r", "")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "domain"), [("E16", "DC=Solo,DC=local"), ("E19", "DC=Solo,DC=com")]
)
def test_rights_on_the_domain_come_out_of_sddl(shared: Path, folder: str, domain: str):
    found = of_file(shared / CSS / folder / "GetExchangeDomainsAclPermissions.xml")
    assert [(each.kind, value(each, "ObjectKind")) for each in found] == [
        ("AccessControl", "domain"),
        ("AccessControl", "AdminSDHolder"),
        ("AccessControl", "other"),
    ]
    assert value(found[0], "Object") == domain
    # SOURCES.md: the patched state, WriteDacl for Exchange Windows Permissions is InheritOnly.
    # The group's number in E19/GetExchangeWellKnownSecurityGroups.xml; both labs were set up alike.
    writing = [
        each
        for each in value(found[0], "Entries")
        if each["Trustee"].endswith("-1122") and "WriteDacl" in each["Rights"]
    ]
    assert len(writing) == 2
    assert all(each["Type"] == "allow" and "IO" in each["Flags"] for each in writing)


@pytest.mark.shared
def test_the_servers_that_objects_are_of(shared: Path):
    root = shared / CSS
    assert {each.server for each in of_file(root / "E19/GetReceiveConnector.xml")} == {
        "win-ctd3l0rgen4.exlab.dom"
    }
    directory = one(of_file(root / "E19/GetWebServicesVirtualDirectory.xml"), "VirtualDirectory")
    assert directory.server == "solo-e19a.solo.com"
    certificates = of_file(root / "authcert/GetExchangeCertificate.xml")
    assert {each.server for each in certificates} == {"e2k16-1.contoso.lab"}
    # Neither says where the program was run.
    assert one(of_file(root / "E19/ExSetup.xml"), "ExSetup").server == ""


@pytest.mark.shared
def test_printed_objects_are_not_sure_and_their_dates_are_lost(shared: Path):
    folder = shared / HYBRID / "format-list"
    for path in folder.iterdir():
        for setting in of_file(path):
            assert not setting.sure
    for name in ("get-hybridconfiguration.ru-locale", "get-organizationrelationship.onprem"):
        (setting,) = of_file(folder / f"{name}.fl.txt")
        answer = item(setting).ask("WhenChangedUTC")
        assert (answer.known, answer.lost) == (False, "unreadable")


@pytest.mark.shared
def test_credentials_are_never_there(shared: Path):
    for path in (shared / HYBRID).rglob("*.xml"):
        for setting in of_file(path):
            told = {name.lower() for name in (*setting.properties, *setting.lost)}
            assert not told & {"authenticationcredential", "credentials", "serializationdata"}


@pytest.mark.shared
def test_reading_settings_loses_nothing(shared: Path):
    for path in sorted((shared / HYBRID).rglob("*")):
        if path.is_file() and path.name != "SOURCES.md":
            found = read(path.read_bytes())
            assert not found.gaps, (path, found.gaps)
