"""`tocsin trust` and what remains without something, as a user runs them."""

import json

import pytest
from conversing import tocsin
from trust_case import CONNECTOR, THUMBPRINT, newest, written


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return written(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def examined(case, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "run"
    return tocsin("trust", case, "-o", out), out


def run_of(out):
    return json.loads((out / "run.json").read_text())


def test_servers_are_ranked_and_ways_told(examined):
    done, out = examined
    assert done.returncode == 1, done.stderr
    assert "trusts lead on" in done.stdout
    assert "What to do first" in done.stdout
    found = run_of(out)["trusts"]
    assert {each["name"].partition(".")[0].upper() for each in found["scores"][:2]} == {
        "EX02",
        "EX03",
    }
    assert found["paths"]


def test_a_failing_check_counts_for_the_exit_code(case, tmp_path):
    sound = written(tmp_path / "sound", old=newest(), by_address=False)
    for folder, expected in ((case, 1), (sound, 0)):
        done = tocsin("trust", folder, "--format", "json", "--fail-on", "critical")
        fails = [
            each
            for each in json.loads(done.stdout)["trusts"]["checks"]
            if each["outcome"] == "fail" and each["level"] == "critical"
        ]
        assert bool(fails) is bool(expected), [each["because"] for each in fails]
        if fails:
            assert done.returncode == 1


def test_what_remains_without_a_server_is_printed_and_kept(case, examined, tmp_path):
    done = tocsin(
        "trust", case, "-o", tmp_path / "run", "--without", "EX03", "--fail-on", "none", "-q"
    )
    assert done.returncode == 0, done.stderr
    assert "Without EX03" in done.stdout
    assert "gone: EX03.contoso.example →" in done.stdout
    assert "left out" in done.stdout
    found = run_of(tmp_path / "run")
    assert found["trusts"]["without"] == ["EX03"]
    assert not [e for e in found["trusts"]["scores"] if e["name"].startswith("EX03")]
    assert not [e for e in found["plan"]["actions"] if "EX03" in json.dumps(e["do"])]
    before = run_of(examined[1])["trusts"]
    assert {e["name"] for e in before["scores"]} - {
        e["name"] for e in found["trusts"]["scores"]
    } == {"EX03.contoso.example"}


def test_a_saved_run_can_be_asked_what_remains(examined):
    _, out = examined
    done = tocsin("report", "--from", out, "--without", f"EX02>{THUMBPRINT[:10]}", "-q")
    assert done.returncode == 0, done.stderr
    assert "Without EX02>B2B2B2B2B2" in done.stdout
    one = tocsin(
        "report", "--from", out, "--without", "EX02", "--without", "EX03", "--format", "json"
    )
    assert json.loads(one.stdout)["trusts"]["without"] == ["EX02", "EX03"]
    assert (
        "without" not in tocsin("report", "--from", out).stdout.partition("What to do")[0].lower()
    )


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("EX09", "nothing in the graph is called EX09. There are: EX0"),
        ("", "nothing in the graph is called"),
        ("EX02>tenant", "nothing leads directly along EX02>tenant. From there lead: HX_"),
        ("EX02>EX77", "nothing in the graph is called EX77"),
        ("inboundconnector:nowhere", "There are:"),
    ],
)
def test_what_is_unclear_is_told_with_what_could_be_meant(examined, word, told):
    done = tocsin("report", "--from", examined[1], "--without", word)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_a_name_that_several_things_have_is_ambiguous(tmp_path):
    case = written(tmp_path / "case")
    doubled = json.loads((next(case.glob("Get-InboundConnector*"))).read_text())
    first, second = doubled["items"][0], {**doubled["items"][0]}
    first["Name"], second["Name"] = f"{CONNECTOR} (1)", f"{CONNECTOR} (2)"
    doubled["items"] = [first, second]
    next(case.glob("Get-InboundConnector*")).write_text(json.dumps(doubled))
    done = tocsin(
        "trust", case, "-o", tmp_path / "out", "--without", CONNECTOR, "--fail-on", "none"
    )
    assert done.returncode == 2
    assert "can mean: inboundconnector:" in done.stderr
    # What was read is kept: only the question was unclear.
    assert run_of(tmp_path / "out")["trusts"]["without"] == []


def test_nothing_can_be_left_out_where_no_trust_was_read(tmp_path):
    (tmp_path / "a.eml").write_text("Subject: hello\n\nhello\n")
    tocsin("trust", tmp_path / "a.eml", "-o", tmp_path / "out")
    done = tocsin("report", "--from", tmp_path / "out", "--without", "EX01")
    assert done.returncode == 2
    assert "no trusts were read" in done.stderr


def test_two_runs_are_compared_by_checks_and_ways(case, examined, tmp_path):
    better = written(tmp_path / "case", by_address=False)
    tocsin("trust", better, "-o", tmp_path / "out")
    done = tocsin("diff", examined[1], tmp_path / "out")
    assert done.returncode == 0
    assert "No longer failing" in done.stdout
    assert "Old scanners" in done.stdout
    back = tocsin("diff", tmp_path / "out", examined[1], "--fail-on", "high")
    assert back.returncode == 1
    assert "Checks that fail now" in back.stdout
    changes = json.loads(tocsin("diff", tmp_path / "out", examined[1], "--format", "json").stdout)
    assert {each["what"] for each in changes} <= {"server", "finding", "check", "way"}
    fails = [e for e in changes if e["what"] == "check" and e["after"] == "fail"]
    assert {(e["rule"], e["server"]) for e in fails} >= {("HYB-010", "Old scanners")}


def test_a_contract_for_updates_told_as_private_knowledge_counts_in_the_checks(case, tmp_path):
    def ended(*words):
        found = json.loads(tocsin("trust", case, "--format", "json", *words).stdout)
        return [
            each["subject"]
            for each in found["trusts"]["checks"]
            if each["check"] == "HYB-005" and "the last update came" in each["because"]["template"]
        ]

    assert {each.partition(".")[0] for each in ended()} == {"EX02", "EX03"}
    (tmp_path / "support.csv").write_text(
        "product,mainstream_end,support_end,esu_end,note,source\n"
        "2019,2024-01-09,2025-10-14,2099-12-31,our contract,contract 17\n"
    )
    assert ended("--knowledge", tmp_path) == []


@pytest.mark.parametrize(
    "words",
    [
        ("report", "--from", "{run}", "-v"),
        ("report", "--from", "{run}", "--format", "html"),
        ("report", "--from", "{run}", "--without", "EX02"),
        ("diff", "{other}", "{run}"),
    ],
)
def test_our_own_names_of_things_are_in_the_readers_language_inside_sentences_too(
    examined, tmp_path, words
):
    other = tmp_path / "other"
    other.mkdir()
    found = run_of(examined[1])
    found["trusts"]["paths"] = []
    (other / "run.json").write_text(json.dumps(found))
    given = [each.format(run=examined[1], other=other) for each in words]
    english = tocsin(*given, "--lang", "en").stdout
    assert "mailboxes in Exchange Online" in english
    french = tocsin(*given, "--lang", "fr").stdout
    assert "boîtes aux lettres d'Exchange Online" in " ".join(french.split()).replace("&#39;", "'")
    assert "mailboxes in Exchange Online" not in " ".join(french.split())
