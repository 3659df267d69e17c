"""What was left out never makes an edge, unless the edge itself says that it is taken for granted; the
order of evidence changes nothing; another trust takes none away.
"""

import msgspec
import pytest
from contoso import (
    AUTH_THUMBPRINT,
    MAIL_THUMBPRINT,
    NAT,
    ORG,
    asked,
    certificate,
    key_credential,
    thing,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from organisation import SERVERS, Organisation, flow, organisation

from tocsin.analyse.trust.drawing import draw
from tocsin.analyse.trust.situation import Graph
from tocsin.knowledge.checks import checks
from tocsin.model.setting import Setting

GRANTED = {"by-design", "assumed"}
"""Provenances that say that nobody read it."""

DISABLED = [
    thing(
        "InboundConnector", "exchange-online", "Off", Enabled=False, ConnectorType="OnPremises",
        TlsSenderCertificateName="*.contoso.example", CloudServicesMailEnabled=True,
    ),
    thing(
        "InboundConnector", "exchange-online", "Partner", Enabled=True, ConnectorType="Partner",
        SenderIPAddresses=[NAT], TlsSenderCertificateName=None,
    ),
    thing(
        "InboundConnector", "exchange-online", "Named", Enabled=True, ConnectorType="OnPremises",
        SenderIPAddresses=[NAT], TlsSenderCertificateName="other.example",
        CloudServicesMailEnabled=False, TreatMessagesAsInternal=False,
    ),
    thing(
        "SendConnector", "on-premises", "Off out", Enabled=False, SourceTransportServers=["EX04"],
        AddressSpaces=["smtp:contoso.mail.onmicrosoft.com;1"], CloudServicesMailEnabled=True,
    ),
    thing(
        "ReceiveConnector", "on-premises", "EX04\\Off", "EX04", Enabled=False,
        RemoteIPRanges=["10.0.0.0/8"], AuthMechanism=["ExternalAuthoritative"],
        PermissionGroups=["ExchangeServers"],
    ),
    thing(
        "ReceiveConnector", "on-premises", "EX03\\Users", "EX03", Enabled=True, RemoteIPRanges=["10.0.0.9"],
        AuthMechanism=["Tls"], PermissionGroups=["ExchangeUsers"],
    ),
    thing(
        "ReceiveConnectorPermission", "on-premises", "EX03\\Users", "EX03", Identity="EX03\\Users",
        User="NT AUTHORITY\\ANONYMOUS LOGON", Deny=True,
        ExtendedRights=["ms-Exch-SMTP-Accept-Any-Recipient"],
    ),
    thing(
        "IntraOrganizationConnector", "exchange-online", "Off IOC", Enabled=False,
        DiscoveryEndpoint="https://ex04.contoso.example/autodiscover/autodiscover.svc",
    ),
    thing(
        "OutboundConnector", "exchange-online", "Off back", Enabled=False, ConnectorType="OnPremises",
        SmartHosts=["ex04.contoso.example"], RouteAllMessagesViaOnPremises=True,
    ),
    thing(
        "AuthServer", "on-premises", "Off auth", Enabled=False, Type="AzureAD",
        ApplicationIdentifier=None,
    ),
    thing(
        "PartnerApplication", "on-premises", "Off app", Enabled=False, UseAuthServer=False,
        LinkedAccount=None,
    ),
    thing(
        "TransportRule", "exchange-online", "Off rule", State="Disabled", SetSCL=-1,
        SenderIpRanges=[NAT],
    ),
    certificate("EX04", AUTH_THUMBPRINT, HasPrivateKey=False),
    certificate("EX03", MAIL_THUMBPRINT, HasPrivateKey=False),
    certificate(
        "EX03", "E5" * 20, Subject="CN=EX03", Issuer="CN=EX03", CertificateDomains=["ex03.contoso.example"],
        IsSelfSigned=True,
    ),
    thing(
        "Segmentation", "on-premises", "EX04", Server="EX04", Blocks=["foothold"], Until="2027-03-31",
    ),
]  # fmt: skip
"""Objects that draw no edge for what they say: leaving that out must not draw one."""


def bare(graph: Graph) -> dict[tuple[str, str, str], str]:
    return {(e.kind, e.source, e.target): e.provenance for e in graph.edges.values()}


def whole() -> Organisation:
    return organisation(extra=DISABLED)


def poorer() -> list[tuple[str, Organisation]]:
    """The organisation without each property of each object in turn."""
    evidence = whole().evidence
    found = []
    for at, each in enumerate(evidence):
        body = each.body
        if not isinstance(body, Setting):
            continue
        for name in body.properties:
            kept = {key: value for key, value in body.properties.items() if key != name}
            less = msgspec.structs.replace(
                each, body=msgspec.structs.replace(body, properties=kept)
            )
            rest = (*evidence[:at], less, *evidence[at + 1 :])
            found.append((f"{body.kind} {body.name} {name}", Organisation(evidence=rest)))
    return found


def test_leaving_a_property_out_makes_no_edge_that_claims_to_be_read():
    before = bare(whole().situation().graph)
    for what, less in poorer():
        for edge, provenance in bare(less.situation().graph).items():
            if edge not in before:
                assert provenance in GRANTED, (what, edge)


def test_leaving_a_property_out_makes_no_edge_surer():
    before = whole().situation().graph.edges
    for what, less in poorer():
        for name, edge in less.situation().graph.edges.items():
            if name in before and edge.strength > before[name].strength:
                assert edge.provenance in GRANTED, (what, edge)


@pytest.mark.parametrize("kind", sorted({e.body.kind for e in whole().evidence}))
def test_leaving_a_kind_out_makes_no_edge_that_claims_to_be_read(kind):
    before = bare(whole().situation().graph)
    less = Organisation(evidence=tuple(e for e in whole().evidence if e.body.kind != kind))
    for edge, provenance in bare(less.situation().graph).items():
        if edge not in before:
            # Mail that a connector would have taken shows the trust itself; a certificate that was
            # not exported is known by the name that a connector gives it.
            seen = edge[0] == "HX_ObservedMail" or kind == "ExchangeCertificate"
            assert provenance in GRANTED or seen, edge


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_evidence_changes_nothing(random):
    evidence = list(whole().evidence)
    random.shuffle(evidence)
    servers = list(SERVERS)
    random.shuffle(servers)
    shuffled = Organisation(evidence=tuple(evidence), servers=tuple(servers))
    assert shuffled.situation().graph == whole().situation().graph


MORE = [
    thing(
        "InboundConnector", "exchange-online", "Extra", Enabled=True, ConnectorType="OnPremises",
        TlsSenderCertificateName="mail.contoso.example", CloudServicesMailEnabled=True,
        TreatMessagesAsInternal=False,
    ),
    thing(
        "InboundConnector", "exchange-online", "By address", Enabled=True, ConnectorType="OnPremises",
        SenderIPAddresses=["10.20.9.14"], TlsSenderCertificateName=None, TreatMessagesAsInternal=True,
        CloudServicesMailEnabled=False,
    ),
    thing(
        "SendConnector", "on-premises", "Second out", Enabled=True, SourceTransportServers=["EX04"],
        AddressSpaces=["smtp:contoso.mail.onmicrosoft.com;1"], CloudServicesMailEnabled=True,
        TlsCertificateName="<I>CN=Example TLS CA, O=Example, C=US<S>CN=mail.contoso.example",
    ),
    thing(
        "ReceiveConnector", "on-premises", "EX03\\Open", "EX03", Enabled=True,
        RemoteIPRanges=["10.0.0.0/8"], AuthMechanism=["ExternalAuthoritative"],
        PermissionGroups=["ExchangeServers"],
    ),
    certificate("EX03", MAIL_THUMBPRINT),
    certificate("EX04", AUTH_THUMBPRINT),
    certificate("EX04", "F6" * 20, Subject="CN=*.contoso.example", Issuer="CN=Example TLS CA",
                CertificateDomains=["*.contoso.example"], Services=["SMTP"], IsSelfSigned=False),
    thing(
        "Application", "entra", "ExchangeServerApp-second", appId="11111111-2222-4333-8444-555555555555",
        displayName="ExchangeServerApp-second", keyCredentials=[key_credential(AUTH_THUMBPRINT)],
    ),
    thing(
        "MigrationEndpoint", "exchange-online", "Agent",
        RemoteServer="0a1b2c3d.resource.mailboxmigration.his.msappproxy.net",
    ),
    thing(
        "OutboundConnector", "exchange-online", "All out", Enabled=True, ConnectorType="OnPremises",
        SmartHosts=["ex04.contoso.example"], RouteAllMessagesViaOnPremises=True,
    ),
    thing(
        "DirectoryRoleMember", "entra", "second@contoso.example", Role="Exchange Administrator",
        UserPrincipalName="second@contoso.example", onPremisesSyncEnabled=True,
    ),
    thing("AcceptedDomain", "on-premises", "*", DomainName="*", DomainType="InternalRelay"),
]  # fmt: skip
"""Trusts, each more than there was."""

FLOWS = [
    flow("EX04.contoso.example", "203.0.113.99", "*.protection.outlook.com", auth_as="Internal"),
    flow("EX01.contoso.example", NAT, "*.protection.outlook.com", auth_as="Internal"),
    flow("printer9", "10.20.40.7", "ex04.contoso.example"),
]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, len(MORE) - 1), unique=True),
    st.integers(0, len(MORE) - 1),
    st.lists(st.integers(0, len(FLOWS) - 1), unique=True),
)
def test_another_trust_takes_no_edge_away_and_weakens_none(some, another, seen):
    less = organisation(extra=[MORE[n] for n in some])
    more = organisation(
        extra=[MORE[n] for n in {*some, another}],
        flows=(*less.flows, *(FLOWS[n] for n in seen)),
    )
    before, after = less.situation().graph.edges, more.situation().graph.edges
    assert set(before) <= set(after)
    assert all(after[name].strength >= edge.strength for name, edge in before.items())


def test_an_exported_connector_takes_the_place_of_the_one_that_was_taken_for_granted():
    unread = organisation(without=["InboundConnector"]).situation().graph
    assert "inboundconnector:inbound connector (not exported)" in unread.nodes
    read = organisation().situation().graph
    assert "inboundconnector:inbound connector (not exported)" not in read.nodes
    assert f"inboundconnector:inbound from {ORG}" in read.nodes
    none = organisation(
        without=["InboundConnector"], extra=[asked("InboundConnector", "exchange-online")]
    )
    assert not [n for n in none.situation().graph.nodes.values() if n.kind == "InboundConnector"]


def test_checks_named_by_edges_exist():
    known = set(checks())
    if len(known) < 50:
        pytest.skip("not all checks are written yet")
    graph = organisation(extra=MORE).situation().graph
    assert {check for edge in graph.edges.values() for check in edge.checks} <= known


def test_nothing_read_is_an_empty_graph_of_targets():
    empty = Organisation(evidence=(), servers=(), flows=()).situation(drawn=False)
    graph = draw(empty)
    assert not graph.edges
    assert len(graph.nodes) == 7
