"""Climaxes: the bars on which effort is so great that it may stop a trend.

Effort has no side, so one measure serves the selling and the buying climax, on all scales.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from services.range.stopping import SideBars
    from wyckoff.market.activity import Activity
    from wyckoff.market.bars import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Effort:
    """Effort around each bar, shape ``(bars,)`` each. The same for both sides and on all scales.

    ``scores`` is a sum of partial evidence, no single part is a condition: volume and range of the best of the last
    three bars, and their mean over the last ten: climaxes come in busy weeks. Each z-score of 2 counts in full, more up
    to one and a half times. Where volume is unknown the range speaks for it. ``unrest`` is the mean z-score of true
    range over ten bars.
    """

    scores: FloatArray
    unrest: FloatArray


def measure_effort(activity: Activity) -> Effort:
    """Effort of the bars of ``activity``."""
    range_z = np.where(np.isnan(activity.range_z), 0.0, activity.range_z)
    z = np.array((np.where(np.isnan(activity.volume_z), range_z, activity.volume_z), range_z))
    mean = _mean_of(z, 10)
    of_best, of_mean = 0.35 * _share(_best_of(z, 3)), 0.15 * _share(2.0 * mean)
    return Effort(of_best[0] + of_best[1] + (of_mean[0] + of_mean[1]), mean[1])


def in_unrest(
    scores: tuple[FloatArray, FloatArray], effort: Effort, min_unrest: float
) -> tuple[FloatArray, FloatArray]:
    """The scores of both sides, 0 where there is less unrest than ``min_unrest``."""
    unrest = effort.unrest >= min_unrest
    upright, mirrored = scores
    return np.where(unrest, upright, 0.0), np.where(unrest, mirrored, 0.0)


def climax_bars(
    side: SideBars, scores: FloatArray, unit: FloatArray, settings: RangeSettings
) -> tuple[list[int], FloatArray]:
    """Bars that end a decline: loud enough, near the lowest of the bars before, and far enough below their high.

    Also how far, in units, the low of each bar lies below the highest high of the bars before, shape ``(bars,)``.
    """
    least, lows, highs = side.least, side.lows_row, 1 - side.lows_row
    low, lowest = least.values[lows], least.over(settings.climax_extreme_bars)[lows, :-1]
    # highs are negated: the least is the highest
    highest = least.over(settings.trend_lookback_bars)[highs, :-1]
    recent = least.over(settings.min_trend_bars - 1)[highs, :-1]
    trend_units: FloatArray = (-highest - low) / unit
    ends = (scores >= settings.min_climax_score) & (low <= lowest + settings.climax_slack_units * unit)
    # a decline is long enough when no high of the last bars reaches the highest one
    ends &= (trend_units >= settings.min_trend_units) & (recent > highest)
    return ends.nonzero()[0].tolist(), trend_units


def _share(z: FloatArray) -> FloatArray:
    share: FloatArray = np.minimum(np.maximum(z / 2.0, 0.0), 1.5)
    return share


def _best_of(values: FloatArray, window: int) -> FloatArray:
    """The greatest of each value and those before it in the ``window``, along the last axis."""
    best = values.copy()
    for shift in range(1, window):
        np.maximum(best[..., shift:], values[..., :-shift], out=best[..., shift:])
    return best


def _mean_of(values: FloatArray, window: int) -> FloatArray:
    """The mean of each value and those before it in the ``window``, missing ones as 0, along the last axis."""
    total = values.copy()
    for shift in range(1, window):
        total[..., shift:] += values[..., :-shift]
    return total / window
