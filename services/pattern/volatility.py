"""True range and its average."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars, FloatArray


def true_ranges(bars: Bars, first: int, last: int) -> FloatArray:
    """True range of the bars ``first`` to ``last``, both included, in quote currency; the very first has no gap."""
    span = slice(first, last + 1)
    previous = bars.close[first - 1 : last] if first > 0 else np.concatenate((bars.open[:1], bars.close[:last]))
    high = np.maximum(bars.high[span], previous)
    low = np.minimum(bars.low[span], previous)
    return np.asarray(high - low, dtype=np.float64)


def average_true_range(bars: Bars, index: int, period_bars: int) -> float:
    """Mean true range of the ``period_bars`` bars that end at ``index``; 0 when there are fewer."""
    first = index - period_bars + 1
    if first < 0:
        return 0.0
    return float(np.add.reduce(true_ranges(bars, first, index))) / period_bars
