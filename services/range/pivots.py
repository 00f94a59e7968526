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
        self._low, self._negated_high = LeastBefore(low), LeastBefore(-high)

    def find(self, lookback: int) -> Pivots:
        """Bars whose low (high) is strictly beyond those of ``lookback`` bars on each side; ties make no pivot."""
        return Pivots(_valleys(self._low, lookback), _valleys(self._negated_high, lookback), lookback)


def _valleys(column: LeastBefore, lookback: int) -> tuple[int, ...]:
    values = column.values
    if len(values) < 2 * lookback + 1:
        return ()
    least = column.over(lookback)
    centre = values[lookback : len(values) - lookback]
    before, after = least[lookback : len(values) - lookback], least[2 * lookback + 1 :]
    (found,) = (centre < np.minimum(before, after)).nonzero()
    return tuple((found + lookback).tolist())
