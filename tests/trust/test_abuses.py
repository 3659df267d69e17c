"""What intruders do with a hybrid that is set up: told by the check that it belongs to, and drawn."""

from typing import Any

import pytest
from contoso import (
    AUTH_THUMBPRINT,
    DEDICATED_APP,
    DOMAIN_SID,
    EXCHANGE_SERVERS,
    FIRST_PARTY,
    FULL_ACCESS,
    asked,
    key_credential,
    thing,
)
from contoso import ETS as ETS_SID
from drawn import AUTH_KEY, DOMAIN, ETS, MAILBOXES, TRUST, found, one, server
from organisation import Organisation, organisation

from tocsin.analyse.trust.drawing import draw
from tocsin.analyse.trust.judging import judged
from tocsin.analyse.trust.situation import Graph
from tocsin.analyse.trust.ways import Atlas
from tocsin.knowledge.checks import checks
from tocsin.model.evidence import Evidence
from tocsin.model.trusts import CheckResult

CHANGES = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2"
CHANGES_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
"""DS-Replication-Get-Changes and -All: https://learn.microsoft.com/windows/win32/adschema/extended-rights."""

MAIL_READ = "810c84a8-4a9e-49e6-bf7d-12d183f40d01"
MAIL_SEND = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
"""https://learn.microsoft.com/graph/permissions-reference"""

ARCHIVE = "3c0f2c7a-6f52-4b7e-8f37-2f4f1c9f0a11"


def said(check: str, *more: Evidence, without: tuple[str, ...] = ()) -> list[CheckResult]:
    org = organisation(extra=more, without=without)
    return judged(org.situation(drawn=False), (checks()[check],))


def failures(check: str, *more: Evidence, without: tuple[str, ...] = ()) -> dict[str, CheckResult]:
    return {e.subject: e for e in said(check, *more, without=without) if e.outcome == "fail"}


def drawn(*more: Evidence) -> Graph:
    return organisation(extra=more).situation().graph


def bare(*evidence: Evidence) -> Organisation:
    return organisation(parts=(), extra=evidence, flows=())


def app(*thumbprints: str) -> Evidence:
    return thing(
        "Application",
        "entra",
        "Mail Archive",
        appId=ARCHIVE,
        displayName="Mail Archive",
        keyCredentials=[key_credential(each) for each in thumbprints],
    )


def principal() -> Evidence:
    return thing(
        "ServicePrincipal",
        "entra",
        "Mail Archive",
        appId=ARCHIVE,
        id="9c",
        displayName="Mail Archive",
    )


def role(of: str = FULL_ACCESS, holder: str = "9c", name: str = "Mail Archive") -> Evidence:
    return thing(
        "AppRoleAssignment",
        "entra",
        f"{name} {of}",
        appRoleId=of,
        principalId=holder,
        principalDisplayName=name,
    )


def test_another_app_with_full_access_is_told_and_its_way_drawn_where_a_server_can_sign_for_it():
    more = (app(AUTH_THUMBPRINT), principal(), role())
    told = failures("HYB-053", *more)["Mail Archive"]
    assert told.level == "high"
    assert str(told.because).startswith(
        "Mail Archive is not the hybrid's app and has full_access_as_app:"
    )
    graph = drawn(*more)
    archive = f"dedicatedapp:{ARCHIVE}"
    assert one(graph, "HX_SignsFor", AUTH_KEY, archive).strength == 1.0
    assert one(graph, "HX_AppRole", archive, MAILBOXES).strength == 1.0


def test_no_server_is_said_to_sign_for_an_app_whose_keys_are_others():
    graph = drawn(app("E5" * 20), principal(), role())
    assert not found(graph, "HX_SignsFor", target=f"dedicatedapp:{ARCHIVE}")
    assert f"certificate:{'e5' * 20}" not in graph.nodes


@pytest.mark.parametrize(("of", "level"), [(MAIL_READ, "medium"), (MAIL_SEND, "low")])
def test_roles_of_microsoft_graph_are_less_grave(of: str, level: str):
    assert failures("HYB-053", principal(), role(of))["Mail Archive"].level == level


def test_an_app_is_only_called_a_stranger_where_the_hybrids_own_is_known():
    without = (f"Application.{DEDICATED_APP}", "Application", "ServicePrincipal")
    results = said("HYB-053", role(), without=without)
    mine = next(each for each in results if each.subject == "Mail Archive")
    assert mine.outcome == "unknown"


def test_a_partner_whose_headers_are_believed_is_told_and_leads_to_the_trust_in_mail():
    partner = thing(
        "InboundConnector",
        "exchange-online",
        "Newsletter",
        Enabled=True,
        ConnectorType="Partner",
        CloudServicesMailEnabled=True,
        TreatMessagesAsInternal=False,
        SenderIPAddresses=["10.20.1.13"],
        TlsSenderCertificateName=None,
    )
    assert "Newsletter" in failures("HYB-016", partner)
    graph = drawn(partner)
    assert one(graph, "HX_GrantsMailTrust", "inboundconnector:newsletter", TRUST).strength == 1.0
    assert found(graph, "HX_MatchesIP", target="inboundconnector:newsletter")


def test_a_partner_that_nothing_is_believed_of_is_not_drawn():
    partner = thing(
        "InboundConnector",
        "exchange-online",
        "Newsletter",
        Enabled=True,
        ConnectorType="Partner",
        CloudServicesMailEnabled=False,
        TreatMessagesAsInternal=False,
    )
    assert "Newsletter" not in failures("HYB-016", partner)
    assert "inboundconnector:newsletter" not in drawn(partner).nodes


def access(*types: str, trustee: str = ETS_SID) -> tuple[Evidence, ...]:
    entries = [
        {
            "Type": "allow",
            "Flags": [],
            "Rights": ["ExtendedRight"],
            "ObjectType": each,
            "Trustee": trustee,
        }
        for each in types
    ]
    names = {
        "EWP": ("Exchange Windows Permissions", f"{DOMAIN_SID}-1121"),
        "ETS": ("Exchange Trusted Subsystem", ETS_SID),
        "ExchangeServers": ("Exchange Servers", EXCHANGE_SERVERS),
    }
    groups = (
        thing("DirectoryGroup", "directory", name, Name=name, Sid=sid, WellKnown=known, Members=[])
        for known, (name, sid) in names.items()
    )
    root = thing(
        "AccessControl",
        "directory",
        "DC=contoso,DC=example",
        Object="DC=contoso,DC=example",
        ObjectKind="domain",
        Entries=entries,
    )
    return (*groups, root)


@pytest.mark.parametrize(
    ("trustee", "group"), [(ETS_SID, ETS), (EXCHANGE_SERVERS, "adgroup:exchange servers")]
)
def test_the_rights_to_replicate_are_a_way_to_the_domain(trustee: str, group: str):
    graph = draw(bare(*access(CHANGES, CHANGES_ALL, trustee=trustee)).situation(drawn=False))
    edge = one(graph, "HX_DCSync", group, DOMAIN)
    assert (edge.strength, edge.provenance) == (1.0, "configured")
    assert "may copy the hash of every password" in str(edge.because)
    # Every server is in the group, so each has a way to the domain that ends with this edge.
    way = Atlas(graph).best([server(4)], DOMAIN)[server(4)]
    assert (way.strength, way.edges[-1]) == (1.0, edge.id)


def test_one_of_the_two_rights_is_less_than_both_and_the_other_alone_is_nothing():
    half = draw(bare(*access(CHANGES_ALL)).situation(drawn=False))
    edge = one(half, "HX_DCSync", ETS, DOMAIN)
    assert (edge.strength, edge.provenance) == (0.8, "assumed")
    other = draw(bare(*access(CHANGES)).situation(drawn=False))
    assert not found(other, "HX_DCSync")


def group(*members: dict[str, Any]) -> Evidence:
    return thing(
        "DirectoryGroup",
        "directory",
        "Exchange Servers",
        Name="Exchange Servers",
        WellKnown="ExchangeServers",
        Sid=EXCHANGE_SERVERS,
        Members=list(members),
    )


def test_a_stranger_among_the_exchange_servers_is_believed_by_all_of_them():
    place = {"DistinguishedName": "CN=svc-scan,OU=Service,DC=contoso,DC=example"}
    org = bare(group(place), asked("ExchangeServer", "on-premises"))
    (result,) = judged(org.situation(drawn=False), (checks()["HYB-072"],))
    assert result.outcome == "fail"
    assert "taken by every Exchange server for one of its own" in str(result.because)


def test_a_computer_that_is_listed_by_its_place_alone_is_drawn_as_one():
    place = "CN=WS117,OU=Desks,DC=contoso,DC=example"
    computer = thing(
        "DirectoryComputer", "directory", "WS117", Name="WS117", DistinguishedName=place
    )
    graph = draw(bare(group({"DistinguishedName": place}), computer).situation(drawn=False))
    assert one(graph, "HX_MemberOf", "adcomputer:ws117", "adgroup:exchange servers")


def send(host: str, **more: Any) -> Evidence:
    told = {
        "Enabled": True,
        "AddressSpaces": ["SMTP:*;1"],
        "CloudServicesMailEnabled": False,
        **more,
    }
    return thing("SendConnector", "on-premises", "To the internet", SmartHosts=[host], **told)


def mx(*hosts: str) -> Evidence:
    return thing("MxRecord", "", "contoso.example", Domain="contoso.example", Hosts=list(hosts))


@pytest.mark.parametrize(
    ("host", "outcome"),
    [
        ("smtp.wingtiptoys.com", "fail"),
        ("out3.filter.fabrikam.com", "pass"),
        ("[10.99.0.4]", "pass"),
        ("relay", "pass"),
        ("mail.contoso.example", "pass"),
        ("contoso-example.mail.protection.outlook.com", "pass"),
        ("wingtiptoys-com.mail.protection.outlook.com", "unknown"),
        ("[198.51.100.9]", "fail"),
    ],
)
def test_whose_host_all_mail_leaves_through(host: str, outcome: str):
    results = said("HYB-033", send(host), mx("mx1.filter.fabrikam.com"))
    (mine,) = [each for each in results if each.subject == "To the internet"]
    assert mine.outcome == outcome


def test_whose_service_it_is_is_not_known_without_mx_records_and_says_what_is_missing():
    results = said("HYB-033", send("smtp.wingtiptoys.com"), without=("MxRecord",))
    (mine,) = [each for each in results if each.subject == "To the internet"]
    assert mine.outcome == "unknown"
    assert mine.missing == ("Resolve-DnsName -Type MX",)
    assert "smtp.wingtiptoys.com" in str(mine.because)


def test_a_connector_for_a_partners_domain_alone_is_nobodys_business():
    assert not [
        each
        for each in said(
            "HYB-033", send("mail.wingtiptoys.com", AddressSpaces=["SMTP:wingtiptoys.com;1"])
        )
        if each.subject == "To the internet"
    ]


def endpoint(host: str, **more: Any) -> Evidence:
    told = {"EndpointType": "ExchangeRemoteMove", "RemoteServer": host, **more}
    return thing("MigrationEndpoint", "exchange-online", "Moves", **told)


@pytest.mark.parametrize(
    ("host", "more", "without", "outcome"),
    [
        ("mail.wingtiptoys.com", {}, (), "fail"),
        ("mail.wingtiptoys.com", {"EndpointType": "IMAP"}, (), "unknown"),
        ("mail.wingtiptoys.com", {}, ("VirtualDirectory",), "unknown"),
        ("mail.wingtiptoys.com", {}, ("HybridConfiguration",), "unknown"),
        ("other.contoso.example", {}, (), "unknown"),
    ],
)
def test_a_host_that_the_cloud_moves_mailboxes_from(
    host: str, more: dict[str, Any], without: tuple[str, ...], outcome: str
):
    found = [
        e for e in said("HYB-058", endpoint(host, **more), without=without) if e.subject == host
    ]
    assert [each.outcome for each in found] == [outcome]


def test_a_partners_own_host_in_a_relationship_with_him_is_no_strangers():
    partner = thing(
        "OrganizationRelationship",
        "exchange-online",
        "Wingtip",
        Enabled=True,
        DomainNames=["wingtiptoys.com"],
        TargetAutodiscoverEpr="https://autodiscover.wingtiptoys.com/autodiscover/autodiscover.svc",
        TargetSharingEpr=None,
    )
    assert "autodiscover.wingtiptoys.com" not in failures("HYB-058", partner)


def test_a_password_on_the_shared_principal_is_told():
    shared = thing(
        "ServicePrincipal",
        "entra",
        "Office 365 Exchange Online",
        appId=FIRST_PARTY,
        displayName="Office 365 Exchange Online",
        keyCredentials=[],
        passwordCredentials=[{"keyId": "77", "displayName": "sync"}],
    )
    (result,) = [
        e for e in judged(bare(shared).situation(), (checks()["HYB-051"],)) if e.outcome == "fail"
    ]
    assert result.level == "critical"
    assert "has passwords (1)" in str(result.because)


def test_a_second_organisation_in_the_tenant_does_not_make_its_connector_the_hybrids_own():
    guid = "11111111-2222-4333-8444-555555555555"
    connector = thing(
        "InboundConnector",
        "exchange-online",
        f"Inbound from {guid}",
        Enabled=True,
        ConnectorType="OnPremises",
        CloudServicesMailEnabled=True,
    )
    other = thing(
        "OnPremisesOrganization",
        "exchange-online",
        guid,
        OrganizationGuid=guid,
        InboundConnector=f"Inbound from {guid}",
    )
    for check in ("HYB-016", "HYB-018"):
        (mine,) = [e for e in said(check, connector, other) if guid in e.subject]
        assert mine.outcome == "unknown"
        second = thing("OrganizationConfig", "on-premises", "Fabrikam", Guid=guid.upper())
        (mine,) = [e for e in said(check, connector, other, second) if guid in e.subject]
        assert mine.outcome == "pass"


@pytest.mark.parametrize("catch_all", ["*", "*.com"])
def test_an_accepted_domain_for_all_makes_no_host_ones_own(catch_all: str):
    accepted = thing(
        "AcceptedDomain", "on-premises", "relay", DomainName=catch_all, DomainType="InternalRelay"
    )
    more = (accepted, send("smtp.wingtiptoys.com"), mx("mx1.filter.fabrikam.com"))
    assert "To the internet" in failures("HYB-033", *more)


def test_a_list_of_smart_hosts_that_was_cut_is_read_from_its_text():
    connector = thing(
        "SendConnector",
        "on-premises",
        "To the internet",
        Enabled=True,
        AddressSpaces=["SMTP:*;1"],
        CloudServicesMailEnabled=False,
        SmartHostsString="mail.contoso.example,smtp.wingtiptoys.com",
    )
    told = failures("HYB-033", connector, mx("mx1.filter.fabrikam.com"))["To the internet"]
    assert "to smtp.wingtiptoys.com, which" in str(told.because)


def test_the_wizards_own_remote_domain_is_no_failure_on_any_side():
    name = "Hybrid Domain - contoso.onmicrosoft.com"
    for side in ("on-premises", ""):
        own = thing(
            "RemoteDomain",
            side,
            name,
            DomainName="contoso.onmicrosoft.com",
            TrustedMailInboundEnabled=True,
        )
        assert name not in failures("HYB-027", own)
    (open_,) = [e for e in said("HYB-027", own) if e.subject == name]
    assert "does not show which side" in str(open_.because)
