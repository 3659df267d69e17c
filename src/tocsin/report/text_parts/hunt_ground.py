"""The end of the terminal's block on the hunt: what was read, and what that cannot show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.model.hunt import Hunt
from tocsin.model.text import N_
from tocsin.report.hunt_parts.telling import Read, read, surface_title, utc
from tocsin.report.text_parts.hunt_shown import Shown, amount, named, short
from tocsin.report.text_parts.lines import wrapped

PROBLEM_LIMIT = 3
"""Rules that could not be used, named; -v names all."""
READ_BRIEF = 2
"""Kinds of logs listed beside the answers of other rooms; more of them are counted, where all rows
could be read."""


def ground_lines(found: Hunt, shown: Shown) -> Iterator[str]:
    """What was read, what that cannot show, and which rules could not be used."""
    translate = shown.translate
    head = translate(N_("read"))
    whole = list(read(found.coverage))
    if shown.brief and len(whole) > READ_BRIEF and not any(each.lost for each in whole):
        yield from wrapped(head, _read_in_all(whole, shown))
        whole = []
    for each in whole:
        words = translate(N_("{log} of {hosts}: {rows} rows")).format(
            log=short(translate(surface_title(each.surface))),
            hosts=named(each.hosts, translate) or translate(N_("an unnamed server")),
            rows=amount(each.rows),
        )
        if each.first and each.last:
            words += f", {utc(each.first):%Y-%m-%d} – {utc(each.last):%Y-%m-%d}"
        if each.noise:
            left_out = translate(
                N_("about {count} of Exchange's own health probes left out")
                if each.noise_estimated
                else N_("{count} of Exchange's own health probes left out")
            )
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


def _read_in_all(whole: Sequence[Read], shown: Shown) -> str:
    """All logs in one line."""
    translate = shown.translate
    hosts = list(dict.fromkeys(host for each in whole for host in each.hosts))
    words = translate(N_("{count} kinds of logs of {hosts}: {rows} rows")).format(
        count=len({each.surface for each in whole}),
        hosts=named(hosts, translate) or translate(N_("an unnamed server")),
        rows=amount(sum(each.rows for each in whole)),
    )
    days = [utc(when) for each in whole for when in (each.first, each.last) if when]
    if days:
        words += f", {min(days):%Y-%m-%d} – {max(days):%Y-%m-%d}"
    return words + " " + translate(N_("(-v lists them)"))


def _problems(found: Hunt, shown: Shown) -> Iterator[str]:
    head = shown.translate(N_("unused"))
    some_of = found.problems if shown.verbose else found.problems[:PROBLEM_LIMIT]
    for each in some_of:
        words = shown.translate(N_("rule {name} of {source}: {why}")).format(
            name=short(each.rule),
            source=short(each.source),
            why=shown.say(each.why),
        )
        yield from wrapped(head, words)
        head = ""
    if more := len(found.problems) - len(some_of):
        words = shown.translate(N_("and {count} more rules that could not be used"))
        yield from wrapped("", words.format(count=more))
