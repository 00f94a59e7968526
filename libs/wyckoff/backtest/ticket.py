"""The life of one order and of the trade that it becomes, bar by bar."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.backtest.fills import EntryFill, ExitReason, Levels, entry_fill, exits
from wyckoff.backtest.plan import SignedBar, signed_bar

if TYPE_CHECKING:
    from wyckoff.backtest.costs import Costs
    from wyckoff.backtest.plan import Plan
    from wyckoff.market.bars import Bars

#: Bars that an entry order rests before it lapses.
DEFAULT_ORDER_BARS: Final = 10


class Fate(StrEnum):
    """What has become of an order."""

    RESTING = "RESTING"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    LAPSED = "LAPSED"
    WITHDRAWN = "WITHDRAWN"
    TARGET_FIRST = "TARGET_FIRST"
    STOP_FIRST = "STOP_FIRST"
    CAMPAIGN_FAILED = "CAMPAIGN_FAILED"
    UNFILLED_AT_END = "UNFILLED_AT_END"


@dataclass(frozen=True, slots=True)
class Execution:
    """A fill: ``units`` bought (below 0: sold) at ``price`` for ``commission``."""

    units: float
    price: float
    commission: float


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade from entry to exit. ``r`` is the result after all costs in units of the planned risk."""

    plan: Plan
    entry_index: int
    entry_time_ms: int
    entry_price: float
    takes_market: bool
    exit_index: int
    exit_time_ms: int
    exit_price: float
    reason: ExitReason
    commission: float
    pnl: float

    @property
    def r(self) -> float:
        return self.pnl / self.plan.risk_amount

    @property
    def bars_held(self) -> int:
        return self.exit_index - self.entry_index


class Ticket:
    """A plan on the bars of its symbol. :meth:`advance` takes each bar once, from the one after the signal on."""

    def __init__(self, plan: Plan, bars: Bars, costs: Costs, order_bars: int = DEFAULT_ORDER_BARS) -> None:
        self.plan = plan
        self.fate = Fate.RESTING
        self.trade: Trade | None = None
        self.entry_price = 0.0
        self._bars = bars
        self._costs = costs
        self._last_index = plan.known_at_index + order_bars
        self._entry_index = 0
        self._entry_commission = 0.0
        self._takes_market = False
        self._levels: Levels | None = None

    @property
    def is_live(self) -> bool:
        return self.fate in (Fate.RESTING, Fate.OPEN)

    @property
    def entry_time_ms(self) -> int:
        """Open time of the bar of the entry."""
        return int(self._bars.open_time_ms[self._entry_index])

    def cancel(self, fate: Fate) -> None:
        """Take back the order if it still rests."""
        if self.fate is Fate.RESTING:
            self.fate = fate

    def advance(self, index: int) -> list[Execution]:
        """What happens in bar ``index``; raises ValueError for a bar that is not after the signal."""
        if index <= self.plan.known_at_index:
            raise ValueError(f"bar {index} is not after bar {self.plan.known_at_index}, which made the signal known")
        bar = signed_bar(self._bars, index, self.plan.sign)
        if self.fate is Fate.OPEN:
            return self._hold(index, bar, bar.high - bar.low)
        return self._rest(index, bar) if self.fate is Fate.RESTING else []

    def close_at_end(self, index: int) -> list[Execution]:
        """The bars are over at ``index``: close at its close, or take back the order."""
        self.cancel(Fate.UNFILLED_AT_END)
        if self.fate is not Fate.OPEN:
            return []
        bar = signed_bar(self._bars, index, self.plan.sign)
        return [self._leave(index, bar.close, ExitReason.END_OF_BARS, bar.high - bar.low)]

    def _rest(self, index: int, bar: SignedBar) -> list[Execution]:
        withdrawn = self.plan.withdrawn_at_index
        if withdrawn is not None and withdrawn < index:
            self.fate = Fate.WITHDRAWN
        elif index > self._last_index:
            self.fate = Fate.LAPSED
        if self.fate is not Fate.RESTING:
            return []
        fill = entry_fill(self.plan.entry_order, self.plan.sign * self.plan.entry, bar)
        if fill is not None:
            return self._enter(index, bar, fill)
        # without a fill the set-up is spent once price has been at its target, or at its stop
        if bar.high >= self.plan.sign * self.plan.target:
            self.fate = Fate.TARGET_FIRST
        elif bar.low <= self.plan.sign * self.plan.stop:
            self.fate = Fate.STOP_FIRST
        return []

    def _enter(self, index: int, bar: SignedBar, fill: EntryFill) -> list[Execution]:
        plan = self.plan
        slippage = float(self._costs.slippage(fill.price, bar.high - bar.low)) if fill.takes_market else 0.0
        self.fate = Fate.OPEN
        self._entry_index = index
        self._takes_market = fill.takes_market
        self.entry_price = plan.sign * (fill.price + slippage)
        self._entry_commission = float(self._costs.commission(plan.size, self.entry_price))
        self._levels = Levels.of_plan(plan, fill.price)
        entry = Execution(plan.sign * plan.size, self.entry_price, self._entry_commission)
        # a stop order has what is beyond its price before it; a limit order filled on the way may have it behind it
        high = bar.high if fill.at_open or fill.takes_market else fill.price
        rest = SignedBar(fill.price, high, bar.low, bar.close)
        return [entry, *self._hold(index, rest, bar.high - bar.low)]

    def _hold(self, index: int, bar: SignedBar, bar_range: float) -> list[Execution]:
        levels = self._levels
        if levels is None:
            raise RuntimeError("an open trade has levels")
        high = np.array([bar.high])
        prices, reasons = exits(levels, np.array([bar.open]), high, np.array([bar.low]))
        reason = ExitReason(int(reasons[0]))
        if reason is ExitReason.STILL_OPEN:
            levels.trail(high)
            return []
        return [self._leave(index, float(prices[0]), reason, bar_range)]

    def _leave(self, index: int, price: float, reason: ExitReason, bar_range: float) -> Execution:
        plan = self.plan
        slippage = 0.0 if reason is ExitReason.TARGET else float(self._costs.slippage(price, bar_range))
        exit_price = plan.sign * (price - slippage)
        commission = float(self._costs.commission(plan.size, exit_price))
        self.fate = Fate.CLOSED
        self.trade = Trade(
            plan=plan,
            entry_index=self._entry_index,
            entry_time_ms=self.entry_time_ms,
            entry_price=self.entry_price,
            takes_market=self._takes_market,
            exit_index=index,
            exit_time_ms=int(self._bars.open_time_ms[index]),
            exit_price=exit_price,
            reason=reason,
            commission=self._entry_commission + commission,
            pnl=plan.sign * plan.size * (exit_price - self.entry_price) - self._entry_commission - commission,
        )
        return Execution(-plan.sign * plan.size, exit_price, commission)


def run_alone(ticket: Ticket, bar_count: int) -> Ticket:
    """One ticket to its end, without an account around it."""
    for index in range(ticket.plan.known_at_index + 1, bar_count):
        ticket.advance(index)
        if not ticket.is_live:
            return ticket
    ticket.close_at_end(bar_count - 1)
    return ticket
