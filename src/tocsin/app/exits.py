"""The exit codes, documented in docs/exit-codes.md."""

from __future__ import annotations

from tocsin.model.finding import LEVELS
from tocsin.model.run import Run

CLEAN, FINDINGS, USAGE, PARTIAL, ERROR = range(5)


def exit_code(run: Run, fail_on: str) -> int:
    """1 for anything open at or above the level, else 3 if input was lost, else 0.

    Undecided is not open: it is printed, but it fails nothing.
    """
    if fail_on != "none":
        floor = LEVELS.index(fail_on)
        if any(
            each.status == "affected" and LEVELS.index(each.level) >= floor for each in run.findings
        ):
            return FINDINGS
    if any(each.kind in ("unreadable", "limit") for each in run.gaps):
        return PARTIAL
    return CLEAN
