"""The exit codes, documented in docs/exit-codes.md."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.conversation import parted
from tocsin.model.finding import LEVELS, Level
from tocsin.model.run import Run

CLEAN, FINDINGS, USAGE, PARTIAL, ERROR = range(5)

ALERT_LEVEL: Level = "high"
"""The level as which a mail counts that somebody else wrote into a conversation."""


def reaches(levels: Iterable[str], fail_on: str) -> bool:
    """Whether one of the levels is at or above `fail_on`; never for `none`."""
    if fail_on == "none":
        return False
    return any(LEVELS.index(each) >= LEVELS.index(fail_on) for each in levels)


def exit_code(run: Run, fail_on: str) -> int:
    """1 for anything open, found by the hunt, or failing a check of trusts, at or above the level,
    else 3 if input was lost or nothing was read, else 0. What somebody answers for is not counted.

    Undecided is not open: it is printed, but it fails nothing. What the hunt found counts with its
    own level, which is lower for an attempt than for what worked.
    """
    levels = [e.level for e in run.findings if e.status == "affected" and not e.accepted]
    if run.conversations is not None and parted(run.conversations)[0].judged.get("alert"):
        levels.append(ALERT_LEVEL)
    if run.hunt is not None:
        levels += [each.level for each in run.hunt.findings if not each.accepted]
        levels += [each.level for each in run.hunt.incidents if not each.accepted]
    if run.trusts is not None:
        levels += [e.level for e in run.trusts.checks if e.outcome == "fail" and not e.accepted]
    if reaches(levels, fail_on):
        return FINDINGS
    if any(each.kind in ("unreadable", "limit") for each in run.gaps):
        return PARTIAL
    # What nothing could be read of is not clean: a job at night must not take it for that.
    if run.summary.files and not run.summary.recognised:
        return PARTIAL
    return CLEAN
