"""The fit at work: set A through the room, weights out, into the indicators' files if asked.

    python -m benchmarks.conversation.fitting [--write] [--lists NAME …]

Seen are the mails of set A in the middle of each list's time and the benign answers from there on, all of
them twice: with the whole history, and with about 30 days of it, so that the weights hold for both. What
is shipped has thus seen every benign answer of both lists: how often it errs on others is told by the
crossed lists of `evaluate`.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.conversation.corpora import LISTS, SAMPLES, list_corpus
from benchmarks.conversation.fit import Fitted, Table, fit, report
from benchmarks.conversation.inject import PARTS
from benchmarks.conversation.measures import benign, ranked
from benchmarks.conversation.replay import Corpus, Outcome, cold_runs, run
from tocsin.analyse.conversation.scoring import Scorer
from tocsin.knowledge.indicators import Indicator, Indicators, Judging, load_indicators

DATA = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "knowledge" / "data"
QUIET_LEAST = 8000
"""Benign answers of which one may lie above the alert threshold. Each is taken at the higher of its two
scores, with the whole history and with thirty days of it."""

ALERT_MARGIN = 1.1
"""Nats by which the alert threshold lies above all others: other people's mail holds other surprises. With
0.3, of 13,165 real answers in windows of thirty days cut elsewhere in the same lists twenty were alerts,
most of them a shared document and hardly a word."""

WORDING = frozenset(
    {
        "asks-for-password", "asks-to-open", "language-new", "moves-elsewhere", "password-given",
        "payment-change", "secret", "speaks-of-bank", "speaks-of-money", "urgent",
    }
)  # fmt: skip
"""Observations that need the mail's words to be understood."""

SHORT_HISTORY = 30
"""Days of history that everything is seen with besides the whole of it."""

WATCH_SHARE = 0.6
"""Share of the alert threshold from which a mail is watched."""

FORMS_OF_LINKS = frozenset(
    {
        "link-address-host", "link-archive", "link-credential", "link-deep-subdomain",
        "link-executable", "link-free-host", "link-latin-words", "link-office",
        "link-port", "link-random", "link-recipient", "link-redirect", "link-script",
        "link-shortener", "link-shows-another", "link-wrapped",
    }
)  # fmt: skip
FORMS_OF_FILES = frozenset(
    {
        "file-archive", "file-disk-image", "file-encrypted", "file-legacy-office", "file-macro",
        "file-onenote", "file-page", "file-pdf", "file-program", "file-risky-inside",
        "file-smuggling", "password-given",
    }
)  # fmt: skip
HABITS = frozenset(
    {
        "boundary-new", "client-new", "habits-broken", "header-new", "id-form-new", "origin-new",
        "path-new", "quote-new",
    }
)  # fmt: skip
LEFT_OUT = ((WORDING, 0.6), (FORMS_OF_LINKS, 0.6), (FORMS_OF_FILES, 0.5))
HABITS_LEFT_OUT = 0.3
"""How often a group of signs is left out of a hijack's second standing."""

SEED = 1
IDENTITY_SHARE = 0.85
"""Share of the alert threshold that identity alone must reach at least."""

ALONE_MARGIN = 1.5
"""Nats by which identity alone must lie above every benign answer of the fit."""


def table(outcomes: Sequence[Outcome], indicators: Indicators) -> Table:
    """What stood on each mail: benign answers, innocent variants, hijacks.

    Every hijack stands twice: as it was, and with a part of its signs left out by chance, so that the
    fit does not lean on lures, links, files and programs that happen to be known.
    """
    dice = random.Random(SEED)
    lines: list[list[float]] = []
    kinds: list[str] = []
    for each in outcomes:
        kind = _kind(each)
        if each.judged is None or not kind:
            continue
        observed = each.judged.observed
        lines.append([indicator.strength(observed) for indicator in indicators.all])
        kinds.append(kind)
        if kind[0] == "T":
            partly = dropped(observed, dice)
            lines.append([indicator.strength(partly) for indicator in indicators.all])
            kinds.append(kind)
    return Table(
        names=tuple(i.id for i in indicators.all),
        groups=tuple(i.group for i in indicators.all),
        strengths=np.array(lines),
        hijack=np.array([kind[0] == "T" for kind in kinds], int),
        kinds=tuple(kinds),
    )


def dropped(observed: Mapping[str, float], dice: random.Random) -> dict[str, float]:
    """The observations without some whole groups of them."""
    gone = {name for names, chance in LEFT_OUT if dice.random() < chance for name in names}
    habits = dice.random() < HABITS_LEFT_OUT
    return {
        name: value
        for name, value in observed.items()
        if name not in gone and not (habits and name in HABITS)
    }


def _kind(outcome: Outcome) -> str:
    """Empty for what is not fitted on: the first step of a T8, list mail that answers nothing."""
    row = outcome.item.row
    if row is None:
        return "benign" if outcome.item.benign else ""
    if row.form == "T8" and row.step == 1:
        return ""
    return row.form


def middle_outcomes(corpus: Corpus, indicators: Indicators) -> tuple[list[Outcome], list[Outcome]]:
    """Set A with its innocent variants in the middle part, and every benign answer from there on: with the
    whole history, and with about 30 days of it.

    Nothing weighs anything meanwhile, so that every real mail is learnt from and what comes out does not
    depend on the weights that were there before.
    """
    begin, end = corpus.of.moment(PARTS["middle"][0]), corpus.of.moment(1.0)
    sets = ("A", "innocent-A")
    every = tuple(msgspec.structs.replace(each, weight=0.0) for each in indicators.all)
    blank = msgspec.structs.replace(indicators, all=every)
    return (
        run(corpus, begin, end, sets, indicators=blank),
        cold_runs(corpus, begin, end, sets, SHORT_HISTORY, indicators=blank),
    )


def refitted(fitted: Fitted, indicators: Indicators) -> Indicators:
    """The same indicators with the fitted weights."""
    weights = dict(zip(fitted.names, fitted.weights, strict=True))
    every = tuple(
        msgspec.structs.replace(each, weight=float(weights.get(each.id, each.weight)))
        for each in indicators.all
    )
    return msgspec.structs.replace(indicators, all=every)


def write(fitted: Fitted, judging: Judging, note: str, folder: Path = DATA) -> None:
    """Weights and likelihoods into the indicators' files, the thresholds beside them."""
    for name, weight, quiet, loud in zip(
        fitted.names, fitted.weights, fitted.benign, fitted.attack, strict=True
    ):
        path = folder / "indicators" / f"{name}.toml"
        text = re.sub(r"(?m)^weight = .*$", f"weight = {weight:.2f}", path.read_text("utf-8"))
        rates = f"likelihood = {{ benign = {quiet:.5f}, hijack = {loud:.5f} }}"
        path.write_text(re.sub(r"(?m)^likelihood = .*$", rates, text), "utf-8")
    shared = folder / "conversation.toml"
    text = shared.read_text("utf-8")
    thresholds = {
        "alert": judging.alert,
        "watch": WATCH_SHARE * judging.alert,
        "identity_alone": judging.identity_alone,
    }
    for key, value in thresholds.items():
        text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value:.2f}", text)
    shared.write_text(re.sub(r"(?m)^fitted = .*$", f'fitted = "{note}"', text), "utf-8")


def alert_threshold(outcomes: Sequence[Outcome], indicators: Indicators) -> float:
    """A little above the score, with those weights, that few enough of the real benign answers reach."""
    scorer = Scorer(indicators)
    highest: dict[tuple[str, str], float] = {}
    for each in benign(outcomes):
        if each.judged is None:
            continue
        score = ranked(each.judged, indicators.judging, scorer.score(each.judged.observed))
        mail = (each.item.thread, each.item.evidence.at.source)
        highest[mail] = max(score, highest.get(mail, score))
    ordered = sorted(highest.values(), reverse=True)
    return max(0.0, ordered[round(len(ordered) / QUIET_LEAST)]) + ALERT_MARGIN


def identity_threshold(outcomes: Sequence[Outcome], indicators: Indicators) -> float:
    """The identity score that no benign answer of the fit reaches, innocent variants included."""
    scorer = Scorer(indicators)
    quiet = [o for o in outcomes if o.judged and _kind(o)[:1] in {"b", "N"}]
    highest = max(scorer.score(o.judged.observed).identity for o in quiet if o.judged)
    return highest + ALONE_MARGIN


def with_threshold(
    fitted: Fitted, outcomes: Sequence[Outcome], indicators: Indicators
) -> Indicators:
    """The same indicators with the fitted weights and the thresholds that go with them."""
    changed = refitted(fitted, indicators)
    alone = identity_threshold(outcomes, changed)
    judging = msgspec.structs.replace(changed.judging, identity_alone=alone)
    changed = msgspec.structs.replace(changed, judging=judging)
    alert = alert_threshold(outcomes, changed)
    alone = max(alone, IDENTITY_SHARE * alert)
    judging = msgspec.structs.replace(judging, alert=alert, identity_alone=alone)
    return msgspec.structs.replace(changed, judging=judging)


def pooled(tables: Sequence[Table]) -> Table:
    """Several lists as one."""
    return Table(
        names=tables[0].names,
        groups=tables[0].groups,
        strengths=np.vstack([t.strengths for t in tables]),
        hijack=np.concatenate([t.hijack for t in tables]),
        kinds=tuple(kind for t in tables for kind in t.kinds),
    )


def by_axis(fitted: Fitted, indicators: Indicators) -> str:
    """How much each axis can carry: the sum of its weights."""
    axes: dict[str, float] = {}
    kinds: dict[str, Indicator] = {each.id: each for each in indicators.all}
    for name, weight in zip(fitted.names, fitted.weights, strict=True):
        axes[kinds[name].axis] = axes.get(kinds[name].axis, 0.0) + float(weight)
    return ", ".join(f"{axis} {total:.1f}" for axis, total in sorted(axes.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", nargs="*", default=list(LISTS))
    parser.add_argument("--samples", type=Path, default=SAMPLES)
    parser.add_argument("--per-form", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    indicators = load_indicators()
    tables, seen = [], []
    for name in given.lists:
        corpus = list_corpus(name, given.per_form, given.seed, given.samples, ("A",))
        found = [each for outcomes in middle_outcomes(corpus, indicators) for each in outcomes]
        tables.append(table(found, indicators))
        seen += found
    fitted = fit(pooled(tables))
    judging = with_threshold(fitted, seen, indicators).judging
    print(report(fitted))
    print(f"alert at {judging.alert:.2f}, identity alone at {judging.identity_alone:.2f}")
    print(f"weights in all: {by_axis(fitted, indicators)}")
    if given.write:
        names = " and ".join(given.lists)
        write(fitted, judging, f"set A in the middle of {names}, seed {given.seed}")


if __name__ == "__main__":
    main()
