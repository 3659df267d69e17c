"""What the invented runs say: reasons and fixes of edges, checks, pairs."""

from __future__ import annotations

from tocsin.model.trusts import EdgeKind

REASONS: dict[EdgeKind, tuple[str, str, str]] = {
    "HX_CanReach": ("{source} can open a connection to {target}.", "ExternalUrl", "https://mail.contoso.example/owa"),
    "HX_HoldsKey": ("{source} holds the private key of {target}.", "HasPrivateKey", "True"),
    "HX_Authenticates": ("{target} trusts whoever shows {source}.", "TlsSenderCertificateName", "*.contoso.example"),
    "HX_MatchesIP": ("{target} trusts the address of {source}.", "SenderIPAddresses", "192.0.2.25"),
    "HX_GrantsMailTrust": ("Mail through {source} counts as internal.", "CloudServicesMailEnabled", "True"),
    "HX_SendsVia": ("{source} hands its mail to {target}.", "SmartHosts", "contoso.mail.protection.outlook.com"),
    "HX_SourceOf": ("{target} sends from {source}.", "SourceTransportServers", "EX01"),
    "HX_AdminOfPeer": ("{source} is administrator of {target}.", "Members", "EX03$"),
    "HX_TrustsPeer": ("{target} takes mail of {source} for a server's own.", "PermissionGroups", "ExchangeServers"),
    "HX_SubmitsTo": ("{source} may hand mail to {target}.", "RemoteIPRanges", "10.20.0.0/16"),
    "HX_SignsFor": ("Whoever holds {source} signs for {target}.", "keyCredentials", "41C7D2B8"),
    "HX_AppRole": ("{source} may act on {target}.", "appRoleId", "dc890d15-9560-4a4c-9b7f-a736ec74ec40"),
    "HX_RoutesOutboundThrough": ("", "", ""),
    "HX_DeliversTo": ("", "", ""),
    "HX_MemberOf": ("{source} is a member of {target}.", "Members", "Exchange Trusted Subsystem"),
    "HX_WriteDacl": ("{source} may change who may do what in {target}.", "Entries", "WriteDacl, not inherit-only"),
    "HX_ResetPassword": ("", "", ""),
    "HX_AddMember": ("", "", ""),
    "HX_SyncsTo": ("{source} is carried over to {target}.", "onPremisesSyncEnabled", "true"),
    "HX_PublishedBy": ("{source} leads to {target}.", "RemoteServer", "mail.contoso.example"),
    "HX_ObservedMail": ("{source} was seen handing mail to {target}.", "Received", "from EX03"),
    "HX_ReadsMailboxes": ("{source} stores mailboxes, so it can read them.", "ServerRole", "Mailbox"),
}  # fmt: skip

FIXES: dict[EdgeKind, str] = dict.fromkeys(REASONS, "Take {target} away from {source}.") | {
    "HX_HoldsKey": "Remove the key from {source}, then replace {target}.",
    "HX_Authenticates": "Have {target} ask for the exact name of one host.",
    "HX_AppRole": "Run the clean-up mode of ConfigureExchangeHybridApplication.ps1.",
    "HX_WriteDacl": "Run Setup /PrepareAD and /PrepareDomain of a current update.",
}

CHECKS: dict[str, tuple[str, str, str, str]] = {
    "HYB-010": ("A connector trusts an IP address alone", "{subject} trusts mail from 192.0.2.25 by its address alone.",
                "Get-InboundConnector.TlsSenderCertificateName", "Have the connector ask for the certificate of the hybrid transport servers."),
    "HYB-012": ("A wildcard certificate is trusted", "{subject} trusts every host with a certificate of *.contoso.example.",
                "Get-InboundConnector.TlsSenderCertificateName", "Ask for the exact name of one host."),
    "HYB-020": ("The connector's key lies on an unpatched server", "{subject} holds the key and is open to ProxyShell.",
                "Get-ExchangeCertificate.HasPrivateKey", "Use a certificate of its own, and remove the key here."),
    "HYB-025": ("Mail from on-premises skips the spam filter", "{subject} sets the level -1.",
                "Get-TransportRule", "Remove the rule."),
    "HYB-027": ("A remote domain is trusted", "{subject} is trusted.", "Get-RemoteDomain", "Set it to false."),
    "HYB-040": ("An externally secured connector takes mail from a wide range", "{subject} takes mail from 10.20.0.0/16.",
                "Get-ReceiveConnector", "Narrow the range to single addresses."),
    "HYB-050": ("The shared principal still holds keys", "{subject} holds 1 key.", "GET /servicePrincipals",
                "Run the clean-up mode of ConfigureExchangeHybridApplication.ps1."),
    "HYB-054": ("The Auth key lies on an unpatched server", "{subject} holds it.", "Get-AuthConfig", "Patch, then replace it."),
    "HYB-070": ("Exchange can change the domain root", "Exchange Windows Permissions may write the rights of {subject}.",
                "SDDL of the domain root", "Run Setup /PrepareAD of a current update."),
}  # fmt: skip

Row = tuple[str, str | None, str, str | None, bool | None, str]
PAIRS: tuple[tuple[str, str, str, tuple[Row, ...]], ...] = (
    ("Mail from the servers to Exchange Online", "Outbound to Office 365 - 5b2a", "Inbound from 5b2a", (
        ("TlsCertificateName", "CN=mail.contoso.example", "TlsSenderCertificateName", "*.contoso.example", False,
         "The cloud trusts more names than the servers show."),
        ("CloudServicesMailEnabled", "True", "CloudServicesMailEnabled", "True", True, ""),
        ("SourceTransportServers", "EX01, EX03", "SenderIPAddresses", None, None, "SenderIPAddresses was not collected."),
        ("AddressSpaces", "smtp:contoso.mail.onmicrosoft.com;1", "SenderDomains", "smtp:*;1", True, ""),
    )),
    ("Free and busy times", "", "O365 to On-premises - 5b2a", (
        ("DomainNames", None, "DomainNames", "contoso.example", None, "The on-premises side was not found."),
    )),
)  # fmt: skip
