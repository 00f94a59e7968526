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
_DEVIATION_FLOORS: Final = np.array((VOLUME_DEVIATION_FLOOR, RANGE_DEVIATION_FLOOR))
#: Smallest volatility unit: one tenth of a basis point, so that flat prices divide by something.
UNIT_FLOOR: Final = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """One value a bar, shape ``(bars,)`` each, all from bars up to and including the bar.

    ``true_range`` is in log price; ``unit`` is the volatility before the bar in log price, the yardstick for distances;
    ``volume_z`` and ``range_z`` are z-scores of log volume and log true range over the 120 bars before, NaN when
    unknown.
    """

    true_range: FloatArray
    unit: FloatArray
    volume_z: FloatArray
    range_z: FloatArray

    @property
    def range_ratio(self) -> FloatArray:
        """Each true range over the mean of the 20 before it; NaN for the first 20, 0 where that mean is 0."""
        ranges = self.true_range
        mean = _sums_before(_running(ranges), SHORT_BARS) / SHORT_BARS
        ratio = np.divide(ranges, mean, out=np.zeros(len(ranges)), where=mean > UNIT_FLOOR / 10.0)
        ratio[:SHORT_BARS] = np.nan
        return ratio


def measure_activity(log: LogBars, volume: FloatArray, volume_known: NDArray[np.bool_]) -> Activity:
    """Activity of bars; ``volume_known`` is boolean, shape ``(bars,)``."""
    ranges = true_range(log)
    logs = np.full((2, len(volume)), np.nan)
    np.log(volume, out=logs[0], where=volume_known & (volume > 0))
    np.log(np.maximum(ranges, UNIT_FLOOR / 10.0), out=logs[1])
    volume_z, range_z = trailing_z(logs, Z_BARS, _DEVIATION_FLOORS)
    return Activity(ranges, volatility_unit(ranges), volume_z, range_z)


def true_range(log: LogBars) -> FloatArray:
    """True range in log price, shape ``(bars,)``; the first bar has no close before it."""
    result: FloatArray = log.high - log.low
    previous = log.close[:-1]
    result[1:] = np.maximum(log.high[1:], previous) - np.minimum(log.low[1:], previous)
    return result


def volatility_unit(ranges: FloatArray) -> FloatArray:
    """Geometric mean of the mean true range of the 20 and of the 100 bars before each bar."""
    if len(ranges) == 0:
        return ranges.copy()
    running, before = _running(ranges), np.arange(len(ranges))
    before[0] = 1
    total = np.maximum(_sums_before(running, SHORT_BARS), 0.0), np.maximum(_sums_before(running, LONG_BARS), 0.0)
    squared = total[0] / np.minimum(before, SHORT_BARS) * (total[1] / np.minimum(before, LONG_BARS))
    # the first value stands for itself
    squared[0] = ranges[0] * ranges[0]
    unit: FloatArray = np.maximum(np.sqrt(squared), UNIT_FLOOR)
    return unit


def trailing_z(values: FloatArray, window: int, deviation_floors: FloatArray) -> FloatArray:
    """z-score of each value against the known ones among the ``window`` values before it in its row.

    NaN where the value is unknown (NaN) or fewer than 20 known values come before it. Shapes: ``(rows, bars)``, and
    ``(rows,)`` for the least deviations.
    """
    if values.size == 0:
        return values.copy()
    known = np.isfinite(values)
    # Measured from the first known value: running totals stay small, and a prefix starts at the same value.
    first = values[np.arange(len(values)), known.argmax(axis=1)]
    centred = np.where(known, values - first[:, None], 0.0)
    sums = _sums_before(_running(np.concatenate((known, centred, centred * centred))), window)
    number, total, squares = sums.reshape(3, *values.shape)
    enough = known & (number >= SHORT_BARS)
    number = np.maximum(number, 1.0)
    mean = total / number
    variance = np.maximum(squares / number - mean * mean, 0.0)
    z = (centred - mean) / np.maximum(np.sqrt(variance), deviation_floors[:, None])
    return np.where(enough, z, np.nan)


def _running(values: FloatArray) -> FloatArray:
    """Running totals along the last axis, from 0: one more than values. They add from left to right: prefix-exact."""
    running = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=running[..., 1:])
    return running


def _sums_before(running: FloatArray, window: int) -> FloatArray:
    """Sum of up to ``window`` values before each, from their running totals."""
    result: FloatArray = running[..., :-1].copy()
    result[..., window:] -= running[..., : max(0, running.shape[-1] - 1 - window)]
    return result
