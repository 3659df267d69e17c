"""`tocsin conversation` as a user runs it: folders of mails in, words, files and exit codes out."""

import json
import re
import zipfile
from pathlib import Path

import jsonschema
import pytest
from conversing import DOCUMENTED, alerts, judged, objects, tocsin, verdicts
from mail_case import HIDDEN, ROOT, as_files, as_journal, as_maildir, as_mbox, case


@pytest.fixture(scope="module")
def written(folder: Path, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "answer"
    done = tocsin("conversation", folder, "--own-domain", "contoso.example", "-o", out)
    return done, out


def test_every_mail_gives_one_object_in_order_of_time(lines: list[dict]):
    found = [each for each in lines if each["kind"] == "message"]
    assert [each["message_id"] for each in found] == case().ids
    assert sorted(each["date"] for each in found) == [each["date"] for each in found]
    assert alerts(found) == case().forged_ids


def test_every_object_has_the_documented_keys_clear_ones_too(lines: list[dict]):
    found = [each for each in lines if each["kind"] == "message"]
    assert {each["verdict"] for each in found} >= {"alert", "clear"}
    for each in found:
        assert set(each) == DOCUMENTED
        assert each["score"] == pytest.approx(
            each["identity"] + each["payload"] + each["burst"], abs=0.003
        )
        assert each["source"]["sha256"]
        for reason in each["indicators"]:
            assert set(reason) == {"name", "axis", "weight", "quote", "sentence", "evidence"}
            assert reason["weight"] > 0
            assert "{" not in reason["sentence"]
            assert reason["evidence"]["source"] == each["source"]["source"]
    assert any(each["indicators"] for each in found if each["verdict"] == "clear")


def test_campaigns_follow_and_the_last_line_counts(lines: list[dict]):
    kinds = [each["kind"] for each in lines]
    campaigns = [each for each in lines if each["kind"] == "campaign"]
    assert kinds == ["message"] * len(case().mails) + ["campaign"] * len(campaigns) + ["end"]
    assert lines[-1] == {"kind": "end", "objects": len(lines) - 1}
    by_id = {each["id"]: each for each in campaigns}
    for each in lines[: len(case().mails)]:
        if each["verdict"] == "alert":
            assert each["message_id"] in by_id[each["campaign"]]["message_ids"]
            assert each["id"] in by_id[each["campaign"]]["messages"]
        elif each["verdict"] == "clear":
            assert (each["campaign"], each["family"], each["answered"]) == ("", "", [])


def test_a_burst_is_one_campaign_with_the_accounts_and_the_server_that_sent_it(lines: list[dict]):
    burst = {mail.id for mail in case().forged[3:]}
    (campaign,) = [e for e in lines if e["kind"] == "campaign" and burst & set(e["message_ids"])]
    assert set(campaign["message_ids"]) == burst
    assert campaign["servers"] == ["ex02.contoso.example"]
    assert set(campaign["accounts"]) == {mail.author.address for mail in case().forged[3:]}
    assert set(campaign["recipients"]) == {mail.to.address for mail in case().forged[3:]}
    assert len(campaign["domains"]) == len(burst)


def test_who_answered_and_what_family_it_is(lines: list[dict]):
    by_id = {each["message_id"]: each for each in lines if each["kind"] == "message"}
    victim = case().forged[0]
    assert by_id[victim.id]["answered"] == [victim.to.address]
    assert by_id[case().forged[1].id]["family"] == "Qakbot"


def test_the_text_says_it_in_words(written):
    done, out = written
    assert done.returncode == 1, done.stderr
    text = " ".join(done.stdout.split())
    assert "Somebody is speaking inside the conversations: 9 mails." in text
    assert "from server ex02.contoso.example" in text
    assert f"Judged {len(case().mails)} mails" in text
    assert "Exchange servers" not in text
    assert str(out / "report.html") in done.stdout
    # No link in it can be clicked.
    assert not re.search(r"https?://", done.stdout)


def test_the_files_are_left(written):
    _, out = written
    names = {each.name for each in out.iterdir()}
    advisories = {
        f"advisory-{lang}.{kind}" for lang in ("en", "fr", "de", "it") for kind in ("txt", "html")
    }
    assert names == advisories | {
        "run.json", "report.html", "recipients.csv", "purge.csv", "indicators.stix.json",
    }  # fmt: skip
    purge = (out / "purge.csv").read_text("utf-8")
    assert all(each in purge for each in case().forged_ids)
    recipients = (out / "recipients.csv").read_text("utf-8")
    assert all(mail.to.address in recipients for mail in case().forged)
    for name in ("report.html", *advisories):
        assert not re.search(
            r"(?<!x)https?://(?!www\.w3\.org)[a-z]+\.test", (out / name).read_text("utf-8")
        )


def test_the_document_meets_its_schema_and_says_all_again(written, lines: list[dict]):
    _, out = written
    schema = json.loads((ROOT / "docs" / "run.schema.json").read_text())
    run = json.loads((out / "run.json").read_text())
    jsonschema.validate(run, schema)
    found = run["conversations"]
    assert found["judged"]["alert"] == len(case().forged)
    assert sum(found["judged"].values()) == len(case().mails)
    printed = objects(tocsin("report", "--from", out / "run.json", "--format", "jsonl"))
    again = {each["id"]: each for each in printed if each["kind"] == "message"}
    first = {each["id"]: each for each in lines if each["kind"] == "message"}
    assert again
    # Threads are numbered with the history's key, which is another in each run without a file.
    apart = {"thread": ""}
    assert all(first[each] | apart == again[each] | apart for each in again)
    assert {each for each in first if first[each]["verdict"] != "clear"} == set(again)


def test_the_genuine_mail_beside_a_forged_one_is_by_the_person_it_claims_to_be(written):
    _, out = written
    run = json.loads((out / "run.json").read_text())
    by_id = {each["message_id"]: each for each in run["conversations"]["messages"]}
    forged = case().forged[2]
    told = by_id[forged.id]
    assert told["original"]["sender"] == "Finn Kuhn <finn.kuhn@fabrikam.example>"
    assert told["original"]["message_id"] in case().ids
    assert {"sender", "path"} <= set(told["differing"])
    emotet = by_id[case().forged[0].id]
    assert emotet["original"]["sender"].startswith(case().forged[0].author.name)
    assert {"sender", "in_reply_to", "attachments"} <= set(emotet["differing"])
    moments = [event["when"] for event in told["timeline"]]
    assert moments == sorted(moments)
    assert [e["verdict"] for e in told["timeline"] if e["message_id"] == forged.id] == ["alert"]


@pytest.mark.parametrize("kind", ["mbox", "maildir", "zip"])
def test_the_same_mails_in_other_containers_are_judged_alike(
    kind: str, lines: list[dict], tmp_path: Path
):
    place = tmp_path / f"mails.{kind}"
    if kind == "mbox":
        as_mbox(place, case().mails)
    elif kind == "maildir":
        as_maildir(place, case().mails)
    else:
        inner = as_files(tmp_path / "files", case().mails)
        with zipfile.ZipFile(place, "w") as archive:
            for each in sorted(inner.iterdir()):
                archive.write(each, f"export/{each.name}")
    found = judged(place)
    assert verdicts(found) == verdicts([each for each in lines if each["kind"] == "message"])


def test_journal_reports_name_those_whom_the_mail_does_not_show(lines: list[dict], tmp_path: Path):
    found = judged(as_journal(tmp_path / "journal", case().mails))
    assert [each["message_id"] for each in found] == case().ids
    assert alerts(found) == case().forged_ids
    assert all(HIDDEN.address in each["recipients"] for each in found)


def test_a_mail_and_its_journal_report_are_one(tmp_path: Path):
    as_files(tmp_path / "all" / "mails", case().mails)
    as_journal(tmp_path / "all" / "journal", case().mails)
    done = tocsin(
        "conversation", tmp_path / "all", "--own-domain", "contoso.example", "--format", "json"
    )
    run = json.loads(done.stdout)
    assert sum(run["conversations"]["judged"].values()) == len(case().mails)
    assert run["conversations"]["duplicates"] == len(case().mails)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_number_of_workers_changes_nothing(workers: int, lines: list[dict], tmp_path: Path):
    # Enough bytes that other processes are started at all.
    for number in range(6):
        as_files(tmp_path / f"copy{number}", case().mails)
    found = judged(tmp_path, "--workers", workers)
    first = [each for each in lines if each["kind"] == "message"]
    assert verdicts(found) == verdicts(first)
    assert [each["indicators"][:1] == [] for each in found] == [
        each["indicators"][:1] == [] for each in first
    ]


def test_the_own_domain_is_inferred_and_stated(folder: Path):
    done = tocsin("conversation", folder, "--format", "json")
    found = json.loads(done.stdout)["conversations"]
    assert (found["own_domains"], found["inferred"]) == (["contoso.example"], True)
    given = tocsin("conversation", folder, "--own-domain", "contoso.example", "--format", "json")
    found = json.loads(given.stdout)["conversations"]
    assert (found["own_domains"], found["inferred"]) == (["contoso.example"], False)


INFERRED = "Your own domains were inferred: contoso.example; give --own-domain to be sure."


def test_the_verdict_names_an_inferred_domain_once(folder: Path, tmp_path: Path):
    done = tocsin("conversation", folder, "-o", tmp_path / "out", cwd=tmp_path)
    words = " ".join(done.stdout.split())
    assert INFERRED in words.partition("Conversations ")[0]
    assert "inferred" not in words.partition("Conversations ")[2].partition("TOCSIN")[0].replace(
        INFERRED, "", 1
    )
    page = (tmp_path / "out" / "report.html").read_text()
    assert INFERRED in page.partition("<h2")[0]
    given = tocsin("conversation", folder, "--own-domain", "contoso.example", "--format", "text")
    assert "inferred" not in given.stdout


@pytest.mark.parametrize("command", ["examine", "inventory"])
def test_one_foreign_mail_that_makes_foreign_servers_look_like_ours_is_told(
    command, tmp_path: Path
):
    (tmp_path / "one.eml").write_text(
        "Received: from MBX7.fabrikam.example (10.9.0.7) by MBX7.fabrikam.example (10.9.0.7)\n"
        " with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE) id 15.1.2507.6;\n"
        " Mon, 9 Nov 2026 08:00:00 +0000\n"
        "From: Lena Vogt <lena.vogt@fabrikam.example>\nTo: Tom Reed <tom.reed@contoso.example>\n"
        "Subject: prices\nMessage-ID: <1@fabrikam.example>\n"
        "Date: Mon, 9 Nov 2026 08:00:00 +0000\n\nhello\n"
    )
    done = tocsin(command, tmp_path / "one.eml", "--fail-on", "none", "-o", tmp_path / "out", "-q")
    words = " ".join(done.stdout.split())
    assert "Your own domains were inferred: fabrikam.example; give --own-domain" in words
    given = tocsin(
        command, tmp_path / "one.eml", "--own-domain", "contoso.example", "--format", "text", "-q"
    )
    assert "inferred" not in given.stdout


@pytest.mark.parametrize(("level", "code"), [("high", 1), ("low", 1), ("critical", 0), ("none", 0)])
def test_an_alert_counts_as_high(level: str, code: int, folder: Path):
    done = tocsin(
        "conversation", folder, "--own-domain", "contoso.example", "--format", "jsonl",
        "--fail-on", level,
    )  # fmt: skip
    assert done.returncode == code


def test_mails_without_an_alert_are_clean(tmp_path: Path):
    mails = tuple(each for each in case().mails if each.id not in case().forged_ids)[:-1]
    done = tocsin(
        "conversation", as_files(tmp_path / "m", mails), "-o", tmp_path / "out", cwd=tmp_path
    )
    assert done.returncode == 0
    assert f"nobody speaks who should not, in {len(mails)} mails" in done.stdout
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"run.json", "report.html"}


def test_examine_runs_both_rooms(folder: Path):
    done = tocsin("examine", folder, "--own-domain", "contoso.example", "--format", "json")
    run = json.loads(done.stdout)
    assert {server["name"].lower() for server in run["servers"]} >= {"ex01.contoso.example"}
    assert run["conversations"]["judged"]["alert"] == len(case().forged)


def test_inventory_judges_no_mail(folder: Path):
    done = tocsin("inventory", folder, "--own-domain", "contoso.example", "--format", "json")
    run = json.loads(done.stdout)
    assert run["servers"]
    assert run["conversations"] is None


def test_conversation_lists_no_servers(folder: Path):
    done = tocsin("conversation", folder, "--own-domain", "contoso.example", "--format", "json")
    run = json.loads(done.stdout)
    assert (run["servers"], run["findings"]) == ([], [])


@pytest.mark.parametrize("filled", [False, True])
def test_a_folder_without_mails_says_so(tmp_path: Path, *, filled: bool):
    place = tmp_path / "empty"
    place.mkdir()
    if filled:
        (place / "notes.txt").write_text("nothing to see\n")
    done = tocsin("conversation", place, "-o", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == (3 if filled else 0), done.stderr
    assert "no mail" in " ".join(done.stdout.lower().split())
    assert objects(tocsin("conversation", place, "--format", "jsonl")) == [
        {"kind": "end", "objects": 0}
    ]


def test_a_path_that_is_not_there_is_a_wrong_word(tmp_path: Path):
    done = tocsin("conversation", tmp_path / "nowhere", "--format", "jsonl")
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_hostile_words_in_a_mail_reach_no_terminal_and_break_no_line(tmp_path: Path):
    evil = case().forged[1].raw
    subject = b"Subject: \x1b[31mRE\xed\xa0\x80 =?utf-16le?b?ANhBAA==?= {account} %s \r\x07 x\n"
    evil = re.sub(rb"Subject: .*\n", lambda _: subject, evil, count=1)
    place = as_files(tmp_path / "m", case().mails[:60])
    (place / "evil.eml").write_bytes(evil)
    found = judged(place)
    assert len(found) == 61
    done = tocsin("conversation", place, "-o", tmp_path / "out", "-v", cwd=tmp_path)
    assert done.returncode in (0, 1), done.stderr
    assert not {"\x1b", "\x07", "\r"} & set(done.stdout)


def test_the_words_of_a_reason_are_those_it_rests_on(tmp_path: Path):
    place = tmp_path / "mails"
    place.mkdir()
    head = "Received: from mx.contoso.example by mail.contoso.example; Mon, 2 Mar 2026 10:00:00 +0000\n"
    (place / "1.eml").write_text(
        f"{head}From: Anna <anna@contoso.example>\nTo: Boris <boris@fabrikam.example>\nSubject: Order 7\n"
        "Date: Mon, 2 Mar 2026 10:00:00 +0000\nMessage-ID: <1@contoso.example>\n\nPlease send the invoice.\n"
    )
    (place / "2.eml").write_text(
        f"{head}From: Boris <boris@fabrikarn.example>\nTo: Anna <anna@contoso.example>\nSubject: Re: Order 7\n"
        "Date: Tue, 3 Mar 2026 10:00:00 +0000\nMessage-ID: <2@fabrikarn.example>\n"
        "In-Reply-To: <1@contoso.example>\n\nOur bank details have changed, please use the new account.\n"
    )
    done = tocsin("conversation", place, "--format", "jsonl", cwd=tmp_path)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    (reply,) = [each for each in found if each.get("message_id") == "2@fabrikarn.example"]
    quotes = {each["name"]: each["quote"] for each in reply["indicators"]}
    assert "bank details have changed" in quotes["payment-change"]


def test_a_period_without_mails_is_no_all_clear(tmp_path: Path):
    (tmp_path / "1.eml").write_text(
        "From: Anna <anna@contoso.example>\nTo: Boris <boris@fabrikam.example>\nSubject: Order 7\n"
        "Date: Mon, 2 Mar 2026 10:00:00 +0000\nMessage-ID: <1@contoso.example>\n\nHello.\n"
    )
    for since, words in (("2030-01-01", "No mail that was read lies in"), ("2026-01-01", "Nobody")):
        done = tocsin("conversation", "1.eml", "--since", since, "-q", cwd=tmp_path)
        assert words in " ".join(done.stdout.split())
