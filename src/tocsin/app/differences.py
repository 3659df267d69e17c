"""Differences between two runs, for a terminal or a program: `tocsin diff`."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from tocsin.assess.difference import ENDED, Difference
from tocsin.model.finding import LEVELS
from tocsin.model.text import N_
from tocsin.report.html_parts.words import LEVEL, STATUS
from tocsin.report.hunt_parts.telling import OUTCOME
from tocsin.report.text import WIDTH, counted, visible
from tocsin.report.text_parts.lines import some
from tocsin.report.trust_parts.names import named

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
_OUTCOMES: dict[str, str] = {str(each): word for each, word in OUTCOME.items()}
_ROWS = 12
"""Findings listed of one server and one kind of change; the rest is counted."""


def as_text(changes: tuple[Difference, ...], translate: Translate) -> str:
    """The changes for a terminal: what keeps the runs from being compared, then servers first.

    Of a server that is new or gone only how much is open on it is told, of any other each finding
    that changed; of a break-in that is new or gone, its findings are counted.
    """
    kinds: dict[str, list[Difference]] = {}
    for each in changes:
        kinds.setdefault(each.what, []).append(each)
    lines = list(_compared(kinds.pop("run", []), translate))
    if not kinds:
        lines.append("  " + translate(N_("Nothing changed between the two runs.")))
    servers = kinds.get("server", [])
    for kind, head in _HEADS.items():
        rows = [each for each in servers if each.change == kind]
        if rows:
            lines.append("  " + counted(translate(head), len(rows), translate))
            lines += [_server(each, changes, translate) for each in rows]
            lines.append("")
    whole = {each.server for each in servers if each.change != "changed"}
    rest = [each for each in kinds.get("finding", ()) if each.server not in whole]
    for name in sorted({each.server for each in rest}):
        lines += _findings(name, [each for each in rest if each.server == name], translate)
        lines.append("")
    fallen = {each.rule for each in kinds.get("incident", ()) if each.change != "changed"}
    for what in ("incident", "hunt", "campaign"):
        lines += _rooms([e for e in kinds.get(what, ()) if e.of not in fallen], changes, translate)
    lines += _checks(kinds.get("check", []), translate)
    lines += _ways(kinds.get("way", []), translate)
    lines += _acceptances(kinds.get("acceptance", []), translate)
    return "\n".join(lines).rstrip("\n") + "\n"


_WITHOUT = {
    "new": N_("Compared is a what-if: the second run leaves out {after}."),
    "gone": N_("Compared is a what-if: the first run leaves out {before}."),
    "changed": N_(
        "Compared are two what-ifs: the first run leaves out {before}, the second {after}."
    ),
    "same": N_("Compared are two what-ifs: both runs leave out {after}."),
}
_READ = {
    ("hunt", "new"): N_("Only the second run read logs: what they show is new to it."),
    ("servers", "new"): N_("Only the second run looked for servers: they are not compared."),
    ("servers", "gone"): N_("Only the first run looked for servers: they are not compared."),
    ("hunt", "gone"): N_("Only the first run read logs: break-ins are not compared."),
    ("conversations", "new"): N_("Only the second run read mails: what they show is new to it."),
    ("conversations", "gone"): N_("Only the first run read mails: campaigns are not compared."),
}


def _compared(rows: list[Difference], translate: Translate) -> Iterator[str]:
    """What must be known before anything else is read."""
    for each in rows:
        words = _READ.get((each.rule, each.change)) or _WITHOUT[each.change]
        line = translate(words).format(before=visible(each.before), after=visible(each.after))
        yield from textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="  ")
    if rows:
        yield ""


_ROOMS = {
    ("incident", "new"): N_("New break-ins"),
    ("incident", "gone"): N_("Break-ins that these logs no longer show"),
    ("incident", "changed"): N_("Break-ins of another outcome"),
    ("hunt", "new"): N_("New findings in logs"),
    ("hunt", "gone"): N_("Findings that these logs no longer show"),
    ("hunt", "changed"): N_("Findings in logs of another outcome"),
    ("campaign", "new"): N_("New campaigns"),
    ("campaign", "gone"): N_("Campaigns that these mails no longer show"),
    ("campaign", "changed"): N_("Campaigns of another size"),
}


def _rooms(
    rows: list[Difference], changes: tuple[Difference, ...], translate: Translate
) -> Iterator[str]:
    """What logs or mails show, the gravest first."""
    parts = Counter(each.of for each in changes if each.what == "hunt")
    for change in ("new", "changed", "gone"):
        alike = [each for each in rows if each.change == change]
        if not alike:
            continue
        yield "  " + counted(translate(_ROOMS[alike[0].what, change]), len(alike), translate)
        for each in alike[:_ROWS]:
            told = each.said.render(translate) if each.said else each.server
            if each.what == "campaign":
                told = f"{each.server or translate(N_('family unknown'))}: {told}"
            state = [_shown(each, part, translate) for part in (each.before, each.after) if part]
            words = f"[{' -> '.join(state)}]"
            if each.what == "incident" and each.change != "changed":
                count = parts[each.rule]
                words += "  " + some(count, N_("1 finding"), N_("{count} findings"), translate)
            if each.accepted:
                words += f" ({translate(N_('accepted'))})"
            yield from _row(translate(LEVEL[each.level]), told, words)
        yield from _more(len(alike), translate)
        yield ""


def _shown(each: Difference, part: str, translate: Translate) -> str:
    if each.what == "campaign":
        return some(int(part), N_("1 message"), N_("{count} messages"), translate)
    return translate(_OUTCOMES.get(part, part))


_ACCEPTED = {
    "gone": N_("No longer accepted: they count again"),
    "new": N_("Accepted as a risk since"),
    "changed": N_("Accepted otherwise"),
}


def _acceptances(rows: list[Difference], translate: Translate) -> Iterator[str]:
    """What counts again first, then what somebody answers for now."""
    for change, head in _ACCEPTED.items():
        alike = [each for each in rows if each.change == change]
        if not alike:
            continue
        yield "  " + counted(translate(head), len(alike), translate)
        for each in alike[:_ROWS]:
            told = each.said.render(translate) if each.said else ""
            named = " ".join(part for part in (_ruled(each.rule), each.server) if part)
            yield from _row(translate(LEVEL[each.level]), ": ".join(filter(None, (named, told))))
            yield from _answer(each, translate)
        yield from _more(len(alike), translate)
        yield ""


def _ruled(rule: str) -> str:
    """A rule's id where a reader knows it by it: of an advisory or a check."""
    return rule if re.fullmatch(r"[A-Z]+-[\d-]+", rule) else ""


def _answer(each: Difference, translate: Translate) -> Iterator[str]:
    """Until when, by whom and why; of what counts again, since when it does."""
    if each.after.startswith(ENDED):
        until = each.after.removeprefix(ENDED).strip()
        words = translate(N_("ended on {day}")).format(day=until)
        words += " (" + each.before.partition(", ")[2] + ")"
    elif each.change == "gone":
        words = translate(N_("taken back; it was accepted until {day}")).format(day=each.before)
    else:
        words = translate(N_("until {day}")).format(day=each.after)
    for line in textwrap.wrap(visible(words), WIDTH - 20):
        yield " " * 20 + line


def _row(head: str, words: str, state: str = "") -> Iterator[str]:
    first, *more = textwrap.wrap(f"{visible(words)}  {state}".rstrip(), WIDTH - 20) or [""]
    yield f"    {head:<15} {first}"
    yield from (" " * 20 + line for line in more)


def _more(count: int, translate: Translate) -> Iterator[str]:
    if count > _ROWS:
        more = translate(N_("… and {count} more (--format json lists all)"))
        yield "      " + more.format(count=count - _ROWS)


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
                target = visible(named(each.rule, translate))
                yield f"    {visible(each.server)} → {target}   {strengths}"
            yield from _more(len(alike), translate)
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
        yield from _more(len(worst), translate)


def _order(kind: tuple[str, str]) -> tuple[bool, bool, str, str]:
    """What is newly open first, then what was open."""
    return (kind[1] != "affected", kind[0] != "affected", *kind)


def as_json(changes: tuple[Difference, ...]) -> str:
    """The changes as a JSON list."""
    return msgspec.json.format(msgspec.json.encode(changes), indent=1).decode() + "\n"
