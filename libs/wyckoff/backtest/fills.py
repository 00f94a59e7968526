"""Where orders are filled within a bar. Signed prices throughout: written once, for a long.

A bar says open, high, low and close, not in which order high and low came. Where that matters, the worse order is
assumed: the stop before the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from wyckoff.model.kinds import EntryOrder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wyckoff.backtest.plan import Plan, SignedBar

    Floats = NDArray[np.float64]


class ExitReason(IntEnum):
    """Why a trade ended."""

    STILL_OPEN = 0
    STOP = 1
    TARGET = 2
    TRAILING_STOP = 3
    END_OF_BARS = 4


@dataclass(frozen=True, slots=True)
class EntryFill:
    """An entry before slippage. ``at_open``: the whole bar came after it. ``takes_market``: slippage applies."""

    price: float
    at_open: bool
    takes_market: bool


def entry_fill(order: EntryOrder, entry: float, bar: SignedBar) -> EntryFill | None:
    """The fill of an entry order within ``bar``, None when the bar does not reach it.

    A limit order is filled at its price or at a better open, a stop order at its price or at a worse open.
    """
    if order is EntryOrder.NEXT_OPEN:
        return EntryFill(bar.open, at_open=True, takes_market=True)
    if order is EntryOrder.LIMIT:
        if bar.low > entry:
            return None
        return EntryFill(min(bar.open, entry), at_open=bar.open <= entry, takes_market=False)
    if bar.high < entry:
        return None
    return EntryFill(max(bar.open, entry), at_open=bar.open >= entry, takes_market=True)


@dataclass(slots=True)
class Levels:
    """Stops and targets of open trades, one value a trade; ``best`` is the best price seen since entry."""

    stop: Floats
    target: Floats
    trail_from: Floats
    trail_by: Floats
    best: Floats
    trailed: NDArray[np.bool_]

    @classmethod
    def of(cls, stop: Floats, target: Floats, trail_from: Floats, trail_by: Floats, entry: Floats) -> Levels:
        """Levels of trades just entered at ``entry``."""
        return cls(
            stop.copy(), target.copy(), trail_from.copy(), trail_by.copy(), entry.copy(), np.zeros(len(stop), bool)
        )

    @classmethod
    def of_plan(cls, plan: Plan, entry: float) -> Levels:
        """Levels of one trade entered at the signed price ``entry``."""
        sign = plan.sign
        return cls.of(
            np.array([sign * plan.stop]),
            np.array([sign * plan.target]),
            np.array([sign * plan.trail_from]),
            np.array([plan.trail_by]),
            np.array([entry]),
        )

    def only(self, kept: NDArray[np.bool_]) -> Levels:
        """The trades for which ``kept`` holds."""
        return Levels(
            self.stop[kept],
            self.target[kept],
            self.trail_from[kept],
            self.trail_by[kept],
            self.best[kept],
            self.trailed[kept],
        )

    def trail(self, high: Floats) -> None:
        """After a bar: raise the stops of those that have been far enough; it counts from the next bar on."""
        self.best = np.maximum(self.best, high)
        active = self.best >= self.trail_from
        raised = np.where(active, np.maximum(self.stop, self.best - self.trail_by), self.stop)
        self.trailed |= raised > self.stop
        self.stop = raised


def exits(levels: Levels, open_: Floats, high: Floats, low: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """Price and :class:`ExitReason` of each trade in one bar; NaN and 0 for those that stay open.

    What opens beyond a level is filled at the open; of a bar that touches both, the stop counts. For the bar of the
    entry give its fill as ``open_``, and as ``high`` nothing that may have come before the fill.
    """
    at_stop = np.where(levels.trailed, np.int8(ExitReason.TRAILING_STOP), np.int8(ExitReason.STOP))
    conditions = [open_ <= levels.stop, open_ >= levels.target, low <= levels.stop, high >= levels.target]
    prices = np.select(conditions, [open_, open_, levels.stop, levels.target], default=np.nan)
    hit = np.int8(ExitReason.TARGET)
    reasons = np.select(conditions, [at_stop, hit, at_stop, hit], default=np.int8(ExitReason.STILL_OPEN))
    return prices, reasons.astype(np.int8)
