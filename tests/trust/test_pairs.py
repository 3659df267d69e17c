"""Both ends of every trust, side by side: what a reader sees where they agree, and where not."""

from typing import Any

import pytest
from contoso import (
    AUTH_THUMBPRINT,
    FIRST_PARTY,
    NEXT_THUMBPRINT,
    OLD_THUMBPRINT,
    ORG,
    TENANT_ID,
    asked,
    key_credential,
    thing,
)
from organisation import Organisation, organisation

from tocsin.analyse.trust.pairs import pairs
from tocsin.model.evidence import Evidence
from tocsin.model.trusts import Pair, PairRow

TO_CLOUD = "Mail to Exchange Online"
FROM_CLOUD = "Mail from Exchange Online"
KEYS = "The Auth Certificate, and the keys in Entra"
SERVERS = "Servers that the hybrid configuration names"


def found(org: Organisation, title: str) -> list[Pair]:
    return [each for each in pairs(org.situation(drawn=False)) if str(each.title) == title]


def only(org: Organisation, title: str) -> Pair:
    (pair,) = found(org, title)
    return pair


def row(pair: Pair, name: str) -> PairRow:
    return next(each for each in pair.rows if name in (each.left_property, each.right_property))


def bare(*evidence: Evidence) -> Organisation:
    return organisation(parts=(), extra=evidence, servers=(), flows=())


def send(name: str = f"Outbound to Office 365 - {ORG}", **more: Any) -> Evidence:
    told = {
        "Enabled": True,
        "AddressSpaces": ["smtp:contoso.mail.onmicrosoft.com;1"],
        "CloudServicesMailEnabled": True,
        "TlsCertificateName": "<I>CN=Example TLS CA, O=Example, C=US<S>CN=mail.contoso.example",
    }
    return thing("SendConnector", "on-premises", name, **{**told, **more})


def inbound(name: str = f"Inbound from {ORG}", **more: Any) -> Evidence:
    told = {
        "Enabled": True,
        "ConnectorType": "OnPremises",
        "CloudServicesMailEnabled": True,
        "TlsSenderCertificateName": "mail.contoso.example",
    }
    return thing("InboundConnector", "exchange-online", name, **{**told, **more})


def test_a_whole_hybrid_agrees_but_for_the_old_key():
    wrong = [
        (str(pair.title), each.left_property)
        for pair in pairs(organisation().situation(drawn=False))
        for each in pair.rows
        if each.agrees is False
    ]
    assert wrong == [(KEYS, "PreviousCertificateThumbprint")]


def test_a_connector_meets_the_one_with_the_same_guid_among_several():
    pair = only(organisation(), TO_CLOUD)
    assert (pair.left, pair.right) == (f"Outbound to Office 365 - {ORG}", f"Inbound from {ORG}")
    assert all(each.source for each in pair.bases)


def test_without_a_guid_it_meets_the_one_that_asks_for_its_certificate():
    org = bare(
        send("To the cloud"),
        inbound("Old relay", TlsSenderCertificateName="relay.fabrikam.example"),
        inbound("From us"),
    )
    assert only(org, TO_CLOUD).right == "From us"


def test_another_certificate_than_the_cloud_asks_for_is_told():
    org = bare(send(), inbound(TlsSenderCertificateName="*.fabrikam.example"))
    told = row(only(org, TO_CLOUD), "TlsCertificateName")
    assert told.agrees is False
    assert str(told.because) == (
        "The inbound connector asks for *.fabrikam.example, the send connector shows "
        "mail.contoso.example: it does not recognise this mail as the organisation's, or recognises it "
        "by something else."
    )


def test_a_further_name_of_the_certificate_counts():
    org = bare(
        send(),
        inbound(TlsSenderCertificateName="hybrid.contoso.example"),
        thing(
            "ExchangeCertificate",
            "on-premises",
            "A1",
            "EX01",
            Thumbprint="A1" * 20,
            Subject="CN=mail.contoso.example",
            Issuer="CN=Example TLS CA,O=Example,C=US",
            CertificateDomains=["mail.contoso.example", "hybrid.contoso.example"],
        ),
    )
    assert row(only(org, TO_CLOUD), "TlsCertificateName").agrees is True


def test_what_was_not_collected_is_left_open():
    org = bare(send(TlsCertificateName=None), inbound())
    assert row(only(org, TO_CLOUD), "TlsCertificateName").agrees is None
    alone = row(only(bare(send()), TO_CLOUD), "Name")
    assert (alone.right, alone.agrees) == (None, None)


def test_a_connector_without_a_counterpart_is_told_only_where_the_other_side_was_read():
    org = bare(send(), asked("InboundConnector", "exchange-online"))
    alone = row(only(org, TO_CLOUD), "Name")
    assert alone.agrees is False
    assert "which was read, has no counterpart" in str(alone.because)


def test_mail_from_the_cloud_needs_a_connector_that_believes_it():
    outbound = thing(
        "OutboundConnector",
        "exchange-online",
        f"Outbound to {ORG}",
        Enabled=True,
        ConnectorType="OnPremises",
        CloudServicesMailEnabled=True,
        SmartHosts=["mail.contoso.example"],
        TlsDomain="mail.contoso.example",
    )
    front = thing(
        "ReceiveConnector",
        "on-premises",
        "EX01\\Default Frontend EX01",
        "EX01",
        Enabled=True,
        TlsDomainCapabilities=[],
        TlsCertificateName="<I>CN=CA<S>CN=old.contoso.example",
    )
    pair = only(bare(outbound, front), FROM_CLOUD)
    assert row(pair, "TlsDomainCapabilities").agrees is False
    assert row(pair, "TlsDomain").agrees is False
    assert row(pair, "SmartHosts").agrees is None, "the hybrid configuration was not read"


def app(*keys: str) -> Evidence:
    return thing(
        "ServicePrincipal",
        "entra",
        "Office 365 Exchange Online",
        appId=FIRST_PARTY,
        displayName="Office 365 Exchange Online",
        keyCredentials=[key_credential(each) for each in keys],
    )


def config(**more: str) -> Evidence:
    told = {
        "CurrentCertificateThumbprint": AUTH_THUMBPRINT.lower(),
        "PreviousCertificateThumbprint": OLD_THUMBPRINT,
        "NextCertificateThumbprint": NEXT_THUMBPRINT,
        **more,
    }
    return thing("AuthConfig", "on-premises", "Auth Configuration", **told)


def test_thumbprints_meet_keys_whatever_their_case():
    pair = only(bare(config(), app(AUTH_THUMBPRINT, NEXT_THUMBPRINT)), KEYS)
    assert [(each.left_property, each.agrees) for each in pair.rows] == [
        ("CurrentCertificateThumbprint", True),
        ("NextCertificateThumbprint", True),
    ]


def test_a_key_of_none_of_the_three_certificates_is_told():
    pair = only(bare(config(), app(AUTH_THUMBPRINT, "E5" * 20)), KEYS)
    assert pair.rows[-1].right == "E5" * 20
    assert pair.rows[-1].agrees is False


def test_a_principal_that_was_cleaned_up_is_no_mismatch():
    assert found(bare(config(), app()), KEYS) == []


def test_a_removed_server_is_named_only_where_all_servers_are_known():
    hybrid = thing(
        "HybridConfiguration",
        "on-premises",
        "Hybrid Configuration",
        SendingTransportServers=["contoso.example/Configuration/Servers/EDGE7"],
        ReceivingTransportServers=[],
        EdgeTransportServers=[],
    )
    open_ = row(only(bare(hybrid), SERVERS), "SendingTransportServers")
    assert (open_.left, open_.agrees) == ("EDGE7", None)
    told = row(only(bare(hybrid, asked("ExchangeServer", "on-premises")), SERVERS), "Name")
    assert str(told.because) == (
        "The hybrid configuration names EDGE7; no Exchange server of that name is there any more."
    )


@pytest.mark.parametrize(("realm", "agrees"), [(TENANT_ID.upper(), True), (ORG, False)])
def test_the_issuer_of_tokens_speaks_for_the_tenant(realm: str, *, agrees: bool):
    issuer = thing("AuthServer", "on-premises", "EvoSts", Enabled=True, Type="AzureAD", Realm=realm)
    tenant = thing("Tenant", "entra", "Contoso", id=TENANT_ID)
    pair = only(bare(issuer, tenant), "Who issues tokens, and the tenant")
    assert row(pair, "Realm").agrees is agrees


def test_a_partner_is_no_half_of_the_hybrid():
    partner = thing(
        "OrganizationRelationship",
        "on-premises",
        "Fabrikam",
        Enabled=True,
        DomainNames=["fabrikam.example"],
    )
    other = asked("OrganizationRelationship", "exchange-online")
    assert found(bare(partner, other), "Organisation relationships") == []


def test_pairs_do_not_depend_on_the_order_of_evidence():
    org = organisation()
    back = organisation(parts=(), extra=tuple(reversed(org.evidence)))
    assert pairs(org.situation(drawn=False)) == pairs(back.situation(drawn=False))
