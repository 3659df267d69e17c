"""The figures as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.conversation.measures import BurstFigures, Figures, FormFigures
from benchmarks.conversation.statistics import Rate

CAVEAT = (
    "Injected mail is not real mail: who wrote the attack also knows the measure. These figures say\n"
    "what the room does with these forms; they do not say how often a real intruder is caught.\n"
    "Held out = other lures, languages, payloads and programs than any that were fitted on, in a part\n"
    "of each list's time that nothing was fitted on. The lists themselves are the same two."
)


def percent(rate: Rate) -> str:
    return f"{100 * rate.share:5.1f} [{100 * rate.low:4.1f}-{100 * rate.high:5.1f}]"


def span(low_high: tuple[float, float]) -> str:
    return f"{100 * low_high[0]:4.1f}-{100 * low_high[1]:5.1f}"


def run_table(title: str, found: Figures) -> str:
    """One run: recall per form, Wilson and bootstrap intervals."""
    alerts = found.false_alerts
    lines = [
        f"\n## {title}",
        (
            f"benign replies {found.benign}: {alerts.hits} alerts = {1000 * alerts.share:.2f} per 1,000 "
            f"[{1000 * alerts.low:.2f}-{1000 * alerts.high:.2f}], {found.false_watches} watches; "
            f"{found.per_thousand_mailboxes_day:.1f} alerts per 1,000 mailboxes and day if every mail were a reply; "
            f"{found.other_alerts} alerts on list mail that answers nothing"
        ),
        "thresholds: " + ", ".join(f"{name} {t:.2f}" for name, t in found.thresholds.items()),
        (
            f"{'form':4} {'n':>5} {'unseen':>6}  {'alert as shipped':18} {'by thread':>11} {'by sender':>11}"
            f"  {'1/1,000':18}  {'1/10,000':18}  {'alert or watch':18}"
        ),
    ]
    lines += [_form_line(each) for each in found.forms]
    return "\n".join(lines)


def _form_line(each: FormFigures) -> str:
    at = "  ".join(f"{percent(rate):18}" for rate in each.at.values())
    return (
        f"{each.form:4} {each.count:5} {each.unseen:6}  {percent(each.shipped):18} "
        f"{span(each.by_thread):>11} {span(each.by_sender):>11}  {at}  {percent(each.flagged):18}"
    )


def cold_table(title: str, runs: Mapping[str, Figures]) -> str:
    """Recall as shipped over histories of different length."""
    forms = [each.form for each in next(iter(runs.values())).forms]
    lines = [
        f"\n## {title}",
        f"{'history':9} {'false/1,000':>12} " + " ".join(f"{f:>13}" for f in forms),
    ]
    for name, found in runs.items():
        cells = {
            each.form: f"{100 * each.shipped.share:5.1f}/{100 * each.at['1/1,000'].share:5.1f}"
            for each in found.forms
        }
        alerts = 1000 * found.false_alerts.share
        lines.append(
            f"{name:9} {alerts:12.2f} " + " ".join(f"{cells.get(f, ''):>13}" for f in forms)
        )
    lines.append("each cell: % as shipped / % at 1 false alert in 1,000 of the same replies")
    return "\n".join(lines)


def burst_lines(found: Sequence[BurstFigures]) -> str:
    lines = ["\n## Bursts (held out, journal, whole history)"]
    lines += [
        f"{b.form}: {b.bursts} bursts of {b.mails} mails; first alert within 5 mails in {b.within_five}, at all "
        f"in {b.noticed}, at mail {b.median_first} (median); alert as they came {percent(b.at_once)}, "
        f"after the burst {percent(b.afterwards)}"
        for b in found
    ]
    return "\n".join(lines)


def groups(title: str, found: Mapping[str, Rate]) -> str:
    cells = [f"{name or '-'} {100 * r.share:.0f} % ({r.hits}/{r.of})" for name, r in found.items()]
    return f"{title}: " + ", ".join(cells)


def ablation_lines(found: Mapping[str, tuple[float, float]], most: int = 25) -> str:
    order = sorted(found, key=lambda name: (-found[name][0], name))
    lines = [
        "\n## Without one indicator (recall lost at 1/1,000, points: mean of forms, worst form)"
    ]
    lines += [f"{n:28} {100 * found[n][0]:6.2f} {100 * found[n][1]:6.2f}" for n in order[:most]]
    if len(order) > most:
        lines.append(f"... and {len(order) - most} more, each costing less")
    return "\n".join(lines)
