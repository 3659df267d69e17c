"""What the exports of contoso.example say, an invented hybrid organisation: see organisation.py."""

from typing import Any

import msgspec

from tocsin.model.evidence import Evidence, Inquiry, Setting
from tocsin.model.locator import Locator
from tocsin.model.setting import Side

ORG = "6f0d1a3e-5b7c-4e21-9f44-0c8d2a9be713"
TENANT_ID = "2b9d7c55-8a31-4f0e-b6d2-77e1c0a4f3d9"
COEXISTENCE = "contoso.mail.onmicrosoft.com"
MAIL_THUMBPRINT = "A1" * 20
AUTH_THUMBPRINT = "B2" * 20
NEXT_THUMBPRINT = "C3" * 20
OLD_THUMBPRINT = "D4" * 20
MAIL_NAME = "<I>CN=Example TLS CA, O=Example, C=US<S>CN=mail.contoso.example"
FIRST_PARTY = "00000002-0000-0ff1-ce00-000000000000"
DEDICATED_APP = "9d2f6a10-4c3b-4b7a-8e55-1f0a6b7c8d9e"
DEDICATED_OBJECT = "5e7a1b2c-3d4e-4f50-a162-b3c4d5e6f708"
FULL_ACCESS = "dc890d15-9560-4a4c-9b7f-a736ec74ec40"
DOMAIN_SID = "S-1-5-21-1004336348-1177238915-682003330"
EWP = f"{DOMAIN_SID}-1121"
ETS = f"{DOMAIN_SID}-1119"
EXCHANGE_SERVERS = f"{DOMAIN_SID}-1118"
DOMAIN = "DC=contoso,DC=example"
NAT = "203.0.113.25"
USER = "bf967aba-0de6-11d0-a285-00aa003049e2"


def place(kind: str, side: str, server: str) -> Locator:
    """Where an object of the invented exports stands."""
    folder = side or "unknown"
    return Locator(
        source=f"{folder}/{kind}{'.' + server if server else ''}.json", position="record 1"
    )


def thing(
    kind: str, side: Side, name: str, server: str = "", /, **properties: Any
) -> Evidence:  # a few names of properties need `**{...}`
    """One object as evidence."""
    body = Setting(kind=kind, side=side, name=name, server=server, properties=properties)
    at = place(kind, side, server)
    return Evidence(at=msgspec.structs.replace(at, position=f"record {name or 1}"), body=body)


def asked(kind: str, side: Side = "", server: str = "", found: int = 0) -> Evidence:
    """Somebody asked for a kind."""
    body = Inquiry(kind=kind, side=side, server=server, found=found)
    return Evidence(at=place(kind, side, server), body=body)


def key_credential(thumbprint: str, end: str = "2027-06-01T00:00:00Z") -> dict[str, Any]:
    """A key as Graph lists it on an app."""
    return {
        "customKeyIdentifier": thumbprint,
        "keyId": f"{thumbprint[:8].lower()}-0000-4000-8000-000000000000",
        "displayName": "CN=Microsoft Exchange Server Auth Certificate",
        "startDateTime": "2022-06-01T00:00:00Z",
        "endDateTime": end,
    }


def certificate(server: str, thumbprint: str, **properties: Any) -> Evidence:
    """A certificate as one server's export has it."""
    known = {
        MAIL_THUMBPRINT: {
            "Subject": "CN=mail.contoso.example",
            "Issuer": "CN=Example TLS CA, O=Example, C=US",
            "CertificateDomains": ["mail.contoso.example", "autodiscover.contoso.example"],
            "Services": ["IIS", "SMTP"],
            "IsSelfSigned": False,
        },
        AUTH_THUMBPRINT: {
            "Subject": "CN=Microsoft Exchange Server Auth Certificate",
            "Issuer": "CN=Microsoft Exchange Server Auth Certificate",
            "CertificateDomains": [],
            "Services": ["SMTP"],
            "IsSelfSigned": True,
        },
    }.get(thumbprint, {})
    told = {
        "Thumbprint": thumbprint,
        "HasPrivateKey": True,
        "PrivateKeyExportable": True,
        "NotAfter": "2027-06-01T00:00:00Z",
        **known,
        **properties,
    }
    return thing("ExchangeCertificate", "on-premises", thumbprint, server, **told)


def on_premises() -> list[Evidence]:
    """Exchange's own side. EX01 and EX02 exported their certificates, EX03 and EX04 did not."""
    return [
        thing(
            "HybridConfiguration", "on-premises", "Hybrid Configuration",
            Domains=["contoso.example"], OnPremisesSmartHost="mail.contoso.example",
            TlsCertificateName=MAIL_NAME, SendingTransportServers=["EX02"],
            ReceivingTransportServers=["EX01", "EX02"], EdgeTransportServers=[],
            Features=["FreeBusy", "MoveMailbox", "Mailtips", "MessageTracking", "OwaRedirection",
                      "OnlineArchive", "SecureMail", "Photos"],
            WhenChangedUTC="2025-02-03T08:11:00Z",
        ),
        thing(
            "OrganizationConfig", "on-premises", "Contoso", Guid=ORG,
            OAuth2ClientProfileEnabled=True,
        ),
        thing(
            "AcceptedDomain", "on-premises", "contoso.example", DomainName="contoso.example",
            DomainType="Authoritative",
        ),
        thing(
            "AcceptedDomain", "on-premises", COEXISTENCE, DomainName=COEXISTENCE,
            DomainType="Authoritative",
        ),
        thing(
            "SendConnector", "on-premises", f"Outbound to Office 365 - {ORG}", Enabled=True,
            AddressSpaces=[f"smtp:{COEXISTENCE};1"], SmartHosts=[], DNSRoutingEnabled=True,
            RequireTLS=True, TlsAuthLevel="DomainValidation",
            TlsDomain="mail.protection.outlook.com", TlsCertificateName=MAIL_NAME,
            CloudServicesMailEnabled=True, SourceTransportServers=["EX02"],
        ),
        *(
            thing(
                "ReceiveConnector", "on-premises", f"{host}\\Default Frontend {host}", host,
                Enabled=True, Bindings=["[::]:25", "0.0.0.0:25"],
                RemoteIPRanges=["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0.0.0.0-255.255.255.255"],
                PermissionGroups=["AnonymousUsers", "ExchangeServers", "ExchangeLegacyServers"],
                AuthMechanism=["Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer"],
                RequireTLS=False, TlsCertificateName=MAIL_NAME,
                TlsDomainCapabilities=["mail.protection.outlook.com:AcceptCloudServicesMail"],
                TransportRole="FrontendTransport",
            )
            for host in ("EX01", "EX02")
        ),
        thing(
            "ReceiveConnector", "on-premises", "EX02\\Scanner Relay", "EX02", Enabled=True,
            Bindings=["0.0.0.0:25"], RemoteIPRanges=["10.20.40.0/24"],
            PermissionGroups=["AnonymousUsers", "ExchangeServers"],
            AuthMechanism=["Tls", "ExternalAuthoritative"], RequireTLS=False,
            TlsDomainCapabilities=[], TransportRole="FrontendTransport",
        ),
        thing(
            "ReceiveConnectorPermission", "on-premises", "EX02\\Scanner Relay", "EX02",
            Identity="EX02\\Scanner Relay", User="NT AUTHORITY\\ANONYMOUS LOGON",
            ExtendedRights=["ms-Exch-SMTP-Accept-Any-Recipient"], Deny=False,
        ),
        thing(
            "AuthConfig", "on-premises", "Auth Configuration",
            CurrentCertificateThumbprint=AUTH_THUMBPRINT,
            PreviousCertificateThumbprint=OLD_THUMBPRINT,
            NextCertificateThumbprint=NEXT_THUMBPRINT,
            NextCertificateEffectiveDate="2027-05-01T00:00:00Z",
            ServiceName="00000002-0000-0ff1-ce00-000000000000",
        ),
        thing(
            "AuthServer", "on-premises", f"ACS - {ORG}", Enabled=True, Type="MicrosoftACS",
            Realm=TENANT_ID, ApplicationIdentifier=None, TrustAnySSLCertificate=False,
            IsDefaultAuthorizationEndpoint=False,
        ),
        thing(
            "AuthServer", "on-premises", f"EvoSts - {ORG}", Enabled=True, Type="AzureAD",
            Realm=TENANT_ID, ApplicationIdentifier=DEDICATED_APP, TrustAnySSLCertificate=False,
            IsDefaultAuthorizationEndpoint=True,
        ),
        thing(
            "PartnerApplication", "on-premises", "Exchange Online", Enabled=True,
            ApplicationIdentifier=FIRST_PARTY, UseAuthServer=True,
            AcceptSecurityIdentifierInformation=False,
            LinkedAccount="contoso.example/Users/Exchange Online-ApplicationAccount",
        ),
        thing(
            "SettingOverride", "on-premises", "EnableExchangeHybrid3PAppFeature",
            ComponentName="Global", SectionName="ExchangeOnpremAsThirdPartyAppId",
            Parameters=["Enabled=true"], Server=[],
        ),
        thing(
            "OrganizationRelationship", "on-premises", f"On-premises to O365 - {ORG}", Enabled=True,
            DomainNames=[COEXISTENCE], FreeBusyAccessEnabled=True, FreeBusyAccessLevel="LimitedDetails",
            MailboxMoveEnabled=True, TargetAutodiscoverEpr=None, TargetSharingEpr=None,
        ),
        thing(
            "IntraOrganizationConnector", "on-premises", f"HybridIOC - {ORG}", Enabled=True,
            TargetAddressDomains=[COEXISTENCE],
            DiscoveryEndpoint="https://autodiscover-s.outlook.com/autodiscover/autodiscover.svc",
        ),
        *(
            thing(
                "VirtualDirectory", "on-premises", f"{host}\\EWS (Default Web Site)", host,
                Service="EWS", Identity=f"{host}\\EWS (Default Web Site)",
                InternalUrl=f"https://{host.lower()}.contoso.example/EWS/Exchange.asmx",
                ExternalUrl="https://mail.contoso.example/EWS/Exchange.asmx" if host == "EX01" else None,
                MRSProxyEnabled=host == "EX01", ExtendedProtectionTokenChecking="Require",
            )
            for host in ("EX01", "EX02")
        ),
        asked("ExchangeCertificate", "on-premises", "EX01", 2),
        asked("ExchangeCertificate", "on-premises", "EX02", 2),
        *(
            certificate(host, thumbprint)
            for host in ("EX01", "EX02")
            for thumbprint in (MAIL_THUMBPRINT, AUTH_THUMBPRINT)
        ),
    ]  # fmt: skip


def exchange_online() -> list[Evidence]:
    """Exchange Online's side."""
    return [
        thing(
            "InboundConnector", "exchange-online", f"Inbound from {ORG}", Enabled=True,
            ConnectorType="OnPremises", ConnectorSource="HybridWizard", RequireTls=True,
            SenderDomains=["smtp:*;1"], SenderIPAddresses=None, RestrictDomainsToIPAddresses=False,
            RestrictDomainsToCertificate=False, TlsSenderCertificateName="*.contoso.example",
            CloudServicesMailEnabled=True, TreatMessagesAsInternal=False,
            WhenChangedUTC="2025-02-03T08:14:00Z",
        ),
        thing(
            "InboundConnector", "exchange-online", "Old scanners", Enabled=True,
            ConnectorType="OnPremises", ConnectorSource="AdminUI", RequireTls=False,
            SenderDomains=["smtp:*;1"], SenderIPAddresses=[NAT], TlsSenderCertificateName=None,
            CloudServicesMailEnabled=False, TreatMessagesAsInternal=False,
        ),
        thing(
            "OutboundConnector", "exchange-online", f"Outbound to {ORG}", Enabled=True,
            ConnectorType="OnPremises", ConnectorSource="HybridWizard",
            RecipientDomains=["contoso.example"], SmartHosts=["mail.contoso.example"],
            UseMXRecord=False, TlsSettings="DomainValidation", TlsDomain="mail.contoso.example",
            CloudServicesMailEnabled=True, RouteAllMessagesViaOnPremises=False,
        ),
        thing(
            "OnPremisesOrganization", "exchange-online", ORG, OrganizationGuid=ORG,
            HybridDomains=["contoso.example"], InboundConnector=f"Inbound from {ORG}",
            OutboundConnector=f"Outbound to {ORG}",
            OrganizationRelationship=f"O365 to On-premises - {ORG}",
        ),
        thing(
            "OrganizationRelationship", "exchange-online", f"O365 to On-premises - {ORG}", Enabled=True,
            DomainNames=["contoso.example"], FreeBusyAccessEnabled=True,
            FreeBusyAccessLevel="LimitedDetails", MailboxMoveEnabled=False,
            TargetAutodiscoverEpr="https://mail.contoso.example/autodiscover/autodiscover.svc/WSSecurity",
            TargetSharingEpr=None,
        ),
        thing(
            "IntraOrganizationConnector", "exchange-online", f"HybridIOC - {ORG}", Enabled=True,
            TargetAddressDomains=["contoso.example"], TargetSharingEpr=None,
            DiscoveryEndpoint="https://mail.contoso.example/autodiscover/autodiscover.svc",
        ),
        thing(
            "MigrationEndpoint", "exchange-online", "Hybrid Migration Endpoint - EWS (Default Web Site)",
            EndpointType="ExchangeRemoteMove", RemoteServer="mail.contoso.example",
        ),
        thing(
            "AcceptedDomain", "exchange-online", "contoso.example", DomainName="contoso.example",
            DomainType="Authoritative",
        ),
        thing(
            "AcceptedDomain", "exchange-online", COEXISTENCE, DomainName=COEXISTENCE,
            DomainType="Authoritative",
        ),
        thing(
            "OnPremServerReport", "exchange-online", "EX02.contoso.example",
            ServerFqdn="EX02.contoso.example", Build="15.2.1544.4",
        ),
    ]  # fmt: skip


def entra() -> list[Evidence]:
    """Apps, keys, roles."""
    return [
        thing(
            "ServicePrincipal", "entra", "Office 365 Exchange Online", appId=FIRST_PARTY,
            id="0f0e0d0c-0b0a-4908-8706-050403020100", displayName="Office 365 Exchange Online",
            keyCredentials=[key_credential(AUTH_THUMBPRINT), key_credential(OLD_THUMBPRINT)],
        ),
        thing(
            "ServicePrincipal", "entra", f"ExchangeServerApp-{ORG}", appId=DEDICATED_APP,
            id=DEDICATED_OBJECT, displayName=f"ExchangeServerApp-{ORG}", keyCredentials=[],
        ),
        thing(
            "Application", "entra", f"ExchangeServerApp-{ORG}", appId=DEDICATED_APP,
            id="7f6e5d4c-3b2a-4190-8f7e-6d5c4b3a2918", displayName=f"ExchangeServerApp-{ORG}",
            keyCredentials=[key_credential(AUTH_THUMBPRINT)], passwordCredentials=[],
        ),
        thing(
            "AppRoleAssignment", "entra", "full_access_as_app", appRoleId=FULL_ACCESS,
            principalId=DEDICATED_OBJECT, principalDisplayName=f"ExchangeServerApp-{ORG}",
            resourceId="0f0e0d0c-0b0a-4908-8706-050403020100",
        ),
        thing(
            "DirectoryRoleMember", "entra", "helpdesk@contoso.example", Role="Global Administrator",
            UserPrincipalName="helpdesk@contoso.example", onPremisesSyncEnabled=True,
        ),
        thing(
            "Tenant", "entra", "Contoso", id=TENANT_ID, displayName="Contoso",
            onPremisesSyncEnabled=True,
        ),
    ]  # fmt: skip


def directory() -> list[Evidence]:
    """Groups and rights of Exchange in the domain: the root without InheritOnly, as before 2019."""
    computers = [
        {
            "Name": host,
            "Sid": f"{DOMAIN_SID}-{2000 + number}",
            "DistinguishedName": f"CN={host},OU=Servers,{DOMAIN}",
            "ObjectClass": "computer",
            "Enabled": True,
        }
        for number, host in enumerate(("EX01", "EX02", "EX03", "EX04", "EX-OLD"), 1)
    ]
    groups = f"OU=Microsoft Exchange Security Groups,{DOMAIN}"

    def group(name: str, known: str, sid: str, members: list[dict[str, Any]]) -> Evidence:
        return thing(
            "DirectoryGroup", "directory", name, Name=name, Sid=sid, WellKnown=known,
            DistinguishedName=f"CN={name},{groups}", Members=members,
        )  # fmt: skip

    def allowed(*flags: str, rights: list[str], inherited: str = "", **more: str) -> dict[str, Any]:
        return {
            "Type": "allow",
            "Flags": list(flags),
            "Rights": rights,
            "ObjectType": more.get("kind", ""),
            "InheritedObjectType": inherited,
            "Trustee": EWP,
        }

    nested = {
        "Name": "Exchange Trusted Subsystem",
        "Sid": ETS,
        "DistinguishedName": f"CN=Exchange Trusted Subsystem,{groups}",
        "ObjectClass": "group",
    }
    reset = "00299570-246d-11d0-a768-00aa006e0529"
    member = "bf9679c0-0de6-11d0-a285-00aa003049e2"
    return [
        group("Exchange Servers", "ExchangeServers", EXCHANGE_SERVERS, computers[:4]),
        group("Exchange Trusted Subsystem", "ETS", ETS, computers),
        group("Exchange Windows Permissions", "EWP", EWP, [nested]),
        thing(
            "AccessControl", "directory", DOMAIN, Object=DOMAIN, ObjectKind="domain",
            Entries=[
                allowed("CI", rights=["WriteDacl"], inherited=USER),
                allowed("CI", "IO", rights=["ExtendedRight"], inherited=USER, kind=reset),
                allowed("CI", "IO", rights=["WriteProperty"], kind=member),
            ],
        ),
    ]  # fmt: skip
