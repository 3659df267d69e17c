"""What is kept between runs: never trusted where it is not the user's own, never needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tocsin.analyse.hunt.matcher import HyperscanMatcher, hyperscan
from tocsin.knowledge import load as load_tables
from tocsin.knowledge import prepared
from tocsin.knowledge.sigma import Rules, load
from tocsin.knowledge.sigma.kept_anchors import anchors_of
from tocsin.knowledge.sigma.kept_rules import rules_of

LOG = b"""#Software: Microsoft Internet Information Services 10.0
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status
2026-03-01 00:00:01 10.0.0.5 POST /owa/auth/x.aspx cmd=whoami 443 - 203.0.113.9 curl/8 200
"""


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """An empty cache folder of the user's own."""
    monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path / "cache"))
    prepared.folder.cache_clear()
    yield tmp_path / "cache"
    prepared.folder.cache_clear()


def test_what_was_kept_is_found_again_under_its_key_only(place):
    key = prepared.key_of([b"a", b"b"])
    prepared.keep("search", key, b"made")
    assert prepared.kept("search", key) == b"made"
    assert prepared.kept("search", prepared.key_of([b"ab", b""])) is None
    assert prepared.kept("page", key) is None
    assert place.stat().st_mode & 0o777 == 0o700
    assert [each.stat().st_mode & 0o777 for each in place.iterdir()] == [0o600]


def test_what_was_cut_off_or_damaged_is_made_anew(place):
    key = prepared.key_of([b"a"])
    prepared.keep("suffixes", key, b"co.uk\norg.uk\nuk")
    (file,) = place.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:-3], whole[:32], bytes(len(whole)), whole[:-1] + b"\xff"):
        file.write_bytes(damaged)
        assert prepared.kept("suffixes", key) is None
    file.write_bytes(whole)
    assert prepared.kept("suffixes", key) == b"co.uk\norg.uk\nuk"


def test_a_file_that_others_can_write_to_or_a_link_is_not_used(place, tmp_path):
    key = prepared.key_of([b"a"])
    prepared.keep("search", key, b"made")
    (file,) = place.iterdir()
    file.chmod(0o620)
    assert prepared.kept("search", key) is None
    file.unlink()
    (tmp_path / "other").write_bytes(b"planted")
    file.symlink_to(tmp_path / "other")
    assert prepared.kept("search", key) is None


def test_a_folder_that_others_can_write_to_or_a_link_is_not_used(place, tmp_path):
    place.mkdir()
    place.chmod(0o777)
    assert prepared.folder() is None
    prepared.folder.cache_clear()
    place.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    place.symlink_to(tmp_path / "elsewhere")
    assert prepared.folder() is None


def test_those_written_longest_ago_go(place, monkeypatch):
    monkeypatch.setattr(prepared, "FILES_LIMIT", 2)
    for number in range(4):
        prepared.keep("search", f"{number}", b"x")
        os.utime(place / f"search-{number}", (number, number))
    assert sorted(each.name for each in place.iterdir()) == ["search-2", "search-3"]


@pytest.mark.skipif(hyperscan is None, reason="no Hyperscan for this system")
@pytest.mark.parametrize("damage", ["cut", "turned", "empty", "another's"])
def test_a_damaged_search_is_made_anew(place, damage):
    patterns = [rb"\xff\xfe", rb"who[^\n]*ami"]
    text = b"\nwho-ami\nnobody\n"
    sound = HyperscanMatcher(patterns).scan(text)
    assert len(sound[0]) == 1
    (file,) = place.iterdir()
    good = file.read_bytes()
    broken = {
        "cut": good[:-9],
        "turned": good[:90] + bytes([good[90] ^ 1]) + good[91:],
        "empty": b"",
        "another's": good[:4] + b"\x01\x02\x03\x04" + good[8:],
    }[damage]
    file.write_bytes(broken)
    assert HyperscanMatcher(patterns).scan(text) == sound
    assert file.read_bytes() == good


@pytest.mark.parametrize("cache", ["", "/proc/nowhere", "cache"])
def test_a_hunt_says_the_same_with_and_without_it(tmp_path, cache):
    (tmp_path / "u_ex.log").write_bytes(LOG)
    env = {**os.environ, "TOCSIN_CACHE": str(tmp_path / cache) if cache == "cache" else cache}
    command = [sys.executable, "-m", "tocsin", "hunt", "u_ex.log", "--format", "jsonl", "-o", "out"]
    said = []
    for _ in range(2):
        done = subprocess.run(
            [*command, "--force"],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr
        said.append([line for line in done.stdout.splitlines() if '"finding"' in line])
    assert said[0] == said[1]
    assert any("whoami" in line for line in said[0])
    assert (tmp_path / "cache").exists() == (cache == "cache")
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000


RULE = """
title: A page with a name of ours
id: 7d0f9a52-1111-4222-8333-123456789abc
level: high
logsource: {category: webserver}
detection:
  page: {cs-uri-stem|contains: WORD}
  condition: page
"""


def searched_for(folder: Path, word: str) -> tuple[str, ...] | None:
    """What is searched for, in a run of its own, for a rule that asks for a word."""
    (folder / "rule.yml").write_text(RULE.replace("WORD", word), "utf-8")
    loaded = load([folder / "rule.yml"], packaged=False)
    (found,) = anchors_of(loaded, "iis").values()
    return found


def test_a_rule_that_was_changed_is_searched_for_anew(place, tmp_path):
    assert searched_for(tmp_path, "oddpage") == ("oddpage",)
    assert searched_for(tmp_path, "otherpage") == ("otherpage",)
    assert searched_for(tmp_path, "oddpage") == ("oddpage",)
    assert len(list(place.glob("anchors-*"))) == 2


@pytest.mark.parametrize(
    "planted",
    [b"", b"\xc1", msgspec.msgpack.encode({}), msgspec.msgpack.encode({"x": ["never"]})],
)
def test_what_is_no_choice_for_these_rules_is_not_used(place, tmp_path, planted):
    searched_for(tmp_path, "oddpage")
    (file,) = place.glob("anchors-*")
    file.write_bytes(planted)
    assert searched_for(tmp_path, "oddpage") == ("oddpage",)


def told(found: Rules) -> list[object]:
    """Everything of the rules, whichever order sets happen to be in."""
    return [
        msgspec.to_builtins(each, order="sorted")
        for each in (*found.rules, *found.correlations, *found.elsewhere, *found.problems)
    ]


def test_our_rules_are_the_same_as_read(place):
    assert told(rules_of()) == told(load())
    assert len(list(place.glob("rules-*"))) == 1
    assert told(rules_of()) == told(load())


def test_rules_that_cannot_be_read_again_are_read_anew(place):
    rules_of()
    (file,) = place.glob("rules-*")
    for planted in (b"", b"\xc1", msgspec.msgpack.encode({"rules": [{"id": 3}]})):
        file.write_bytes(planted)
        assert len(rules_of().rules) == len(load().rules)


def test_what_is_wrong_with_other_peoples_rules_is_told_in_every_run(place, tmp_path):
    (tmp_path / "rule.yml").write_text(RULE.replace("contains: WORD", "re: '('"), "utf-8")
    (tmp_path / "good.yml").write_text(RULE, "utf-8")
    first = rules_of([tmp_path])
    assert [each.source for each in first.problems] == [str(tmp_path / "rule.yml")]
    assert len(list(place.glob("given-*"))) == 1
    assert told(rules_of([tmp_path])) == told(first) == told(load([tmp_path]))
    assert not list(place.glob("rules-*"))


def test_other_peoples_rules_are_read_anew_when_one_has_changed(place, tmp_path):
    rule = tmp_path / "rule.yml"
    rule.write_text(RULE, "utf-8")
    assert not rules_of([tmp_path], packaged=False).problems
    state = rule.stat()
    rule.write_text(RULE.replace("contains", "cantains"), "utf-8")
    os.utime(rule, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert rules_of([tmp_path], packaged=False).problems
    for number in range(6):
        rule.write_text(RULE.replace("WORD", f"WORD{number}"), "utf-8")
        rules_of([tmp_path], packaged=False)
    assert len(list(place.glob("given-*"))) == 4


def test_what_could_not_be_read_of_other_peoples_rules_is_told_in_every_run(place, tmp_path):
    os.mkfifo(tmp_path / "pipe.yml")
    for _ in range(2):
        assert [each.source for each in rules_of([tmp_path]).problems] == [f"{tmp_path}/pipe.yml"]
        assert rules_of([tmp_path / "gone"]).problems
    assert not list(place.glob("given-*"))


def test_the_tables_are_the_same_however_they_come(place):
    load_tables.cache_clear()
    try:
        read = load_tables()
        load_tables.cache_clear()
        assert load_tables() == read
        (file,) = place.glob("tables-*")
        file.write_bytes(b"\x93damaged")
        load_tables.cache_clear()
        assert load_tables() == read
        assert read.advisories
    finally:
        load_tables.cache_clear()
