"""Climaxes: the bars on which effort is so great that it may stop a trend.

Effort has no side, so one measure serves the selling and the buying climax, on all scales.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.range.config import RangeSettings
    from wyckoff.market.activity import Activity
    from wyckoff.market.bars import FloatArray


def climax_scores(activity: Activity) -> FloatArray:
    """Effort around each bar, shape ``(bars,)``: a sum of partial evidence, no single part is a condition.

    Volume and range of the best of the last three bars, and their mean over the last ten: climaxes come in busy
    weeks. Each z-score of 2 counts in full, more up to one and a half times. Where volume is unknown the range
    speaks for it. The same for both sides and on all scales.
    """
    range_z = np.where(np.isnan(activity.range_z), 0.0, activity.range_z)
    volume_z = np.where(np.isnan(activity.volume_z), range_z, activity.volume_z)
    score = 0.35 * _share(_best_of(volume_z, 3)) + 0.35 * _share(_best_of(range_z, 3))
    score += 0.15 * _share(2.0 * _mean_of(volume_z, 10)) + 0.15 * _share(2.0 * _mean_of(range_z, 10))
    return score


def in_unrest(
    scores: tuple[FloatArray, FloatArray], activity: Activity, min_unrest: float
) -> tuple[FloatArray, FloatArray]:
    """The scores of both sides, 0 where the mean z-score of true range over ten bars is below ``min_unrest``."""
    unrest = _mean_of(np.where(np.isnan(activity.range_z), 0.0, activity.range_z), 10) >= min_unrest
    upright, mirrored = scores
    return np.where(unrest, upright, 0.0), np.where(unrest, mirrored, 0.0)


def climax_bars(
    lows: FloatArray, highs: FloatArray, scores: FloatArray, unit: FloatArray, settings: RangeSettings
) -> list[int]:
    """Bars that end a decline: loud enough, near the lowest of the bars before, and far enough below their high.

    Log prices of one side, shape ``(bars,)`` each; the first bar is none.
    """
    loud = np.flatnonzero(scores >= settings.min_climax_score)
    loud = loud[loud > 0]
    if not len(loud):
        return []
    lowest = _before(lows, loud, settings.climax_extreme_bars, np.inf).min(axis=1)
    loud = loud[lows[loud] <= lowest + settings.climax_slack_units * unit[loud]]
    # newest first: of equal highs the last one counts
    highs_before = _before(highs, loud, settings.trend_lookback_bars, -np.inf)[:, ::-1]
    trend_units = (highs_before.max(axis=1) - lows[loud]) / unit[loud]
    long = highs_before.argmax(axis=1) + 1 >= settings.min_trend_bars
    bars: list[int] = loud[long & (trend_units >= settings.min_trend_units)].tolist()
    return bars


def _before(values: FloatArray, at: NDArray[np.int64], window: int, padding: float) -> FloatArray:
    """The ``window`` values before each index of ``at``, shape ``(len(at), window)``, padded at the start."""
    rows: FloatArray = sliding_window_view(np.concatenate((np.full(window, padding), values)), window)[at]
    return rows


def _share(z: FloatArray) -> FloatArray:
    return np.clip(z / 2.0, 0.0, 1.5)


def _best_of(values: FloatArray, window: int) -> FloatArray:
    best = values.copy()
    for shift in range(1, window):
        np.maximum(best[shift:], values[:-shift], out=best[shift:])
    return best


def _mean_of(values: FloatArray, window: int) -> FloatArray:
    total = values.copy()
    for shift in range(1, window):
        total[shift:] += values[:-shift]
    return total / window
