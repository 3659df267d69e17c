"""Hostile logs and rules: nothing raised, nothing hung, memory bounded, the attack beside them found.

The benchmark does the same with larger ones; the cases are its own.
"""

from __future__ import annotations

import csv
import importlib
import io
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tocsin.cli import main

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def _benchmark(name: str) -> ModuleType:
    if str(BENCHMARKS) not in sys.path:
        sys.path.insert(0, str(BENCHMARKS))
    return importlib.import_module(name)


hostile = _benchmark("hostile_hunt")
cases = _benchmark("hostile_hunt_cases")


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited by Linux only")
@pytest.mark.parametrize("name", cases.CASES)
def test_hostile_logs_are_hunted_in(name: str):
    """In a process of its own whose address space is limited."""
    case = cases.CASES[name]
    assert not hostile.verdict(case, hostile.measure(case, case.small))


@pytest.mark.parametrize("form", ["text", "csv", "html", "timesketch", "jsonl"])
def test_what_a_log_says_is_obeyed_by_no_reader(form: str, tmp_path: Path, capsys):
    """Terminals, browsers and spreadsheets are shown what a row holds; none acts on it."""
    (tmp_path / "case").mkdir()
    cases.CASES["iis: signs that terminals and browsers obey"].write(tmp_path / "case", 1)
    main(["hunt", "--lang", "en", "--workers", "1", "--format", form, str(tmp_path / "case")])
    said = capsys.readouterr().out
    assert "ProxyShell" in said
    assert not [sign for sign in "\x1b\x07\x9b\u202e\u2066\0" if sign in said]
    if form == "html":
        assert "<script>alert" not in said
    if form in ("csv", "timesketch"):
        cells = [cell for row in csv.reader(io.StringIO(said)) for cell in row]
        assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")]
