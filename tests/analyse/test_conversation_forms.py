"""Each form of attack against an invented organisation: an alert, for the reason that it is one.

Verdicts and what was observed are asserted; scores are not, their weights are fitted anew.
"""

import random
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hijacking import (
    BANK_CHANGE_ICELANDIC,
    emotet,
    from_own_server,
    in_step_with,
    look_alike,
    parties,
    partner_account,
    qakbot,
    stolen_account,
    with_partner,
)
from remembering import after, calm, evidence, judge, past
from speaking import COLLEAGUES, ELSA, FINN, OWN, PARTNERS, Mail, history, moved, said, write

from tocsin.analyse.conversation.room import Judged, Room
from tocsin.knowledge.families import match
from tocsin.knowledge.indicators import load_indicators

MANY = 6
"""Threads that each form is tried in."""


def threads() -> list[list[Mail]]:
    return past()[0]


def today() -> datetime:
    """Some hours after the last genuine mail."""
    return max(mail.when for thread in threads() for mail in thread) + timedelta(hours=3)


def alone(mails: list[Mail]) -> list[Judged]:
    """Each mail judged as if it were the only one of its kind."""
    return [after([mail])[0] for mail in mails]


def stands_on_all(found: list[Judged], *names: str) -> None:
    assert [each.verdict for each in found] == ["alert"] * len(found)
    for each in found:
        assert set(names) <= set(each.observed), each.observed


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_genuine_mail_of_the_history_is_an_alert(seed: int):
    mails = [mail for thread in history(seed=seed) for mail in thread]
    found = judge(mails)
    assert len(found) == len(mails)
    assert [each.message_id for each in found if each.verdict == "alert"] == []
    assert sum(each.verdict == "clear" for each in found) > 0.99 * len(found)


@pytest.mark.parametrize("zipped", [False, True])
def test_t1_a_participants_name_at_a_strangers_address_with_a_document(*, zipped: bool):
    mails = [emotet(each, today(), n, zipped=zipped) for n, each in enumerate(threads()[-MANY:])]
    found = alone(mails)
    stands_on_all(
        found, "participant-elsewhere", "known-otherwise", "ids-missing", "ids-missing-quote-known",
        "stranger-unknown", "file-risky-new",
    )  # fmt: skip
    # The ids are gone: the words that are quoted tell which conversation it is.
    for each, thread in zip(found, threads()[-MANY:], strict=True):
        assert each.by == "text"
        assert each.thread == thread_of(thread)
    if zipped:
        stands_on_all(found, "password-given", "file-encrypted")
    else:
        stands_on_all(found, "file-macro", "signed-elsewhere")


def thread_of(thread: list[Mail]) -> int:
    """The key of a thread, as a genuine answer to its last mail is put in it."""
    last = thread[-1]
    answer = write(last.to, last.author, last.when + timedelta(hours=1), "Thank you!", parent=last)
    return after([answer])[0].thread


@pytest.mark.parametrize("quote", ["prefix", "blockquote"])
def test_t2_a_participants_name_at_another_company_with_a_link(quote: str):
    mails = [qakbot(each, today(), n, quote=quote) for n, each in enumerate(threads()[-MANY:])]
    found = alone(mails)
    stands_on_all(
        found, "participant-elsewhere", "stranger-unknown", "link-new", "link-archive", "off-topic"
    )
    # Half of them kept the ids.
    assert [each.by for each in found] == ["ids", "text"] * (MANY // 2)
    assert {match_name(each) for each in mails} == {"Qakbot"}


def match_name(mail: Mail) -> str:
    body = evidence(mail).body
    return match(body)[0].name  # type: ignore[arg-type]


def burst(make, count: int = 20) -> list[Mail]:
    """So many threads answered within an hour through the own server."""
    chosen = [each for each in threads() if OWN in (each[-1].author.domain, each[-1].to.domain)]
    begin = today()
    return [
        make(thread, begin + timedelta(minutes=2 * number), number)
        for number, thread in enumerate(chosen[-count:])
    ]


def test_t3_every_mail_of_a_burst_from_the_own_server():
    mails = burst(from_own_server)
    assert len({host for mail in mails for host in mail.text.split() if "//" in host}) == 20
    assert {mail.author for mail in mails} <= set(COLLEAGUES)
    found = after(mails)
    stands_on_all(found, "burst-server", "link-new", "link-archive")
    # Nothing else gives them away: who speaks, from where and in which thread is all as it should be.
    for each in found:
        assert each.by == "ids"
        assert each.server == "ex02.contoso.example"
        assert not {"origin-new", "stranger", "ids-missing", "own-from-outside"} & set(
            each.observed
        )


def test_t3_first_mails_of_a_burst_are_raised_by_those_that_follow():
    mails = burst(in_step_with)
    assert "alert" not in {each.verdict for each in alone(mails[:5])}
    _, memory = past()
    room = Room(deepcopy(memory), load_indicators(), own_domains=(OWN,), known=memory.learnt)
    seen: list[Judged] = []
    for mail in mails[:5]:
        seen += room.judge([evidence(mail)])
    # Noticed within five mails; those before are raised with them, at the latest by the eighth.
    assert "alert" in {each.verdict for each in seen}
    assert all("burst-server" in each.observed for each in seen)
    for mail in mails[5:8]:
        seen += room.judge([evidence(mail)])
    assert [each.verdict for each in seen] == ["alert"] * 8


@pytest.mark.parametrize("size", [1, 7, 100])
def test_t3_a_burst_comes_out_the_same_however_the_mails_are_batched(size: int):
    mails = burst(in_step_with)
    apart = after(mails, size=size)
    whole = after(mails, size=1000)
    assert [(e.verdict, e.observed) for e in apart] == [(e.verdict, e.observed) for e in whole]


def test_a_page_worth_reading_sent_to_two_colleagues_is_no_burst():
    found = after(burst(in_step_with, 2))
    assert not {"burst-account", "burst-server", "burst-wave"} & {
        n for e in found for n in e.observed
    }
    assert "alert" not in {each.verdict for each in found}


def test_same_mails_spread_over_days_are_no_burst():
    mails = burst(in_step_with, 5)
    begin = today()
    spread = [
        in_step_with(thread, begin + timedelta(hours=9 * number), number)
        for number, thread in enumerate(threads()[-5:])
    ]
    assert len(mails) == len(spread)
    found = after(spread)
    assert not {"burst-account", "burst-server"} & {
        name for each in found for name in each.observed
    }


def test_t4_a_colleagues_account_from_another_network_with_a_page_for_passwords():
    mails = [stolen_account(each, today(), n) for n, each in enumerate(threads()[-MANY:])]
    found = alone(mails)
    stands_on_all(found, "origin-new", "quote-new", "habits-broken", "link-new", "link-credential")
    assert {each.by for each in found} == {"ids"}
    assert all(each.inside for each in found)


def test_a_colleague_who_travels_is_no_alert():
    thread = threads()[-1]
    text = said(random.Random(5), "travel", *parties(thread))
    (found,) = after([stolen_account(thread, today(), text=text)])
    assert "origin-new" in found.observed
    assert found.verdict != "alert"


LOOK_ALIKES = (
    "fabrlkam.example", "fabrikarn.example", "fabrikaam.example", "fabrikam-group.example", "fabrikam.test",
)  # fmt: skip


@pytest.mark.parametrize("domain", LOOK_ALIKES)
def test_t5_a_domain_that_looks_alike_asks_for_another_account(domain: str):
    chosen = with_partner(threads(), FINN)[-2:] + with_partner(threads(), ELSA)[-2:]
    mails = [look_alike(each, today(), n, domain=domain) for n, each in enumerate(chosen)]
    found = alone(mails)
    stands_on_all(found, "look-alike", "alike-and-known", "payment-change", "account-new")


@pytest.mark.parametrize("domain", LOOK_ALIKES)
def test_t5_in_a_language_without_a_lexicon_who_speaks_is_enough(domain: str):
    chosen = with_partner(threads(), FINN)[-2:]
    mails = [look_alike(e, today(), domain=domain, text=BANK_CHANGE_ICELANDIC) for e in chosen]
    found = alone(mails)
    stands_on_all(
        found, "look-alike", "alike-and-known", "participant-elsewhere", "stranger-unknown"
    )
    assert not {"payment-change", "account-new"} & {
        name for each in found for name in each.observed
    }


def test_t6_a_thread_asleep_for_half_a_year():
    chosen = threads()[-MANY:]
    mails = [
        qakbot(each, each[-1].when + timedelta(days=200), number)
        for number, each in enumerate(chosen)
    ]
    found = alone(mails)
    stands_on_all(found, "stranger-unknown", "link-new")
    assert all("stale" in each.observed for each in found if each.by == "ids")


@pytest.mark.parametrize("partner", PARTNERS)
def test_t7_a_partners_real_account_asks_for_another_account(partner):
    mails = [
        partner_account(each, today(), number)
        for number, each in enumerate(with_partner(threads(), partner)[-4:])
    ]
    found = alone(mails)
    stands_on_all(found, "payment-change", "account-new", "off-topic")
    # Who speaks is right in every respect; only what is asked for is not.
    for each in found:
        assert each.score.identity == pytest.approx(0, abs=1.5)


def test_an_account_number_known_for_long_is_no_new_one():
    thread = with_partner(threads(), FINN)[-1]
    account = "\nPlease pay to IBAN GB33 BUKB 2020 1555 5555 55.\n"
    topic = thread[0].subject.rpartition(" ")[0]
    text = said(random.Random(5), topic, FINN, parties(thread)[0]) + account
    first = partner_account(thread, today(), text=text)
    answers = [
        write(FINN, first.to, today() + timedelta(hours=hours), account + "Finn", parent=first)
        for hours in (40, 60)
    ]
    found = after([first, *answers], indicators=calm())
    assert ["account-new" in each.observed for each in found] == [True, True, False]


HARMLESS_QUESTION = "Hi,\n\nare you at your desk? I have a question about this.\n"


def test_t8_the_second_step_of_a_partners_account():
    for number, thread in enumerate(with_partner(threads(), FINN)[-4:]):
        first = partner_account(thread, today(), number, text=HARMLESS_QUESTION)
        reply = answer(first)
        second = partner_account(thread, today() + timedelta(minutes=50), number, parent=reply)
        found = after([first, reply, second])
        assert [each.verdict for each in found] == ["clear", "clear", "alert"]


def test_t8_the_second_step_of_a_colleagues_account():
    for number, thread in enumerate(threads()[-4:]):
        first = stolen_account(thread, today(), number, text=HARMLESS_QUESTION)
        reply = answer(first)
        second = stolen_account(
            thread, today() + timedelta(minutes=50), number, parent=turned(reply)
        )
        found = after([first, reply, second])
        assert [each.verdict for each in found][1:] == ["clear", "alert"]
        assert found[0].verdict != "alert"


def answer(mail: Mail) -> Mail:
    when = mail.when + timedelta(minutes=20)
    return write(mail.to, mail.author, when, f"Yes, what is it?\n{mail.to.name}", parent=mail)


def turned(mail: Mail) -> Mail:
    """The same mail, seen from the one who got it: an answer to it comes from there."""
    return replace(mail, author=mail.to, to=mail.author)


def test_all_forms_at_once_among_the_genuine_mails_of_the_next_week():
    genuine = [
        mail for thread in history(7, seed=9, start=today() + timedelta(hours=1)) for mail in thread
    ]
    begin = today() + timedelta(days=2)
    chosen = threads()[-4:]
    forged = [
        emotet(chosen[0], begin), qakbot(chosen[1], begin + timedelta(hours=5), 1),
        stolen_account(chosen[2], begin + timedelta(hours=9), 2),
        look_alike(with_partner(threads())[-1], begin + timedelta(hours=14)),
        partner_account(with_partner(threads(), ELSA)[-1], begin + timedelta(hours=20)),
    ]  # fmt: skip
    found = after([*genuine, *forged])
    alerts = {each.message_id for each in found if each.verdict == "alert"}
    assert alerts == {mail.id for mail in forged}


def test_somebody_new_at_a_partners_who_was_copied_in_is_no_alert():
    thread = with_partner(threads(), FINN)[-1]
    reader, finn = parties(thread)
    nora = moved(
        FINN, name="Nora Falk", address="nora.falk@fabrikam.example", computer="192.0.2.60"
    )
    first = write(
        finn,
        reader,
        today(),
        "Hello,\n\nNora takes over for me.\nFinn",
        parent=thread[-1],
        cc=(nora,),
    )
    second = write(
        nora, reader, today() + timedelta(hours=2),
        "Hello,\n\nthe crates you asked Finn for leave tomorrow at noon.\nNora", parent=first,
    )  # fmt: skip
    assert "alert" not in {each.verdict for each in after([first, second])}
