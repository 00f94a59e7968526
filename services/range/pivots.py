"""Confirmed pivots: swing highs and lows that later bars have left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
    sides = _least_of(values, lookback)
    centre = values[lookback : len(values) - lookback]
    before, after = sides[: len(centre)], sides[lookback + 1 :]
    return tuple((np.flatnonzero((centre < before) & (centre < after)) + lookback).tolist())


def _least_of(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Least of each value and the ``window - 1`` after it; windows of twice the width from two of the width before."""
    width, least = 1, values
    while 2 * width <= window:
        least = np.minimum(least[:-width], least[width:])
        width *= 2
    rest = window - width
    return least if rest == 0 else np.minimum(least[:-rest], least[rest:])
