"""Differences between two runs, for a terminal or a program: `tocsin diff`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from tocsin.assess.comparing import Difference
from tocsin.model.finding import LEVELS
from tocsin.model.text import N_
from tocsin.report.html_parts.words import LEVEL, STATUS
from tocsin.report.text import counted, visible

Translate = Callable[[str], str]

_HEADS = {"new": N_("New servers"), "gone": N_("Gone servers"), "changed": N_("Changed servers")}
_HIDDEN = {"hidden": N_("hidden"), "public": N_("public"), "unknown": N_("hidden?")}
_WAYS = {
    "new": N_("New ways to a target"),
    "gone": N_("Ways that are gone"),
    "changed": N_("Ways of another strength"),
}
_OUTCOME = {
    "": N_("not in this run"),
    "fail": N_("failing"),
    "unknown": N_("could not be answered"),
    "pass": N_("passing"),
}
_UNKNOWN = N_("build unknown")
_ROWS = 12
"""Findings listed of one server and one kind of change; the rest is counted."""


def as_text(changes: tuple[Difference, ...], translate: Translate) -> str:
    """The changes for a terminal, servers first.

    Of a server that is new or gone only how much is open on it is told, of any other each finding
    that changed.
    """
    if not changes:
        return "  " + translate(N_("Nothing changed between the two runs.")) + "\n"
    servers = [each for each in changes if each.what == "server"]
    whole = {each.server for each in servers if each.change != "changed"}
    lines = []
    for kind, head in _HEADS.items():
        rows = [each for each in servers if each.change == kind]
        if rows:
            lines.append("  " + counted(translate(head), len(rows), translate))
            lines += [_server(each, changes, translate) for each in rows]
            lines.append("")
    rest = [each for each in changes if each.what == "finding" and each.server not in whole]
    for name in sorted({each.server for each in rest}):
        lines += _findings(name, [each for each in rest if each.server == name], translate)
        lines.append("")
    lines += _checks([each for each in changes if each.what == "check"], translate)
    lines += _ways([each for each in changes if each.what == "way"], translate)
    return "\n".join(lines).rstrip("\n") + "\n"


def _checks(rows: list[Difference], translate: Translate) -> Iterator[str]:
    """Checks of trusts: what fails now, then what no longer does."""
    for failing, head in ((True, N_("Checks that fail now")), (False, N_("No longer failing"))):
        alike = [each for each in rows if (each.after == "fail") == failing]
        if not alike:
            continue
        yield "  " + counted(translate(head), len(alike), translate)
        for each in sorted(alike, key=lambda e: (-LEVELS.index(e.level), e.rule, e.server)):
            was = translate(_OUTCOME[each.after if not failing else each.before])
            taken = f" ({translate(N_('accepted'))})" if each.accepted else ""
            level = translate(LEVEL[each.level])
            yield f"    {each.rule:<8} {level:<13} {visible(each.server)}  [{was}]{taken}"
        yield ""


def _ways(rows: list[Difference], translate: Translate) -> Iterator[str]:
    for kind, head in _WAYS.items():
        alike = [each for each in rows if each.change == kind]
        if alike:
            yield "  " + counted(translate(head), len(alike), translate)
            for each in alike[:_ROWS]:
                strengths = " -> ".join(part for part in (each.before, each.after) if part)
                yield f"    {visible(each.server)} → {visible(each.rule)}   {strengths}"
            if len(alike) > _ROWS:
                more = translate(N_("… and {count} more (--format json lists all)"))
                yield "      " + more.format(count=len(alike) - _ROWS)
            yield ""


def _server(change: Difference, changes: tuple[Difference, ...], translate: Translate) -> str:
    arrow = " -> ".join(_state(part, translate) for part in (change.before, change.after) if part)
    line = f"    {visible(change.server):<40} {arrow}"
    mine = [e for e in changes if e.what == "finding" and e.server == change.server]
    if change.change != "changed" and not arrow.startswith(translate(_UNKNOWN)):
        count = sum("affected" in (each.before, each.after) for each in mine)
        line += "   " + translate(N_("{count} open")).format(count=count)
    return line


def _state(words: str, translate: Translate) -> str:
    """`15.2.1544.36 hidden` with the second word in the reader's language."""
    build, _, hidden = words.rpartition(" ")
    named = translate(_UNKNOWN) if build == "?" else visible(build)
    return f"{named}, {translate(_HIDDEN.get(hidden, hidden))}"


def _findings(name: str, rows: list[Difference], translate: Translate) -> Iterator[str]:
    """One server: what changed, each kind of change counted, the worst first."""
    yield f"  {visible(name)}"
    kinds: dict[tuple[str, str], list[Difference]] = {}
    for each in rows:
        kinds.setdefault((each.before, each.after), []).append(each)
    for (before, after), alike in sorted(kinds.items(), key=lambda kind: _order(kind[0])):
        words = " -> ".join(
            translate(STATUS[part]) if part else translate(N_("not in this run"))
            for part in (before, after)
        )
        yield "    " + counted(words, len(alike), translate)
        worst = sorted(alike, key=lambda each: (-LEVELS.index(each.level), each.rule))
        for each in worst[:_ROWS]:
            yield f"      {each.rule:<16} {translate(LEVEL[each.level])}"
        if len(worst) > _ROWS:
            more = translate(N_("… and {count} more (--format json lists all)"))
            yield "      " + more.format(count=len(worst) - _ROWS)


def _order(kind: tuple[str, str]) -> tuple[bool, bool, str, str]:
    """What is newly open first, then what was open."""
    return (kind[1] != "affected", kind[0] != "affected", *kind)


def as_json(changes: tuple[Difference, ...]) -> str:
    """The changes as a JSON list."""
    return msgspec.json.format(msgspec.json.encode(changes), indent=1).decode() + "\n"
