"""The terminal's block on the hunt: who got in, since when, what worked, what to do; then the proof."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tocsin.model.hunt import Cited, Hunt, HuntFinding, Incident, Missing, Step
from tocsin.model.text import N_
from tocsin.report import Translate
from tocsin.report.html_parts.words import LEVEL
from tocsin.report.hunt_parts.chosen import chosen
from tocsin.report.hunt_parts.telling import (
    Told,
    attackers,
    by_id,
    entered,
    place,
    proof,
    rows_of,
    surface_title,
    told,
    utc,
)
from tocsin.report.text_parts.hunt_ground import ground_lines
from tocsin.report.text_parts.hunt_shown import (
    NAME_LIMIT,
    NAMES,
    SENTENCE_LIMIT,
    Shown,
    amount,
    moment,
    named,
    short,
)
from tocsin.report.text_parts.lines import WIDTH, Style, some, visible, wrapped

INCIDENT_LIMIT = 3
"""Incidents told step by step; the others in five lines each. -v tells all."""
BRIEF_LIMIT = 7
"""Incidents told at all; the others are counted."""
STEP_LIMIT = 12
"""Steps of one incident; the others are counted. -v prints all."""
STEPS_BRIEF = 6
"""Steps of one incident beside the answers of other rooms."""
FINDING_LIMIT = 5
"""Findings outside of incidents. -v prints all."""
DO_LIMIT = 3
"""Things to do that are named of one incident. -v names all."""
HOST_LIMIT = 24
TITLE_LIMIT = 170
"""Characters of a server's name in a column, and of a title; the report has more of it."""

TIME_WIDTH = len("2026-11-09 02:14:07 UTC")


def hunt_lines(
    found: Hunt,
    translate: Translate,
    style: Style,
    *,
    verbose: bool,
    quiet: bool,
    brief: bool = False,
) -> Iterator[str]:
    """The block, an empty line behind it; quiet: its first line alone; brief: of an incident how
    it began, what was gravest and how it ended, of what was read a count."""
    parts = told(found)
    yield f"  {style(translate(N_('Hunt')), 'strong')}   {_first_line(found, parts, translate)}"
    if not quiet:
        shown = Shown(
            known=by_id(found), translate=translate, style=style, verbose=verbose, brief=brief
        )
        yield ""
        yield from _incidents((*parts.broken, *parts.doubtful), shown)
        yield from _alone(N_("To look at"), parts.alone, shown)
        yield from _minor(parts.minor, shown)
        yield from _attempts(parts, shown)
        yield from ground_lines(found, shown)
    yield ""


def _first_line(found: Hunt, parts: Told, translate: Translate) -> str:
    words = []
    if parts.broken:
        words.append(some(len(parts.broken), N_("1 break-in"), N_("{count} break-ins"), translate))
    else:
        words.append(translate(N_("no break-in found")))
    if doubtful := len(parts.doubtful) + len(parts.alone):
        many = N_("{count} things to look at")
        words.append(some(doubtful, N_("1 thing to look at"), many, translate))
    if tried := attackers(parts.attempts):
        many = N_("{count} addresses only tried")
        words.append(some(tried, N_("1 address only tried"), many, translate))
    rows = amount(sum(each.rows for each in found.coverage))
    words.append(translate(N_("{rules} rules on {rows} rows")).format(rules=found.rules, rows=rows))
    return ", ".join(words)


def _incidents(all_of: Sequence[Incident], shown: Shown) -> Iterator[str]:
    some_of = all_of if shown.verbose else all_of[:BRIEF_LIMIT]
    for number, each in enumerate(some_of, 1):
        yield from _answer(number, each, shown)
        if shown.verbose or number <= INCIDENT_LIMIT:
            yield ""
            yield from _timeline(each, shown)
            yield from _unseen(each, shown)
        yield ""
    yield from _more(len(all_of) - len(some_of), shown)


def _more(count: int, shown: Shown) -> Iterator[str]:
    if count > 0:
        words = shown.translate(N_("… and {count} more (-v, or the report)")).format(count=count)
        yield from (f"      {words}", "")


def _answer(number: int, each: Incident, shown: Shown) -> Iterator[str]:
    """Which server, since when, what worked, what to do: for a reader who has no time."""
    translate = shown.translate
    head = shown.say(each.title, TITLE_LIMIT)
    if each.hosts and short(each.hosts[0]) not in head:
        head = f"{named(each.hosts, translate)}: {head}"
    lines = textwrap.wrap(visible(f"{head}   {translate(LEVEL[each.level])}"), WIDTH - 6)
    for turn, line in enumerate(lines):
        yield f"  {number if not turn else '':>2}  {shown.style(line, 'strong')}"
    start = entered(each)
    since = moment(start, translate)
    if each.last and moment(each.last, translate) != since:
        since = translate(N_("{first} until {last}")).format(
            first=since, last=moment(each.last, translate)
        )
    if each.clients:
        since += "; " + translate(N_("from {names}")).format(names=named(each.clients, translate))
    yield from wrapped(translate(N_("since")), since)
    worked = _titles((step for step in each.steps if step.outcome == "success"), shown)
    if worked:
        yield from wrapped(translate(N_("worked")), worked)
    elif unclear := _titles((step for step in each.steps if step.outcome == "unknown"), shown):
        yield from wrapped(translate(N_("unclear")), unclear)
    head = translate(N_("do now"))
    urgent = each.next if shown.verbose else each.next[:DO_LIMIT]
    for do in urgent:
        yield from wrapped(head, shown.say(do))
        head = ""
    if more := len(each.next) - len(urgent):
        yield from wrapped(
            "", translate(N_("… and {count} more (-v, or the report)")).format(count=more)
        )


def _titles(steps: Iterable[Step], shown: Shown) -> str:
    return "; ".join(dict.fromkeys(shown.say(each.title, NAME_LIMIT) for each in steps))


def _timeline(each: Incident, shown: Shown) -> Iterator[str]:
    """A line for each step under its day, with its sentence and the row that proves it."""
    told_of = list(range(len(each.steps)))
    if shown.brief:
        told_of = chosen(each.steps, STEPS_BRIEF)
    elif not shown.verbose:
        told_of = chosen(each.steps, STEP_LIMIT)
    room = max((len(visible(short(each.steps[at].host, HOST_LIMIT))) for at in told_of), default=0)
    day = None
    before = -1
    for at in told_of:
        yield from _left_out(at - before - 1, shown)
        before, step = at, each.steps[at]
        today = f"{utc(step.first):%Y-%m-%d}" if step.first else shown.translate(N_("undated"))
        if today != day:
            day = today
            yield f"      {shown.style(today, 'strong')}"
        yield from _step(step, room, shown)
    yield from _left_out(len(each.steps) - before - 1, shown)


def _left_out(count: int, shown: Shown) -> Iterator[str]:
    if count:
        one = N_("… 1 further step (-v, or the report)")
        many = N_("… {count} further steps (-v, or the report)")
        yield " " * 16 + some(count, one, many, shown.translate)


def _step(step: Step, room: int, shown: Shown) -> Iterator[str]:
    clock = f"{utc(step.first):%H:%M:%S}" if step.first else " " * 8
    host = visible(short(step.host, HOST_LIMIT)).ljust(room)
    title = shown.style(visible(shown.say(step.title, NAME_LIMIT)), "strong")
    yield f"      {clock}  {host}  {shown.outcome(step)}  {title}{_extent(step, shown)}"
    yield from _indented(shown.say(step.said))
    yield from _place(proof(step.findings, shown.known), shown)


def _extent(step: Step, shown: Shown) -> str:
    """How many rows, and until when; nothing for a single one."""
    count = rows_of(shown.known[name] for name in step.findings if name in shown.known)
    if count < 2:
        return ""
    words = shown.translate(N_("{count} rows")).format(count=amount(count))
    first, last = (
        utc(when).replace(microsecond=0) if when else None for when in (step.first, step.last)
    )
    if first and last and last != first:
        same_day = last.date() == first.date()
        until = f"{last:{'%H:%M:%S' if same_day else '%Y-%m-%d %H:%M'}}"
        words += ", " + shown.translate(N_("until {time}")).format(time=until)
    return f"   {words}"


def _place(cited: Cited | None, shown: Shown) -> Iterator[str]:
    if cited is not None:
        yield " " * 16 + shown.style(visible(short(place(cited), SENTENCE_LIMIT)), "dim")


def _indented(words: str) -> Iterator[str]:
    for line in textwrap.wrap(visible(words), WIDTH - 16):
        yield " " * 16 + line


def _unseen(each: Incident, shown: Shown) -> Iterator[str]:
    """What the chain has and the logs do not show, and what is missing to be sure."""
    translate = shown.translate
    lines = [_not_shown(one, shown) for one in each.missing]
    lines += [shown.say(one) for one in each.data]
    if not lines:
        return
    yield ""
    if each.chain_title is not None:
        names = {one.name for one in each.steps} | {one.name for one in each.missing}
        seen = len(names) - len({one.name for one in each.missing})
        words = translate(N_("{seen} of {all} steps of: {chain}")).format(
            seen=seen, all=len(names), chain=shown.say(each.chain_title)
        )
        yield from wrapped(translate(N_("chain")), words)
    head = translate(N_("unseen"))
    for line in lines:
        yield from wrapped(head, line)
        head = ""


def _not_shown(each: Missing, shown: Shown) -> str:
    logs = ", ".join(short(shown.translate(surface_title(one))) for one in each.seen_in)
    read_it = N_("{step}: no trace in what was read: {logs}")
    words = read_it if each.read else N_("{step}: cannot be told without {logs}")
    return shown.translate(words).format(step=shown.say(each.title), logs=logs)


def _minor(findings: Sequence[HuntFinding], shown: Shown) -> Iterator[str]:
    """Findings that mean little: counted, and listed when asked for."""
    if findings and not shown.verbose:
        one, many = N_("1 finding of little weight"), N_("{count} findings of little weight")
        words = some(len(findings), one, many, shown.translate)
        yield f"  {words} {shown.translate(N_('(-v lists them)'))}"
        yield ""
    elif findings:
        yield from _alone(N_("Of little weight"), findings, shown)


def _alone(head: str, findings: Sequence[HuntFinding], shown: Shown) -> Iterator[str]:
    """Findings that belong to no incident, each with its sentence and place."""
    some_of = findings if shown.verbose else findings[:FINDING_LIMIT]
    if some_of:
        yield f"  {shown.style(shown.translate(head), 'strong')}"
    for each in some_of:
        level = shown.translate(LEVEL[each.level])
        title = shown.style(visible(short(shown.translate(each.title))), "strong")
        host = visible(short(each.host, HOST_LIMIT))
        when = moment(each.first, shown.translate).ljust(TIME_WIDTH)
        yield f"      {when}  {host}  {shown.outcome(each)}  {title}   {level}"
        yield from _indented(shown.say(each.because))
        yield from _place(each.events[0] if each.events else None, shown)
    if some_of:
        yield ""
    yield from _more(len(findings) - len(some_of), shown)


def _attempts(parts: Told, shown: Shown) -> Iterator[str]:
    """What failed, in a few lines however many tried."""
    if not parts.attempts:
        return
    translate = shown.translate
    count = attackers(parts.attempts)
    one, many = N_("1 address tried and did not get in"), N_("{count} addresses tried, none got in")
    words = some(count, one, many, translate) if count else translate(N_("Attempts that failed"))
    yield f"  {shown.style(words, 'strong')}"
    rules = Counter(each.title for each in parts.attempts for _ in each.clients or ("",))
    ranked = rules.most_common(None if shown.verbose else NAMES)
    shares = [f"{short(translate(title))} ({times})" for title, times in ranked]
    if len(rules) > len(ranked):
        shares.append(translate(N_("and {count} more")).format(count=len(rules) - len(ranked)))
    yield from _paragraph(", ".join(shares))
    hosts = named(sorted({each.host for each in parts.attempts if each.host}), translate)
    times_seen = [utc(when) for each in parts.attempts for when in (each.first, each.last) if when]
    if times_seen:
        days = f"{min(times_seen):%Y-%m-%d} – {max(times_seen):%Y-%m-%d}"
        hosts = f"{hosts}; {days}" if hosts else days
    yield from _paragraph(hosts)
    yield ""


def _paragraph(words: str) -> Iterator[str]:
    for line in textwrap.wrap(visible(words), WIDTH - 8):
        yield f"      {line}"
