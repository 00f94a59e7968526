"""The interval of a mean."""

from __future__ import annotations

import numpy as np
import pytest

from wyckoff.backtest.bootstrap import MIN_CLUSTERS, mean_interval

SKEWED = np.random.default_rng(2).exponential(2.0, 120) - 1.0


def _interval(values: list[float], clusters: list[int], seed: int = 1) -> tuple[float, float]:
    found = mean_interval(values, clusters, np.random.default_rng(seed))
    assert found is not None
    return found.low, found.high


def test_the_same_seed_gives_the_same_interval() -> None:
    values, clusters = SKEWED.tolist(), list(range(len(SKEWED)))
    assert _interval(values, clusters, 7) == _interval(values, clusters, 7)
    assert _interval(values, clusters, 7) != _interval(values, clusters, 8)


def test_against_an_independent_implementation() -> None:
    """scipy.stats.bootstrap(method="BCa", n_resamples=99999) gives 0.6393 and 1.3455 for these values."""
    low, high = _interval(SKEWED.tolist(), list(range(len(SKEWED))))
    assert low == pytest.approx(0.6393, abs=0.02)
    assert high == pytest.approx(1.3455, abs=0.02)


def test_an_interval_leans_to_the_long_tail() -> None:
    low, high = _interval(SKEWED.tolist(), list(range(len(SKEWED))))
    mean = float(SKEWED.mean())
    assert high - mean > mean - low > 0


def test_values_of_one_cluster_are_no_new_evidence() -> None:
    values = SKEWED[:20].tolist()
    once = _interval(values, list(range(20)))
    fourfold = _interval(values * 4, list(range(20)) * 4)
    apart = _interval(values * 4, list(range(80)))
    assert fourfold == pytest.approx(once, abs=0.1)
    assert apart[1] - apart[0] < 0.7 * (once[1] - once[0])


def test_too_few_clusters_have_no_interval() -> None:
    rng = np.random.default_rng(1)
    assert mean_interval([1.0] * 50, [number % (MIN_CLUSTERS - 1) for number in range(50)], rng) is None
    assert mean_interval([], [], rng) is None


def test_values_without_spread() -> None:
    assert _interval([0.5] * 8, list(range(8))) == (0.5, 0.5)


def test_how_often_it_covers() -> None:
    """Of 300 samples of 40 from a known distribution about 95 % have the mean inside."""
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(300):
        sample = rng.normal(0.3, 1.0, 40)
        found = mean_interval(sample.tolist(), range(40), rng, resamples=400)
        assert found is not None
        covered += found.low <= 0.3 <= found.high
    assert 270 <= covered <= 296
