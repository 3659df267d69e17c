"""What remains without something: a run asked again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.app.faults import WordsError
from tocsin.assess.acceptance import Accepted
from tocsin.assess.headline import plan_headline, trust_headline
from tocsin.assess.planning import plan
from tocsin.assess.remaining import UnclearError, remaining
from tocsin.collect.files import printable
from tocsin.model.run import Run
from tocsin.model.text import N_, say


def remaining_run(run: Run, without: Sequence[str]) -> Run:
    """The run as it were without these, its plan made anew. Raises `WordsError` for what is unclear."""
    words = tuple(map(printable, without))
    if not words:
        return run
    if run.trusts is None:
        raise WordsError(
            say(N_("--without: no trusts were read, so there is nothing to leave out"))
        )
    try:
        trusts = remaining(run.trusts, words)
    except UnclearError as fault:
        raise WordsError(fault.why) from fault
    old = run.plan
    taken = Accepted(holding=old.accepted, expired=old.expired) if old else Accepted()
    what = ", ".join(trusts.without)
    left = {each.server for each in trusts.scores}
    gone = frozenset(each.server for each in run.trusts.scores if each.server not in left)
    actions = (
        plan(run.servers, run.findings, run.conversations, run.hunt, trusts, taken, gone)
        if old
        else None
    )
    outdated = [*trust_headline(run.trusts, asked=False), *plan_headline(old)]
    return msgspec.structs.replace(
        run,
        headline=(
            say(N_("This is what remains without {what}."), what=what),
            *plan_headline(actions),
            *(each for each in run.headline if each not in outdated),
            *trust_headline(trusts, asked=False),
        ),
        trusts=trusts,
        plan=actions,
    )
