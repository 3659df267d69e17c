"""The fit: no discounts, group caps, the same every time."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np

from benchmarks.conversation.fit import Table, capped, fit
from benchmarks.conversation.fitting import write
from tocsin.knowledge.indicators import Judging


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


def test_fit_is_written_into_the_indicators(tmp_path: Path) -> None:
    (tmp_path / "indicators").mkdir()
    for name in ("strong", "reassuring", "noise"):
        text = f'id = "{name}"\nweight = 9.9\nlikelihood = {{ benign = 0.0, hijack = 0.0 }}\n'
        (tmp_path / "indicators" / f"{name}.toml").write_text(text)
    shared = tmp_path / "conversation.toml"
    shared.write_text('alert = 1.0\nidentity_alone = 1.0\nwatch = 1.0\nfitted = ""\n')
    judging = Judging(
        alert=5.5, watch=1.0, identity_alone=7.25, payload_least=1.0, delay_hours=48,
        retention_days=400, fitted="",
    )  # fmt: skip
    fitted = fit(table())
    write(fitted, judging, "set A", tmp_path)
    found = tomllib.loads((tmp_path / "indicators" / "strong.toml").read_text())
    assert found["weight"] == round(float(fitted.weights[0]), 2)
    assert found["likelihood"]["hijack"] > 0.7
    assert found["likelihood"]["benign"] < 0.05
    assert tomllib.loads(shared.read_text()) == {
        "alert": 5.5, "identity_alone": 7.25, "watch": 3.3, "fitted": "set A",
    }  # fmt: skip
