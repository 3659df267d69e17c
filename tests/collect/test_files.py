"""Walking: every file once, in the same order, nothing followed, nothing opened."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from tocsin.collect.files import FileItem, printable, walk
from tocsin.model.finding import Gap
from tocsin.model.run import Skipped


def files(*paths: object, exclude: tuple[str, ...] = ()) -> list[str]:
    found = walk([str(path) for path in paths], exclude=exclude)
    return [each.path for each in found if isinstance(each, FileItem)]


def others(*paths: object) -> dict[str, str]:
    told = {}
    for each in walk([str(path) for path in paths]):
        if isinstance(each, Skipped):
            told[Path(each.source).name] = str(each.why)
        elif isinstance(each, Gap):
            told[Path(each.at.source).name] = str(each.why)
    return told


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b/2.eml", "b/1.eml", "a.txt", "c/d/e/deep.log", "B.txt"):
        path = tmp_path / "case" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "case"


def test_every_file_by_name_depth_first(tree: Path):
    names = [os.path.relpath(path, tree) for path in files(tree)]
    assert names == ["B.txt", "a.txt", "b/1.eml", "b/2.eml", "c/d/e/deep.log"]


def test_sizes_are_those_of_the_files(tree: Path):
    found = {each.path: each.size for each in walk([str(tree)]) if isinstance(each, FileItem)}
    assert found[str(tree / "b" / "1.eml")] == len(b"b/1.eml")


def test_paths_stay_as_they_were_given(tree: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tree.parent)
    assert files("case/a.txt") == ["case/a.txt"]
    assert files("case/b") == ["case/b/1.eml", "case/b/2.eml"]


def test_what_is_given_twice_is_read_once(tree: Path):
    assert len(files(tree, tree)) == 5
    assert len(files(tree / "b", tree, tree / "a.txt")) == 5
    assert len(files(tree / "a.txt", tree / "a.txt")) == 1


def test_a_folder_whose_name_begins_with_anothers_is_its_own(tmp_path: Path):
    for name in ("case", "case2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").touch()
    assert len(files(tmp_path / "case", tmp_path / "case2")) == 2


def test_all_missing_paths_are_named_at_once(tree: Path):
    with pytest.raises(FileNotFoundError) as raised:
        walk([str(tree), str(tree / "gone"), str(tree / "a.txt" / "lost"), "nul\0"])
    assert "gone" in str(raised.value)
    assert "lost" in str(raised.value)
    assert str(tree / "b") not in str(raised.value)


def test_links_are_told_and_not_followed(tree: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").touch()
    (tree / "out").symlink_to(outside)
    (tree / "loop").symlink_to(tree)
    (tree / "b" / "dangling").symlink_to("nowhere")
    assert len(files(tree)) == 5
    told = others(tree)
    assert set(told) == {"out", "loop", "dangling"}
    assert all("link" in why for why in told.values())


def test_a_link_that_was_itself_given_is_followed(tree: Path, tmp_path: Path):
    (tmp_path / "given").symlink_to(tree)
    assert len(files(tmp_path / "given")) == 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_file_is_told_and_never_opened(tree: Path, monkeypatch: pytest.MonkeyPatch):
    os.mkfifo(tree / "pipe")
    monkeypatch.chdir(tree)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        told = others(tree)
    assert "pipe" in told["pipe"]
    assert "socket" in told["socket"]
    assert "device" in others("/dev/null")["null"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of Unix")
def test_an_unreadable_folder_costs_only_itself(tree: Path, monkeypatch: pytest.MonkeyPatch):
    (tree / "b").chmod(0)
    monkeypatch.chdir(tree)  # the folders above are closed to others
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        read, told = files("."), others(".")
    finally:
        if root:
            os.seteuid(0)
        (tree / "b").chmod(0o755)
    assert len(read) == 3
    assert list(told) == ["b"]
    assert "cannot be read" in told["b"]


def test_the_runs_own_output_is_left_out(tree: Path):
    (tree / "out").mkdir()
    (tree / "out" / "run.json").touch()
    real = os.path.realpath(tree / "out")
    assert len(files(tree, exclude=(real,))) == 5
    assert len(files(tree / "out", exclude=(real,))) == 1, "given by name, it is meant"


def test_names_that_are_no_text_are_found_and_printable(tree: Path):
    raw = os.fsencode(tree) + b"/caf\xe9\x1b[31m.eml"
    try:
        os.close(os.open(raw, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("this file system wants names to be text")
    item = next(each for each in walk([str(tree)]) if "caf" in getattr(each, "path", ""))
    assert isinstance(item, FileItem)
    assert os.fsencode(item.path) == raw
    assert item.source.endswith("caf\\xe9\\x1b[31m.eml")
    item.source.encode("utf-8")


def test_printable_leaves_names_of_all_languages_alone():
    assert printable("Boîte de réception/отчёт 日本.eml") == "Boîte de réception/отчёт 日本.eml"
    assert printable("invoice\u202excod.exe\n") == "invoice\\u202excod.exe\\x0a"


@pytest.mark.skipif(sys.platform == "win32", reason="paths are shorter there")
def test_a_tree_deeper_than_the_interpreters_stack(tmp_path: Path):
    depth = 1500
    for level in range(1, depth + 1):
        os.mkdir(str(tmp_path) + "/d" * level)  # noqa: PTH102 - makedirs is recursive itself
    found = Path(str(tmp_path) + "/d" * depth, "found")
    found.touch()
    try:
        assert files(tmp_path) == [str(found)]
    finally:  # and so is pytest's tidying up
        found.unlink()
        for level in range(depth, 0, -1):
            os.rmdir(str(tmp_path) + "/d" * level)  # noqa: PTH106
