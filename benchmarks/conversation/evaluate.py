"""The whole evaluation: recall per form, view and length of history, at stated false-alert rates.

    python -m benchmarks.conversation.evaluate [--samples FOLDER] [--per-form 300] [-o result.json]

See README.md beside this file for the design. The samples are not part of the repository.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.conversation import measures
from benchmarks.conversation.corpora import (
    ELSEWHERE,
    LISTS,
    SAMPLES,
    list_corpus,
    other_mail,
    real_hijacks,
)
from benchmarks.conversation.fit import fit
from benchmarks.conversation.fitting import middle_outcomes, table, with_threshold
from benchmarks.conversation.inject import PARTS
from benchmarks.conversation.lists import HISTORY_SHARE
from benchmarks.conversation.printing import (
    CAVEAT,
    ablation_lines,
    burst_lines,
    cold_table,
    groups,
    percent,
    run_table,
)  # fmt: skip
from benchmarks.conversation.replay import Corpus, Outcome, Replay, cold_runs, run
from benchmarks.conversation.statistics import Rate, wilson
from tocsin.knowledge.indicators import Indicators, load_indicators

PARTS_OF_IT = ("whole", "cold", "crossed", "elsewhere", "others")
COLD_DAYS = (0, 7, 30, 90)
VIEWS = {"journal": False, "gateway": True}


class Evaluation:
    """Runs, prints, and keeps what is to be written down."""

    def __init__(self, corpora: Sequence[Corpus], indicators: Indicators) -> None:
        self.corpora, self.indicators = corpora, indicators
        self.result: dict[str, Any] = {"caveat": CAVEAT}

    def whole(self) -> None:
        """Everything after the first 40 %, with the whole history, both views."""
        for view, gateway in VIEWS.items():
            held = self._runs("last", ("B", "innocent-B", "samples"), gateway=gateway)
            self._figures(
                f"HELD OUT: set B, last quarter, {view}, whole history", f"B {view}", held, "B"
            )
            if not gateway:
                self._details(held)
            seen = self._runs("middle", ("A", "innocent-A", "samples"), gateway=gateway)
            self._figures(
                f"fitted on: set A, middle, {view}, whole history", f"A {view}", seen, "A"
            )
            if not gateway:
                self._figures(
                    "in-sample: the injected samples, journal, whole history", "samples", [*seen, *held], "samples",
                )  # fmt: skip

    def cold(self) -> None:
        """The held-out part with short histories."""
        for view, gateway in VIEWS.items():
            found = {}
            for days in COLD_DAYS:
                outcomes: list[Outcome] = []
                for corpus in self.corpora:
                    begin, end = _part(corpus, "last")
                    outcomes += cold_runs(corpus, begin, end, ("B",), days, gateway=gateway)
                found[f"{days} days"] = measures.figures(outcomes, "B", self.indicators)
            self._say(
                cold_table(
                    f"HELD OUT, short history, {view} (windows of half its length, at least 7 days)",
                    found,
                )
            )
            self.result[f"cold {view}"] = found
            if not gateway:
                self._say(
                    run_table("HELD OUT: set B, journal, 30 days of history", found["30 days"])
                )

    def crossed(self) -> None:
        """Fitted on one list, measured on the other."""
        if len(self.corpora) < 2:
            return
        self._say(
            "\n## Fitted on one list (set A, middle), measured on the other (set B, last quarter), journal"
        )
        fits = {}
        for corpus in self.corpora:
            whole, cold = middle_outcomes(corpus, self.indicators)
            fitted = fit(table([*whole, *cold], self.indicators))
            fits[corpus.of.name] = with_threshold(fitted, [*whole, *cold], self.indicators)
        for learnt, changed in fits.items():
            for corpus in self.corpora:
                if corpus.of.name != learnt:
                    self._crossed(learnt, corpus, changed)

    def _crossed(self, learnt: str, corpus: Corpus, changed: Indicators) -> None:
        begin, end = _part(corpus, "last")
        found = {}
        for title, outcomes in (
            ("whole history", run(corpus, begin, end, ("B",), indicators=changed)),
            ("30 days", cold_runs(corpus, begin, end, ("B",), 30, indicators=changed)),
        ):
            found[title] = measures.figures(outcomes, "B", changed)
            self._say(
                run_table(
                    f"fitted on {learnt}, measured on {corpus.of.name}, {title}", found[title]
                )
            )
        self.result[f"crossed {learnt} to {corpus.of.name}"] = found

    def elsewhere(self, corpus: Corpus) -> None:
        """Mail of another time and place, that no fit has seen: all after the first 40 %, set B."""
        begin, end = _part(corpus, "middle")[0], _part(corpus, "last")[1]
        for title, outcomes in (
            ("whole history", run(corpus, begin, end, ("B",))),
            ("30 days", cold_runs(corpus, begin, end, ("B",), 30)),
        ):
            found = measures.figures(outcomes, "B", self.indicators)
            self._say(run_table(f"NEVER FITTED ON: {corpus.of.name}, journal, {title}", found))
            self.result[f"{corpus.of.name}, {title}"] = found

    def others(self, samples: Path) -> None:
        """Ordinary mail of other places, phishing as it is, and the three real hijacks."""
        self._say("\n## Other mail, as it is (no history before it; learnt as it goes)")
        for name in ("ham", "enron", "spam", "phish"):
            items, own = other_mail(name, samples)
            outcomes = Replay(own, self.indicators).real(items)
            alert = wilson(sum(o.alert for o in outcomes), len(outcomes))
            watch = wilson(sum(o.flagged for o in outcomes), len(outcomes))
            self._say(
                f"{name:6} {len(outcomes):5} mails: alert {percent(alert)} %, alert or watch {percent(watch)} %"
            )
            self.result[name] = {"alert": alert, "flagged": watch}
        self._say("\n## The real hijacks (a smoke test, never a rate)")
        items_by_name = real_hijacks(samples)
        names = sorted(items_by_name)
        for title, chosen in (*((f"{n} alone", [n]) for n in names), ("the Emotet pair in order", [n for n in reversed(names) if n.startswith("emotet")])):  # fmt: skip
            outcomes = Replay("", self.indicators).real([items_by_name[n] for n in chosen])
            told = [f"{o.judged.verdict} {o.score:.1f}" for o in outcomes if o.judged]
            self._say(f"{title}: {', then '.join(told)}")
            self.result[title] = told

    def _runs(self, part: str, sets: Sequence[str], *, gateway: bool) -> list[Outcome]:
        found: list[Outcome] = []
        for corpus in self.corpora:
            found += run(corpus, *_part(corpus, part), sets, gateway=gateway)
        return found

    def _figures(self, title: str, key: str, outcomes: list[Outcome], which: str) -> None:
        found = measures.figures(outcomes, which, self.indicators)
        self._say(run_table(title, found))
        self.result[key] = found

    def _details(self, held: list[Outcome]) -> None:
        hijacks = measures.scored(held, "B")
        found = [measures.bursts(hijacks, form) for form in ("T3", "T4")]
        self._say(burst_lines(found))
        self._say("\n## Held out, journal: recall as shipped by …")
        for title, key in KEYS.items():
            rates = measures.broken_down(hijacks, key)
            self._say(groups(title, rates))
            self.result[f"by {title}"] = rates
        innocent = [o for o in held if o.item.row and o.item.row.form.startswith("N-")]
        rates = measures.broken_down(innocent, lambda o: o.item.row.form if o.item.row else "")
        self._say(groups("\nfalse alerts on innocent variants (invented too)", rates))
        self.result |= {"bursts": found, "innocent": rates}
        lost = measures.ablation(held, "B", self.indicators)
        self._say(ablation_lines(lost))
        self.result["ablation"] = lost
        self._say("\n## Benign replies that score highest (held out)")
        worst = sorted(measures.benign(held), key=lambda o: -o.score)[:12]
        for each in worst:
            assert each.judged
            names = [f"{r.indicator.id} {r.weight:.1f}" for r in each.judged.score.reasons]
            self._say(
                f"{each.score:5.1f} {each.judged.verdict:5} {each.item.evidence.at.source} {', '.join(names)}"
            )

    def _say(self, text: str) -> None:
        print(text, flush=True)


def _row(name: str) -> Any:
    return lambda o: str(getattr(o.item.row, name))


KEYS = {
    "form and variant": lambda o: f"{o.item.row.form} {o.item.row.variant}",
    "list": _row("list"),
    "arrival": _row("arrival"),
    "language": _row("language"),
    "lure": _row("lure"),
    "payload": _row("payload"),
    "own domain": lambda o: f"{o.item.row.form} {'own' if o.item.row.own else 'other'}",
}


def _part(corpus: Corpus, part: str) -> tuple[int, int]:
    assert PARTS["middle"][0] == HISTORY_SHARE
    low, high = PARTS[part]
    return corpus.of.moment(low), corpus.of.moment(high) + (1 if high == 1.0 else 0)


def _encode(each: Any) -> Any:
    if isinstance(each, Rate):
        return {**msgspec.structs.asdict(each), "share": each.share}
    raise NotImplementedError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=Path, default=SAMPLES)
    parser.add_argument("--lists", nargs="*", default=list(LISTS))
    parser.add_argument("--per-form", type=int, default=250, help="hijacks of a form, list and set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts", nargs="*", choices=PARTS_OF_IT, default=list(PARTS_OF_IT))
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    begun = time.perf_counter()
    print(CAVEAT)
    corpora = [list_corpus(name, given.per_form, given.seed, given.samples) for name in given.lists]
    print(f"read and injected in {time.perf_counter() - begun:.0f} s", flush=True)
    evaluation = Evaluation(corpora, load_indicators())
    steps = (evaluation.whole, evaluation.cold, evaluation.crossed)
    for name, step in zip(PARTS_OF_IT, steps, strict=False):
        if name in given.parts:
            step()
    if "elsewhere" in given.parts:
        evaluation.elsewhere(list_corpus(ELSEWHERE, given.per_form, given.seed, given.samples))
    if "others" in given.parts:
        evaluation.others(given.samples)
    print(f"\nall in {time.perf_counter() - begun:.0f} s")
    if given.output:
        given.output.write_bytes(
            msgspec.json.format(msgspec.json.encode(evaluation.result, enc_hook=_encode))
        )


if __name__ == "__main__":
    main()
