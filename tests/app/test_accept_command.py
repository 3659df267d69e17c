"""`tocsin accept`, and what an accepted risk changes, as a user runs them."""

import json
import os
import re
from datetime import date, timedelta

import pytest
from conversing import tocsin
from trust_case import today, written

FAR = "2099-12-31"


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return written(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def out(case, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "run"
    tocsin("trust", case, "-o", folder)
    return folder


@pytest.fixture(scope="module")
def connector(out):
    checks = json.loads((out / "run.json").read_text())["trusts"]["checks"]
    return next(e for e in checks if e["check"] == "HYB-010" and e["outcome"] == "fail")


def accept(file, fingerprint, *words, until=FAR, reason="replaced in January", owner="T. Girard"):
    given = ("--reason", reason, "--owner", owner, "--until", until, "--file", file)
    return tocsin("accept", fingerprint, *given, *words)


def test_it_is_shown_what_was_accepted_and_the_file_can_be_read(tmp_path, out, connector):
    file = tmp_path / "acceptances.toml"
    done = accept(file, connector["fingerprint"][:8], "--run", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"accepted until {FAR}: HYB-010 Old scanners")
    text = file.read_text()
    assert "# HYB-010 Old scanners\n[[accepted]]\n" in text
    assert f'fingerprint = "{connector["fingerprint"]}"' in text
    assert f"on = {today()}\nuntil = {FAR}\n" in text
    listed = tocsin("accept", "--list", "--file", file, "--run", out)
    assert re.search(
        rf"until {FAR}  T\. Girard  replaced in January  HYB-010 Old scanners", listed.stdout
    )


def test_an_accepted_check_is_marked_and_does_not_count(tmp_path, case, connector):
    file = tmp_path / "acceptances.toml"
    fails = [
        e for e in checks_of(tocsin("trust", case, "--format", "json")) if e["outcome"] == "fail"
    ]
    for each in fails:
        assert accept(file, each["fingerprint"]).returncode == 0
    findings = json.loads(tocsin("trust", case, "--format", "json").stdout)["findings"]
    for each in findings:
        if each["status"] == "affected":
            accept(file, each["fingerprint"][:12])
    done = tocsin(
        "trust", case, "--accepted", file, "--format", "json", "--fail-on", "informational"
    )
    found = json.loads(done.stdout)
    mine = next(
        e for e in found["trusts"]["checks"] if e["fingerprint"] == connector["fingerprint"]
    )
    assert mine["outcome"] == "fail"
    assert mine["accepted"]["owner"] == "T. Girard"
    assert all(e["accepted"] for e in found["findings"] if e["status"] == "affected")
    assert done.returncode == 0
    assert all(
        e["accepted"] for e in found["plan"]["actions"] if e["checks"] and e["kind"] != "collect"
    )


def checks_of(done):
    return json.loads(done.stdout)["trusts"]["checks"]


def test_it_counts_again_on_the_day_after(tmp_path, case, connector):
    file = tmp_path / "acceptances.toml"
    yesterday = date.fromisoformat(today()) - timedelta(days=1)
    assert accept(file, connector["fingerprint"]).returncode == 0
    file.write_text(
        file.read_text()
        .replace(f"until = {FAR}", f"until = {yesterday}")
        .replace(today(), "2026-01-01")
    )
    done = tocsin("trust", case, "--accepted", file, "--format", "json")
    found = json.loads(done.stdout)
    mine = next(
        e for e in found["trusts"]["checks"] if e["fingerprint"] == connector["fingerprint"]
    )
    assert mine["accepted"] is None
    assert found["plan"]["expired"][0]["reason"] == "replaced in January"
    words = [each for each in found["headline"] if "counts again" in each["template"]]
    assert words[0]["values"]["day"] == str(yesterday)
    assert "ended on" in tocsin("accept", "--list", "--file", file).stdout


def test_withdrawing_keeps_the_others_and_what_people_wrote(tmp_path):
    file = tmp_path / "acceptances.toml"
    accept(file, "a" * 32)
    file.write_text(file.read_text() + "\n# ours: ask Anna first\n")
    accept(file, "b" * 32, reason='says "no", \\ and\nmore')
    file.write_text("# our risks\n" + file.read_text())
    done = tocsin("accept", "a" * 8, "--withdraw", "--file", file)
    assert done.returncode == 0, done.stderr
    assert "no longer accepted: aaaaaaaa" in done.stdout
    text = file.read_text()
    assert text.startswith("# our risks\n")
    assert "a" * 32 not in text
    assert "b" * 32 in text
    assert tocsin("accept", "--list", "--file", file).stdout.count("T. Girard") == 1


def test_accepting_again_takes_the_place_of_the_older_one(tmp_path):
    file = tmp_path / "acceptances.toml"
    accept(file, "a" * 32, until="2098-01-01")
    done = accept(file, "a" * 32, owner="M. Petit")
    assert "instead of the acceptance until 2098-01-01 by T. Girard" in done.stdout
    assert file.read_text().count("[[accepted]]") == 1


@pytest.mark.parametrize(("stored", "given"), [("ab" * 4, "ab" * 16), ("ab" * 16, "ab" * 4)])
def test_a_risk_is_known_by_however_much_of_its_id_was_written_down(tmp_path, stored, given):
    file = tmp_path / "acceptances.toml"
    accept(file, "cd" * 16)
    accept(file, stored)
    again = accept(file, given, owner="M. Petit")
    assert f"instead of the acceptance until {FAR} by T. Girard" in again.stdout
    done = tocsin("accept", stored, "--withdraw", "--file", file)
    assert done.returncode == 0, done.stderr
    assert f"no longer accepted: {given} " in done.stdout
    assert file.read_text().count("[[accepted]]") == 1
    assert tocsin("accept", given, "--withdraw", "--file", file).returncode == 2


def test_the_beginning_of_several_ids_withdraws_none(tmp_path):
    file = tmp_path / "acceptances.toml"
    accept(file, "ab" * 4 + "01")
    accept(file, "ab" * 4 + "02")
    before = file.read_text()
    done = tocsin("accept", "ab" * 4, "--withdraw", "--file", file)
    assert done.returncode == 2
    assert "abababab can mean: abababab01, abababab02" in done.stderr
    assert file.read_text() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("abc",), "Give 8 or more of its hexadecimal digits"),
        (("a" * 32, "--reason", ""), "missing: --reason"),
        (("a" * 32, "--owner", " "), "missing: --owner"),
        (("a" * 32, "--until", "31.12.2026"), "not a day: 31.12.2026"),
        (("a" * 32, "--until", "2026-02-30"), "not a day: 2026-02-30"),
        (("a" * 32, "--until", "2020-01-01"), "--until 2020-01-01 is past"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, words, told):
    file = tmp_path / "acceptances.toml"
    base = ("--reason", "r", "--owner", "o", "--until", FAR, "--file", file)
    done = tocsin("accept", words[0], *base, *words[1:])
    assert done.returncode == 2
    assert told in done.stderr
    assert not file.exists()


def test_an_id_that_the_run_does_not_have_is_refused(tmp_path, out):
    done = accept(tmp_path / "a.toml", "0123456789ab", "--run", out)
    assert done.returncode == 2
    assert "has the id 0123456789ab" in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[accepted]\n", "Expected"),
        ('[[accepted]]\nfingerprint = "aaaaaaaa"\n', "missing required field `reason`"),
        ('[[accepted]]\nfingerprint = "aaaaaaaa"\nwhy = ""\n', "unknown field `why`"),
        (
            (
                '[[accepted]]\nfingerprint = "aaa"\nreason = "r"\nowner = "o"\non = 2026-01-01\n'
                "until = 2099-01-01\n"
            ),
            "accepted risk 1: its fingerprint is not 8 to 64 hexadecimal digits",
        ),
        (
            (
                '[[accepted]]\nfingerprint = "aaaaaaaa"\nreason = "r"\nowner = "o"\non = 2026-01-01\n'
                "until = 2025-01-01\n"
            ),
            "it ends before it begins",
        ),
    ],
)
def test_a_file_edited_wrongly_is_told_before_anything_is_read(tmp_path, case, text, told):
    file = tmp_path / "acceptances.toml"
    file.write_text(text)
    done = tocsin("trust", case, "--accepted", file, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert str(file) in done.stderr
    assert told.lower() in done.stderr.lower()
    assert not (tmp_path / "out").exists()


FORGED = r"""[[accepted]]
fingerprint = "aaaaaaaa"
reason = "\u001b[2Jx\nforged: nothing is accepted"
owner = "\u001b]0;me\u0007\rAnna"
on = 2026-01-01
until = 2099-01-01
"""


def test_what_others_wrote_into_the_file_does_not_drive_the_terminal(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(FORGED)
    replaced = accept(file, "a" * 8)
    assert r"by \x1b]0;me\x07\rAnna" in replaced.stdout
    file.write_text(FORGED)
    gone = tocsin("accept", "a" * 8, "--withdraw", "--file", file)
    assert r"(\x1b[2Jx\nforged: nothing is accepted)" in gone.stdout
    for done in (replaced, gone):
        assert done.returncode == 0, done.stderr
        assert not set("\x1b\x07\r").intersection(done.stdout)
    assert gone.stdout.count("\n") == 1
    file.write_text(r"[[accepted]]" + "\n" + r'"\u001b[2Jkey\ntocsin: fine" = 1' + "\n")
    for words in (("--list",), ("a" * 8, "--withdraw")):
        done = tocsin("accept", *words, "--file", file)
        assert done.returncode == 2
        assert r"\x1b[2Jkey" in done.stderr
        assert "\x1b" not in done.stderr
        assert "\ntocsin: fine" not in done.stderr


def test_what_never_ends_is_no_file_of_accepted_risks(tmp_path, case):
    link, pipe = tmp_path / "endless.toml", tmp_path / "pipe.toml"
    link.symlink_to("/dev/zero")
    os.mkfifo(pipe)
    for file in (link, pipe):
        for words in (
            ("accept", "--list", "--file", file),
            ("accept", "a" * 8, "--withdraw", "--file", file),
            ("trust", case, "--accepted", file, "-o", tmp_path / "out"),
        ):
            done = tocsin(*words)
            assert done.returncode == 2
            assert f"cannot be read: {file}" in done.stderr
        assert accept(file, "a" * 8).returncode == 2
    big = tmp_path / "big.toml"
    big.write_text("#" * (5 << 20))
    assert "larger than" in tocsin("accept", "--list", "--file", big).stderr
