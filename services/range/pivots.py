"""Confirmed pivots: swing highs and lows that later bars have left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from services.range.windows import LeastBefore

if TYPE_CHECKING:
    from wyckoff.market.bars import FloatArray


@dataclass(frozen=True, slots=True)
class Pivots:
    """Bar indices of swing lows and swing highs, ascending. Each is known ``lookback`` bars later."""

    lows: tuple[int, ...]
    highs: tuple[int, ...]
    lookback: int


class PivotSearch:
    """Looks for the pivots of one series, at any lookback."""

    def __init__(self, high: FloatArray, low: FloatArray) -> None:
        self._least = LeastBefore(np.array((low, -high)))

    def find(self, lookback: int) -> Pivots:
        """Bars whose low (high) is strictly beyond those of ``lookback`` bars on each side; ties make no pivot."""
        values = self._least.values
        count = values.shape[1]
        if count < 2 * lookback + 1:
            return Pivots((), (), lookback)
        least = self._least.over(lookback)
        before, after = least[:, lookback : count - lookback], least[:, 2 * lookback + 1 :]
        lows, highs = values[:, lookback : count - lookback] < np.minimum(before, after)
        return Pivots(
            tuple((lows.nonzero()[0] + lookback).tolist()), tuple((highs.nonzero()[0] + lookback).tolist()), lookback
        )
