"""The trust graph of a whole hybrid organisation: every edge with its proof, strength and provenance."""

import time

import msgspec
import pytest
from contoso import (
    AUTH_THUMBPRINT,
    DEDICATED_APP,
    FIRST_PARTY,
    MAIL_THUMBPRINT,
    NAT,
    ORG,
    asked,
    certificate,
    key_credential,
    thing,
)
from drawn import (
    AUTH_KEY,
    DOMAIN,
    ETS,
    EWP,
    HYBRID,
    MAIL_KEY,
    MAILBOXES,
    TRUST,
    found,
    graph,
    one,
    server,
)
from organisation import EDGE, FLOWS, SERVERS, flow, organisation

from tocsin.analyse.trust.drawing import draw
from tocsin.analyse.trust.situation import Graph
from tocsin.analyse.trust.ways import Atlas
from tocsin.model.trusts import TARGETS


@pytest.fixture(scope="module")
def whole() -> Graph:
    return graph()


def test_every_edge_names_its_proof_and_what_it_means(whole):
    for edge in whole.edges.values():
        assert edge.bases, edge
        assert all(basis.source for basis in edge.bases), edge
        assert "{" not in str(edge.because), edge
        assert str(edge.because).endswith("."), edge
        assert edge.fix is None or "{" not in str(edge.fix), edge


def test_a_key_is_exported_or_held_by_design(whole):
    exported = one(whole, "HX_HoldsKey", server(1), MAIL_KEY)
    assert (exported.strength, exported.provenance) == (1.0, "configured")
    assert exported.bases[0].property == "HasPrivateKey"
    assert exported.bases[0].value == "true"
    hidden = one(whole, "HX_HoldsKey", server(3), MAIL_KEY)
    assert (hidden.strength, hidden.provenance) == (0.9, "by-design")
    assert "EX03.contoso.example" in str(hidden.because)


def test_a_server_that_does_not_send_holds_the_keys_all_the_same(whole):
    assert not found(whole, "HX_SendsVia", server(4))
    assert found(whole, "HX_HoldsKey", server(4), MAIL_KEY)
    assert found(whole, "HX_HoldsKey", server(4), AUTH_KEY)


def test_no_key_where_the_export_says_so():
    drawn = graph(
        extra=[
            certificate("EX03", MAIL_THUMBPRINT, HasPrivateKey=False),
            asked("ExchangeCertificate", "on-premises", "EX04", 0),
        ]
    )
    assert not found(drawn, "HX_HoldsKey", server(3), MAIL_KEY)
    assert not found(drawn, "HX_HoldsKey", server(4), MAIL_KEY)
    # Nothing was said of the other key on EX03.
    assert found(drawn, "HX_HoldsKey", server(3), AUTH_KEY)


def test_an_edge_server_has_no_auth_certificate():
    drawn = graph(servers=(*SERVERS, EDGE))
    assert not found(drawn, "HX_HoldsKey", f"server:{EDGE.id}", AUTH_KEY)
    assert not found(drawn, "HX_AdminOfPeer", target=f"server:{EDGE.id}")
    assert not found(drawn, "HX_ReadsMailboxes", f"server:{EDGE.id}")


def test_a_wildcard_lets_every_name_below_it_in(whole):
    edge = one(whole, "HX_Authenticates", MAIL_KEY, HYBRID)
    assert (edge.strength, edge.provenance) == (1.0, "configured")
    assert "*.contoso.example" in str(edge.because)
    assert {"TlsSenderCertificateName"} <= {basis.property for basis in edge.bases}


def test_a_certificate_that_nobody_vouches_for_opens_nothing():
    own = certificate(
        "EX03", "E5" * 20, Subject="CN=EX03", Issuer="CN=EX03", Services=["SMTP"],
        CertificateDomains=["EX03.contoso.example"], IsSelfSigned=True,
    )  # fmt: skip
    assert not found(graph(extra=[own]), "HX_Authenticates", f"certificate:{'e5' * 20}")


def test_a_disabled_connector_draws_nothing():
    off = thing(
        "InboundConnector", "exchange-online", "Old", Enabled=False, ConnectorType="OnPremises",
        TlsSenderCertificateName="*.contoso.example", SenderIPAddresses=[NAT],
        CloudServicesMailEnabled=True,
    )  # fmt: skip
    send = thing(
        "SendConnector", "on-premises", "Old out", Enabled=False, SourceTransportServers=["EX04"],
        AddressSpaces=["smtp:contoso.mail.onmicrosoft.com;1"], CloudServicesMailEnabled=True,
    )  # fmt: skip
    assert graph(extra=[off, send]) == graph()


def test_a_connector_of_a_partner_is_no_trust_in_the_servers():
    partner = thing(
        "InboundConnector", "exchange-online", "Partner", Enabled=True, ConnectorType="Partner",
        TlsSenderCertificateName="*.contoso.example",
    )  # fmt: skip
    assert graph(extra=[partner]) == graph()


def test_what_a_connector_grants(whole):
    promoted = one(whole, "HX_GrantsMailTrust", HYBRID, TRUST)
    assert promoted.strength == 1.0
    relayed = one(whole, "HX_GrantsMailTrust", "inboundconnector:old scanners", TRUST)
    assert relayed.strength == 0.6


def test_an_address_is_matched_as_mail_was_seen_to_leave_from_it(whole):
    seen = one(whole, "HX_MatchesIP", server(2))
    assert (seen.provenance, seen.strength) == ("observed", 0.9)
    assert {"Received", "SenderIPAddresses"} == {basis.property for basis in seen.bases}
    behind = one(whole, "HX_MatchesIP", server(4))
    assert behind.provenance == "assumed"
    own = msgspec.structs.replace(SERVERS[3], addresses=(NAT,))
    drawn = graph(servers=(*SERVERS[:3], own), flows=())
    assert one(drawn, "HX_MatchesIP", server(4)).provenance == "configured"
    assert not found(drawn, "HX_MatchesIP", server(3))


def test_mail_goes_by_the_send_connector(whole):
    name = f"sendconnector:outbound to office 365 - {ORG}"
    assert one(whole, "HX_SendsVia", target=name).source == server(2)
    assert one(whole, "HX_SourceOf", name, HYBRID).provenance == "configured"
    assert one(whole, "HX_TrustsPeer", target=name).source == "adgroup:exchange servers"


def test_one_server_administers_every_other_by_way_of_the_group(whole):
    assert {e.target for e in found(whole, "HX_AdminOfPeer", ETS)} == {
        server(n) for n in range(1, 5)
    }
    assert one(whole, "HX_MemberOf", server(3), ETS).provenance == "configured"
    without = graph(without=["DirectoryGroup"])
    assert one(without, "HX_MemberOf", server(3), ETS).provenance == "by-design"


def test_a_computer_that_is_no_server_any_more_keeps_the_rights(whole):
    (stale,) = [n for n in whole.nodes.values() if n.kind == "ADComputer"]
    assert stale.name == "EX-OLD"
    assert found(whole, "HX_MemberOf", stale.id, ETS)


def test_rights_over_the_domain_as_the_access_list_says(whole):
    root = one(whole, "HX_WriteDacl", EWP, DOMAIN)
    assert (root.strength, root.provenance) == (1.0, "configured")
    assert "WriteDacl" in root.bases[0].value
    by_design = one(graph(without=["AccessControl"]), "HX_WriteDacl", EWP, DOMAIN)
    assert (by_design.strength, by_design.provenance) == (0.8, "by-design")


def test_split_permissions_end_the_way_to_the_domain():
    group = thing(
        "DirectoryGroup", "directory", "Exchange Windows Permissions", WellKnown="EWP",
        Name="Exchange Windows Permissions", Members=[],
        DistinguishedName="CN=Exchange Windows Permissions,OU=Microsoft Exchange Protected Groups,"
        "DC=contoso,DC=example",
    )  # fmt: skip
    drawn = graph(without=["DirectoryGroup", "AccessControl"], extra=[group])
    assert not found(drawn, "HX_MemberOf", ETS, EWP)
    assert not found(drawn, "HX_WriteDacl")


def test_the_apps_that_take_the_auth_certificate(whole):
    first, dedicated = f"firstpartysp:{FIRST_PARTY}", f"dedicatedapp:{DEDICATED_APP}"
    assert one(whole, "HX_SignsFor", AUTH_KEY, first).provenance == "configured"
    assert one(whole, "HX_SignsFor", AUTH_KEY, dedicated).provenance == "configured"
    assert one(whole, "HX_AppRole", first, "tenant:tenant").strength == 0.9
    full = one(whole, "HX_AppRole", dedicated, MAILBOXES)
    assert (full.strength, full.provenance) == (1.0, "configured")


def test_a_key_that_has_ended_signs_nothing():
    old = thing(
        "ServicePrincipal", "entra", "Office 365 Exchange Online", appId=FIRST_PARTY,
        displayName="Office 365 Exchange Online",
        keyCredentials=[key_credential(AUTH_THUMBPRINT, "2026-11-19T00:00:00Z")],
    )  # fmt: skip
    drawn = graph(without=["ServicePrincipal"], extra=[old])
    assert not found(drawn, "HX_SignsFor", AUTH_KEY, f"firstpartysp:{FIRST_PARTY}")


def test_a_clean_principal_takes_no_signature():
    clean = thing(
        "ServicePrincipal", "entra", "Office 365 Exchange Online", appId=FIRST_PARTY,
        displayName="Office 365 Exchange Online", keyCredentials=[],
    )  # fmt: skip
    drawn = graph(without=["ServicePrincipal"], extra=[clean])
    assert not found(drawn, "HX_SignsFor", target=f"firstpartysp:{FIRST_PARTY}")


def test_centralised_transport_gives_a_hold_on_the_mailboxes_mail():
    assert not found(graph(), "HX_RoutesOutboundThrough")
    central = thing(
        "OutboundConnector", "exchange-online", "All out", Enabled=True, ConnectorType="OnPremises",
        SmartHosts=["ex04.contoso.example"], RouteAllMessagesViaOnPremises=True,
    )  # fmt: skip
    edge = one(graph(extra=[central]), "HX_RoutesOutboundThrough")
    assert (edge.source, edge.target, edge.strength) == (server(4), MAILBOXES, 0.8)


def test_a_relay_that_is_taken_for_authenticated(whole):
    relay = "receiveconnector:ex02\\scanner relay"
    edge = one(whole, "HX_SubmitsTo", target=relay)
    assert edge.source == "relaydevice:hosts in 10.20.40.0/24"
    assert edge.strength == 0.9
    assert one(whole, "HX_SubmitsTo", relay).target == server(2)
    narrow = graph(
        without=["ReceiveConnector"],
        extra=[
            thing(
                "ReceiveConnector",
                "on-premises",
                "EX02\\Scanner Relay",
                "EX02",
                Enabled=True,
                RemoteIPRanges=["10.20.40.9"],
                AuthMechanism=["ExternalAuthoritative"],
            )
        ],
    )
    assert one(narrow, "HX_SubmitsTo", target=relay).strength == 0.6


def test_synchronised_administrators_join_domain_and_tenant(whole):
    edge = one(whole, "HX_SyncsTo", target="tenant:tenant")
    assert "helpdesk@contoso.example" in str(edge.because)
    assert not found(graph(without=["DirectoryRoleMember"]), "HX_SyncsTo", target="tenant:tenant")
    assert not found(graph(without=["DirectoryRoleMember", "Tenant"]), "HX_SyncsTo")


def test_mail_that_was_seen_stands_beside_what_is_configured(whole):
    edge = one(whole, "HX_ObservedMail", server(2), HYBRID)
    assert (edge.weight, edge.provenance) == (40, "observed")
    assert edge.last == FLOWS[0].last


def test_internal_mail_of_a_host_nobody_configured_is_told():
    stranger = flow("webshop.contoso.example", "203.0.113.77", "*.protection.outlook.com",
                    auth_as="Internal", count=214)  # fmt: skip
    drawn = graph(without=["InboundConnector"], flows=(stranger,),
                  extra=[asked("InboundConnector", "exchange-online")])  # fmt: skip
    edge = one(drawn, "HX_ObservedMail")
    assert (edge.source, edge.target) == ("relaydevice:webshop.contoso.example", TRUST)
    assert "mails: 214" in str(edge.because)
    liar = msgspec.structs.replace(stranger, sender="EX02.contoso.example", auth_as="Anonymous")
    assert not found(graph(flows=(liar,)), "HX_ObservedMail")


def test_an_exchange_that_stands_alone_has_no_way_to_the_cloud():
    alone = graph(parts=(), flows=())
    cloud = {n.id for n in alone.nodes.values() if n.side == "cloud"}
    assert not [e for e in alone.edges.values() if e.target in cloud]
    # Mail that Exchange Online takes for internal shows the tie: what a hybrid has by design is drawn.
    tied = graph(parts=())
    assert found(tied, "HX_SignsFor", target=f"firstpartysp:{FIRST_PARTY}")
    assert found(tied, "HX_GrantsMailTrust")
    assert {e.provenance for e in tied.edges.values()} <= {"by-design", "assumed", "observed"}


def test_what_may_be_somebody_elses_server_is_only_assumed_to_have_what_exchange_has():
    servers = (*SERVERS[:3], msgspec.structs.replace(SERVERS[3], ours="unknown"))
    drawn = graph(servers=servers, without=["DirectoryGroup"])
    assert one(drawn, "HX_HoldsKey", server(4), AUTH_KEY).provenance == "assumed"
    assert one(drawn, "HX_MemberOf", server(4), ETS).provenance == "assumed"
    assert one(drawn, "HX_MemberOf", server(3), ETS).provenance == "by-design"
    other = (*SERVERS[:3], msgspec.structs.replace(SERVERS[3], ours=False))
    assert server(4) not in graph(servers=other).nodes


def test_hidden_servers_have_a_way_to_every_target(whole):
    ends = [n.id for n in whole.nodes.values() if n.kind in TARGETS]
    atlas = Atlas(whole, ends)
    for end in ends:
        assert set(atlas.best([server(3), server(4)], end)) == {server(3), server(4)}, end


def test_two_thousand_servers_are_drawn_without_pairs():
    servers = tuple(
        msgspec.structs.replace(
            SERVERS[2], id=f"s{n}.contoso.example", name=f"s{n}", names=(f"s{n}.contoso.example",)
        )
        for n in range(2000)
    )
    situation = organisation(servers=servers).situation(drawn=False)
    before = time.process_time()
    drawn = draw(situation)
    assert len(drawn.edges) < 20 * len(servers)
    assert time.process_time() - before < 5
