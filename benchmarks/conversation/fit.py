"""Weights from what stood on benign answers and on injected hijacks: never negative, reproducible.

    python -m benchmarks.conversation.fit [--write] [--lists NAME …]

A logistic regression with weights held at zero or more (no indicator is ever a discount), an L2
penalty, and each weight between the bounds of `priors.toml`. The room then counts at most `PER_GROUP`
indicators of one group. Only set A in the middle of each list's time is seen. NumPy alone, no chance in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from tocsin.analyse.conversation.scoring import PER_GROUP

Matrix = np.ndarray

STEPS = 1500
PENALTY = 4e-5
HIJACKS_SHARE = 6.0
"""Benign mails have so many times the say of the hijacks."""

HEAVIEST = 3.0
"""Nats that an indicator may weigh at most, if the priors do not say otherwise."""

INNOCENT_SAY = 0.05
"""What an invented innocent variant counts, against a real benign answer."""

PRIORS = Path(__file__).with_name("priors.toml")


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What was observed. strengths: mails x indicators, 0 to 1; hijack: 0 or 1 of each mail;
    groups: of each indicator; kinds: what each mail is (`benign`, `T1`, …), counted alike."""

    names: tuple[str, ...]
    groups: tuple[str, ...]
    strengths: Matrix
    hijack: Matrix
    kinds: tuple[str, ...]


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """Weights in nats, in the order of the names; rates of each indicator, benign and hijack."""

    names: tuple[str, ...]
    groups: tuple[str, ...]
    weights: Matrix
    bias: float
    benign: Matrix
    attack: Matrix

    def scores(self, strengths: Matrix) -> Matrix:
        """Sum of the weights that stand, group caps kept."""
        return capped(strengths, self.weights, self.groups) @ self.weights


def fit(table: Table, *, penalty: float = PENALTY) -> Fitted:
    """The weights."""
    hijack = table.hijack.astype(float)
    say = _say(table)
    quiet_rates, attack = rates(table)
    floor, ceiling = bounds(table.names)
    # What stands on benign mails as often as on hijacks says nothing, whatever it is held against.
    ceiling = np.where(attack > quiet_rates, ceiling, floor)
    weights, bias = _regression(table.strengths, hijack, say, (floor, ceiling), penalty)
    benign, _ = rates(table, real_only=True)
    return Fitted(
        names=table.names, groups=table.groups, weights=weights, bias=float(bias),
        benign=benign, attack=attack,
    )  # fmt: skip


def bounds(names: Sequence[str]) -> tuple[Matrix, Matrix]:
    """The least and the most that each indicator may weigh."""
    priors = msgspec.toml.decode(PRIORS.read_text("utf-8"), type=dict[str, dict[str, float]])
    least, most = priors["least"], priors["most"]
    floor = np.array([least.get(name, 0.0) for name in names])
    return floor, np.maximum(floor, [most.get(name, HEAVIEST) for name in names])


def rates(table: Table, *, real_only: bool = False) -> tuple[Matrix, Matrix]:
    """How often each indicator stands on benign mails and on hijacks, with half a mail added.

    real_only: without the innocent variants.
    """
    stands = table.strengths > 0
    quiet, loud = table.hijack == 0, table.hijack == 1
    if real_only:
        quiet &= np.array(table.kinds) == "benign"
    return (
        (stands[quiet].sum(0) + 0.5) / (quiet.sum() + 1.0),
        (stands[loud].sum(0) + 0.5) / (loud.sum() + 1.0),
    )


def capped(strengths: Matrix, weights: Matrix, groups: Sequence[str]) -> Matrix:
    """The strengths, without those that their group's heaviest `PER_GROUP` leave out."""
    seen = strengths.copy()
    worth = strengths * weights
    for group in sorted(set(groups)):
        columns = [n for n, each in enumerate(groups) if each == group]
        if len(columns) <= PER_GROUP:
            continue
        part = worth[:, columns]
        order = np.argsort(-part, axis=1, kind="stable")
        rest = np.zeros(part.shape, bool)
        np.put_along_axis(rest, order[:, PER_GROUP:], values=True, axis=1)
        block = seen[:, columns]
        block[rest] = 0.0
        seen[:, columns] = block
    return seen


def _say(table: Table) -> Matrix:
    """Every kind of hijack has the same say, all together a third of the benign."""
    kinds = np.array(table.kinds)
    say = np.where(np.char.startswith(kinds, "N"), INNOCENT_SAY, 1.0)
    attacks = sorted(set(kinds[table.hijack == 1]))
    for kind in attacks:
        which = kinds == kind
        say[which] = (table.hijack == 0).sum() / (HIJACKS_SHARE * len(attacks) * which.sum())
    return say / say.sum()


def _regression(
    seen: Matrix, hijack: Matrix, say: Matrix, held: tuple[Matrix, Matrix], penalty: float
) -> tuple[Matrix, float]:
    """Accelerated projected gradient descent on the weighted logistic loss."""
    count = seen.shape[1]
    design = np.hstack([seen, np.ones((len(seen), 1))])
    ridge = np.append(np.full(count, penalty), 0.0)
    lipschitz = 0.25 * np.linalg.norm(design * np.sqrt(say)[:, None], 2) ** 2 + penalty
    top = np.append(held[1], np.inf)
    bottom = np.append(held[0], -np.inf)
    now = np.append(held[0], -2.0)
    ahead, pace = now.copy(), 1.0
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ ahead, -40, 40)))
        slope = design.T @ (say * (chance - hijack)) + ridge * ahead
        new = np.clip(ahead - slope / lipschitz, bottom, top)
        next_pace = (1 + np.sqrt(1 + 4 * pace * pace)) / 2
        ahead = new + (pace - 1) / next_pace * (new - now)
        now, pace = new, next_pace
    return now[:-1], float(now[-1])


def report(fitted: Fitted) -> str:
    """One line an indicator, heaviest first."""
    order = np.argsort(-fitted.weights, kind="stable")
    lines = [f"{'indicator':28} {'group':18} {'weight':>6} {'benign':>8} {'hijack':>8}"]
    lines += [
        f"{fitted.names[n]:28} {fitted.groups[n]:18} {fitted.weights[n]:6.2f} "
        f"{100 * fitted.benign[n]:7.2f}% {100 * fitted.attack[n]:7.2f}%"
        for n in order
    ]
    return "\n".join(lines)
