"""What the room learns, from whom and when; what is a copy; what never lowers a score."""

from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hijacking import (
    emotet,
    from_own_server,
    in_step_with,
    look_alike,
    partner_account,
    qakbot,
    with_partner,
)
from hypothesis import given
from hypothesis import strategies as st
from remembering import PlainMemory, after, calm, evidence, judge, past
from speaking import ANNA, BERT, CHLOE, ELSA, FINN, OWN, Mail, Person, history, moved, write

from tocsin.analyse.conversation.room import Judged, Room
from tocsin.analyse.conversation.scoring import Scorer
from tocsin.knowledge.indicators import load_indicators
from tocsin.store.history import open_history

LINK = "https://www.lucernehotel.example/rooms"


def threads() -> list[list[Mail]]:
    return past()[0]


def today() -> datetime:
    return max(mail.when for thread in threads() for mail in thread) + timedelta(hours=3)


def note(author: Person, to: Person, hours: float, text: str, **more) -> Mail:
    """A mail so many hours from now."""
    return write(author, to, today() + timedelta(hours=hours), text, **more)


def about_rooms(author: Person, to: Person, hours: float) -> Mail:
    text = (
        f"Hello,\n\nthe rooms for the fair in Lucerne are at {LINK}, I took {hours:.0f} of them.\n"
    )
    return note(author, to, hours, text, subject=f"Rooms in Lucerne {hours}")


@pytest.mark.parametrize(("hours", "new"), [(2, True), (47, True), (49, False)])
def test_a_link_is_new_until_the_mail_that_brought_it_is_two_days_old(hours: float, *, new: bool):
    mails = [about_rooms(ANNA, BERT, 0), about_rooms(BERT, CHLOE, hours)]
    found = after(mails, indicators=calm())
    assert found[0].verdict == "clear"
    assert "link-new" in found[0].observed
    assert ("link-new" in found[1].observed) == new


@pytest.mark.parametrize("delay", [0, 3600])
def test_the_delay_can_be_set(delay: int):
    mails = [about_rooms(ANNA, BERT, 0), about_rooms(BERT, CHLOE, 2)]
    found = after(mails, delay=delay, indicators=calm())
    assert "link-new" not in found[1].observed


def test_nothing_is_learnt_from_an_alert():
    forged = qakbot(threads()[-1], today(), 3)
    host = forged.text.split("https://")[1].split("/")[0]
    stranger = forged.author
    late = 30 * 24
    probe = note(
        ANNA, BERT, late, f"What is https://{host}/ that came up in the protocol?", subject="Odd"
    )
    again = note(stranger, ANNA, late + 1, "Good day, are you there?", subject="Hello")
    found = after([forged, probe, again])
    assert found[0].verdict == "alert"
    assert "link-new" in found[1].observed
    assert "link-new-to-sender" not in found[1].observed
    assert {"address-new", "domain-new", "name-elsewhere"} <= set(found[2].observed)


def test_an_alert_makes_nobody_a_member_of_the_thread():
    thread = with_partner(threads(), FINN)[-1]
    forged = [qakbot(thread, today() + timedelta(days=day), 4 + day) for day in range(0, 8, 2)]
    for each in after(forged):
        assert each.verdict == "alert"
        assert {"stranger", "stranger-unknown", "participant-elsewhere"} <= set(each.observed)


def test_an_answer_to_an_alert_is_told_but_is_none():
    thread = with_partner(threads(), FINN)[-1]
    forged = look_alike(thread, today())
    answer = note(
        forged.to, forged.author, 1, "Thank you, we have noted the new account.", parent=forged
    )
    found = after([forged, answer])
    assert found[0].verdict == "alert"
    assert "answers-flagged" in found[1].observed
    assert found[1].parent == found[0].key


def test_mails_raised_by_a_burst_later_teach_nothing_either():
    mails = [
        in_step_with(thread, today() + timedelta(minutes=number), number)
        for number, thread in enumerate(threads()[-8:])
    ]
    host = mails[0].text.split("https://")[1].split("/")[0]
    probe = note(BERT, ANNA, 24 * 20, f"See https://{host}/ please", subject="A page")
    found = after([*mails, probe])
    assert {each.verdict for each in found[:8]} == {"alert"}
    assert "link-new" in found[-1].observed


def test_a_watched_mail_teaches_late_and_only_who_wrote_it():
    # It answers nothing, so that it is watched at most.
    elsewhere = moved(FINN, address="finn.kuhn@alpineskihaus.example", computer="192.0.2.99")
    link = "https://litwareagri.test/nihil/offer.zip"
    first = note(elsewhere, ANNA, 0, f"Good day,\n\nsee {link}", subject="From home")
    soon, late = 24 * 10, 24 * 17
    probes = [
        note(elsewhere, first.to, hours, f"Any news of it? {link}", subject=f"News {hours}")
        for hours in (soon, late)
    ]
    watched, one, other = after([first, *probes])
    assert watched.verdict == "watch"
    assert "address-new" in one.observed
    assert "address-new" not in other.observed
    assert {"link-new", "link-new-to-sender"} & set(other.observed)


def test_what_was_planted_on_a_site_that_people_know():
    site = "https://tools.litwareagri.test"
    first = note(BERT, ANNA, 0, f"The guide is at {site}/docs/guide", subject="Guide")
    later = 24 * 10
    odd, own, plain = (
        note(who, ANNA, later, f"Good day,\n\nsee {site}/{path}", subject=f"Hello {number}")
        for number, (who, path) in enumerate(
            (
                (FINN, "sunt-quia/x8Kd2Qpl.zip"),
                (BERT, "sunt-quia/x8Kd2Qpl.zip"),
                (FINN, "releases/tools.zip"),
            )
        )
    )
    _, strange, known, placed = after([first, odd, own, plain])
    assert {"link-nowhere", "link-archive"} <= set(strange.observed)
    # Who has led there before may do so again, and a download that has its place may come from anybody.
    assert "link-nowhere" not in known.observed
    assert "link-nowhere" not in placed.observed


def test_a_thread_is_found_by_what_is_quoted_when_its_ids_are_gone():
    for thread in threads()[-10:]:
        last = thread[-1]
        by_ids = note(last.to, last.author, 1, "Thank you, that is enough.", parent=last)
        # Another program's answer, which names nothing.
        plain = moved(last.to, program="other")
        by_text = note(plain, last.author, 2, "One more word on this.", parent=last, ids=False)
        one, other = after([by_ids, by_text])
        assert (one.by, other.by) == ("ids", "text")
        assert one.thread == other.thread
        assert "ids-missing-quote-known" in other.observed


def test_a_copy_is_judged_once():
    mail = about_rooms(ANNA, BERT, 0)
    # The other recipient's copy has lines of its own way.
    other = replace(mail, raw=b"Delivered-To: chloe.martin@contoso.example\n" + mail.raw)
    _, memory = past()
    room = Room(deepcopy(memory), load_indicators(), own_domains=(OWN,))
    assert len(room.judge([evidence(mail), evidence(other)])) == 1
    assert room.judge([evidence(mail)]) == []
    assert (room.judged, room.duplicates) == (1, 2)


def test_a_copy_with_a_banner_and_a_disclaimer_quotes_nobody():
    """A gateway's changes make another mail of it; its words are its own all the same."""
    mail = history(1, seed=77, start=today() + timedelta(days=1))[0][0]
    banner = b"CAUTION: this mail came from outside of the organisation.\n\nHello "
    changed = mail.raw.replace(b"Hello ", banner, 1) + b"\nIt is meant for the addressee only.\n"
    found = after([mail, replace(mail, raw=changed)])
    assert len(found) == 2
    assert {each.verdict for each in found} == {"clear"}
    assert not {"pasted-thread", "ids-missing-quote-known"} & set(found[1].observed)


@pytest.mark.parametrize("forged_first", [False, True])
def test_a_stolen_message_id_does_not_hide_a_forged_mail(*, forged_first: bool):
    thread = threads()[-1]
    genuine = note(
        thread[-1].to, thread[-1].author, 0, "That is right, thank you.", parent=thread[-1]
    )
    forged = emotet([*thread, genuine], today() + timedelta(minutes=-5 if forged_first else 5))
    stolen = replace(forged, raw=forged.raw.replace(forged.id.encode(), genuine.id.encode()))
    found = after([genuine, stolen])
    assert [each.message_id for each in found] == [genuine.id, genuine.id]
    verdicts = {each.account: each.verdict for each in found}
    assert verdicts[forged.author.address] == "alert"
    assert verdicts[genuine.author.address] != "alert"


def test_a_mail_without_any_id_is_judged_too():
    mail = about_rooms(ANNA, BERT, 0)
    bare = replace(mail, raw=mail.raw.replace(f"Message-ID: <{mail.id}>\n".encode(), b""))
    (found,) = after([bare])
    assert found.message_id == ""
    assert "no-message-id" in found.observed


NAMES = sorted({name for each in load_indicators().all for name in (*each.needs, *each.lacks)})
STRENGTHS = st.sampled_from([0.1, 0.5, 0.8, 1.0])
OBSERVED = st.dictionaries(st.sampled_from(NAMES), STRENGTHS, max_size=25)
SCORER = Scorer(load_indicators())
ORDER = {"clear": 0, "watch": 1, "alert": 2}


@given(OBSERVED, st.sampled_from(NAMES), STRENGTHS)
def test_one_more_observation_never_lowers_a_score(observed, name, strength):
    more = {**observed, name: max(strength, observed.get(name, 0.0))}
    before, then = SCORER.score(observed), SCORER.score(more)
    for axis in ("identity", "payload", "burst", "total"):
        assert getattr(then, axis) >= getattr(before, axis) - 1e-9
    for answers in (False, True):
        for inside in (False, True):
            one = SCORER.verdict(before, answers=answers, inside=inside)
            other = SCORER.verdict(then, answers=answers, inside=inside)
            assert ORDER[other] >= ORDER[one]


@given(OBSERVED, st.booleans())
def test_to_be_an_answer_or_internal_never_lowers_a_verdict(observed, either):
    score = SCORER.score(observed)
    bare = SCORER.verdict(score, answers=False, inside=False)
    for answers, inside in ((True, either), (either, True)):
        assert ORDER[SCORER.verdict(score, answers=answers, inside=inside)] >= ORDER[bare]


@given(OBSERVED)
def test_every_reason_counts_for_something_and_no_score_is_below_zero(observed):
    score = SCORER.score(observed)
    assert all(reason.weight > 0 for reason in score.reasons)
    assert score.total == pytest.approx(sum(reason.weight for reason in score.reasons))
    assert min(score.identity, score.payload, score.burst) >= 0


def test_the_order_of_observations_does_not_matter():
    found = after([emotet(threads()[-1], today())])[0].observed
    backwards = dict(reversed(found.items()))
    assert SCORER.score(found) == SCORER.score(backwards)


LURE = (
    "Good day,\n\nsee the figures: https://tailspintoys.test/nihilvoluptas/charts-123456789.zip\n"
)
WANTED = {
    "link-new",
    "links-all-new",
    "link-archive",
    "link-unrelated",
    "link-one-new",
    "short",
}


def test_what_a_mail_wants_is_no_less_because_of_who_sends_it_how_and_from_where():
    thread = with_partner(threads(), FINN)[-1]
    reader = thread[-1].to if thread[-1].author is FINN else thread[-1].author
    mails = [
        note(Person("Otto", "otto@woodgrove.example", "other"), reader, 0, LURE, subject="Figures"),
        note(FINN, reader, 0, LURE, subject="Figures"),
        note(FINN, reader, 0, LURE, parent=thread[-1]),
        note(ANNA if reader is BERT else BERT, reader, 0, LURE, subject="Figures"),
    ]
    for mail in mails:
        (found,) = after([mail])
        assert set(found.observed) >= WANTED, mail.author


def test_a_stranger_gains_nothing_by_a_harmless_mail_beforehand():
    thread = threads()[-1]
    forged = qakbot(thread, today() + timedelta(hours=20), 2)
    hello = note(forged.author, forged.to, 0, "Good day, do you sell ribbons?", subject="Ribbons")
    (bare,) = after([forged])
    _, prepared = after([hello, forged])
    assert bare.verdict == prepared.verdict == "alert"
    assert prepared.observed == bare.observed


def test_what_is_judged_again_comes_out_as_before_and_is_learnt_once():
    mails = [mail for thread in history(12, seed=4) for mail in thread]
    forged = emotet(history(12, seed=4)[-1], mails[-1].when + timedelta(hours=5))
    memory = PlainMemory()
    for _ in range(2):
        found = judge([*mails, forged], memory)
        assert [each.message_id for each in found if each.verdict == "alert"] == [forged.id]
    # What waited was learnt in between; nothing twice.
    assert memory.learnt <= len(mails)


def week() -> list[Mail]:
    """Ten genuine days with one forged mail before and one after the cut."""
    threads = history(10, seed=8)
    mails = [mail for thread in threads for mail in thread]
    forged = [
        emotet(threads[6], threads[6][-1].when + timedelta(hours=20)),
        qakbot(threads[12], threads[12][-1].when + timedelta(days=5), 1),
        partner_account(with_partner(threads, ELSA)[-1], threads[-1][-1].when + timedelta(hours=9)),
        from_own_server(threads[20], threads[20][-1].when + timedelta(hours=30), 3),
    ]
    return sorted([*mails, *forged], key=lambda each: each.when)


def told(found: list[Judged]) -> list[tuple[str, str, str, dict[str, float], int]]:
    return [(e.message_id, e.verdict, e.by, e.observed, e.thread) for e in found]


def test_a_second_run_over_the_rest_continues_the_first(tmp_path: Path):
    mails = week()
    key_file = str(tmp_path / "one.history")
    with open_history(key_file) as kept:
        assert kept.waiting == 0
    copy = tmp_path / "two.history"
    copy.write_bytes(Path(key_file).read_bytes())
    with open_history(key_file) as kept:
        whole, _ = judged_with(kept, mails)
    middle = next(
        n
        for n, each in enumerate(mails)
        if each.when.date() > mails[0].when.date() + timedelta(days=4)
    )
    assert mails[middle].when - mails[middle - 1].when > timedelta(hours=1)
    halves: list[Judged] = []
    learnt = 0
    for part in (mails[:middle], mails[middle:]):
        with open_history(str(copy)) as kept:
            found, more = judged_with(kept, part, learnt)
        halves += found
        learnt += more
    assert told(halves) == told(whole)


def judged_with(memory, mails: list[Mail], known: int = 0) -> tuple[list[Judged], int]:
    """The judgements, and how many mails were learnt from."""
    room = Room(memory, load_indicators(), own_domains=(OWN,), known=known)
    found: list[Judged] = []
    for start in range(0, len(mails), 25):
        found += room.judge([evidence(each) for each in mails[start : start + 25]])
    room.close()
    return found, room.learnt
