"""Which sightings are one server, and who can see it: the rules of docs/commands/examine.md."""

from datetime import UTC, datetime

import pytest
from sighted import look, seen, servers

from tocsin.analyse.inventory.ledger import ledger_of
from tocsin.analyse.inventory.room import inventory
from tocsin.knowledge import load
from tocsin.model.evidence import Evidence, Host, Identifier
from tocsin.model.locator import Locator


def test_the_same_full_name_in_any_letter_case_is_one_server():
    found = servers(seen("EX01.corp.example"), seen("ex01.CORP.example", by="directory"))
    assert len(found) == 1
    assert next(iter(found.values())).seen_by == ("directory", "mail")


def test_a_short_name_joins_the_one_full_name_of_its_organisation():
    found = servers(
        seen("ex01.contoso.example"),
        seen("ex01.fabrikam.example"),
        seen("EX01", by="shodan", organisation="fabrikam.example"),
    )
    assert set(found) == {"ex01.contoso.example", "ex01.fabrikam.example"}
    assert "shodan" in found["ex01.fabrikam.example"].seen_by
    assert [j.rule for j in found["ex01.fabrikam.example"].joined] == ["short-name"]


def test_a_short_name_that_fits_two_servers_joins_neither():
    found = servers(
        seen("ex01.a.contoso.example"), seen("ex01.b.contoso.example"), seen("EX01", by="export")
    )
    assert len(found) == 3
    assert found["EX01"].related


def test_one_published_name_before_two_servers_does_not_make_them_one():
    found = servers(
        look("shodan"),
        seen("mail.contoso.example", by="shodan", facts={"X-FEServer": "EX01"}, at="1"),
        seen(
            "mail.contoso.example",
            by="shodan",
            facts={"X-FEServer": "EX02"},
            at="2",
            build="15.2.1748.24",
        ),
    )
    assert {"EX01", "EX02"} <= set(found)


def test_a_shared_address_alone_is_noted_and_joins_nothing():
    found = servers(
        seen("ex01.contoso.example", addresses=("10.0.0.1",)),
        seen("ex02.contoso.example", addresses=("10.0.0.1",)),
    )
    assert len(found) == 2
    assert found["ex01.contoso.example"].related[0].value == "10.0.0.1"


def test_a_nameless_sighting_joins_the_one_server_with_its_address():
    found = servers(
        seen("ex01.contoso.example", addresses=("10.0.0.1",), build=None),
        seen(by="probe", addresses=("10.0.0.1",), build="15.2.1748.39"),
    )
    (server,) = found.values()
    assert str(server.current.builds) == "15.2.1748.39"
    assert [j.rule for j in server.joined] == ["address"]


def test_the_same_directory_object_is_one_server_under_two_names():
    guid = (Identifier("guid", "0f5c0f66-0000-0000-0000-000000000001"),)
    found = servers(
        seen("old.contoso.example", by="directory", identifiers=guid),
        seen("new.contoso.example", by="export", identifiers=guid),
    )
    assert len(found) == 1


def test_a_certificate_on_two_named_servers_does_not_make_them_one():
    mark = (Identifier("certificate", "ab" * 32),)
    found = servers(
        seen("ex01.contoso.example", identifiers=mark),
        seen("ex02.contoso.example", identifiers=mark),
    )
    assert len(found) == 2


def test_an_export_without_a_server_joins_the_one_in_its_folder_with_its_update():
    found = servers(
        seen("ex01.contoso.example", by="export", build="Version 15.2 (Build 1748.10)", at="f/a"),
        seen("ex02.contoso.example", by="export", build="Version 15.1 (Build 2507.6)", at="f/b"),
        seen(by="export", build="15.02.1748.039", at="f/exsetup"),
    )
    assert str(found["ex01.contoso.example"].current.builds) == "15.2.1748.39"


def test_a_build_of_no_server_is_a_gap_not_silence():
    found = inventory(ledger_of([seen(by="export", build="15.02.1748.039")]), load())
    assert not found.servers
    assert "15.02.1748.039" in str(found.gaps[0].why)


@pytest.mark.parametrize(
    ("evidence", "hidden"),
    [
        ([], "unknown"),
        ([look("shodan")], True),
        ([look("shodan"), seen("ex01.contoso.example", by="shodan")], False),
        ([look("onyphe", "address:192.0.2.9")], "unknown"),
        ([look("onyphe", "domain:fabrikam.example")], "unknown"),
        ([look("onyphe", "domain:contoso.example")], True),
    ],
)
def test_hidden_is_known_inside_and_absent_outside_and_never_guessed(evidence, hidden):
    found = servers(seen("ex01.contoso.example"), *evidence)
    assert found["ex01.contoso.example"].hidden == hidden


def test_an_outside_record_that_may_be_the_server_leaves_it_unknown():
    found = servers(
        look("shodan"),
        seen("ex01.contoso.example", addresses=("192.0.2.9",)),
        seen("mail.contoso.example", by="shodan", addresses=("192.0.2.9",), build=None),
    )
    assert found["ex01.contoso.example"].hidden == "unknown"


def test_dns_alone_makes_no_server():
    evidence = Evidence(
        at=Locator(source="dns"), body=Host(seen_by="dns", names=("mail.contoso.example",))
    )
    assert not servers(evidence)


def test_others_servers_are_told_from_ones_own():
    found = servers(
        seen("ex01.contoso.example"), seen("ex01.fabrikam.example"), own=["contoso.example"]
    )
    assert {name: s.ours for name, s in found.items()} == {
        "ex01.contoso.example": True,
        "ex01.fabrikam.example": False,
    }


def test_two_numbers_of_one_message_were_true_at_one_moment():
    # The reference's own pair: SMTP shows the base of CU19, mapi the update of March 2021.
    moment = datetime(2021, 3, 17, 9, tzinfo=UTC)
    message = {"message-id": "<1@contoso.example>"}
    found = servers(
        seen(
            "ex01.contoso.example",
            build="15.1.2176.2",
            precision="smtp",
            when=moment,
            facts=message,
        ),
        seen(
            "ex01.contoso.example",
            build="15.01.2176.009",
            precision="mapi",
            when=moment,
            facts=message,
        ),
    )
    (server,) = found.values()
    assert str(server.current.builds) == "15.1.2176.9"


def test_a_number_seen_before_a_lower_one_widens_the_range_and_is_said():
    found = servers(
        seen("ex01.contoso.example", build="15.2.1748.39", when=datetime(2026, 1, 1, tzinfo=UTC)),
        seen("ex01.contoso.example", build="15.2.1748.10", when=datetime(2026, 2, 1, tzinfo=UTC)),
    )
    (server,) = found.values()
    assert str(server.current.builds) == "15.2.1748.10..15.2.1748.39"
    assert server.current.contradictions


def test_an_outside_export_that_speaks_of_others_only_says_so():
    inside = seen("ex01.contoso.example", by="directory")
    unasked = servers(look("shodan"), inside, seen("mail.fabrikam.example", by="shodan"))
    asked = servers(look("shodan"), inside, seen("mail.contoso.example", by="shodan"))
    named = servers(look("onyphe", "domain:contoso.example"), inside)
    told = [str(each["ex01.contoso.example"].hidden_because) for each in (unasked, asked, named)]
    assert [each["ex01.contoso.example"].hidden for each in (unasked, asked, named)] == [True] * 3
    assert "of whose records none is of contoso.example" in told[0]
    assert told[1] == "known from directory, absent from what shodan saw"
    assert told[2] == "known from directory, absent from what onyphe saw"
