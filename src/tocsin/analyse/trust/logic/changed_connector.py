"""HYB-019: a connector was changed after the hybrid wizard had last been run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tocsin.analyse.trust.connectors import gates, judged_inbound, other_end
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import cmdlet, failed, named, passed, unanswered, unread
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

RUN_LASTS = timedelta(days=1)
"""What is changed so soon after the wizard's own object was, the wizard may have changed."""

# A run whose log shows that it set nothing explains no change.
RUNS = (("HybridWizardRun", "Time"), ("HybridConfiguration", "WhenChangedUTC"))

BEFORE = N_("{name} was last changed on {day}, not after the wizard's last run.")
AFTER = N_(
    "{name} was changed on {day}, after the hybrid wizard had last been run ({run}): somebody did it "
    "by hand."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every enabled connector of the type OnPremises."""
    del check
    runs = [
        item.ask(name)
        for kind, name in RUNS
        for item in objects(situation, kind)
        if not item.ask("Set").empty
    ]
    yield from judged_inbound(situation, lambda item: _one(situation, item, runs))


def _one(situation: Situation, item: Item, runs: list[Answer]) -> Verdict:
    name, changed = named(item), item.first("WhenChangedUTC", "WhenChanged")
    when, last = _time(changed), max((t for t in map(_time, runs) if t), default=None)
    asked = [changed, item.ask("ConnectorSource"), *gates(item), *runs]
    if when is None:
        return unanswered(item, [Answer(name=changed.name, known=False, basis=changed.basis)])
    if last is None:
        return unread(name, *(f"{cmdlet(kind)}: {each}" for kind, each in RUNS))
    day = when.date().isoformat()
    if when <= last + RUN_LASTS:
        return passed(name, say(BEFORE, name=name, day=day), asked)
    if not all(map(_time, runs)):
        # A run whose day was not read can be the later one.
        return unread(name, *(f"{cmdlet(kind)}: {each}" for kind, each in RUNS))
    because = say(AFTER, name=name, day=day, run=last.date().isoformat())
    return failed(name, because, asked, other_end(situation, item))


def _time(answer: Answer) -> datetime | None:
    text = next(iter(answer.texts()), "")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
