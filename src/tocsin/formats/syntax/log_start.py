"""How sure the columns of a log are, by what stands before them: notes and transcripts quote logs."""

from __future__ import annotations

import re

from tocsin.formats.syntax.log_prefix import whole_lines

OTHER_LIMIT = 3
"""Lines before a log's columns that are neither comments nor rows: torn rows, a prompt."""

WEAK = 40
"""The score of a log whose columns stand behind more of them: whoever knows the file is believed."""

_TIME = re.compile(r"\d\d?:\d\d:\d\d")


def weighed(head: bytes, score: int) -> int:
    """The score of a file that states a log's columns somewhere in its beginning."""
    others = 0
    for line in whole_lines(head):
        if "#fields" in line[:512].lower():
            break
        if line.strip() and not line.lstrip("\ufeff\"' ").startswith("#"):
            others += not _TIME.search(line[:512])
    return score if others <= OTHER_LIMIT else min(score, WEAK)
