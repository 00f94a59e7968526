"""State of the market at the close of one bar; nothing after that bar is read."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from services.pattern.volatility import true_ranges
from wyckoff.model.kinds import MarketRegime

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from wyckoff.market.bars import Bars, FloatArray

#: Prices that differ by less than this part of themselves are equal.
_SAME_PRICE: Final = 1e-9


def regime_at(bars: Bars, index: int, settings: PatternSettings) -> MarketRegime:
    """High volatility first, then the trend; unspecified while there are too few bars for either."""
    if _is_extreme(bars, index, settings):
        return MarketRegime.HIGH_VOLATILITY
    strength = directional_index(bars, index, settings)
    mean_first = index - settings.trend_mean_bars + 1
    if strength is None or mean_first < 0:
        return MarketRegime.UNSPECIFIED
    if strength <= settings.trend_adx:
        return MarketRegime.SIDEWAYS
    mean = float(np.add.reduce(bars.close[mean_first : index + 1])) / settings.trend_mean_bars
    return MarketRegime.TRENDING_UP if float(bars.close[index]) > mean else MarketRegime.TRENDING_DOWN


def directional_index(bars: Bars, index: int, settings: PatternSettings) -> float | None:
    """Wilder's ADX, 0 to 100, from the last ``adx_warmup_bars`` bars; None with fewer than two periods."""
    period = settings.adx_bars
    first = max(1, index - settings.adx_warmup_bars + 1)
    if index - first + 1 < 2 * period:
        return None
    here, before = slice(first, index + 1), slice(first - 1, index)
    rise = bars.high[here] - bars.high[before]
    fall = bars.low[before] - bars.low[here]
    # A rise of as many ticks as the fall is neither, also where another currency rounds them apart.
    least = _SAME_PRICE * bars.high[here]
    ahead = rise - fall
    plus = np.where((ahead > least) & (rise > least), rise, 0.0)
    minus = np.where((-ahead > least) & (fall > least), fall, 0.0)
    smooth_plus, smooth_minus = _wilder(plus, period), _wilder(minus, period)
    both = smooth_plus + smooth_minus
    # The true range cancels out of the ratio of the two directional indicators.
    dx = 100.0 * np.divide(np.abs(smooth_plus - smooth_minus), both, out=np.zeros(len(both)), where=both > 0)
    return float(_wilder_weights(len(dx) - period + 1, period)[-1] @ _wilder_inputs(dx, period))


def _wilder(values: FloatArray, period: int) -> FloatArray:
    """Wilder's smoothing, started from the mean of the first period; shape ``(len - period + 1,)``.

    The recursion is written as one product with its weights, so that no bar is visited in Python.
    """
    inputs = _wilder_inputs(values, period)
    return np.asarray(_wilder_weights(len(inputs), period) @ inputs, dtype=np.float64)


def _wilder_inputs(values: FloatArray, period: int) -> FloatArray:
    inputs = values[period - 1 :].copy()
    inputs[0] = np.add.reduce(values[:period]) / period
    return inputs


@lru_cache(maxsize=256)
def _wilder_weights(count: int, period: int) -> FloatArray:
    """Lower triangular, shape ``(count, count)``: row k weighs the inputs 0 to k."""
    steps = np.arange(count)
    lags = steps[:, None] - steps[None, :]
    weights = np.where(lags >= 0, (1.0 - 1.0 / period) ** np.maximum(lags, 0) / period, 0.0)
    weights[:, 0] *= period
    weights.flags.writeable = False
    return np.asarray(weights, dtype=np.float64)


def _is_extreme(bars: Bars, index: int, settings: PatternSettings) -> bool:
    """Average true range (relative to price) and volume both in the top of their recent distribution."""
    # volume first: it seldom is, and takes less to find out
    return _is_extreme_volume(bars, index, settings) and _is_extreme_range(bars, index, settings)


def _is_extreme_volume(bars: Bars, index: int, settings: PatternSettings) -> bool:
    volume = bars.volume[max(0, index - settings.regime_lookback_bars + 1) : index + 1]
    known = volume[volume > 0]
    if volume[-1] <= 0 or len(known) < settings.regime_lookback_bars // 4:
        return False
    return _percentile_rank(known) >= settings.extreme_volume_percentile


def _is_extreme_range(bars: Bars, index: int, settings: PatternSettings) -> bool:
    first = max(0, index - settings.regime_lookback_bars - settings.atr_bars + 2)
    ranges = true_ranges(bars, first, index) / bars.close[first : index + 1]
    if len(ranges) < settings.regime_lookback_bars // 4 + settings.atr_bars:
        return False
    shape = (len(ranges) - settings.atr_bars + 1, settings.atr_bars)
    windows: FloatArray = np.ndarray(shape, np.float64, ranges, strides=2 * ranges.strides)
    averages = np.add.reduce(windows, axis=1) / settings.atr_bars
    return _percentile_rank(averages) >= settings.extreme_atr_percentile


def _percentile_rank(values: FloatArray) -> float:
    """Share of the earlier values that the last one exceeds, in percent."""
    return 100.0 * (int(np.count_nonzero(values[:-1] < values[-1])) / (len(values) - 1))
