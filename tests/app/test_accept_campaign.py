"""A campaign that somebody answers for, an exercise say: shown, not counted, not handed on."""

import json

import pytest
from conversing import tocsin
from mail_case import as_files, case

UNTIL = "2099-12-31"
REASON = "awareness exercise of autumn"
OWN = ("--own-domain", "contoso.example")


@pytest.fixture(scope="module")
def mails(tmp_path_factory):
    return as_files(tmp_path_factory.mktemp("mails"), case().mails)


@pytest.fixture(scope="module")
def before(mails, tmp_path_factory):
    folder = tmp_path_factory.mktemp("before") / "run"
    assert tocsin("examine", mails, *OWN, "-o", folder).returncode == 1
    return folder


@pytest.fixture(scope="module")
def accepted(before, tmp_path_factory):
    """A file that accepts every campaign."""
    file = tmp_path_factory.mktemp("accepted") / "acceptances.toml"
    for each in run_of(before)["conversations"]["campaigns"]:
        done = tocsin(
            "accept", each["id"], "--reason", REASON, "--owner", "C. Roche", "--until", UNTIL,
            "--run", before, "--file", file,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert f"accepted until {UNTIL}: Campaign " in done.stdout
    return file


@pytest.fixture(scope="module")
def after(mails, accepted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("after") / "run"
    done = tocsin("examine", mails, *OWN, "--accepted", accepted, "-o", folder)
    return done, folder


def run_of(folder):
    return json.loads((folder / "run.json").read_text())


def test_it_is_told_who_answers_and_nobody_must_be_warned(after, before):
    done, folder = after
    count = len(run_of(before)["conversations"]["campaigns"])
    verdict = " ".join(done.stdout.partition("What to do first")[0].split())
    assert f"Campaigns that somebody answers for, an exercise, say: {count}." in verdict
    assert "Nobody else was found speaking inside the conversations." in verdict
    assert f"Accepted until {UNTIL} by C. Roche: {REASON}" in done.stdout
    assert {each.name for each in folder.iterdir()} == {"report.html", "run.json"}
    warn = [e for e in run_of(folder)["plan"]["actions"] if e["kind"] == "warn"]
    assert [each["accepted"]["owner"] for each in warn] == ["C. Roche"]


def test_it_does_not_count_for_the_exit_code(mails, accepted):
    words = ("conversation", mails, *OWN, "-q", "--format", "csv")
    assert tocsin(*words).returncode == 1
    assert tocsin(*words, "--accepted", accepted).returncode == 0


def test_the_messages_and_their_verdicts_are_kept(after, before):
    was, now = (run_of(each)["conversations"] for each in (before, after[1]))
    assert now["judged"] == was["judged"]
    assert [each["id"] for each in now["messages"]] == [each["id"] for each in was["messages"]]
    assert all(each["accepted"]["reason"] == REASON for each in now["campaigns"])


def test_the_report_shows_it_grey_with_reason_owner_and_day(after):
    page = (after[1] / "report.html").read_text()
    assert 'class="camp grey"' in page
    assert f"Accepted until {UNTIL} by C. Roche: {REASON}" in page
    assert "Who must be warned" not in page


@pytest.mark.parametrize("form", ["purge", "recipients", "stix", "advisory"])
def test_nothing_of_it_is_handed_on(after, before, form):
    def handed(folder):
        return tocsin("report", "--from", folder, "--format", form).stdout

    subject = run_of(before)["conversations"]["campaigns"][0]
    for word in {subject["message_ids"][0], *subject["urls"][:1]} - {""}:
        assert word not in handed(after[1])
    assert len(handed(after[1])) < len(handed(before))


def test_one_campaign_of_several_leaves_the_others_counted(mails, before, tmp_path):
    one, *others = run_of(before)["conversations"]["campaigns"]
    assert others
    file = tmp_path / "acceptances.toml"
    tocsin("accept", one["id"], "--reason", REASON, "--owner", "C. Roche", "--until", UNTIL,
           "--file", file)  # fmt: skip
    done = tocsin("conversation", mails, *OWN, "--accepted", file, "-o", tmp_path / "run")
    assert done.returncode == 1
    assert "people got them and must be warned" in " ".join(done.stdout.split())
    purge = (tmp_path / "run" / "purge.csv").read_text()
    assert not [each for each in one["message_ids"] if each in purge]
    assert all(each["message_ids"][0] in purge for each in others)


def test_the_comparison_tells_that_it_was_accepted_and_that_it_counts_again(before, after):
    done = tocsin("diff", before, after[1], "--fail-on", "high")
    assert done.returncode == 0
    assert "Accepted as a risk since" in done.stdout
    assert f"until {UNTIL}, C. Roche: {REASON}" in done.stdout
    back = tocsin("diff", after[1], before, "--fail-on", "high")
    assert back.returncode == 1
    assert "No longer accepted: they count again" in back.stdout
    assert "taken back" in back.stdout
