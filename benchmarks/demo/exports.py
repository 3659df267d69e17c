"""The exports of the demonstration case: what the export scripts write of an invented hybrid set-up.

Hidden in it: EX03 holds the key that Exchange Online trusts and the key that signs for the tenant,
and Exchange Online's own principal still trusts that key.
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.demo.directory import directory
from benchmarks.demo.people import EX01, EX02, EX03, HYB01, INSIDE, OWN, Server

ORGANISATION = "5b2a1c77-4d0e-4a52-9d43-0f6f2f8b9c11"
TENANT = "11111111-2222-3333-4444-555555555555"
TENANT_DOMAIN = "contoso.onmicrosoft.com"
TRANSPORT = "9A4C11D3E2B05F6678C1A0D94E27B35588F01C2D"
AUTH = "3F7E90B1C4D25A6688EE01F2A3B4C5D6E7F80912"
NEXT_AUTH = "B80D4E6F1A2B3C4D5E6F708192A3B4C5D6E7F809"
FORGOTTEN = "71C2D3E4F5061728394A5B6C7D8E9FA0B1C2D3E4"
NAME = f"mail.{OWN}"
TLS_NAME = f"<I>CN=Invented CA, O=Invented<S>CN={NAME}"
SERVERS = (EX01, EX02, EX03, HYB01)
CONFIGURATION = "CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=corp,DC=contoso,DC=example"
TIME = "2026-11-14T08:05:00Z"
EXCHANGE_PRINCIPAL = "00000002-0000-0ff1-ce00-000000000000"


def written() -> dict[str, str]:
    """Text by path below the folder of exports."""
    files: dict[str, str] = {}
    entries: dict[str, list[dict[str, Any]]] = {}
    for folder, side, cmdlet, server, items in _everything():
        name = cmdlet.replace(" ", "-") + (f".{server.name}" if server else "") + ".json"
        files[f"{folder}/{name}"] = _envelope(cmdlet, side, server.full if server else "", items)
        entries.setdefault(folder, []).append(
            {
                "cmdlet": cmdlet, "side": side, "server": server.full if server else "",
                "file": name, "count": len(items), "error": None,
            }
        )  # fmt: skip
    entries["on-premises"].append(
        {
            "cmdlet": "Get-Command ExSetup.exe", "side": "on-premises", "server": HYB01.full,
            "file": None, "count": 0, "error": "The RPC server is unavailable.",
        }
    )  # fmt: skip
    for folder, listed in entries.items():
        files[f"{folder}/manifest.json"] = _text(
            {
                "tocsin": "manifest", "version": 1, "organisation": "Contoso", "started": TIME,
                "finished": TIME, "account": f"reader@{OWN}", "entries": listed,
            }
        )  # fmt: skip
    files["graph/servicePrincipals-exchange-online.json"] = _principal()
    return files


def _everything() -> list[tuple[str, str, str, Server | None, list[dict[str, Any]]]]:
    found: list[tuple[str, str, str, Server | None, list[dict[str, Any]]]] = []
    for cmdlet, items in _on_premises().items():
        found.append(("on-premises", "on-premises", cmdlet, None, items))
    for server in SERVERS:
        found.append(
            ("on-premises", "on-premises", "Get-ExchangeCertificate", server, _certificates(server))
        )
        found.append(
            ("on-premises", "on-premises", "Get-WebServicesVirtualDirectory", server, _ews(server))
        )
    for cmdlet, items in directory().items():
        found.append(("on-premises", "directory", cmdlet, None, items))
    for cmdlet, items in _online().items():
        found.append(("exchange-online", "exchange-online", cmdlet, None, items))
    return found


def _envelope(cmdlet: str, side: str, server: str, items: list[dict[str, Any]]) -> str:
    return _text(
        {
            "tocsin": "export", "version": 1, "cmdlet": cmdlet, "side": side, "server": server,
            "time": TIME, "error": None, "items": items,
        }
    )  # fmt: skip


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _on_premises() -> dict[str, list[dict[str, Any]]]:
    return {
        "Get-HybridConfiguration": [
            {
                "Name": "Hybrid Configuration", "Domains": [OWN], "OnPremisesSmartHost": NAME,
                "TlsCertificateName": TLS_NAME, "SendingTransportServers": ["HYB01"],
                "ReceivingTransportServers": ["HYB01"], "EdgeTransportServers": [],
                "Features": ["FreeBusy", "MoveMailbox", "Mailtips", "MessageTracking",
                             "OwaRedirection", "OnlineArchive", "SecureMail", "Photos"],
                "WhenChangedUTC": "2023-03-14T10:12:00Z",
            }
        ],
        "Get-SendConnector": [
            {
                "Name": f"Outbound to Office 365 - {ORGANISATION}", "Enabled": True,
                "AddressSpaces": ["smtp:contoso.mail.onmicrosoft.com;1"], "DNSRoutingEnabled": True,
                "RequireTLS": True, "TlsAuthLevel": "DomainValidation",
                "TlsDomain": "mail.protection.outlook.com", "TlsCertificateName": TLS_NAME,
                "CloudServicesMailEnabled": True, "IgnoreSTARTTLS": False,
                "SourceTransportServers": ["HYB01"], "SmartHosts": [],
            }
        ],
        "Get-ReceiveConnector": [_frontend(server) for server in SERVERS] + [_relay()],
        "Get-ADPermission": [
            {
                "Identity": "EX03\\Depot scanners", "User": "NT AUTHORITY\\ANONYMOUS LOGON",
                "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"], "Deny": False,
                "IsInherited": False,
            }
        ],
        "Get-AcceptedDomain": [
            {"Name": OWN, "DomainName": OWN, "DomainType": "Authoritative", "Default": True},
            {"Name": "contoso.mail.onmicrosoft.com", "DomainName": "contoso.mail.onmicrosoft.com",
             "DomainType": "InternalRelay", "Default": False},
        ],
        "Get-AuthConfig": [
            {
                "Name": "Auth Configuration", "CurrentCertificateThumbprint": AUTH,
                "PreviousCertificateThumbprint": "", "NextCertificateThumbprint": NEXT_AUTH,
                "NextCertificateEffectiveDate": "2027-06-01T00:00:00Z", "ServiceName": EXCHANGE_PRINCIPAL,
                "Realm": "",
            }
        ],
        "Get-AuthServer": [
            {"Name": f"ACS - {ORGANISATION}", "Type": "MicrosoftACS", "Realm": TENANT, "Enabled": True,
             "TrustAnySSLCertificate": False, "ApplicationIdentifier": ""},
            {"Name": f"EvoSts - {ORGANISATION}", "Type": "AzureAD", "Realm": TENANT, "Enabled": True,
             "TrustAnySSLCertificate": False, "ApplicationIdentifier": ""},
        ],
        "Get-PartnerApplication": [
            {"Name": "Exchange Online", "Enabled": True, "ApplicationIdentifier": EXCHANGE_PRINCIPAL,
             "AcceptSecurityIdentifierInformation": False,
             "LinkedAccount": f"{INSIDE}/Users/Exchange Online-ApplicationAccount"},
        ],
        "Get-SettingOverride": [],
        "Get-OrganizationRelationship": [
            {"Name": f"On-premises to O365 - {ORGANISATION}", "Enabled": True,
             "DomainNames": ["contoso.mail.onmicrosoft.com"], "FreeBusyAccessEnabled": True,
             "FreeBusyAccessLevel": "LimitedDetails", "MailboxMoveEnabled": True, "ArchiveAccessEnabled": True},
        ],
        "Get-IntraOrganizationConnector": [
            {"Name": f"HybridIOC - {ORGANISATION}", "Enabled": True,
             "TargetAddressDomains": ["contoso.mail.onmicrosoft.com"],
             "DiscoveryEndpoint": "https://autodiscover-s.outlook.com/autodiscover/autodiscover.svc"},
        ],
        "Get-OrganizationConfig": [{"Name": "Contoso", "Guid": ORGANISATION, "OAuth2ClientProfileEnabled": True}],
    }  # fmt: skip


def _frontend(server: Server) -> dict[str, Any]:
    return {
        "Name": f"Default Frontend {server.name}", "Identity": f"{server.name}\\Default Frontend {server.name}",
        "Server": server.name, "Enabled": True, "TransportRole": "FrontendTransport",
        "Bindings": ["[::]:25", "0.0.0.0:25"], "RemoteIPRanges": ["0.0.0.0-255.255.255.255"],
        "PermissionGroups": ["AnonymousUsers", "ExchangeServers", "ExchangeLegacyServers"],
        "AuthMechanism": ["Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer"],
        "TlsDomainCapabilities": ["mail.protection.outlook.com:AcceptCloudServicesMail"],
        "TlsCertificateName": TLS_NAME, "RequireTLS": False,
    }  # fmt: skip


def _relay() -> dict[str, Any]:
    """What a technician left at the depot in 2019."""
    return {
        "Name": "Depot scanners", "Identity": "EX03\\Depot scanners", "Server": "EX03", "Enabled": True,
        "TransportRole": "FrontendTransport", "Bindings": ["0.0.0.0:2525"],
        "RemoteIPRanges": ["10.30.0.0/16"], "PermissionGroups": ["AnonymousUsers"], "AuthMechanism": ["Tls"],
        "TlsDomainCapabilities": [], "TlsCertificateName": "", "RequireTLS": False,
    }  # fmt: skip


def _certificates(server: Server) -> list[dict[str, Any]]:
    held = [
        (TRANSPORT, f"CN={NAME}", [NAME, f"autodiscover.{OWN}"], ["IIS", "SMTP"], "2027-03-01T00:00:00Z"),
        (AUTH, "CN=Microsoft Exchange Server Auth Certificate", [], ["SMTP"], "2027-07-01T00:00:00Z"),
    ]  # fmt: skip
    return [
        {
            "Thumbprint": thumbprint, "Subject": subject,
            "Issuer": "CN=Invented CA, O=Invented" if thumbprint == TRANSPORT else subject,
            "CertificateDomains": domains, "Services": services, "HasPrivateKey": True,
            "PrivateKeyExportable": thumbprint == TRANSPORT, "NotAfter": until,
            "IsSelfSigned": thumbprint != TRANSPORT,
        }
        for thumbprint, subject, domains, services, until in held
        if server is not HYB01 or thumbprint == TRANSPORT
    ]  # fmt: skip


def _ews(server: Server) -> list[dict[str, Any]]:
    return [
        {
            "Name": "EWS (Default Web Site)", "Identity": f"{server.name}\\EWS (Default Web Site)",
            "Server": server.name, "InternalUrl": f"https://{server.full}/EWS/Exchange.asmx",
            "ExternalUrl": f"https://{NAME}/EWS/Exchange.asmx" if server in (EX01, EX02) else None,
            "ExtendedProtectionTokenChecking": "Require" if server in (EX01, EX02) else "None",
            "MRSProxyEnabled": server is HYB01,
        }
    ]  # fmt: skip


def _online() -> dict[str, list[dict[str, Any]]]:
    return {
        "Get-InboundConnector": [
            {
                "Name": f"Inbound from {ORGANISATION}", "Enabled": True, "ConnectorType": "OnPremises",
                "ConnectorSource": "HybridWizard", "SenderDomains": ["smtp:*;1"], "SenderIPAddresses": [],
                "RequireTls": True, "RestrictDomainsToCertificate": False, "RestrictDomainsToIPAddresses": False,
                "TlsSenderCertificateName": f"*.{OWN}", "CloudServicesMailEnabled": True,
                "TreatMessagesAsInternal": False, "TrustedOrganizations": [], "EFSkipLastIP": False,
                "EFSkipIPs": [], "EFTestMode": False, "WhenChangedUTC": "2023-03-14T10:15:00Z",
            },
            {
                "Name": "Depot relay (migration 2019)", "Enabled": True, "ConnectorType": "OnPremises",
                "ConnectorSource": "Default", "SenderDomains": ["smtp:*;1"],
                "SenderIPAddresses": ["203.0.113.24/29"], "RequireTls": False,
                "RestrictDomainsToCertificate": False, "RestrictDomainsToIPAddresses": False,
                "TlsSenderCertificateName": None, "CloudServicesMailEnabled": False,
                "TreatMessagesAsInternal": True, "TrustedOrganizations": [], "EFSkipLastIP": False,
                "EFSkipIPs": [], "EFTestMode": False, "WhenChangedUTC": "2026-02-03T16:40:00Z",
            },
        ],
        "Get-OutboundConnector": [
            {
                "Name": f"Outbound to {ORGANISATION}", "Enabled": True, "ConnectorType": "OnPremises",
                "ConnectorSource": "HybridWizard", "RecipientDomains": [OWN], "SmartHosts": [NAME],
                "TlsSettings": "DomainValidation", "TlsDomain": NAME, "CloudServicesMailEnabled": True,
                "RouteAllMessagesViaOnPremises": False, "UseMXRecord": False,
            }
        ],
        "Get-OnPremisesOrganization": [
            {
                "Name": ORGANISATION, "OrganizationGuid": ORGANISATION, "HybridDomains": [OWN],
                "InboundConnector": f"Inbound from {ORGANISATION}",
                "OutboundConnector": f"Outbound to {ORGANISATION}",
                "OrganizationRelationship": f"O365 to On-premises - {ORGANISATION}",
            }
        ],
        "Get-OrganizationConfig": [{"Name": TENANT_DOMAIN, "RejectDirectSend": False}],
        "Get-AcceptedDomain": [
            {"Name": each, "DomainName": each, "DomainType": "Authoritative", "Default": each == OWN}
            for each in (OWN, TENANT_DOMAIN, "contoso.mail.onmicrosoft.com")
        ],
        "Get-OrganizationRelationship": [
            {"Name": f"O365 to On-premises - {ORGANISATION}", "Enabled": True, "DomainNames": [OWN],
             "FreeBusyAccessEnabled": True, "FreeBusyAccessLevel": "LimitedDetails", "MailboxMoveEnabled": False},
        ],
        "Get-MigrationEndpoint": [
            {"Identity": "Hybrid Migration Endpoint - EWS (Default Web Site)", "EndpointType": "ExchangeRemoteMove",
             "RemoteServer": HYB01.full},
        ],
        "Get-MigrationBatch": [],
        "Get-HostedConnectionFilterPolicy": [
            {"Name": "Default", "IPAllowList": ["203.0.113.25"], "EnableSafeList": False},
        ],
        "Get-RemoteDomain": [{"Name": "Default", "DomainName": "*", "TrustedMailInboundEnabled": False}],
        "Get-TransportRule": [],
        "Get-OnPremServerReportInfo": [
            {"ServerFqdn": HYB01.full, "Build": HYB01.build, "ExchangeServer": "ExchangeServer2013",
             "FirstDetectedDate": "2026-11-02T00:15:08Z"},
        ],
        "Get-TenantExemptionInfo": [],
    }  # fmt: skip


def _principal() -> str:
    """As Microsoft Graph answers: the first-party principal that still trusts the Auth Certificate."""
    keys = [
        {
            "customKeyIdentifier": thumbprint, "keyId": f"00000000-0000-0000-0000-00000000000{number}",
            "displayName": "CN=Microsoft Exchange Server Auth Certificate", "type": "AsymmetricX509Cert",
            "usage": "Verify", "startDateTime": start, "endDateTime": end, "key": None,
        }
        for number, (thumbprint, start, end) in enumerate(
            ((AUTH, "2022-07-01T00:00:00Z", "2027-07-01T00:00:00Z"),
             (FORGOTTEN, "2017-05-02T00:00:00Z", "2027-05-01T00:00:00Z")), start=1)
    ]  # fmt: skip
    return _text(
        {
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals/$entity",
            "id": "7c1f5e0a-0b8c-4a7f-9d55-3a1f0c2b4d6e", "appId": EXCHANGE_PRINCIPAL,
            "displayName": "Office 365 Exchange Online", "servicePrincipalType": "Application",
            "keyCredentials": keys, "passwordCredentials": [],
        }
    )  # fmt: skip
