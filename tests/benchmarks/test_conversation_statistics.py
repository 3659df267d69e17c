"""Statistics against values from outside: textbooks and hand calculation."""

from __future__ import annotations

import math

import pytest

from benchmarks.conversation import statistics


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3 (Wilson's score).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_is_newcombes(hits: int, of: int, low: float, high: float) -> None:
    found = statistics.wilson(hits, of)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_thirty_thousand_without_an_error_show_one_in_ten_thousand_or_so() -> None:
    assert statistics.wilson(0, 38_415).high < 1e-4
    assert 1e-4 < statistics.wilson(0, 30_000).high < 1.3e-4
    assert statistics.wilson(0, 0).high == 1.0


def test_threshold_lets_at_most_the_asked_share_through() -> None:
    benign = [float(n) for n in range(1, 2001)]
    threshold = statistics.threshold_at(benign, 1e-3)
    assert sum(score > threshold for score in benign) == 2
    assert statistics.threshold_at(benign, 1e-4) == 2000.0
    assert statistics.threshold_at([], 1e-4) == -math.inf


def test_ties_at_the_threshold_are_no_alerts() -> None:
    threshold = statistics.threshold_at([1.0] * 1000 + [9.0] * 3, 1e-3)
    assert threshold == 9.0


def test_whole_clusters_widen_the_interval() -> None:
    found = [True] * 50 + [False] * 50
    alone = statistics.clustered(found, list(range(100)))
    together = statistics.clustered(found, [n // 25 for n in range(100)])
    assert together[1] - together[0] > alone[1] - alone[0]
    assert statistics.clustered([True] * 10, list(range(10))) == (1.0, 1.0)


def test_mails_until_the_first_alert() -> None:
    bursts = {"early": [False, True, True], "never": [False, False]}
    assert statistics.until_first(bursts) == {"early": 2, "never": 0}


def test_alerts_a_day() -> None:
    assert statistics.alerts_per_thousand_mailboxes(1, 40_000) == pytest.approx(1.0)
