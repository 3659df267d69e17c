"""A story is told where a break-in, hijacked mail and a trust meet on one server, and only there."""

from __future__ import annotations

from joined import EX03, MAILS, hunt, judged, mail, planned, spoken

from tocsin.assess.headline import plan_headline, trust_headline
from tocsin.model.trusts import Story


def story() -> Story:
    (found,) = planned(trusts=judged()).stories
    return found


def test_it_is_told_of_the_server_where_all_meet():
    found = story()
    assert found.server == EX03
    assert str(found.title).startswith(
        "EX03.contoso.example: broken into on 2026-11-09, 5 hijacked replies sent through it since "
        "2026-11-11, and a way on to "
    )
    assert found.incidents == ("i1" * 16,)
    assert found.campaigns == ("c1",)


def test_its_lines_are_in_order_of_time_and_come_from_every_room():
    lines = story().lines
    times = [each.when for each in lines if each.when]
    assert times == sorted(times)
    assert [each.room for each in lines if each.when] == ["hunt", "conversation", "conversation"]
    assert lines[0].room == "inventory"
    assert lines[-1].room == "trust"
    assert str(lines[1].said) == "203.0.113.77 used a web shell on EX03"


def test_each_line_with_a_time_has_its_proof():
    for each in story().lines:
        if each.when:
            assert each.bases, each.said
    ways = [each for each in story().lines if each.room == "trust"]
    assert ways
    assert all("EX03.contoso.example →" in str(each.said) for each in ways)


def test_none_is_told_where_one_of_the_three_is_missing():
    trusts = judged()
    assert planned(trusts=trusts, hunt=None).stories == ()
    assert planned(trusts=trusts, spoken=None).stories == ()
    assert planned(trusts=None).stories == ()
    elsewhere = spoken([mail(1, server="smtp.partner.example")])
    assert planned(trusts=trusts, spoken=elsewhere).stories == ()


def test_the_verdict_names_the_server_that_sends():
    trusts = judged()
    said = [str(each) for each in plan_headline(planned(trusts=trusts))]
    assert said == [
        "EX03.contoso.example, broken into on 2026-11-09, has sent 5 hijacked replies since 2026-11-11."
    ]
    lines = [str(each) for each in trust_headline(trusts, asked=True)]
    assert lines[0].startswith("From 3 weak servers trusts lead on, as far as the tenant")


def test_short_names_of_logs_and_mails_mean_the_one_server_that_has_them():
    short = spoken([mail(1, server="EX03"), *MAILS[1:]])
    (found,) = planned(trusts=judged(), spoken=short, hunt=hunt()).stories
    assert "5 hijacked replies" in str(found.title)


def test_a_strangers_server_of_the_same_short_name_is_not_ours():
    foreign = spoken([mail(1, server="EX03.partner.example")])
    found = planned(trusts=judged(), spoken=foreign)
    assert found.stories == ()
    assert "hijacked" not in str(found.actions[0].do)
