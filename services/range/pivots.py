"""Confirmed pivots: swing highs and lows that later bars have left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Pivots:
    """Bar indices of swing lows and swing highs, ascending. Each is known ``lookback`` bars later."""

    lows: tuple[int, ...]
    highs: tuple[int, ...]
    lookback: int


def find_pivots(high: NDArray[np.float64], low: NDArray[np.float64], lookback: int) -> Pivots:
    """Bars whose low (high) is strictly beyond those of ``lookback`` bars on each side; ties make no pivot."""
    return Pivots(_valleys(low, lookback), _valleys(-high, lookback), lookback)


def _valleys(values: NDArray[np.float64], lookback: int) -> tuple[int, ...]:
    if len(values) < 2 * lookback + 1:
        return ()
    sides = sliding_window_view(values, lookback).min(axis=1)
    centre = values[lookback : len(values) - lookback]
    before, after = sides[: len(centre)], sides[lookback + 1 :]
    return tuple((np.flatnonzero((centre < before) & (centre < after)) + lookback).tolist())
