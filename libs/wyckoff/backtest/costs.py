"""What trading costs. The same arithmetic serves single trades and arrays of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Costs:
    """Commission of each order and slippage of each order that takes what the market gives.

    Commission in account currency: ``commission_per_unit`` times the size plus ``commission_pct`` percent of the
    value, at least ``commission_min``. Slippage in price: ``slippage_bps`` basis points of the price plus
    ``slippage_range_pct`` percent of the bar's high less low. Raises ValueError for anything below 0.
    """

    commission_per_unit: float = 0.005
    commission_min: float = 1.0
    commission_pct: float = 0.0
    slippage_bps: float = 5.0
    slippage_range_pct: float = 0.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not (isfinite(value) and value >= 0):
                raise ValueError(f"{item.name}: {value} is no cost; 0 or more is needed")

    def commission(self, size: float | Floats, price: float | Floats) -> Floats:
        """Commission of orders of ``size`` units at ``price``; of one order an array without dimensions."""
        asked = np.multiply(size, self.commission_per_unit + np.abs(price) * (self.commission_pct / 100))
        return np.maximum(asked, self.commission_min)

    def slippage(self, price: float | Floats, bar_range: float | Floats) -> Floats:
        """How much worse than ``price`` orders are filled that take what the market gives."""
        part = np.multiply(bar_range, self.slippage_range_pct / 100)
        return np.asarray(np.abs(price) * (self.slippage_bps / 10_000) + part)


#: Trading for nothing, to see what costs take.
FREE = Costs(0.0, 0.0, 0.0, 0.0, 0.0)
