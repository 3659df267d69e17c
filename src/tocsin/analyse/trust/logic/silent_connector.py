"""HYB-022: a trusted connector through which no mail comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tocsin.analyse.trust.conditions import day
from tocsin.analyse.trust.connectors import gates, judged_inbound, other_end
from tocsin.analyse.trust.objects import objects
from tocsin.analyse.trust.settings import Answer, Item
from tocsin.analyse.trust.situation import Situation, Verdict
from tocsin.analyse.trust.verdicts import (
    cmdlet,
    failed,
    inquiries,
    named,
    passed,
    unanswered,
    uncollected,
    unread,
)
from tocsin.knowledge.checks import Check
from tocsin.model.text import N_, say

LEAST = timedelta(days=7)
"""A report of a shorter time says nothing of a connector that is used now and then."""

USED = N_("{count} mails came through {name} in the time that the report covers.")
SHORT = N_("No mail came through {name}, but the report covers less than {days} days.")
SILENT = N_(
    "No mail came through {name} in the time that the report covers, but it is enabled and trusted: "
    "an intruder can use it, and nobody would miss it."
)


def judge(situation: Situation, check: Check) -> Iterator[Verdict]:
    """One verdict for every enabled connector of the type OnPremises."""
    del check
    rows = objects(situation, "ConnectorReport")
    yield from judged_inbound(situation, lambda item: _one(situation, item, rows))


def _one(situation: Situation, item: Item, rows: list[Item]) -> Verdict:
    name = named(item)
    nothing = uncollected(situation, "ConnectorReport")
    if nothing is not None:
        return unread(name, cmdlet("ConnectorReport"))
    own = {name.lower(), *(text.lower() for text in item.ask("Guid").texts())}
    nameless = [each for each in rows if not each.ask("Connector").filled]
    mine = [each for each in rows if own & set(_lower(each.ask("Connector")))]
    counts = [each.ask("Messages") for each in mine]
    asked = [*counts, *(each.ask("Connector") for each in mine or rows), *gates(item)]
    seen = sum(int(each.value) for each in counts if isinstance(each.value, int))
    if seen:
        return passed(name, say(USED, name=name, count=seen), asked)
    unclear = next((each for each in mine if not isinstance(each.ask("Messages").value, int)), None)
    if unclear is not None or nameless:
        which = unclear or nameless[0]
        return unanswered(which, [_unclear(which, "Messages" if unclear else "Connector")])
    covered = _covered(rows)
    if rows and (covered is None or covered < LEAST):
        return unread(
            name, f"{cmdlet('ConnectorReport')} (-StartDate, -EndDate: {LEAST.days} days)"
        )
    report = inquiries(situation, "ConnectorReport")
    return failed(name, say(SILENT, name=name), asked, other_end(situation, item), report)


def _covered(rows: list[Item]) -> timedelta | None:
    """How long a time the report covers, as far as mail shows; None where it has no days."""
    days = [day(each.ask(name)) for each in rows for name in ("First", "Last")]
    known = [each for each in days if each]
    return max(known) - min(known) if known else None


def _lower(answer: Answer) -> list[str]:
    return [text.lower() for text in answer.texts()]


def _unclear(item: Item, name: str) -> Answer:
    return Answer(name=name, known=False, basis=item.ask(name).basis)
