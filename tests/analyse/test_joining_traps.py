"""Names, addresses and records that look alike and are not, or differ and are the same."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sighted import look, seen, servers

from tocsin.analyse.inventory.ledger import ADDRESS_LIMIT, FACT_LIMIT, Ledger, ledger_of
from tocsin.analyse.inventory.room import inventory
from tocsin.knowledge import load
from tocsin.model.evidence import Identifier


def test_a_certificate_with_two_servers_names_does_not_make_them_one():
    found = servers(
        seen("mail.contoso.example", "ex01.contoso.example", "ex02.contoso.example", by="nmap"),
        seen("ex01.contoso.example", build="15.2.1748.10"),
        seen("ex02.contoso.example", build="15.2.1748.24"),
    )
    assert str(found["ex01.contoso.example"].current.builds) == "15.2.1748.10"
    assert str(found["ex02.contoso.example"].current.builds) == "15.2.1748.24"
    assert found["ex01.contoso.example"].related


def test_a_scan_under_many_names_joins_the_one_server_that_has_one_of_them():
    found = servers(
        seen("mail.contoso.example", "ex01.contoso.example", by="shodan"),
        seen("ex01.contoso.example", by="directory", build=None),
    )
    (server,) = found.values()
    assert server.seen_by == ("directory", "shodan")


def test_the_back_end_a_request_was_handed_to_is_not_the_server_that_answered():
    facts = {"X-FEServer": "EX01", "X-CalculatedBETarget": "ex02.corp.contoso.example"}
    found = servers(
        look("shodan"),
        seen("mail.contoso.example", by="shodan", facts=facts, organisation="contoso.example"),
        seen("ex01.corp.contoso.example", by="directory", build=None),
        seen("ex02.corp.contoso.example", by="directory", build=None),
    )
    assert found["ex01.corp.contoso.example"].hidden is False
    assert found["ex02.corp.contoso.example"].current is None


def test_two_organisations_with_the_same_short_name_are_two_subjects():
    found = inventory(
        ledger_of(
            [
                seen("EX01", organisation="a.example"),
                seen("EX01", organisation="b.example", build="15.2.1748.10"),
            ]
        ),
        load(),
    )
    assert len({server.id for server in found.servers}) == 2
    assert len({finding.fingerprint for finding in found.findings}) == len(found.findings)


def test_a_short_name_in_a_strangers_mail_is_not_taken_for_the_one_server_that_has_it():
    found = servers(
        seen("ex01.contoso.example", by="directory", build="Version 15.2 (Build 1748.10)"),
        seen("EX01", trust="first-external", build="15.2.1748.39"),
    )
    assert found["ex01.contoso.example"].current.builds.low != (
        found["ex01.contoso.example"].current.builds.high
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("EX01.bücher.example", "ex01.xn--bcher-kva.example"),
        ("ex01.contoso.example.", " EX01.Contoso.Example"),
    ],
)
def test_one_name_in_two_spellings_is_one_server(one, other):
    assert len(servers(seen(one), seen(other, by="directory", build=None))) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("[10.0.0.7]", "10.0.0.7"), ("2001:DB8:0::7", "[2001:db8::7]")]
)
def test_a_server_known_by_its_address_alone_is_a_server(one, other):
    (server,) = servers(seen(one), seen(by="probe", addresses=(other,))).values()
    assert server.addresses == (other.strip("[]"),)


def test_a_guid_of_zeroes_is_no_identity():
    zero = (Identifier("guid", "{00000000-0000-0000-0000-000000000000}"),)
    assert (
        len(
            servers(
                seen("a.contoso.example", identifiers=zero),
                seen("b.contoso.example", identifiers=zero),
            )
        )
        == 2
    )


def test_two_archives_in_one_folder_are_two_folders():
    found = servers(
        seen(
            "ex01.contoso.example",
            by="export",
            build="Version 15.2 (Build 1748.10)",
            at="ex01.zip!a.txt",
        ),
        seen(by="export", build="15.02.1748.039", at="ex02.zip!exsetup.txt"),
    )
    now = found["ex01.contoso.example"].current.builds
    assert now.low != now.high


@pytest.mark.parametrize("typed", ["Contoso.Example.", "@contoso.example", "*.CONTOSO.example"])
def test_ones_own_domain_in_the_forms_people_type(typed):
    (server,) = servers(seen("ex01.contoso.example"), own=[typed]).values()
    assert server.ours is True


def test_an_internal_name_is_not_called_somebody_elses():
    (server,) = servers(seen("ex05.corp.local"), own=["contoso.example"]).values()
    assert server.ours == "unknown"


@pytest.mark.parametrize("trust", ["forgeable", "first-external"])
def test_forged_mails_do_not_outvote_whose_domain_it_is(trust):
    forged = [
        seen("ex01.corp.local", trust=trust, organisation="evil.example", at=str(n))
        for n in range(50)
    ]
    truth = seen("ex01.corp.local", organisation="contoso.example")
    (server,) = servers(*forged, truth, own=["contoso.example"]).values()
    assert server.organisation == "contoso.example"
    assert server.ours is True


def test_a_build_that_only_a_strangers_host_states_is_not_of_high_confidence():
    found = servers(
        seen("ex01.contoso.example", by="export", build="15.2.1748.10", when=day(0)),
        seen("ex01.contoso.example", trust="first-external", when=day(60)),
    )
    assert found["ex01.contoso.example"].current.confidence == "medium"


def test_an_outside_record_at_an_address_of_many_leaves_all_of_them_unknown():
    inside = [seen(f"ex{n}.contoso.example", addresses=("192.0.2.1",)) for n in range(20)]
    outside = seen("mail.contoso.example", by="shodan", addresses=("192.0.2.1",))
    found = servers(look("shodan"), *inside, outside)
    assert {s.hidden for name, s in found.items() if name != "mail.contoso.example"} == {"unknown"}


def test_a_question_from_outside_that_is_not_understood_answers_for_nobody():
    (server,) = servers(seen("ex01.contoso.example"), look("shodan", "port:25")).values()
    assert server.hidden == "unknown"


@pytest.mark.parametrize("asked", ["domain:Contoso.Example.", "address:2001:DB8:0::9"])
def test_a_question_from_outside_is_compared_as_names_and_addresses_are(asked):
    (server,) = servers(
        seen("ex01.contoso.example", addresses=("2001:db8::9",)), look("onyphe", asked)
    ).values()
    assert server.hidden is True


def day(number):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


def test_a_name_that_answers_with_two_numbers_in_turn_is_two_machines():
    turns = [(0, "15.2.1748.39"), (10, "15.2.1748.10"), (20, "15.2.1748.39")]
    for order in permutations(turns):
        (server,) = servers(
            *[seen("mail.contoso.example", build=build, when=day(when)) for when, build in order]
        ).values()
        assert str(server.current.builds) == "15.2.1748.10..15.2.1748.39"
        assert server.current.contradictions


def test_a_fall_long_ago_does_not_blur_what_came_after():
    (server,) = servers(
        seen("ex01.contoso.example", build="15.2.1748.24", when=day(0)),
        seen("ex01.contoso.example", build="15.2.1748.10", when=day(1)),
        seen("ex01.contoso.example", build="15.2.1748.39", when=day(90)),
    ).values()
    assert str(server.current.builds) == "15.2.1748.39"
    assert not server.current.contradictions


def test_two_numbers_at_one_moment_are_both_possible_and_it_is_said():
    (server,) = servers(
        seen("ex01.contoso.example", build="15.2.1748.10", when=day(0)),
        seen("ex01.contoso.example", build="15.2.1748.39", when=day(0)),
    ).values()
    assert str(server.current.builds) == "15.2.1748.10..15.2.1748.39"
    assert server.current.contradictions


def test_a_message_id_used_again_years_later_is_not_one_moment():
    facts = {"message-id": "<1@contoso.example>"}
    found = servers(
        seen("e.c.example", build="15.1.2176.2", precision="smtp", when=day(900), facts=facts),
        seen("e.c.example", build="15.01.2176.009", precision="mapi", when=day(0), facts=facts),
    )
    assert str(found["e.c.example"].current.builds).startswith("15.1.2176.9..15.1.2176.1")


@st.composite
def crowded(draw):
    """More facts and addresses of one server than are kept."""
    count = draw(st.integers(FACT_LIMIT, FACT_LIMIT + ADDRESS_LIMIT))
    return [
        seen(
            "ex01.contoso.example",
            addresses=(f"10.0.{n % 7}.{n}",),
            facts={f"fact-{n % 61}": str(n)},
            identifiers=(Identifier("certificate", f"{n:040x}"),),
        )
        for n in draw(st.permutations(range(count)))
    ]


@settings(max_examples=15, deadline=None)
@given(crowded(), st.integers(1, 40))
def test_limits_keep_the_same_whatever_came_first_and_however_it_was_parted(evidence, size):
    straight = ledger_of(sorted(evidence, key=lambda each: each.body.addresses))
    parted = Ledger()
    for start in range(0, len(evidence), size):
        parted.merge(ledger_of(evidence[start : start + size]))
    (one,), (other,) = straight.sightings.values(), parted.sightings.values()
    assert len(one.facts) == FACT_LIMIT
    assert (one.facts, one.addresses, one.identifiers) == (
        other.facts,
        other.addresses,
        other.identifiers,
    )
