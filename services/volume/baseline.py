"""Means over the bars before a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def trailing_sum(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Sum of the ``window`` values before each value, shape ``(bars,)``, NaN where there are fewer.

    Added up by shifted slices instead of differences of a running total: a huge early value leaves no rounding
    error behind, and a prefix of the bars gives the very same numbers.
    """
    count = len(values)
    total = np.full(count, np.nan)
    if count > window:
        part = values[: count - window].copy()
        for shift in range(1, window):
            part += values[shift : count - window + shift]
        total[window:] = part
    return total


def ratio_to_baseline(
    values: NDArray[np.float64], known: NDArray[np.bool_], window: int, *, zero_baseline: float
) -> NDArray[np.float64]:
    """Each value over the mean of the known values among the ``window`` before it, shape ``(bars,)``.

    NaN where the value is unknown, the window is incomplete or nothing in it is known; ``zero_baseline`` where
    that mean is 0.
    """
    total = trailing_sum(np.where(known, values, 0.0), window)
    known_count = trailing_sum(known.astype(np.float64), window)
    ratio = np.full(len(values), np.nan)
    usable = known & (known_count > 0)
    # Multiplied before dividing, so that a value equal to a constant baseline gives exactly 1.
    positive = usable & (total > 0)
    ratio[positive] = values[positive] * known_count[positive] / total[positive]
    ratio[usable & (total <= 0)] = zero_baseline
    return ratio
