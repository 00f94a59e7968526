"""How far bars stand out from their own recent past: volatility unit, and z-scores of volume and range.

Prices enter as logs, so every measure is free of the price level, the volume scale and the side of the market.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wyckoff.market.bars import FloatArray
    from wyckoff.market.mirror import LogBars

SHORT_BARS: Final = 20
LONG_BARS: Final = 100
Z_BARS: Final = 120
VOLUME_DEVIATION_FLOOR: Final = 0.15
RANGE_DEVIATION_FLOOR: Final = 0.30
#: Smallest volatility unit: one tenth of a basis point, so that flat prices divide by something.
UNIT_FLOOR: Final = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """One value a bar, shape ``(bars,)`` each, all from bars up to and including the bar.

    ``true_range`` is in log price, ``range_ratio`` its multiple of the mean of the 20 bars before, NaN for the
    first 20; ``unit`` is the volatility before the bar in log price, the yardstick for distances; ``volume_z`` and
    ``range_z`` are z-scores of log volume and log true range over the 120 bars before, NaN when unknown.
    """

    true_range: FloatArray
    range_ratio: FloatArray
    unit: FloatArray
    volume_z: FloatArray
    range_z: FloatArray


def measure_activity(log: LogBars, volume: FloatArray, volume_known: NDArray[np.bool_]) -> Activity:
    """Activity of bars; ``volume_known`` is boolean, shape ``(bars,)``."""
    ranges = true_range(log)
    known = volume_known & (volume > 0)
    log_volume = np.log(volume, out=np.full(len(volume), np.nan), where=known)
    log_range = np.log(np.maximum(ranges, UNIT_FLOOR / 10.0))
    return Activity(
        ranges,
        range_ratio(ranges),
        volatility_unit(ranges),
        trailing_z(log_volume, Z_BARS, VOLUME_DEVIATION_FLOOR),
        trailing_z(log_range, Z_BARS, RANGE_DEVIATION_FLOOR),
    )


def true_range(log: LogBars) -> FloatArray:
    """True range in log price, shape ``(bars,)``; the first bar has no close before it."""
    previous = np.concatenate((log.close[:1], log.close[:-1]))
    result: FloatArray = np.maximum(log.high, previous) - np.minimum(log.low, previous)
    return result


def range_ratio(ranges: FloatArray) -> FloatArray:
    """Each true range over the mean of the 20 before it; NaN for the first 20, 0 where that mean is 0."""
    mean = _sum_before(ranges, SHORT_BARS) / SHORT_BARS
    ratio = np.divide(ranges, mean, out=np.zeros(len(ranges)), where=mean > UNIT_FLOOR / 10.0)
    ratio[:SHORT_BARS] = np.nan
    return ratio


def volatility_unit(ranges: FloatArray) -> FloatArray:
    """Geometric mean of the mean true range of the 20 and of the 100 bars before each bar."""
    count = len(ranges)
    if count == 0:
        return ranges.copy()
    short, long = (_mean_before(ranges, window) for window in (SHORT_BARS, LONG_BARS))
    unit: FloatArray = np.maximum(np.sqrt(short * long), UNIT_FLOOR)
    return unit


def trailing_z(values: FloatArray, window: int, deviation_floor: float) -> FloatArray:
    """z-score of each value against the known ones among the ``window`` values before it, shape ``(bars,)``.

    NaN where the value is unknown (NaN) or fewer than 20 known values come before it.
    """
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(values), np.nan)
    # Measured from the first known value: running totals stay small, and a prefix starts at the same value.
    centred = np.where(known, values - values[np.argmax(known)], 0.0)
    number = _sum_before(known.astype(np.float64), window)
    enough = known & (number >= SHORT_BARS)
    number = np.maximum(number, 1.0)
    mean = _sum_before(centred, window) / number
    variance = np.maximum(_sum_before(centred * centred, window) / number - mean * mean, 0.0)
    z = (centred - mean) / np.maximum(np.sqrt(variance), deviation_floor)
    return np.where(enough, z, np.nan)


def _mean_before(values: FloatArray, window: int) -> FloatArray:
    """Mean of up to ``window`` values before each; the first value stands for itself."""
    number = np.minimum(np.arange(len(values)), window)
    total = _sum_before(values, window)
    mean: FloatArray = np.maximum(total, 0.0) / np.maximum(number, 1)
    mean[0] = values[0]
    return mean


def _sum_before(values: FloatArray, window: int) -> FloatArray:
    """Sum of up to ``window`` values before each. The running total adds from left to right: prefix-exact."""
    running = np.empty(len(values) + 1)
    running[0] = 0.0
    np.cumsum(values, out=running[1:])
    result: FloatArray = running[:-1].copy()
    result[window:] -= running[: max(0, len(values) - window)]
    return result
