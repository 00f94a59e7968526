"""Volume analysis of bars: ratios to their own recent past, and what came of the effort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from services.volume.baseline import ratio_to_baseline, trailing_count, trailing_sums
from services.volume.effort import effort_codes
from wyckoff.model.volume import VolumeAnalysis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.volume.config import VolumeSettings
    from wyckoff.market.bars import Bars

#: Far more than prices have, far less than a float.
_POSITION_DECIMALS: Final = 9


def analyze_volume(
    bars: Bars, volume_known: NDArray[np.bool_], settings: VolumeSettings, true_range: bool = False
) -> VolumeAnalysis:
    """Volume and spread ratios, close position and effort class, one value a bar.

    ``volume_known`` has shape ``(bars,)``; bars without known volume get NaN and stay out of the baselines.
    ``true_range`` measures the spread from the previous close, for series whose open is the previous close.
    Raises ValueError when the shapes differ.
    """
    if volume_known.shape != (len(bars),):
        msg = f"volume_known has shape {volume_known.shape}, expected ({len(bars)},), one value a bar"
        raise ValueError(msg)
    window, everywhere = settings.baseline_bars, np.True_
    spreads = spread(bars, true_range=true_range)
    volume_total, spread_total = trailing_sums(np.array((np.where(volume_known, bars.volume, 0.0), spreads)), window)
    counted = trailing_count(volume_known, window)
    volume_ratio = ratio_to_baseline(bars.volume, volume_total, volume_known, counted, zero_baseline=np.nan)
    spread_ratio = ratio_to_baseline(spreads, spread_total, everywhere, float(window), zero_baseline=0.0)
    position = close_position(bars)
    change = np.zeros(len(bars))
    np.subtract(bars.close[1:], bars.close[:-1], out=change[1:])
    codes = effort_codes(volume_ratio, spread_ratio, change, position, settings)
    return VolumeAnalysis(volume_ratio, spread_ratio, position, codes)


def spread(bars: Bars, *, true_range: bool) -> NDArray[np.float64]:
    """High minus low of each bar, in quote currency; with ``true_range`` the gap from the close before counts too."""
    if not true_range:
        return bars.high - bars.low
    previous = np.concatenate((bars.open[:1], bars.close[:-1]))
    return np.maximum(bars.high, previous) - np.minimum(bars.low, previous)


def close_position(bars: Bars) -> NDArray[np.float64]:
    """Close within the bar, 0 at the low to 1 at the high, 0.5 for a bar without height.

    Prices come in ticks, so that a close is often exactly in the middle, or where a threshold is: rounded, it stays
    there whatever the currency.
    """
    height = bars.high - bars.low
    position = np.divide(bars.close - bars.low, height, out=np.full(len(bars), 0.5), where=height > 0)
    clipped: NDArray[np.float64] = position.round(_POSITION_DECIMALS).clip(0.0, 1.0)
    return clipped
