"""Differences between two runs, for a terminal or a program: `tocsin diff`."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tocsin.assess.comparing import Difference
from tocsin.model.text import N_
from tocsin.report.text import visible

_HEADS = {"new": N_("New"), "gone": N_("Gone"), "changed": N_("Changed")}


def as_text(changes: tuple[Difference, ...], translate: Callable[[str], str]) -> str:
    """The changes for a terminal, servers first."""
    if not changes:
        return "  " + translate(N_("Nothing changed between the two runs.")) + "\n"
    lines = []
    for kind, head in _HEADS.items():
        rows = [each for each in changes if each.change == kind]
        if not rows:
            continue
        lines.append(f"  {translate(head)}: {len(rows)}")
        for each in rows:
            what = f"{each.rule} {each.level}" if each.rule else translate(N_("server"))
            arrow = " -> ".join(part for part in (each.before, each.after) if part)
            lines.append(f"    {visible(each.server):<40} {what:<26} {arrow}")
        lines.append("")
    return "\n".join(lines) + "\n"


def as_json(changes: tuple[Difference, ...]) -> str:
    """The changes as a JSON list."""
    return msgspec.json.format(msgspec.json.encode(changes), indent=1).decode() + "\n"
