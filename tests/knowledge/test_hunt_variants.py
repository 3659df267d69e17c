"""The whole hunt over invented attacks in other words, and over ordinary rows that resemble them.

What must be told stands beside each row, in tests/data/hunt_variants.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import hunt_cases
import pytest

from tocsin.cli import main

CASES = hunt_cases.cases()
ORDER = ("attempt", "unknown", "success")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Case to its findings, out of one hunt over all files."""
    folder, answer = tmp_path_factory.mktemp("logs"), tmp_path_factory.mktemp("answer")
    for number, case in enumerate(CASES, 1):
        hunt_cases.write(case, number, folder)
    main(
        [
            "hunt",
            str(folder),
            "-q",
            "--workers",
            "2",
            "--fail-on",
            "none",
            "-o",
            str(answer),
            "--force",
        ]
    )
    found = defaultdict(dict)
    for each in json.loads((answer / "run.json").read_text("utf-8"))["hunt"]["findings"]:
        for cited in each["events"]:
            found[Path(cited["source"]).stem][each["id"]] = each
    return {name: list(each.values()) for name, each in found.items()}


def test_there_are_enough_of_both():
    clean = [case for case in CASES if "clean" in case.outcomes]
    assert len(clean) >= 80
    assert len(CASES) - len(clean) >= 150
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}/{case.name}")
def test_is_told_as_what_it_is(case, told):
    findings = told.get(case.name, [])
    loud = [each for each in findings if each["level"] != "informational"]
    short = [(each["title"], each["step"], each["level"], each["outcome"]) for each in findings]
    if case.outcomes & {"clean", "minor"}:
        assert not loud, short
        assert findings or "minor" not in case.outcomes
        return
    # what only was tried may be told quietly
    heard = findings if case.outcomes == {"attempt"} else loud
    right = [each["outcome"] for each in heard if each["step"] in case.steps]
    assert right, short
    assert max(right, key=ORDER.index) in case.outcomes, short
