"""Fixed texts of regexes: a folder's name behind a backslash that stands for itself is one."""

from __future__ import annotations

import pytest

from tocsin.knowledge.sigma.regex_texts import texts_of


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        (r"(?i)[a-z]:\\ProgramData\\", "\\ProgramData\\"),
        (r"\\CurrentControlSet\\Control", "\\CurrentControlSet\\Control"),
        (r"a\\\\Public", "a\\\\Public"),
    ],
)
def test_a_folder_behind_a_plain_backslash_is_a_text(regex, text):
    assert any(text in each for stretch in texts_of(regex) for each in stretch)


@pytest.mark.parametrize("regex", [r"\Qa.b\E", r"\pLabc", r"a\\\Cabc", "[[:alpha:]]abc"])
def test_what_two_engines_read_differently_says_nothing(regex):
    assert texts_of(regex) == ()
