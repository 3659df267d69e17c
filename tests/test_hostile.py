"""Hostile and damaged inputs: nothing raised, nothing hung, memory bounded, each loss told.

The benchmarks do the same with more inputs and larger ones; the inputs are theirs.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tocsin.formats import HEAD_SIZE, formats, recognise

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
MUTATIONS = 200
NAMES = [*(each.name for each in formats()), "archive"]


def _benchmark(name: str) -> ModuleType:
    if str(BENCHMARKS) not in sys.path:
        sys.path.insert(0, str(BENCHMARKS))
    return importlib.import_module(name)


hostile = _benchmark("hostile")
mutations = _benchmark("mutations")

SAYS_NOTHING = {
    # What is cut here was no part of any evidence.
    "mail: a header line of 100 MB",
    "mbox: 1 GB of zeros behind a mail (sparse)",
    "json: a string of 100 MB",
    "json: a Shodan line of 100 MB",
    "clixml: an attribute of 100 MB",
    "nmap: an attribute of 100 MB",
}


@pytest.mark.parametrize("name", NAMES)
def test_damaged_inputs_raise_nothing(name: str):
    """In a process of its own, for a library may end it."""
    seeds = mutations.seeds()[name]
    result = mutations.run(name, 0, MUTATIONS)
    assert not result.get("failed"), "\n".join(words for _, words in result["faults"])
    assert result["done"] == MUTATIONS
    if name == "archive" or any(_is_form(name, seed) for seed in seeds):
        # Formats that have seeds only in ../shared are given all others' where that is absent.
        assert result["evidence"], "no input was still good enough to be read: the seeds are not"
        assert result["gaps"], "no damage was told"


def _is_form(name: str, data: bytes) -> bool:
    found = recognise(data[:HEAD_SIZE])
    return found is not None and found.name == name


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited by Linux only")
@pytest.mark.parametrize("name", hostile.CASES)
def test_hostile_inputs_stay_within_bounds(name: str, tmp_path: Path):
    _, _, size = hostile.CASES[name]
    result = hostile.measure(name, size, tmp_path)
    assert not hostile.verdict(result), hostile.verdict(result)
    if name not in SAYS_NOTHING:
        assert result["gaps"] or result["skipped"], "what was lost was not told"


@pytest.mark.parametrize(
    "name", ["zip: 65,000 members that share their bytes", "tar.gz: a million empty members"]
)
def test_the_good_mail_beside_a_bomb_is_read(name: str, tmp_path: Path):
    _, _, size = hostile.CASES[name]
    assert hostile.measure(name, size, tmp_path)["records"] == 1


def test_the_same_damage_on_every_machine():
    found = {"ldif": [b"dn: CN=EX01\n" * 20]}
    others = [b"other"]
    one = [mutations.made("ldif", number, found, others) for number in range(200)]
    again = [mutations.made("ldif", number, found, others) for number in range(200)]
    assert one == again
    assert len(set(one)) > 150
