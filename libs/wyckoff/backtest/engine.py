"""The walk over the merged calendar of all symbols, one account, nothing known before its time.

At each time: first the orders and trades of each symbol meet its bar, then the account is marked to the closes,
then the patterns that became known with those closes are judged against the account as it is now. What is approved
can be filled from the symbol's next bar on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Protocol

import numpy as np

from wyckoff.backtest.account import Account
from wyckoff.backtest.costs import Costs
from wyckoff.backtest.fills import ExitReason
from wyckoff.backtest.plan import plan_of_signal
from wyckoff.backtest.result import Curve, Walk
from wyckoff.backtest.ticket import DEFAULT_ORDER_BARS, Fate, Ticket
from wyckoff.model.signals import TradeSignal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wyckoff.backtest.plan import Plan
    from wyckoff.backtest.result import Market
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.portfolio import Portfolio
    from wyckoff.model.signals import Rejection


@dataclass(frozen=True, slots=True)
class Rules:
    """How is traded. ``order_bars``: bars an entry order rests; ``trailing``: stops trail as the signal says."""

    equity: float = 100_000.0
    order_bars: int = DEFAULT_ORDER_BARS
    trailing: bool = True
    costs: Costs = field(default_factory=Costs)

    def __post_init__(self) -> None:
        if not (isfinite(self.equity) and self.equity > 0):
            raise ValueError(f"equity: {self.equity} is no account; more than 0 is needed")
        if self.order_bars < 1:
            raise ValueError(f"order_bars: {self.order_bars} leaves no bar to be filled in; 1 or more is needed")


class Assess(Protocol):
    """The risk stage: one verdict on one pattern for an account."""

    async def __call__(self, symbol: str, pattern: Pattern, portfolio: Portfolio) -> TradeSignal | Rejection:
        """The signal or the rejection of ``pattern``."""
        ...


async def walk(
    markets: Sequence[Market], assess: Assess, rules: Rules, on_time: Callable[[int], None] | None = None
) -> Walk:
    """Trade ``markets`` on one account; ``on_time`` is told each time that is done, in UTC milliseconds.

    Of patterns that become known at one time, those of the earlier market are judged first. Raises ValueError for
    two markets of one symbol or for none.
    """
    symbols = [market.bars.symbol for market in markets]
    if not symbols or len(set(symbols)) < len(symbols):
        raise ValueError(f"markets: {symbols} are not one or more different symbols")
    walker = _Walker(markets, assess, rules)
    for time_ms in walker.times_ms:
        await walker.step(int(time_ms))
        # lets a cancellation through: the risk stage may answer without ever waiting
        await asyncio.sleep(0)
        if on_time is not None:
            on_time(int(time_ms))
    return walker.finish()


class _Walker:
    def __init__(self, markets: Sequence[Market], assess: Assess, rules: Rules) -> None:
        self._assess = assess
        self._rules = rules
        self._books = [_Book(market) for market in markets]
        self._account = Account(rules.equity)
        self.times_ms = np.unique(np.concatenate([market.bars.open_time_ms for market in markets]))
        self._equity: list[float] = []
        self._cash: list[float] = []
        self._signals: list[TradeSignal] = []
        self._rejections: list[Rejection] = []
        self._withdrawn_when_known = 0

    async def step(self, time_ms: int) -> None:
        at_bar = [book for book in self._books if book.starts_bar(time_ms)]
        for book in at_bar:
            self._trade(book, time_ms)
        self._account.mark(time_ms, {book.symbol: book.close for book in at_bar})
        for book in at_bar:
            for pattern in book.known_now():
                await self._judge(book, pattern, time_ms)
        self._equity.append(self._account.equity)
        self._cash.append(self._account.cash)

    def _trade(self, book: _Book, time_ms: int) -> None:
        """The bar of ``book``; what its trades teach about a campaign counts from the next bar on."""
        failed: set[str] = set()
        for ticket in book.live:
            self._account.book(book.symbol, ticket.advance(book.index))
            if ticket.trade is not None and ticket.trade.reason is ExitReason.STOP:
                failed.add(ticket.plan.campaign_id)
        for ticket in book.live:
            if ticket.plan.campaign_id in failed:
                ticket.cancel(Fate.CAMPAIGN_FAILED)
            if book.is_at_end:
                self._account.book(book.symbol, ticket.close_at_end(book.index))
        for campaign_id in failed:
            self._account.fail_campaign(campaign_id, book.symbol, time_ms)
        book.forget_ended()

    async def _judge(self, book: _Book, pattern: Pattern, time_ms: int) -> None:
        if pattern.withdrawn_at_index is not None and pattern.withdrawn_at_index <= pattern.known_at_index:
            self._withdrawn_when_known += 1
            return
        live = [ticket for each in self._books for ticket in each.live]
        verdict = await self._assess(book.symbol, pattern, self._account.portfolio(time_ms, live))
        if isinstance(verdict, TradeSignal):
            self._signals.append(verdict)
            book.add(Ticket(self._plan(verdict, pattern), book.bars, self._rules.costs, self._rules.order_bars))
        else:
            self._rejections.append(verdict)

    def _plan(self, signal: TradeSignal, pattern: Pattern) -> Plan:
        return plan_of_signal(signal, pattern, trailing=self._rules.trailing)

    def finish(self) -> Walk:
        """The result; what was approved at the very last bar of its symbol has no bar left to be filled in."""
        for book in self._books:
            for ticket in book.live:
                ticket.cancel(Fate.UNFILLED_AT_END)
        tickets = [ticket for book in self._books for ticket in book.tickets]
        trades = [ticket.trade for ticket in tickets if ticket.trade is not None]
        return Walk(
            signals=tuple(self._signals),
            rejections=tuple(self._rejections),
            withdrawn_when_known=self._withdrawn_when_known,
            trades=tuple(sorted(trades, key=lambda trade: (trade.exit_time_ms, trade.entry_time_ms))),
            fates=Counter(ticket.fate for ticket in tickets),
            curve=Curve(self.times_ms, np.array(self._equity)),
            cash=np.array(self._cash),
        )


class _Book:
    """One symbol on its way: the bar it is at, the patterns to come, its tickets."""

    def __init__(self, market: Market) -> None:
        self.bars = market.bars
        self.symbol = market.bars.symbol
        self.index = -1
        self.tickets: list[Ticket] = []
        self.live: list[Ticket] = []
        self._patterns = sorted(market.patterns, key=lambda pattern: pattern.known_at_index)
        self._next_pattern = 0

    @property
    def close(self) -> float:
        return float(self.bars.close[self.index])

    @property
    def is_at_end(self) -> bool:
        return self.index == len(self.bars) - 1

    def starts_bar(self, time_ms: int) -> bool:
        """Move on to the bar of ``time_ms`` if there is one."""
        following = self.index + 1
        if following == len(self.bars) or int(self.bars.open_time_ms[following]) != time_ms:
            return False
        self.index = following
        return True

    def known_now(self) -> list[Pattern]:
        """The patterns that became known at the close of this bar."""
        first = self._next_pattern
        while (
            self._next_pattern < len(self._patterns) and self._patterns[self._next_pattern].known_at_index <= self.index
        ):
            self._next_pattern += 1
        return self._patterns[first : self._next_pattern]

    def add(self, ticket: Ticket) -> None:
        self.tickets.append(ticket)
        self.live.append(ticket)

    def forget_ended(self) -> None:
        self.live = [ticket for ticket in self.live if ticket.is_live]
