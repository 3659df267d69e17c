"""A history that goes on from run to run, and what part of the time is told."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from conversing import judged, tocsin, verdicts
from mail_case import as_files, case


def halves(tmp_path: Path) -> tuple[Path, Path]:
    """The mails before and after the night in front of the first forged one."""
    cut = next(n for n, each in enumerate(case().mails) if each.id in case().forged_ids)
    while case().mails[cut].when - case().mails[cut - 1].when < timedelta(hours=2):
        cut -= 1
    return (
        as_files(tmp_path / "first", case().mails[:cut]),
        as_files(tmp_path / "second", case().mails[cut:]),
    )


def test_a_history_file_continues_in_the_next_process(lines: list[dict], tmp_path: Path):
    first, second = halves(tmp_path)
    kept = tmp_path / "contoso.history"
    found = judged(first, "--history", kept) + judged(second, "--history", kept)
    whole = [each for each in lines if each["kind"] == "message"]
    assert verdicts(found) == verdicts(whole)
    assert [sorted(r["name"] for r in e["indicators"]) for e in found] == [
        sorted(r["name"] for r in e["indicators"]) for e in whole
    ]


def test_without_the_history_the_second_half_alone_is_judged_by_less(tmp_path: Path):
    _, second = halves(tmp_path)
    done = tocsin("conversation", second, "--own-domain", "contoso.example", "--format", "json")
    history = json.loads(done.stdout)["conversations"]["history"]
    assert history["kept"] == "run"
    assert history["messages"] < 20


def test_the_history_says_what_it_holds(tmp_path: Path):
    first, second = halves(tmp_path)
    kept = tmp_path / "contoso.history"
    common = ("--history", kept, "--own-domain", "contoso.example", "--format", "json")
    one = json.loads(tocsin("conversation", first, *common).stdout)["conversations"]["history"]
    two = json.loads(tocsin("conversation", second, *common).stdout)["conversations"]["history"]
    assert one["kept"] == two["kept"] == "file"
    assert one["messages"] + one["waiting"] == len(list(first.iterdir()))
    assert two["messages"] > one["messages"]
    assert one["first"] == two["first"]
    assert two["last"] > one["last"]


def test_the_history_is_not_read_as_evidence(tmp_path: Path):
    first, _ = halves(tmp_path)
    kept = first / "contoso.history"
    for _ in range(2):
        done = tocsin("conversation", first, "--history", kept, "--format", "json")
        skipped = json.loads(done.stdout)["skipped"]
        assert {each["why"]["template"] for each in skipped} == {"written by this run itself"}


@pytest.mark.parametrize("kind", ["text", "database", "folder"])
def test_a_file_that_is_no_history_is_refused_and_left_alone(
    kind: str, folder: Path, tmp_path: Path
):
    place = tmp_path / "other"
    if kind == "text":
        place.write_text("dear diary\n" * 50)
    elif kind == "database":
        with sqlite3.connect(place) as other:
            other.execute("create table notes (words text)")
        other.close()
    else:
        place.mkdir()
    before = place.read_bytes() if place.is_file() else b""
    done = tocsin("conversation", folder, "--history", place, "--format", "jsonl", cwd=tmp_path)
    assert done.returncode == (2 if kind != "folder" else done.returncode)
    assert done.returncode in (2, 4)
    assert str(place) in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    if kind == "database":
        with sqlite3.connect(place) as other:
            assert other.execute("select name from sqlite_master").fetchall() == [("notes",)]
        other.close()
    elif kind == "text":
        assert place.read_bytes() == before


def test_since_reports_later_mails_only_but_learns_from_earlier_ones(
    folder: Path, lines: list[dict]
):
    first = case().forged[0]
    since = f"{first.when:%Y-%m-%dT%H:%M}"
    found = judged(folder, "--since", since)
    whole = [each for each in lines if each["kind"] == "message" and each["date"] >= since]
    assert verdicts(found) == verdicts(whole)
    done = tocsin(
        "conversation",
        folder,
        "--since",
        since,
        "--own-domain",
        "contoso.example",
        "--format",
        "json",
    )
    told = json.loads(done.stdout)["conversations"]
    assert sum(told["judged"].values()) == len(whole)
    assert told["history"]["messages"] > 200


def test_until_leaves_later_mails_out(folder: Path):
    until = f"{case().forged[0].when:%Y-%m-%dT%H:%M}"
    found = judged(folder, "--until", until)
    assert max(each["date"] for each in found)[:16] <= until
    assert len(found) < len(case().mails)


def test_learn_after_changes_what_is_new(folder: Path):
    late = judged(folder, "--learn-after", 24 * 60)
    assert {each["verdict"] for each in late} <= {"alert", "watch", "clear"}
    done = tocsin(
        "conversation",
        folder,
        "--learn-after",
        0,
        "--own-domain",
        "contoso.example",
        "--format",
        "json",
    )
    history = json.loads(done.stdout)["conversations"]["history"]
    assert history["delay_hours"] == 0
    assert history["messages"] > 280
