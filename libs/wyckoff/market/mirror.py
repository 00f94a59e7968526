"""The mirror: the distribution side is the accumulation side on reflected log prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LogBars:
    """Natural log prices of bars, shape ``(bars,)`` each, upright or mirrored.

    Mirrored means negated, with high and low exchanged, so that a distribution reads as an accumulation.
    A detector written for accumulation on this type serves both sides.
    """

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    mirrored: bool

    def __len__(self) -> int:
        return len(self.close)

    def reflected(self) -> LogBars:
        """The other side of the same bars."""
        return LogBars(-self.open, -self.low, -self.high, -self.close, mirrored=not self.mirrored)

    def price(self, log_price: float) -> float:
        """Back to a price in quote currency."""
        return float(np.exp(-log_price if self.mirrored else log_price))


def log_bars(bars: Bars, *, mirrored: bool) -> LogBars:
    """Log prices of ``bars``; ``mirrored`` for the distribution side."""
    open_, high, low, close = (np.log(column) for column in (bars.open, bars.high, bars.low, bars.close))
    upright = LogBars(open_, high, low, close, mirrored=False)
    return upright.reflected() if mirrored else upright
