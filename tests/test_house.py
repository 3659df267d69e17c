"""The architecture, and what every extension owes: found by walking, so that a new one is held too."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.formats import CERTAIN, CLAIMING, HEAD_SIZE, Format, formats, stated
from tocsin.report import Output, names, output

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "tocsin"
FORBIDDEN = {"utils", "helpers", "common", "core", "manager", "misc"}
LINES_LIMIT = 450


def test_imports_go_downward_only():
    linted = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_no_drawer_called_utils():
    assert not {p.stem for p in SOURCE.rglob("*.py")} & FORBIDDEN
    assert not {p.name for p in SOURCE.rglob("*") if p.is_dir()} & FORBIDDEN


def test_files_stay_short():
    long = {
        str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines())
        for p in SOURCE.rglob("*.py")
        if len(p.read_text("utf-8").splitlines()) > LINES_LIMIT
    }
    assert not long


@pytest.mark.parametrize("form", formats(), ids=lambda form: form.name)
def test_every_format_has_a_page_a_test_and_words(form: Format):
    page = ROOT / "docs" / "formats" / f"{form.name}.md"
    assert page.exists(), f"docs/formats/{form.name}.md is missing"
    module = form.read.__module__.rsplit(".", 1)[-1]
    tests = "\n".join(p.read_text("utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    assert module in tests or form.name in tests, f"no test speaks of {form.name}"
    assert importlib.import_module(form.read.__module__).__doc__
    assert form.title


@pytest.mark.parametrize("form", formats(), ids=lambda form: form.name)
def test_no_format_takes_what_is_not_its_own(form: Format):
    for head in (b"", b"\0" * 64, b"hello world\n", b"\x89PNG\r\n\x1a\n", b"{}\n", b"[]\n"):
        assert form.recognise(head) == 0, head


@pytest.mark.parametrize("name", names())
def test_every_output_answers_to_its_file_name(name: str):
    found = output(name)
    assert isinstance(found, Output)
    assert found.name == name


def test_every_command_has_a_page():
    helped = subprocess.run(
        [sys.executable, "-m", "tocsin", "--lang", "en", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    commands = [
        line.split()[0]
        for line in helped.split("commands:")[1].splitlines()
        if line.startswith("    ") and line[4] != " "
    ]
    commands = [each for each in commands if each != "COMMAND"]
    assert len(commands) >= 6
    missing = [c for c in commands if not (ROOT / "docs" / "commands" / f"{c}.md").exists()]
    assert not missing


def test_what_is_asked_before_all_formats_are_loaded_is_what_all_of_them_would_say(shared):
    assert {each.name for each in formats() if each.claims} == {
        importlib.import_module(f"tocsin.formats.{name}").FORMAT.name for name in CLAIMING
    }
    logs = [path for path in (shared / "samples/logs").rglob("*") if path.is_file()]
    heads = [path.open("rb").read(HEAD_SIZE) for path in logs]
    found = [(head, stated(head)) for head in heads]
    assert sum(each is not None for _, each in found) > 20
    for head, quick in found:
        if quick is not None:
            sure = [each for each in formats() if each.recognise(head) >= CERTAIN]
            assert sure[0] is quick
