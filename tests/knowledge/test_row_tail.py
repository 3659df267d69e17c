"""The rare end that a regex over a row is searched by: found wherever the whole regex is, and only taken
where the beginning is in every other row."""

from __future__ import annotations

import random
import re

import pytest

from tocsin.knowledge.sigma.row_regex import translated

ROW = "2026-03-01 00:04:40 10.0.0.5 POST {stem} {query} 443 - 10.3.1.7 curl/7.88 - 200 0 0 1"


def searched(regex: str, *, spaced: bool = True) -> str:
    found = translated(regex, "python", column=True, mark=None, spaced=spaced)
    assert found is not None
    return found.regex


def holds(regex: str, row: str) -> bool:
    return re.search(regex, f"\n{row}\n", re.IGNORECASE) is not None


def test_a_beginning_that_is_everywhere_is_left_off():
    regex = r"^/+(?:owa|ecp|ews|mapi)/[^\s?]*powershell"
    made = searched(regex)
    assert holds(made, ROW.format(stem="/ews/x/powershell", query="-"))
    assert holds(made, ROW.format(stem="/owa/PowerShell", query="-"))
    # The console of every administrator begins with it: nothing of a value stands before.
    assert not holds(made, ROW.format(stem="/powershell", query="-"))
    assert "owa" not in made


def test_a_rare_beginning_is_searched_by_itself():
    made = searched(r"^/autodiscover/zz9[^\s?]*@[^\s?]*/powershell")
    assert "zz9" in made


@pytest.mark.parametrize(
    "regex",
    [
        r"^/+(?:owa|ecp|ews|mapi)/[^\s?]*powershell",
        r"^/(?:ews|mapi)/\w*godzilla\d",
        r"=\s*(?:whoami|systeminfo|net1?\s+user)",
        r"^/ews/.*seatbelt\.exe$",
    ],
)
def test_the_end_is_found_wherever_the_whole_is(regex: str):
    """Rows made by chance out of what the regexes ask for, in any order and spelling."""
    dice = random.Random(7)
    words = ["/", "%2f", "owa", "EWS", "mapi", "a", "_", "powershell", "PowerShell", "godzilla", "3", "=", "%3d",
             "+", "%20", "whoami", "systeminfo", "net", "1", "user", "seatbelt.exe", "x.js", "?", "%25"]  # fmt: skip
    made, found = searched(regex), 0
    for _ in range(20_000):
        begin = dice.choice(["/", "/ews/", "/mapi/", "/owa/"])
        stem = begin + "".join(dice.choices(words, k=dice.randrange(1, 4)))
        query = "".join(dice.choices(words, k=dice.randrange(1, 7)))
        row = ROW.format(stem=stem, query=query)
        plain = [
            each.replace("%2f", "/").replace("%3d", "=").replace("%20", " ").replace("+", " ")
            for each in (stem, query)
        ]
        if any(re.search(regex, value, re.IGNORECASE) for value in plain):
            found += 1
            assert holds(made, row), row
    assert found > 20
