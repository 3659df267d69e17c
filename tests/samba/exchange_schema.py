"""A small part of Exchange's Active Directory schema, as LDIF that a Samba AD DC loads.

Names are Exchange's own (the public schema reference); the object identifiers are made up, in
the arc that Microsoft reserves for such.
"""

from __future__ import annotations

OID = "1.2.840.113556.1.8000.2554.61440"

TEXT, NUMBER, BYTES, NAME = ("2.5.5.12", 64), ("2.5.5.9", 2), ("2.5.5.10", 4), ("2.5.5.1", 127)

ATTRIBUTES = {
    "msExchCurrentServerRoles": (NUMBER, True),
    "msExchServerSite": (NAME, True),
    "msExchServerInternalTLSCert": (BYTES, True),
    "msExchInternalHostName": (TEXT, True),
    "msExchExternalHostName": (TEXT, True),
    "msExchSMTPReceiveConnectorFQDN": (TEXT, True),
    "msExchSmtpReceiveBindings": (TEXT, False),
    "msExchSourceBridgeheadServersDN": (NAME, False),
    "msExchSmtpSmartHost": (TEXT, True),
    "routingList": (TEXT, False),
    "msExchAcceptedDomainName": (TEXT, True),
    "msExchAcceptedDomainFlags": (NUMBER, True),
    "msExchCoexistenceDomains": (TEXT, False),
    "msExchCoexistenceTransportServers": (NAME, False),
    "msExchAuthCertificateThumbprint": (TEXT, False),
    "msExchAuthApplicationIdentifier": (TEXT, True),
    "msExchSMTPReceiveInboundSecurityFlag": (NUMBER, True),
    "msExchSmtpReceiveRemoteIPRanges": (TEXT, False),
}

CLASSES = {
    "msExchContainer": (),
    "msExchOrganizationContainer": (),
    "msExchExchangeServer": (
        "serialNumber",
        "versionNumber",
        "networkAddress",
        "msExchCurrentServerRoles",
        "msExchServerSite",
        "msExchServerInternalTLSCert",
    ),
    "msExchVirtualDirectory": ("msExchInternalHostName", "msExchExternalHostName"),
    "msExchSmtpReceiveConnector": (
        "msExchSMTPReceiveConnectorFQDN",
        "msExchSmtpReceiveBindings",
        "msExchSMTPReceiveInboundSecurityFlag",
        "msExchSmtpReceiveRemoteIPRanges",
    ),
    "msExchRoutingSMTPConnector": (
        "msExchSourceBridgeheadServersDN",
        "msExchSmtpSmartHost",
        "routingList",
    ),
    "msExchAcceptedDomain": ("msExchAcceptedDomainName", "msExchAcceptedDomainFlags"),
    "msExchCoexistenceRelationship": (
        "msExchCoexistenceDomains",
        "msExchCoexistenceTransportServers",
    ),
    "msExchAuthAuthConfig": ("msExchAuthCertificateThumbprint",),
    "msExchAuthPartnerApplication": ("msExchAuthApplicationIdentifier",),
}

READABLE = "D:(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(A;;RPLCLORC;;;AU)"
"""Default rights: domain administrators all, every signed-in user may read."""


def attributes_ldif(schema: str) -> str:
    """The attributes, and the schema version mark of Exchange 2019 CU15."""
    records = [
        f"""dn: CN={name},{schema}
objectClass: attributeSchema
cn: {name}
lDAPDisplayName: {name}
attributeID: {OID}.1.{number}
attributeSyntax: {syntax[0]}
oMSyntax: {syntax[1]}
isSingleValued: {str(single).upper()}
"""
        for number, (name, (syntax, single)) in enumerate(ATTRIBUTES.items(), 1)
    ]
    records.append(
        f"""dn: CN=ms-Exch-Schema-Version-Pt,{schema}
objectClass: attributeSchema
cn: ms-Exch-Schema-Version-Pt
lDAPDisplayName: msExchSchemaVersionPt
attributeID: {OID}.1.999
attributeSyntax: 2.5.5.12
oMSyntax: 64
isSingleValued: TRUE
rangeUpper: 17003
"""
    )
    return "\n".join(records)


def classes_ldif(schema: str) -> tuple[str, str]:
    """The container class, then those that may stand below it: Samba wants it stored first."""
    records = []
    for number, (name, may) in enumerate(CLASSES.items(), 1):
        lines = [
            f"dn: CN={name},{schema}",
            "objectClass: classSchema",
            f"cn: {name}",
            f"lDAPDisplayName: {name}",
            f"governsID: {OID}.2.{number}",
            "subClassOf: top",
            "objectClassCategory: 1",
            "rDNAttID: cn",
            f"defaultSecurityDescriptor: {READABLE}",
            "possSuperiors: container",
            *([] if number == 1 else ["possSuperiors: msExchContainer"]),
            *(f"mayContain: {attribute}" for attribute in may),
        ]
        records.append("\n".join(lines) + "\n")
    return records[0], "\n".join(records[1:])


def superiors_ldif(schema: str) -> str:
    """What may only be said when all classes are there."""
    above = [
        "msExchContainer",
        "msExchOrganizationContainer",
        "msExchExchangeServer",
        "msExchAuthAuthConfig",
    ]
    lines = "\n".join(f"possSuperiors: {name}" for name in above)
    return f"""dn: CN=msExchContainer,{schema}
changetype: modify
add: possSuperiors
{lines}

dn: CN=msExchAuthAuthConfig,{schema}
changetype: modify
add: possSuperiors
possSuperiors: msExchOrganizationContainer

dn: CN=Service-Connection-Point,{schema}
changetype: modify
add: possSuperiors
possSuperiors: msExchContainer
"""
