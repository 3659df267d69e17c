"""What the page shows first: what to do, in order, and the stories where everything meets."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin.model.run import Run
from tocsin.model.trusts import Acceptance, Plan, PlannedAction, Story, StoryLine
from tocsin.report.html_parts.timeline import aware
from tocsin.report.html_parts.trust import TrustView
from tocsin.report.html_parts.trust_steps import BasisView, bases, source_rows

ACTIONS_FIRST = 7
"""Actions on the first screen and on the page that is printed alone; the others unfold."""
ACTIONS_LIMIT = 400
"""Actions in the page; those beyond are counted."""
STORIES_LIMIT = 12
LINES_LIMIT = 40
"""Stories, and lines of one: its first and last ones when there are more."""
WAYS_NAMED = 60
"""Ways that the picture lights up for one action."""


class ActionView(msgspec.Struct, frozen=True, kw_only=True):
    """One action. ways: numbers of the ways it cuts. part: of all ways, in percent."""

    action: PlannedAction
    bases: tuple[BasisView, ...]
    ways: tuple[int, ...]
    part: int
    checks: tuple[tuple[str, int], ...]


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of a story. new_day: another day than the line before."""

    line: StoryLine
    new_day: bool
    bases: tuple[BasisView, ...]


class StoryView(msgspec.Struct, frozen=True, kw_only=True):
    """One story. incidents: their numbers in the hunt's part. left: lines left out in the middle,
    after `half`."""

    number: int
    story: Story
    lines: tuple[LineView, ...]
    half: int
    left: int
    rooms: tuple[str, ...]


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the section needs. accepted: actions whose risk somebody answers for."""

    first: tuple[ActionView, ...]
    further: tuple[ActionView, ...]
    left: int
    accepted: tuple[ActionView, ...]
    expired: tuple[Acceptance, ...]
    stories: tuple[StoryView, ...]
    stories_left: int


def plan_view(run: Run, trust: TrustView | None) -> PlanView | None:
    """None when nothing was ranked."""
    plan: Plan | None = run.plan
    if plan is None or not (plan.actions or plan.stories or plan.expired):
        return None
    rows = source_rows(run)
    numbers = trust.way_number if trust else {}
    groups = trust.group_of if trust else {}
    every = [_action(each, rows, numbers, groups) for each in plan.actions]
    open_ones = [each for each in every if each.action.accepted is None]
    return PlanView(
        first=tuple(open_ones[:ACTIONS_FIRST]),
        further=tuple(open_ones[ACTIONS_FIRST:ACTIONS_LIMIT]),
        left=max(len(open_ones) - ACTIONS_LIMIT, 0),
        accepted=tuple(each for each in every if each.action.accepted is not None)[:ACTIONS_LIMIT],
        expired=plan.expired[:ACTIONS_LIMIT],
        stories=tuple(
            _story(number, each, rows)
            for number, each in enumerate(plan.stories[:STORIES_LIMIT], 1)
        ),
        stories_left=max(len(plan.stories) - STORIES_LIMIT, 0),
    )


def _action(
    each: PlannedAction,
    rows: Mapping[str, int],
    numbers: Mapping[str, int],
    groups: Mapping[str, int],
) -> ActionView:
    return ActionView(
        action=each,
        bases=bases(each.bases, rows),
        ways=tuple(numbers[path] for path in each.paths if path in numbers)[:WAYS_NAMED],
        part=round(100 * each.cuts / each.of) if each.of else 0,
        checks=tuple((name, groups.get(name, 0)) for name in each.checks),
    )


def _story(number: int, story: Story, rows: Mapping[str, int]) -> StoryView:
    lines = story.lines
    half = LINES_LIMIT // 2
    if len(lines) > LINES_LIMIT:
        lines = (*lines[:half], *lines[-half:])
    told, day = [], ""
    for each in lines:
        today = f"{aware(each.when):%Y-%m-%d}" if each.when else ""
        told.append(
            LineView(line=each, new_day=bool(today) and today != day, bases=bases(each.bases, rows))
        )
        day = today or day
    return StoryView(
        number=number,
        story=story,
        lines=tuple(told),
        half=half,
        left=len(story.lines) - len(lines),
        rooms=tuple(dict.fromkeys(each.room for each in story.lines)),
    )
