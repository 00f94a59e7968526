"""Whether a confidence of 80 means right in 80 of 100."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

BIN_WIDTH: Final = 10
_LAST_BIN: Final = 90
#: 95 % of the normal distribution.
_Z: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Judged:
    """A confidence that was said, 0-100, and whether what it was said of was right."""

    confidence: int
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Findings with a confidence from ``low`` to below ``high`` (the last bin has 100, too)."""

    low: int
    high: int
    count: int
    right: int
    mean_confidence: float

    @property
    def right_share(self) -> float:
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share that is right."""
        n, p, z2 = self.count, self.right_share, _Z * _Z
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins that are not empty, lowest first.

    ``brier`` is the mean squared difference of confidence (as a share) and outcome, 0 is best; ``calibration_error``
    is the mean distance of confidence and share right over the bins, weighted by their counts. None without findings.
    """

    count: int
    right: int
    brier: float | None
    calibration_error: float | None
    bins: tuple[Bin, ...]


def reliability_of(judged: Iterable[Judged]) -> Reliability:
    """Bins of ten and the scores of all."""
    items = list(judged)
    groups: dict[int, list[Judged]] = {}
    for item in items:
        groups.setdefault(min(item.confidence // BIN_WIDTH * BIN_WIDTH, _LAST_BIN), []).append(item)
    bins = tuple(_bin(low, groups[low]) for low in sorted(groups))
    if not items:
        return Reliability(0, 0, None, None, ())
    brier = sum((item.confidence / 100 - item.right) ** 2 for item in items) / len(items)
    error = sum(item.count * abs(item.mean_confidence / 100 - item.right_share) for item in bins) / len(items)
    return Reliability(len(items), sum(item.right for item in items), brier, error, bins)


def _bin(low: int, items: list[Judged]) -> Bin:
    mean = sum(item.confidence for item in items) / len(items)
    return Bin(low, low + BIN_WIDTH, len(items), sum(item.right for item in items), mean)
