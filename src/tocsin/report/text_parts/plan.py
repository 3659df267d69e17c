"""What to do first, and what happened where everything meets, for a terminal."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Sequence

from tocsin.model.text import N_
from tocsin.model.trusts import Plan, PlannedAction, Story, StoryLine
from tocsin.report import Translate
from tocsin.report.hunt_parts.telling import utc
from tocsin.report.text_parts.lines import WIDTH, Style, some, visible, wrapped
from tocsin.report.trust_parts.places import place

ACTIONS_LIMIT = 5
"""Actions printed; the rest is counted, and stands in the report."""
REASONS_LIMIT = 2
"""Reasons printed of one action."""
ROOM_LIMIT = 3
"""Lines printed of what one room says in a row, the first ones and the last."""


def plan_lines(
    plan: Plan, translate: Translate, style: Style, *, verbose: bool, quiet: bool
) -> Iterator[str]:
    """The ranked actions, then the stories; quiet: one line an action."""
    open_ones = [each for each in plan.actions if each.accepted is None]
    shown = open_ones if verbose else open_ones[:ACTIONS_LIMIT]
    if shown:
        yield "  " + style(translate(N_("What to do first")), "strong")
    for number, each in enumerate(shown, start=1):
        yield from _action(number, each, translate, style, quiet=quiet)
    more = len(open_ones) - len(shown)
    if more:
        yield "      " + translate(N_("… and {count} more (-v, or the report)")).format(count=more)
    accepted = len(plan.actions) - len(open_ones)
    if accepted:
        yield "      " + some(
            accepted,
            N_("1 more is accepted as a risk, and stands in the report"),
            N_("{count} more are accepted as risks, and stand in the report"),
            translate,
        ).format(count=accepted)
    for past in plan.expired:
        words = translate(N_("no longer accepted since {day}: {reason} ({owner})"))
        line = words.format(day=past.until.isoformat(), reason=past.reason, owner=past.owner)
        yield from textwrap.wrap(
            visible(line), WIDTH - 8, initial_indent="      ", subsequent_indent="        "
        )
    if shown:
        yield ""
    if not quiet:
        for story in plan.stories:
            yield from _story(story, translate, style, verbose=verbose)
            yield ""


def _action(
    number: int, each: PlannedAction, translate: Translate, style: Style, *, quiet: bool
) -> Iterator[str]:
    lines = textwrap.wrap(visible(each.do.render(translate)), WIDTH - 8, break_on_hyphens=False)
    for at, line in enumerate(lines):
        yield (f"  {number:>2}  " if at == 0 else "      ") + style(line, "strong")
    if quiet:
        return
    for reason in each.because[:REASONS_LIMIT]:
        yield from wrapped(translate(N_("because")), reason.render(translate))
    if each.bases:
        yield " " * 15 + style(visible(place(each.bases[0])), "dim")
    if each.cuts:
        words = translate(N_("{cuts} of {of} pairs of server and target"))
        yield from wrapped(translate(N_("parts")), words.format(cuts=each.cuts, of=each.of))


def _story(story: Story, translate: Translate, style: Style, *, verbose: bool) -> Iterator[str]:
    for line in textwrap.wrap(visible(story.title.render(translate)), WIDTH - 4):
        yield "  " + style(line, "strong")
    for each in story.lines if verbose else _told(story.lines):
        if isinstance(each, int):
            words = translate(N_("… {count} further lines (-v, or the report)"))
            yield " " * 24 + words.format(count=each)
            continue
        when = f"{utc(each.when):%Y-%m-%d %H:%M}" if each.when else ""
        told = textwrap.wrap(visible(each.said.render(translate)), WIDTH - 24) or [""]
        yield f"      {when:<16}  {told[0]}"
        for line in told[1:]:
            yield " " * 24 + line


def _told(lines: Sequence[StoryLine]) -> Iterator[StoryLine | int]:
    """The first lines and the last of each room, so that none is left out; between them, how many
    are. Of ways on the gravest alone: the others follow with the trusts."""
    for room, grouped in itertools.groupby(lines, key=lambda each: each.room):
        alike = list(grouped)
        if room == "trust" and len(alike) > 1:
            yield alike[0]
            yield len(alike) - 1
            continue
        if len(alike) <= ROOM_LIMIT:
            yield from alike
            continue
        yield from alike[: ROOM_LIMIT - 1]
        if len(alike) > ROOM_LIMIT:
            yield len(alike) - ROOM_LIMIT
        yield alike[-1]
