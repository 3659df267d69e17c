"""The fit: no discounts, group caps, the same every time."""

from __future__ import annotations

import numpy as np

from benchmarks.conversation.fit import Table, capped, fit


def table() -> Table:
    rng = np.random.default_rng(7)
    hijack = np.repeat([0, 1], 400)
    strong = (rng.random(800) < np.where(hijack, 0.8, 0.01)).astype(float)
    reassuring = (rng.random(800) < np.where(hijack, 0.1, 0.9)).astype(float)
    noise = (rng.random(800) < 0.3).astype(float)
    return Table(
        names=("strong", "reassuring", "noise"),
        groups=("a", "b", "c"),
        strengths=np.column_stack([strong, reassuring, noise]),
        hijack=hijack,
        kinds=tuple("T1" if h else "benign" for h in hijack),
    )


def test_what_tells_hijacks_weighs_and_what_reassures_does_not() -> None:
    fitted = fit(table())
    weights = dict(zip(fitted.names, fitted.weights, strict=True))
    assert weights["strong"] > 1.5
    assert weights["reassuring"] == 0.0
    assert weights["noise"] < 0.3
    assert (fitted.weights >= 0).all()


def test_no_weight_is_above_what_the_rates_carry() -> None:
    fitted = fit(table())
    assert (fitted.weights <= np.clip(np.log(fitted.attack / fitted.benign), 0, None) + 1e-9).all()


def test_equal_input_gives_equal_weights() -> None:
    assert (fit(table()).weights == fit(table()).weights).all()


def test_third_of_a_group_does_not_count() -> None:
    strengths = np.ones((1, 4))
    seen = capped(strengths, np.array([3.0, 1.0, 2.0, 5.0]), ("g", "g", "g", "other"))
    assert seen.tolist() == [[1.0, 0.0, 1.0, 1.0]]
