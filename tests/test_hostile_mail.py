"""Hostile whole mails: each gives its record, in linear time, and can be judged and written down."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from tocsin.formats.syntax.mail_words import text_of

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
MUTATIONS = 300


def _benchmark(name: str) -> ModuleType:
    if str(BENCHMARKS) not in sys.path:
        sys.path.insert(0, str(BENCHMARKS))
    return importlib.import_module(name)


mail_mutations = _benchmark("mail_mutations")


def test_damaged_mails_are_each_read_and_judged():
    """In a process of its own, for a library may end it."""
    result = mail_mutations.collect(mail_mutations.begin(0, MUTATIONS, room=True, whole=False))
    assert not result["failed"], "\n".join(words for _, words in result["faults"])
    assert result["done"] == MUTATIONS
    assert sum(result["judged"].values()) == result["mails"] >= MUTATIONS / 2


def test_the_same_damage_on_every_machine():
    one = [mail_mutations.made(number, whole=False) for number in range(100)]
    assert one == [mail_mutations.made(number, whole=False) for number in range(100)]
    assert len({data for _, _, data in one}) > 90


@pytest.mark.parametrize("data", [b"+2AA-", b"a+2ADcAA-b", b"+3AA- \xff"])
def test_half_a_letter_in_utf_7_can_be_written_down(data: bytes):
    """UTF-7 can spell half of a pair of UTF-16 (RFC 2152), which no output can hold."""
    assert msgspec.json.encode(text_of(data, "utf-7"))


def test_both_halves_in_utf_7_are_one_letter():
    # U+1F600 is D83D DE00 in UTF-16; base64 of those four bytes.
    assert text_of(b"+2D3eAA-", "utf-7") == "\U0001f600"
