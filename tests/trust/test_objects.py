"""Several exports of one thing are one thing; hosts, domains and MX records are judged as what they are."""

from datetime import date

import pytest
from situating import setting, situation

from tocsin.analyse.trust.domains import accepted, below
from tocsin.analyse.trust.hosts import in_the_cloud, shared_by
from tocsin.analyse.trust.judging import judged
from tocsin.analyse.trust.mail_exchangers import delivery
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.ranges import span
from tocsin.analyse.trust.settings import Settings
from tocsin.analyse.trust.situation import Situation
from tocsin.knowledge.checks import Example, ExampleServer, ExampleSetting, checks
from tocsin.knowledge.relays import relays

ONLINE = "exchange-online"


def connector(name: str = "In", **properties: object) -> ExampleSetting:
    return ExampleSetting(kind="InboundConnector", side=ONLINE, name=name, properties=properties)


def domain(name: str, side: str = ONLINE) -> ExampleSetting:
    return ExampleSetting(
        kind="AcceptedDomain", side=side, name=name, properties={"DomainName": name}
    )


def mx(name: str, *hosts: str) -> ExampleSetting:
    return ExampleSetting(
        kind="MxRecord", name=name, properties={"Domain": name, "Hosts": list(hosts)}
    )


def of(*settings: ExampleSetting) -> Situation:
    evidence = [setting(each, number) for number, each in enumerate(settings)]
    return Situation(settings=Settings(evidence), today=date(2026, 11, 20))


def asked(*settings: ExampleSetting) -> list:
    return [each.ask("A").value for each in objects(of(*settings), "InboundConnector", ONLINE)]


EARLY, LATE = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"A": 1}, {"B": 2}, [1]),
        ({"A": 1}, {"A": 1}, [1]),
        ({"A": 1, "WhenChangedUTC": EARLY}, {"A": 2, "WhenChangedUTC": LATE}, [2]),
        ({"A": 1, "WhenChangedUTC": EARLY}, {"B": 2, "WhenChangedUTC": LATE}, [None]),
        ({"A": 1}, {"A": 2}, [None]),
        ({"A": 1}, {"A": 2, "WhenChangedUTC": LATE}, [None]),
        ({"A": 1, "Guid": "g"}, {"A": 1, "Guid": "G"}, [1]),
        ({"A": 1, "Guid": "g"}, {"A": 2, "Guid": "h"}, [1, 2]),
    ],
)
def test_two_exports_of_one_connector(one, other, expected):
    assert sorted(asked(connector(**one), connector(**other)), key=str) == expected
    assert sorted(asked(connector(**other), connector(**one)), key=str) == expected


def test_where_exports_disagree_both_values_are_quoted():
    joined = objects(of(connector(A=1), connector(A=2)), "InboundConnector", ONLINE)
    answer = joined[0].ask("A")
    assert not answer.known
    assert set(answer.basis.value.split(" | ")) == {"1", "2"}


def test_rows_of_a_list_stay_apart():
    rows = [
        ExampleSetting(kind="ConnectorReport", side=ONLINE, name="In", properties={"Messages": n})
        for n in (1, 2)
    ]
    assert len(objects(of(*rows), "ConnectorReport")) == 2


@pytest.mark.parametrize(
    ("name", "of_domain", "expected"),
    [
        ("mail.contoso.example", "contoso.example", True),
        ("*.contoso.example", "CONTOSO.example.", True),
        ("contoso.example", "contoso.example", True),
        ("notcontoso.example", "contoso.example", False),
        ("contoso.example", "mail.contoso.example", False),
        ("contoso.example", "", False),
    ],
)
def test_a_name_below_a_domain(name, of_domain, expected):
    assert below(name, of_domain) is expected


def test_accepted_domains_of_each_side_are_kept_apart():
    both = of(domain("contoso.example"), domain("fabrikam.example", "on-premises"))
    assert accepted(both, "mail.contoso.example", ONLINE)
    assert accepted(both, "mail.fabrikam.example", ONLINE) is False
    assert accepted(both, "mail.fabrikam.example", "on-premises")
    assert accepted(of(), "mail.contoso.example", ONLINE) is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("contoso-example.mail.protection.outlook.com", True),
        ("contoso-example.p-v1.mx.microsoft.", True),
        ("mx.microsoft.example", False),
        ("mx1.gateway.example", False),
    ],
)
def test_hosts_of_exchange_online(host, expected):
    assert in_the_cloud(host) is expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], None),
        ([mx("contoso.example", "contoso-example.mail.protection.outlook.com")], False),
        ([mx("contoso.example", "mx1.gateway.example")], True),
        ([mx("contoso.example", ".")], False),
        ([mx("other.example", "mx1.gateway.example")], None),
        ([mx("contoso.example", "x.mail.protection.outlook.com", "mx2.gateway.example")], True),
    ],
)
def test_where_the_internet_delivers(records, expected):
    tenant = (domain("contoso.example"), domain("contoso.onmicrosoft.com"))
    assert delivery(of(*tenant, *records)).elsewhere is expected


def test_every_network_of_a_shared_service_can_be_read():
    for relay in relays():
        assert relay.source
        for text in relay.networks:
            found = span(text)
            assert found is not None, text
            assert shared_by(found) == relay.who, text


def test_a_weak_server_behind_the_connector_raises_the_level():
    trusts = connector(
        Enabled=True,
        ConnectorType="OnPremises",
        SenderIPAddresses=["192.0.2.25"],
        TlsSenderCertificateName="",
    )

    def level(**server: object) -> tuple:
        one = ExampleServer(name="EX01", addresses=("192.0.2.25",), **server)
        example = Example(expect="fail", why="", settings=(trusts,), servers=(one,))
        found = judged(situation(example), [checks()["HYB-010"]])
        return found[0].level, found[0].raised, found[0].servers

    assert level(low="15.1.2507.6", weakness="known-exploited") == ("critical", True, ("ex01",))
    assert level() == ("critical", True, ("ex01",))
    assert level(low="15.2.2562.53", weakness="current") == ("high", False, ("ex01",))
