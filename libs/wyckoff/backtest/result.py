"""What a backtest gives back, before it is summed up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from wyckoff.backtest.ticket import Fate, Trade
    from wyckoff.market.bars import Bars
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.signals import Rejection, TradeSignal


@dataclass(frozen=True, slots=True)
class Market:
    """One symbol: its bars and the patterns found in them, by ``known_at_index``."""

    bars: Bars
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Equity at the close of each time of the merged calendar; money in account currency."""

    time_ms: NDArray[np.int64]
    equity: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Walk:
    """Everything that happened, in order. ``fates`` counts what became of the approved orders."""

    signals: tuple[TradeSignal, ...]
    rejections: tuple[Rejection, ...]
    withdrawn_when_known: int
    trades: tuple[Trade, ...]
    fates: Mapping[Fate, int]
    curve: Curve
    cash: NDArray[np.float64]
