"""The injector on a small invented list: the same bytes for the same seed, the forms as documented."""

from __future__ import annotations

import email
import io
import random
import zipfile
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from pathlib import Path

import pytest

from benchmarks.conversation.attachments import FILES, encrypted_zip
from benchmarks.conversation.forms import FORMS
from benchmarks.conversation.inject import Hijack, Injector, load, save
from benchmarks.conversation.lists import MailList, benign_replies, read_list
from benchmarks.conversation.lures import texts
from benchmarks.conversation.payloads import URLS

PEOPLE = [
    "ann@contoso.example",
    "bob@contoso.example",
    "eva@contoso.example",
    "joe@fabrikam.example",
]
DAY = 86_400


def mail(number: int, thread: int, at: int, sender: str, parent: str) -> str:
    when = format_datetime(datetime.fromtimestamp(at, UTC))
    answer = f"In-Reply-To: <{parent}>\nReferences: <{parent}>\n" if parent else ""
    name = sender.partition("@")[0].title()
    return (
        f"Received: from out.{sender.partition('@')[2]} (out [203.0.113.9])\n\tby lists.example "
        f"(Postfix) with ESMTPS id AB{number:06}; {when}\n"
        f"From: {name} Example <{sender}>\nTo: team@lists.example\n"
        f"Subject: {'Re: ' if parent else ''}Order of {thread} pumps\nDate: {when}\n"
        f"Message-ID: <m{number:04}.abcdef0123@{sender.partition('@')[2]}>\n{answer}"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nUser-Agent: Mail 1.0\n\n"
        f"The pump number {thread} needs a larger valve before delivery.\n\n{name}\n"
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> MailList:
    folder: Path = tmp_path_factory.mktemp("list")
    rng = random.Random(3)
    number = 0
    for thread in range(150):
        at, parent = 1_600_000_000 + thread * 4 * DAY, ""
        for _ in range(3):
            sender = rng.choice(PEOPLE)
            (folder / f"{number:04}.eml").write_text(mail(number, thread, at, sender, parent))
            parent = f"m{number:04}.abcdef0123@{sender.partition('@')[2]}"
            number, at = number + 1, at + DAY
    return read_list(folder, "small")


def made(of: MailList, form: str, which: str = "A") -> list[Hijack]:
    return list(Injector(of, which, 1).hijacks(form, 12))  # type: ignore[arg-type]


def test_list_is_read_in_order_with_its_organisation(small: MailList) -> None:
    assert small.organisation == "contoso.example"
    assert [m.at for m in small.mails] == sorted(m.at for m in small.mails)
    assert len(benign_replies(small, 0, 1 << 40)) == 300
    assert small.addresses == {"team@lists.example"}
    assert not small.crosses("ann@contoso.example", ["bob@contoso.example", "team@lists.example"])
    assert small.crosses("ann@contoso.example", ["joe@fabrikam.example"])
    assert small.crosses("joe@fabrikam.example", ["ann@contoso.example"])


@pytest.mark.parametrize("form", FORMS)
def test_same_seed_same_bytes(small: MailList, form: str) -> None:
    first, second = made(small, form), made(small, form)
    assert first
    assert [h.raw for h in first] == [h.raw for h in second]
    threads = [h.row.thread for h in first if h.row.step == 1]
    assert len(threads) == len(set(threads))


def test_sets_stand_in_their_parts_of_the_time(small: MailList) -> None:
    for which, low, high in (("A", 0.40, 0.75), ("B", 0.75, 1.0)):
        for each in made(small, "T2", which):
            assert small.moment(low) <= each.row.date_epoch <= small.moment(high)


def test_voices_are_what_they_claim(small: MailList) -> None:
    for form in FORMS:
        for each in made(small, form):
            address = parseaddr(str(email.message_from_bytes(each.raw)["From"]))[1].lower()
            assert address == each.row.sender
            known = address in PEOPLE
            assert known == (form in {"T3", "T4", "T7", "T8"}), (form, each.row.variant)
            if form == "T7":
                assert address == "joe@fabrikam.example"


def test_ids_are_there_or_not_as_the_form_has_it(small: MailList) -> None:
    assert not any(email.message_from_bytes(h.raw)["In-Reply-To"] for h in made(small, "T1"))
    for form in ("T3", "T4", "T5", "T7"):
        for each in made(small, form):
            message = email.message_from_bytes(each.raw)
            assert message["In-Reply-To"] == f"<{each.row.parent_message_id}>"


def test_clone_keeps_the_traits_of_the_sender_and_renews_ids(small: MailList) -> None:
    clones = [h for h in made(small, "T7") if h.row.variant == "cloned" and h.row.arrival == "list"]
    assert clones
    known = {m.message_id for m in small.mails}
    for each in clones:
        message = email.message_from_bytes(each.raw)
        assert message["User-Agent"] == "Mail 1.0"
        assert str(message["Message-ID"]).strip("<>") not in known
        assert "203.0.113.9" in str(message["Received"])


def test_second_step_follows_a_harmless_first(small: MailList) -> None:
    mails = made(small, "T8")
    firsts = {h.row.pair: h for h in mails if h.row.step == 1}
    for each in (h for h in mails if h.row.step == 2):
        first = firsts[each.row.pair]
        assert first.row.payload == "harmless"
        assert b"http" not in first.raw.partition(b"\n\n")[2]
        assert 0 < each.row.date_epoch - first.row.date_epoch <= 40 * 3600


def test_manifest_is_read_back(small: MailList, tmp_path: Path) -> None:
    mails = made(small, "T5")
    save(iter(mails), tmp_path)
    assert load(tmp_path) == mails


def test_sets_share_no_wording_language_link_family_or_file() -> None:
    first, second = texts("A"), texts("B")
    assert set(first) & set(second) == {"en"}
    words = [{line for lines in each["en"].values() for line in lines if len(line) > 20} for each in (first, second)]  # fmt: skip
    assert not words[0] & words[1]
    links = [{name for kind in URLS[which].values() for name in kind} for which in ("A", "B")]
    assert not links[0] & links[1]
    assert not set(FILES["A"]) & set(FILES["B"])


def test_encrypted_archive_opens_with_its_password() -> None:
    made_zip = encrypted_zip("a.doc", b"harmless" * 50, "U4613", random.Random(1))
    with zipfile.ZipFile(io.BytesIO(made_zip)) as archive:
        assert archive.read("a.doc", b"U4613") == b"harmless" * 50
        with pytest.raises(RuntimeError):
            archive.read("a.doc")
