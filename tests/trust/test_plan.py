"""What to do first: what is proposed, in which order, what each thing cuts, and what is accepted."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from joined import (
    EX03,
    FIXED,
    MAILS,
    acceptance,
    actions,
    finding,
    hunt,
    judged,
    mail,
    patch,
    planned,
    server,
    servers,
    spoken,
)

from tocsin.analyse.trust.ways import Atlas
from tocsin.assess.acceptance import accepted, with_hunt
from tocsin.assess.paths import graph_of, targets_of
from tocsin.model.trusts import Plan, Trusts


@pytest.fixture(scope="module")
def trusts() -> Trusts:
    return judged()


@pytest.fixture(scope="module")
def whole(trusts: Trusts) -> Plan:
    return planned(trusts=trusts)


def test_what_stops_the_harm_comes_first(whole: Plan):
    first = whole.actions[0]
    assert str(first.do) == (
        "Isolate EX03.contoso.example: broken into on 2026-11-09, 5 hijacked replies sent through it "
        "since 2026-11-11."
    )
    assert first.level == "critical"
    assert first.rank == 1
    assert [each.rank for each in whole.actions] == list(range(1, len(whole.actions) + 1))


def test_the_proof_is_the_row_of_the_log_and_the_mail(whole: Plan):
    places = {(each.source, each.position) for each in whole.actions[0].bases}
    assert ("EX03/u_ex261109.log", "line 81") in places
    assert ("mail/journal.mbox", "message 1") in places


def test_people_are_warned_before_anything_that_is_only_open(whole: Plan):
    (warn,) = actions(whole, "warn")
    assert (
        str(warn.do) == "Warn the 5 people who got hijacked replies, first those who answered: 1."
    )
    opened = [each.rank for each in whole.actions if each.kind in ("patch", "configure", "collect")]
    assert warn.rank < min(opened)


def test_the_keys_on_a_broken_server_are_replaced(whole: Plan):
    told = [str(each.do) for each in actions(whole, "rotate")]
    assert any("Auth Certificate" in each for each in told)
    stolen = [each for each in actions(whole, "rotate") if each.servers == (EX03,)]
    assert all("EX03.contoso.example" in str(each.because[0]) for each in stolen)
    assert stolen


def test_patching_is_told_in_the_owners_words_with_the_build(whole: Plan):
    told = {str(each.do) for each in actions(whole, "patch")}
    assert f"Patch EX02.contoso.example to {FIXED} (15.1.2507.61): it closes up to 9 holes." in told


def test_what_an_action_cuts_is_what_is_gone_when_it_is_really_taken_out(
    whole: Plan, trusts: Trusts
):
    graph = graph_of(trusts)
    weak = [f"server:{e.server}" for e in trusts.scores if e.state not in ("behind", "current")]
    atlas = Atlas(graph, targets_of(graph))
    pairs = atlas.held(weak)
    isolate = whole.actions[0]
    assert (isolate.cuts, isolate.of) == (
        len(pairs - atlas.held(weak, nodes={f"server:{EX03}"})),
        len(pairs),
    )
    (ex02,) = [
        each for each in actions(whole, "patch") if each.servers == ("ex02.contoso.example",)
    ]
    assert ex02.cuts == sum(source == "server:ex02.contoso.example" for source, _ in pairs)
    known = {each.id: each for each in trusts.paths}
    assert {known[each].server for each in ex02.paths} == {"ex02.contoso.example"}


def test_learning_a_build_cuts_nothing_yet(whole: Plan):
    (learn,) = [each for each in actions(whole, "collect") if str(each.do).startswith("Learn")]
    assert learn.cuts == 0
    assert learn.servers == ("ex04.contoso.example",)
    others = [e.rank for e in actions(whole, "collect") if e is not learn]
    assert learn.rank < min(others, default=99)


def test_failing_checks_become_actions_with_their_reason(whole: Plan, trusts: Trusts):
    # Those two are told by the actions that cut the ways.
    failing = {each.check for each in trusts.checks if each.outcome == "fail"}
    settled = {name for each in whole.actions for name in each.checks}
    assert failing - settled <= {"HYB-090", "HYB-091"}
    for each in whole.actions:
        assert each.because, each.do
        assert len(each.fingerprint) == 32


def test_a_plan_is_the_same_whatever_the_order_of_what_was_found(trusts: Trusts):
    turned = msgspec.structs.replace(
        trusts,
        nodes=trusts.nodes[::-1],
        edges=trusts.edges[::-1],
        checks=trusts.checks[::-1],
    )
    other = planned(trusts=turned, servers=servers()[::-1], spoken=spoken(MAILS[::-1]))
    assert [e.fingerprint for e in other.actions] == [
        e.fingerprint for e in planned(trusts=trusts).actions
    ]


def test_a_server_is_never_planned_later_for_not_being_visible(trusts: Trusts):
    place = rank_of(planned(trusts=trusts), "ex02.contoso.example")
    for hidden in (True, False, "unknown"):
        changed = tuple(
            msgspec.structs.replace(each, hidden=hidden) if each.id.startswith("ex02") else each
            for each in servers()
        )
        assert rank_of(planned(trusts=trusts, servers=changed), "ex02.contoso.example") == place


@pytest.mark.parametrize("field", ["internet", "reported", "scanned", "logged"])
def test_nor_for_not_being_seen_by_anybody(field: str):
    ex02 = "ex02.contoso.example"
    seen = rank_of(planned(trusts=judged(**{field: True})), ex02)
    for unseen in (False, None):
        assert rank_of(planned(trusts=judged(**{field: unseen})), ex02) <= seen


def rank_of(found: Plan, server: str) -> int:
    return next(e.rank for e in found.actions if e.kind == "patch" and e.servers == (server,))


def test_sending_without_a_sign_of_how_is_told_as_such(trusts: Trusts):
    found = planned(trusts=trusts, hunt=None)
    assert str(found.actions[0].do).startswith(
        "Find out who sends through EX03.contoso.example: 5 hijacked replies"
    )


def test_accounts_that_sent_get_new_passwords():
    mails = [mail(1, account="anna@contoso.example")]
    found = planned(spoken=spoken(mails, ("anna@contoso.example",)))
    told = [str(each.do) for each in actions(found, "rotate")]
    assert told == ["Reset the password of anna@contoso.example and end its sessions."]


def test_without_trusts_the_inventory_is_planned_and_exports_asked_for():
    found = planned(spoken=None, hunt=None)
    assert found.actions[0].servers == (EX03,)
    assert str(found.actions[-1].do).startswith("Export the hybrid configuration")


def test_many_alike_servers_are_one_action():
    many = tuple(server(n, f"EX{n:02}.contoso.example", patch(f"EX{n:02}")) for n in range(1, 31))
    found = planned(spoken=None, hunt=None, servers=many, findings=())
    (one,) = actions(found, "patch")
    assert str(one.do) == (
        f"Patch 30 servers to {FIXED} (15.1.2507.61): EX01.contoso.example, EX02.contoso.example, "
        "EX03.contoso.example, +27."
    )
    assert len(one.servers) == 30


def test_what_somebody_answers_for_does_not_lead_and_comes_back_the_day_after(trusts: Trusts):
    first = planned(trusts=trusts).actions[0]
    entry = acceptance(first.fingerprint[:10], until=date(2026, 11, 30))
    holding = planned(accepted([entry], date(2026, 11, 30)), trusts=trusts)
    assert holding.actions[-1].fingerprint == first.fingerprint
    assert holding.actions[-1].accepted == entry
    assert holding.accepted == (entry,)
    over = planned(accepted([entry], date(2026, 12, 1)), trusts=trusts)
    assert over.actions[0].fingerprint == first.fingerprint
    assert over.actions[0].accepted is None
    assert over.expired == (entry,)


def test_an_action_is_accepted_when_all_that_it_settles_is(trusts: Trusts):
    fails = [e for e in trusts.checks if e.outcome == "fail" and e.check == "HYB-050"]
    entries = accepted([acceptance(e.fingerprint) for e in fails], date(2026, 11, 20))
    found = planned(entries, trusts=trusts)
    (mine,) = [e for e in found.actions if e.checks == (fails[0].check,)]
    assert mine.accepted is not None
    assert mine.rank > max(e.rank for e in found.actions if e.accepted is None)


def test_an_accepted_break_in_does_not_lead(trusts: Trusts):
    entries = accepted([acceptance("f1" * 8), acceptance("i1" * 5)], date(2026, 11, 20))
    marked = with_hunt(hunt(), entries)
    # An incident's id is hexadecimal in a real run; here only the finding can be meant.
    assert marked is not None
    assert marked.findings[0].accepted is not None
    assert marked.incidents[0].accepted is not None
    found = planned(entries, trusts=trusts, hunt=marked)
    (isolate,) = actions(found, "isolate")[:1]
    assert isolate.accepted is not None


def test_open_holes_that_are_all_accepted_take_the_patch_with_them():
    mine = finding()
    found = planned(
        accepted([acceptance(mine.fingerprint)], date(2026, 11, 20)),
        spoken=None, hunt=None, findings=(mine,),
    )  # fmt: skip
    (ex03,) = [e for e in actions(found, "patch") if e.servers == (EX03,)]
    assert ex03.accepted is not None


def test_ranks_follow_what_is_cut(trusts: Trusts):
    found = planned(trusts=trusts, hunt=None, spoken=None)
    patches = [e for e in found.actions if e.kind == "patch"]
    assert [e.cuts for e in patches] == sorted((e.cuts for e in patches), reverse=True)
