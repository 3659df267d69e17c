"""An invented Exchange organisation of three servers, as LDIF."""

from __future__ import annotations

import base64

SERVERS = {
    # serialNumber as setup writes it; the builds are 2013 CU23, 2016 CU23 and 2019 CU14 of
    # exchange-builds.csv, with the directory's offset of 30000.
    "EX13": ("Version 15.0 (Build 31497.2)", 54),
    "EX16": ("Version 15.1 (Build 32507.006)", 16439),
    "EX19": ("Version 15.2 (Build 31544.4)", 16439),
}

ACCEPTED_DOMAINS = 1050
"""More than the 1,000 objects a domain controller answers without paging."""


def containers(configuration: str) -> tuple[str, str]:
    """The DN of the organisation and of its servers' container."""
    organisation = f"CN=Contoso,CN=Microsoft Exchange,CN=Services,{configuration}"
    group = f"CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,{organisation}"
    return organisation, f"CN=Servers,{group}"


def organisation_ldif(configuration: str, domain: str, certificate: bytes) -> str:
    """Everything setup and the hybrid wizard would have left, parents first."""
    organisation, servers = containers(configuration)
    group = servers.partition(",")[2]
    records = [
        _record(f"CN=Microsoft Exchange,CN=Services,{configuration}", "msExchContainer"),
        _record(organisation, "msExchOrganizationContainer", "objectVersion: 16762"),
        _record(group.partition(",")[2], "msExchContainer"),
        _record(group, "msExchContainer"),
        _record(servers, "msExchContainer"),
    ]
    for name, (serial, roles) in SERVERS.items():
        records += _server(f"CN={name},{servers}", name, serial, roles, configuration, certificate)
    records += [
        _record(f"CN=Connections,{group}", "msExchContainer"),
        _record(
            f"CN=Outbound to Office 365,CN=Connections,{group}",
            "msExchRoutingSMTPConnector",
            f"msExchSourceBridgeheadServersDN: CN=EX19,{servers}",
            f"msExchSourceBridgeheadServersDN: CN=EX16,{servers}",
            "msExchSmtpSmartHost: contoso-com.mail.protection.outlook.com",
            "routingList: SMTP:contoso.mail.onmicrosoft.com;1",
        ),
        _record(f"CN=Hybrid Configuration,{organisation}", "msExchContainer"),
        _record(
            f"CN=Hybrid Configuration,CN=Hybrid Configuration,{organisation}",
            "msExchCoexistenceRelationship",
            "msExchCoexistenceDomains: contoso.com",
            f"msExchCoexistenceTransportServers: CN=EX19,{servers}",
        ),
        _record(f"CN=Transport Settings,{organisation}", "msExchContainer"),
        _record(f"CN=Accepted Domains,CN=Transport Settings,{organisation}", "msExchContainer"),
    ]
    for number in range(ACCEPTED_DOMAINS):
        name = f"brand{number}.example"
        records.append(
            _record(
                f"CN={name},CN=Accepted Domains,CN=Transport Settings,{organisation}",
                "msExchAcceptedDomain",
                f"msExchAcceptedDomainName: {name}",
                "msExchAcceptedDomainFlags: 0",
            )
        )
    records.append(
        _record(
            f"CN=EX16,CN=Computers,{domain}",
            "computer",
            "sAMAccountName: EX16$",
            "dNSHostName: EX16.corp.test",
            "servicePrincipalName: exchangeMDB/EX16.corp.test",
            "servicePrincipalName: exchangeRFR/EX16.corp.test",
        )
    )
    return "\n".join(records)


def child_domain_ldif(configuration: str, domain: str) -> str:
    """A domain on domain controllers of its own; Samba wants the name to exist here too."""
    return (
        _record(f"OU=emea,{domain}", "organizationalUnit")
        + "\n"
        + _record(
            f"CN=EMEA,CN=Partitions,{configuration}",
            "crossRef",
            f"nCName: OU=emea,{domain}",
            "dnsRoot: emea.corp.test",
            "nETBIOSName: EMEA",
            "systemFlags: 3",
        )
    )


def _server(
    dn: str, name: str, serial: str, roles: int, configuration: str, certificate: bytes
) -> list[str]:
    fqdn = f"{name}.corp.test"
    protocols = f"CN=Protocols,{dn}"
    return [
        _record(
            dn,
            "msExchExchangeServer",
            f"serialNumber: {serial}",
            f"networkAddress: netbios:{name}",
            f"networkAddress: ncacn_ip_tcp:{fqdn}",
            f"msExchCurrentServerRoles: {roles}",
            f"msExchServerSite: CN=Default-First-Site-Name,CN=Sites,{configuration}",
            # EX16's is not a certificate: one bad value must cost nothing else.
            "msExchServerInternalTLSCert:: "
            + base64.b64encode(b"broken" if name == "EX16" else certificate).decode(),
        ),
        _record(protocols, "msExchContainer"),
        _record(f"CN=Autodiscover,{protocols}", "msExchContainer"),
        _record(
            f"CN={name},CN=Autodiscover,{protocols}",
            "serviceConnectionPoint",
            "keywords: 77378F46-2C66-4aa9-A6A6-3E7A48B19596",
            "keywords: Site=Default-First-Site-Name",
            "serviceBindingInformation: https://autodiscover.contoso.com/Autodiscover/Autodiscover.xml",
        ),
        _record(f"CN=HTTP,{protocols}", "msExchContainer"),
        _record(
            f"CN=owa (Default Web Site),CN=HTTP,{protocols}",
            "msExchVirtualDirectory",
            f"msExchInternalHostName: https://{fqdn}/owa",
            "msExchExternalHostName: https://mail.contoso.com/owa",
        ),
        _record(f"CN=SMTP Receive Connectors,{protocols}", "msExchContainer"),
        _record(
            f"CN=Default Frontend {name},CN=SMTP Receive Connectors,{protocols}",
            "msExchSmtpReceiveConnector",
            f"msExchSMTPReceiveConnectorFQDN: {fqdn}",
            "msExchSmtpReceiveBindings: 0.0.0.0:25",
            "msExchSmtpReceiveRemoteIPRanges: 0.0.0.0-255.255.255.255",
            "msExchSMTPReceiveInboundSecurityFlag: 31",
        ),
    ]


def _record(dn: str, kind: str, *lines: str) -> str:
    return "\n".join([f"dn: {dn}", f"objectClass: {kind}", *lines, ""])
