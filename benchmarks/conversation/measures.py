"""From outcomes to figures: recall per form, false alerts, bursts, breakdowns, ablation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from benchmarks.conversation.forms import FORMS
from benchmarks.conversation.replay import Outcome
from benchmarks.conversation.statistics import (
    Rate,
    alerts_per_thousand_mailboxes,
    clustered,
    threshold_at,
    until_first,
    wilson,
)  # fmt: skip
from tocsin.analyse.conversation.room import Judged
from tocsin.analyse.conversation.scoring import Score, Scorer
from tocsin.knowledge.indicators import Indicators, Judging

RATES = {"1/1,000": 1e-3, "1/10,000": 1e-4}
NEVER = float("-inf")


class FormFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Recall of one form. shipped: by the product's own verdict; at: at each false-alert rate, read
    off the same benign replies; by_thread, by_sender: 95 % of the shipped recall by bootstrap."""

    form: str
    count: int
    unseen: int
    shipped: Rate
    flagged: Rate
    at: dict[str, Rate]
    by_thread: tuple[float, float]
    by_sender: tuple[float, float]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One run. thresholds: that hold each rate; false_alerts: the product's own."""

    benign: int
    false_alerts: Rate
    false_watches: int
    per_thousand_mailboxes_day: float
    other_alerts: int
    thresholds: dict[str, float]
    forms: tuple[FormFigures, ...]


def ranked(judged: Judged | None, judging: Judging, score: Score | None = None) -> float:
    """The score by which a mail would become an alert, were the threshold moved; minus infinity for
    one that the product only ever watches."""
    if judged is None:
        return NEVER
    score = score or judged.score
    wanted = score.payload + score.burst
    if wanted < judging.payload_least and score.identity < judging.identity_alone:
        return NEVER
    if not (judged.answers or judged.inside or score.burst > 0):
        return NEVER
    return score.total


def scored(outcomes: Iterable[Outcome], which: str) -> list[Outcome]:
    """The hijacks of a set that count: of a T8 the second step."""
    return [
        o for o in outcomes
        if o.item.row and o.item.row.set == which and not o.item.row.form.startswith("N-")
        and (o.item.row.form != "T8" or o.item.row.step == 2)
    ]  # fmt: skip


def benign(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [o for o in outcomes if o.item.benign and o.item.row is None]


def figures(outcomes: Sequence[Outcome], which: str, indicators: Indicators) -> Figures:
    """All figures of one run and set."""
    judging = indicators.judging
    quiet = benign(outcomes)
    quiet_scores = [ranked(o.judged, judging) for o in quiet]
    thresholds = {name: threshold_at(quiet_scores, rate) for name, rate in RATES.items()}
    by_form = defaultdict(list)
    for each in scored(outcomes, which):
        assert each.item.row
        by_form[each.item.row.form].append(each)
    alerts = sum(o.alert for o in quiet)
    return Figures(
        benign=len(quiet),
        false_alerts=wilson(alerts, len(quiet)),
        false_watches=sum(o.flagged and not o.alert for o in quiet),
        per_thousand_mailboxes_day=alerts_per_thousand_mailboxes(alerts, len(quiet)),
        other_alerts=sum(o.alert for o in outcomes if o.item.row is None and not o.item.benign),
        thresholds=thresholds,
        forms=tuple(_form(f, by_form[f], thresholds, judging) for f in FORMS if by_form[f]),
    )


def _form(
    form: str, found: Sequence[Outcome], thresholds: dict[str, float], judging: Judging
) -> FormFigures:
    alerts = [o.alert for o in found]
    scores = [ranked(o.judged, judging) for o in found]
    return FormFigures(
        form=form,
        count=len(found),
        unseen=sum(o.judged is None for o in found),
        shipped=wilson(sum(alerts), len(found)),
        flagged=wilson(sum(o.flagged for o in found), len(found)),
        at={n: wilson(sum(s > t for s in scores), len(found)) for n, t in thresholds.items()},
        by_thread=clustered(alerts, [o.item.thread for o in found]),
        by_sender=clustered(alerts, [o.item.sender for o in found]),
    )


def broken_down(outcomes: Iterable[Outcome], key: Callable[[Outcome], str]) -> dict[str, Rate]:
    """Recall by the product's verdict, for each value of something."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for each in outcomes:
        groups[key(each)].append(each.alert)
    return {name: wilson(sum(g), len(g)) for name, g in sorted(groups.items())}


class BurstFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Bursts of one form: how many, noticed within 5 mails, at all; of their mails: alert when they
    came, and after the burst was seen."""

    form: str
    bursts: int
    within_five: int
    noticed: int
    mails: int
    at_once: Rate
    afterwards: Rate
    median_first: int


def bursts(outcomes: Iterable[Outcome], form: str) -> BurstFigures:
    """First alert as it came, later raising left out."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        row = each.item.row
        if row and row.form == form and row.burst and each.judged is not None:
            groups[f"{row.list} {row.burst}"].append(each)
    first = until_first({name: [o.alert_at_once for o in each] for name, each in groups.items()})
    every = [o for each in groups.values() for o in each]
    noticed = sorted(n for n in first.values() if n)
    return BurstFigures(
        form=form,
        bursts=len(groups),
        within_five=sum(n <= 5 for n in noticed),
        noticed=len(noticed),
        mails=len(every),
        at_once=wilson(sum(o.alert_at_once for o in every), len(every)),
        afterwards=wilson(sum(o.alert for o in every), len(every)),
        median_first=noticed[len(noticed) // 2] if noticed else 0,
    )


def ablation(
    outcomes: Sequence[Outcome], which: str, indicators: Indicators, rate: str = "1/1,000"
) -> dict[str, tuple[float, float]]:
    """Recall (mean of the forms) that is lost at a false-alert rate without an indicator, and the
    worst loss of one form. Scores are worked out again; what was learnt stays as it was."""
    hijacks, quiet = scored(outcomes, which), benign(outcomes)
    base = _recalls(hijacks, quiet, Scorer(indicators), indicators.judging, rate, "")
    standing = {r.indicator.id for o in hijacks if o.judged for r in o.judged.score.reasons}
    found = {}
    for name in sorted(standing):
        scorer = Scorer(indicators, without=frozenset({name}))
        less = _recalls(hijacks, quiet, scorer, indicators.judging, rate, name)
        lost = [base[form] - less[form] for form in base]
        found[name] = (sum(lost) / len(lost), max(lost))
    return found


def _recalls(
    hijacks: Sequence[Outcome], quiet: Sequence[Outcome], scorer: Scorer, judging: Judging,
    rate: str, name: str,
) -> dict[str, float]:  # fmt: skip
    def again(o: Outcome) -> float:
        if o.judged is None or not any(r.indicator.id == name for r in o.judged.score.reasons):
            return ranked(o.judged, judging)
        return ranked(o.judged, judging, scorer.score(o.judged.observed))

    threshold = threshold_at([again(o) for o in quiet], RATES[rate])
    groups: dict[str, list[bool]] = defaultdict(list)
    for each in hijacks:
        assert each.item.row
        groups[each.item.row.form].append(again(each) > threshold)
    return {form: sum(g) / len(g) for form, g in groups.items()}
