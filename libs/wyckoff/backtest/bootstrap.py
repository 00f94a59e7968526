"""Confidence interval of a mean by the bootstrap (bias-corrected and accelerated: Efron 1987, JASA 82, 171-185).

What is drawn is whole clusters, because members of one cluster stand or fall together; clusters of one member give
the ordinary bootstrap of the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RESAMPLES: Final = 9_999
#: Fewer clusters have no interval that deserves the name.
MIN_CLUSTERS: Final = 5
#: Most numbers drawn at once.
_CHUNK: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval."""

    low: float
    high: float


def mean_interval(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> Interval | None:
    """Interval of the mean of ``values``; ``clusters`` has one label a value. None for too few clusters."""
    sums, counts = _by_cluster(values, clusters)
    if len(sums) < MIN_CLUSTERS:
        return None
    means = _resampled_means(sums, counts, rng, resamples)
    observed = float(sums.sum() / counts.sum())
    levels = _bca_levels(means, observed, _acceleration(sums, counts), confidence)
    low, high = np.quantile(means, levels)
    return Interval(float(low), float(high))


def _by_cluster(values: Sequence[float], clusters: Sequence[Hashable]) -> tuple[Floats, Floats]:
    sums: dict[Hashable, float] = {}
    counts: dict[Hashable, int] = {}
    for value, cluster in zip(values, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + value
        counts[cluster] = counts.get(cluster, 0) + 1
    return np.array(list(sums.values())), np.array(list(counts.values()), dtype=np.float64)


def _resampled_means(sums: Floats, counts: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    means = np.empty(resamples)
    rows = max(1, _CHUNK // len(sums))
    for first in range(0, resamples, rows):
        drawn = rng.integers(0, len(sums), size=(min(rows, resamples - first), len(sums)))
        means[first : first + len(drawn)] = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return means


def _acceleration(sums: Floats, counts: Floats) -> float:
    """Skewness of the jackknife over clusters, as a sixth; 0 where all leave-one-out means are the same."""
    left = (sums.sum() - sums) / (counts.sum() - counts)
    deviation = left.mean() - left
    squares = float((deviation**2).sum())
    return float((deviation**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0


def _bca_levels(means: Floats, observed: float, acceleration: float, confidence: float) -> tuple[float, float]:
    """Quantiles of the resampled means that bound the interval; ties with the observed mean count half."""
    normal = NormalDist()
    below = float(((means < observed).sum() + (means <= observed).sum()) / (2 * len(means)))
    edge = 0.5 / len(means)
    bias = normal.inv_cdf(min(max(below, edge), 1 - edge))

    def level(tail: float) -> float:
        shifted = bias + normal.inv_cdf(tail)
        return normal.cdf(bias + shifted / (1 - acceleration * shifted))

    tail = (1 - confidence) / 2
    return level(tail), level(1 - tail)
