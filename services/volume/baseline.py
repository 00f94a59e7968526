"""Means over the bars before a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def trailing_sums(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Sum of the ``window`` values before each value of each row, shape ``(rows, bars)``, NaN where there are fewer.

    Added up one after another instead of by differences of a running total: a huge early value leaves no rounding
    error behind, and a prefix of the bars gives the very same numbers.
    """
    rows, count = values.shape
    total = np.full((rows, count), np.nan)
    if count > window:
        # one column more than is needed: NumPy adds in order only where there are several sums next to each other
        padded = np.zeros((rows, count + 1))
        padded[:, :count] = values
        row_bytes, step_bytes = padded.strides
        shape, strides = (window, rows, count + 1 - window), (step_bytes, row_bytes, step_bytes)
        shifted: NDArray[np.float64] = np.ndarray(shape, np.float64, padded, strides=strides)
        total[:, window:] = np.add.reduce(shifted, axis=0)[:, :-1]
    return total


def trailing_count(known: NDArray[np.bool_], window: int) -> NDArray[np.float64] | float:
    """How many of the ``window`` bars before each are known, shape ``(bars,)``; one number when all are."""
    if known.all():
        return float(window)
    count, running = np.zeros(len(known)), known.cumsum()
    count[window:] = running[window - 1 : -1]
    count[window + 1 :] -= running[: max(0, len(known) - window - 1)]
    return count


def ratio_to_baseline(
    values: NDArray[np.float64],
    total: NDArray[np.float64],
    known: NDArray[np.bool_] | np.bool_,
    known_count: NDArray[np.float64] | float,
    *,
    zero_baseline: float,
) -> NDArray[np.float64]:
    """Each value over the mean of the known values among those before it, shape ``(bars,)``.

    ``total`` and ``known_count`` are sum and number of those. NaN where the value is unknown, there are too few bars
    before it or none of them is known; ``zero_baseline`` where that mean is 0.
    """
    usable = known & (known_count > 0)
    # Multiplied before dividing, so that a value equal to a constant baseline gives exactly 1.
    weighed = values * known_count
    ratio: NDArray[np.float64] = np.divide(weighed, total, out=np.full(len(values), np.nan), where=usable & (total > 0))
    ratio[usable & (total <= 0)] = zero_baseline
    return ratio
