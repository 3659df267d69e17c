"""The terminal's block on the hunt: who got in, since when, what worked, what to do; then the proof."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from tocsin.model.hunt import Cited, Hunt, HuntFinding, Incident, Missing, Step
from tocsin.model.text import N_, Sentence
from tocsin.report import Translate
from tocsin.report.advisory_parts.inert import inert
from tocsin.report.html_parts.words import LEVEL
from tocsin.report.hunt_parts.telling import (
    MARK,
    OUTCOME,
    Told,
    attackers,
    by_id,
    entered,
    place,
    proof,
    read,
    rows_of,
    surface_title,
    told,
    utc,
)
from tocsin.report.text_parts.lines import WIDTH, Style, cut, some, visible, wrapped

INCIDENT_LIMIT = 3
"""Incidents told step by step; the others in five lines each. -v tells all."""
BRIEF_LIMIT = 7
"""Incidents told at all; the others are counted."""
STEP_LIMIT = 12
"""Steps of one incident; the others are counted. -v prints all."""
FINDING_LIMIT = 5
"""Findings outside of incidents. -v prints all."""
DO_LIMIT = 3
"""Things to do that are named of one incident. -v names all."""
NAMES = 4
"""Servers, addresses, accounts named in one line."""
PROBLEM_LIMIT = 3
HOST_LIMIT = 24
NAME_LIMIT = 60
TITLE_LIMIT = 170
SENTENCE_LIMIT = 320
"""Characters of a server's name in a column, another name, a title, and a sentence; the report has
more of it."""

TIME_WIDTH = len("2026-11-09 02:14:07 UTC")
THOUSAND, MILLION = 10_000, 1_000_000
"""From ten thousand on a count is rounded; the report has it whole."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What every line of the block needs: the findings by id, the reader's words, the length."""

    known: dict[str, HuntFinding]
    translate: Translate
    style: Style
    verbose: bool

    def say(self, sentence: Sentence, limit: int = SENTENCE_LIMIT) -> str:
        """A sentence in the reader's language, without life, cut."""
        return cut(inert(sentence.render(self.translate)), limit)

    def outcome(self, each: HuntFinding | Step) -> str:
        """Mark and word, padded to one width."""
        room = max(len(self.translate(word)) for word in OUTCOME.values())
        return f"{MARK[each.outcome]} {self.translate(OUTCOME[each.outcome]):<{room}}"


def hunt_lines(
    found: Hunt, translate: Translate, style: Style, *, verbose: bool, quiet: bool
) -> Iterator[str]:
    """The block, an empty line behind it; quiet: its first line alone."""
    parts = told(found)
    yield f"  {style(translate(N_('Hunt')), 'strong')}   {_first_line(found, parts, translate)}"
    if not quiet:
        shown = Shown(known=by_id(found), translate=translate, style=style, verbose=verbose)
        yield ""
        yield from _incidents((*parts.broken, *parts.doubtful), shown)
        yield from _alone(N_("To look at"), parts.alone, shown)
        yield from _minor(parts.minor, shown)
        yield from _attempts(parts, shown)
        yield from _ground(found, shown)
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
        words = shown.translate(N_("… and {count} more, in the report")).format(count=count)
        yield from (f"      {words}", "")


def _answer(number: int, each: Incident, shown: Shown) -> Iterator[str]:
    """Which server, since when, what worked, what to do: for a reader who has no time."""
    translate = shown.translate
    head = shown.say(each.title, TITLE_LIMIT)
    if each.hosts and _name(each.hosts[0]) not in head:
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
            "", translate(N_("… and {count} more, in the report")).format(count=more)
        )


def _titles(steps: Iterable[Step], shown: Shown) -> str:
    return "; ".join(dict.fromkeys(shown.say(each.title, NAME_LIMIT) for each in steps))


def _timeline(each: Incident, shown: Shown) -> Iterator[str]:
    """A line for each step under its day, with its sentence and the row that proves it."""
    steps = each.steps if shown.verbose else each.steps[:STEP_LIMIT]
    room = max((len(visible(_name(step.host, HOST_LIMIT))) for step in steps), default=0)
    day = None
    for step in steps:
        today = f"{utc(step.first):%Y-%m-%d}" if step.first else shown.translate(N_("undated"))
        if today != day:
            day = today
            yield f"      {shown.style(today, 'strong')}"
        yield from _step(step, room, shown)
    if len(each.steps) > len(steps):
        yield from _more(len(each.steps) - len(steps), shown)


def _step(step: Step, room: int, shown: Shown) -> Iterator[str]:
    clock = f"{utc(step.first):%H:%M:%S}" if step.first else " " * 8
    host = visible(_name(step.host, HOST_LIMIT)).ljust(room)
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
        yield " " * 16 + shown.style(visible(_name(place(cited), SENTENCE_LIMIT)), "dim")


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
    logs = ", ".join(_name(shown.translate(surface_title(one))) for one in each.seen_in)
    read_it = N_("{step}: no trace, and {logs} were read")
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
        title = shown.style(visible(_name(shown.translate(each.title))), "strong")
        host = visible(_name(each.host, HOST_LIMIT))
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
    shares = [f"{_name(translate(title))} ({times})" for title, times in ranked]
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


def _ground(found: Hunt, shown: Shown) -> Iterator[str]:
    """What was read, what that cannot show, and which rules could not be used."""
    translate = shown.translate
    head = translate(N_("read"))
    for each in read(found.coverage):
        words = translate(N_("{log} of {hosts}: {rows} rows")).format(
            log=_name(translate(surface_title(each.surface))),
            hosts=named(each.hosts, translate) or translate(N_("an unnamed server")),
            rows=amount(each.rows),
        )
        if each.first and each.last:
            words += f", {utc(each.first):%Y-%m-%d} – {utc(each.last):%Y-%m-%d}"
        if each.noise:
            left_out = translate(N_("{count} of Exchange's own health probes left out"))
            words += "; " + left_out.format(count=amount(each.noise))
        if each.lost:
            words += "; " + translate(N_("{count} unreadable")).format(count=amount(each.lost))
        yield from wrapped(head, words)
        head = ""
    head = translate(N_("blind"))
    for sentence in found.blind:
        yield from wrapped(head, shown.say(sentence))
        head = ""
    yield from _problems(found, shown)


def _problems(found: Hunt, shown: Shown) -> Iterator[str]:
    head = shown.translate(N_("unused"))
    some_of = found.problems if shown.verbose else found.problems[:PROBLEM_LIMIT]
    for each in some_of:
        words = shown.translate(N_("rule {name} of {source}: {why}")).format(
            name=_name(each.rule),
            source=_name(each.source),
            why=shown.say(each.why),
        )
        yield from wrapped(head, words)
        head = ""
    if more := len(found.problems) - len(some_of):
        words = shown.translate(N_("and {count} more rules that could not be used"))
        yield from wrapped("", words.format(count=more))


def _paragraph(words: str) -> Iterator[str]:
    for line in textwrap.wrap(visible(words), WIDTH - 8):
        yield f"      {line}"


def _name(text: str, limit: int = NAME_LIMIT) -> str:
    return cut(inert(text), limit)


def named(names: Sequence[str], translate: Translate) -> str:
    """The first names, and how many more there are."""
    words = ", ".join(visible(_name(each)) for each in names[:NAMES])
    if len(names) > NAMES:
        words += " " + translate(N_("and {count} more")).format(count=len(names) - NAMES)
    return words


def moment(when: datetime | None, translate: Translate) -> str:
    """A time to the second, in UTC; `undated` for none."""
    return f"{utc(when):%Y-%m-%d %H:%M:%S} UTC" if when else translate(N_("undated"))


def amount(count: int) -> str:
    """A count that a tired reader takes in: exact below ten thousand, then `988 k`, `2.4 M`."""
    if count < THOUSAND:
        return str(count)
    return f"{count / 1000:.0f} k" if count < MILLION else f"{count / MILLION:.1f} M"
