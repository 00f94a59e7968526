"""What must hold for every backtest: nothing before its time, nothing from the future, no money from nowhere."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.backtests import Desk, pattern_of, reflected, walk_bars
from wyckoff.backtest.costs import Costs
from wyckoff.backtest.engine import Rules, walk
from wyckoff.backtest.fills import ExitReason
from wyckoff.backtest.result import Market, Walk
from wyckoff.model.kinds import Direction, EntryOrder

if TYPE_CHECKING:
    from wyckoff.backtest.ticket import Trade
    from wyckoff.model.patterns import Pattern

#: No part of them depends on the height of the price, so that a mirrored market costs the same.
EVEN_COSTS = Costs(0.01, 1.0, 0.0, 0.0, 5.0)
BARS = 60


@dataclass(frozen=True)
class SetUp:
    """A pattern near the close of the bar that makes it known; distances in price."""

    known_at_index: int
    order: EntryOrder
    long: bool
    away: float
    stop: float
    target: float
    withdrawn_after: int | None


set_ups = st.lists(
    st.builds(
        SetUp,
        known_at_index=st.integers(0, BARS - 1),
        order=st.sampled_from(list(EntryOrder)),
        long=st.booleans(),
        away=st.sampled_from([0.0, 0.5, 1.5]),
        stop=st.sampled_from([0.5, 1.5, 4.0]),
        target=st.sampled_from([1.0, 3.0, 9.0]),
        withdrawn_after=st.one_of(st.none(), st.integers(0, 12)),
    ),
    max_size=8,
)
seeds = st.integers(0, 10_000)
order_bars = st.integers(1, 12)


def _market(seed: int, plans: list[SetUp], symbol: str = "AAPL") -> Market:
    bars = walk_bars(seed, BARS, symbol=symbol)
    patterns = []
    for number, plan in enumerate(sorted(plans, key=lambda item: item.known_at_index)):
        sign = 1 if plan.long else -1
        beyond = sign if plan.order is EntryOrder.STOP else -sign
        entry = round(float(bars.close[plan.known_at_index]) + beyond * plan.away, 2)
        withdrawn = None if plan.withdrawn_after is None else plan.known_at_index + plan.withdrawn_after
        patterns.append(
            pattern_of(
                entry,
                round(entry - sign * plan.stop, 2),
                round(entry + sign * plan.target, 2),
                plan.known_at_index,
                order=plan.order,
                withdrawn_at_index=withdrawn,
                range_id=f"range-{number % 3}",
            )
        )
    return Market(bars, tuple(patterns))


def _walk(markets: list[Market], rest_bars: int, costs: Costs = EVEN_COSTS) -> Walk:
    rules = Rules(equity=50_000.0, order_bars=rest_bars, costs=costs)
    return asyncio.run(walk(markets, Desk(max_positions=4, trail_r=1.5).assess, rules))


def _up_to(market: Market, count: int) -> Market:
    """What was known when ``count`` bars were there."""
    known = (item for item in market.patterns if item.known_at_index < count)
    return Market(market.bars.head(count), tuple(_as_of(item, count - 1) for item in known))


def _as_of(pattern: Pattern, index: int) -> Pattern:
    later = pattern.withdrawn_at_index is not None and pattern.withdrawn_at_index > index
    return replace(pattern, withdrawn_at_index=None, reason="") if later else pattern


@settings(max_examples=30)
@given(seeds, set_ups, order_bars)
def test_no_trade_enters_on_or_before_the_bar_that_made_it_known(seed: int, plans: list[SetUp], rest: int) -> None:
    result = _walk([_market(seed, plans)], rest)
    for trade in result.trades:
        assert trade.plan.known_at_index < trade.entry_index <= trade.plan.known_at_index + rest
        assert trade.entry_index <= trade.exit_index < BARS
        withdrawn = trade.plan.withdrawn_at_index
        assert withdrawn is None or trade.entry_index <= withdrawn
    assert sum(result.fates.values()) == len(result.signals)


@settings(max_examples=30)
@given(seeds, set_ups, set_ups, order_bars, st.integers(1, BARS))
def test_no_later_bar_changes_what_was(seed: int, plans: list[SetUp], more: list[SetUp], rest: int, count: int) -> None:
    """A prefix of the bars gives a prefix of the trades, of the equity and of the verdicts."""
    markets = [_market(seed, plans), _market(seed + 1, more, "MSFT")]
    full, then = _walk(markets, rest), _walk([_up_to(market, count) for market in markets], rest)
    assert _closed(then, count) == _closed(full, count)
    assert np.array_equal(then.curve.equity[: count - 1], full.curve.equity[: count - 1])
    expected = [item.signal_id for item in full.signals if item.known_at_index < count - 1]
    assert [item.signal_id for item in then.signals if item.known_at_index < count - 1] == expected


def _closed(result: Walk, count: int) -> list[tuple[str, int, int, float, float, float]]:
    """Trades that ended within ``count`` bars by a rule, not because the bars ended."""
    return [
        (trade.plan.pattern_id, trade.entry_index, trade.exit_index, trade.entry_price, trade.exit_price, trade.pnl)
        for trade in result.trades
        if trade.exit_index < count and trade.reason is not ExitReason.END_OF_BARS
    ]


@settings(max_examples=30)
@given(seeds, set_ups, order_bars)
def test_equity_is_cash_and_positions(seed: int, plans: list[SetUp], rest: int) -> None:
    market = _market(seed, plans)
    result = _walk([market], rest, Costs(0.0, 0.0, 0.0, 8.0, 5.0))
    for index in range(BARS):
        held = [trade for trade in result.trades if trade.entry_index <= index < trade.exit_index]
        cash = 50_000.0 + sum(_paid(trade, index) for trade in result.trades)
        value = sum(trade.plan.sign * trade.plan.size * float(market.bars.close[index]) for trade in held)
        assert result.cash[index] == pytest.approx(cash, abs=1e-6)
        assert result.curve.equity[index] == pytest.approx(cash + value, abs=1e-6)


def _paid(trade: Trade, index: int) -> float:
    units = trade.plan.sign * trade.plan.size
    entry = -units * trade.entry_price if trade.entry_index <= index else 0.0
    return entry + (units * trade.exit_price if trade.exit_index <= index else 0.0)


@settings(max_examples=30)
@given(seeds, set_ups, order_bars)
def test_the_end_of_the_curve_is_the_sum_of_the_trades(seed: int, plans: list[SetUp], rest: int) -> None:
    result = _walk([_market(seed, plans)], rest, Costs())
    assert result.curve.equity[-1] == pytest.approx(50_000 + sum(trade.pnl for trade in result.trades), abs=1e-6)


@settings(max_examples=30)
@given(seeds, set_ups, order_bars)
def test_a_mirrored_market_gives_mirrored_trades(seed: int, plans: list[SetUp], rest: int) -> None:
    market = _market(seed, plans)
    turned = Market(reflected(market.bars), tuple(_reflected(pattern) for pattern in market.patterns))
    here, there = _walk([market], rest), _walk([turned], rest)
    assert [trade.r for trade in there.trades] == pytest.approx([trade.r for trade in here.trades], abs=1e-6)
    assert [trade.reason for trade in there.trades] == [trade.reason for trade in here.trades]
    assert [trade.plan.sign for trade in there.trades] == [-trade.plan.sign for trade in here.trades]


def _reflected(pattern: Pattern) -> Pattern:
    return replace(
        pattern,
        direction=Direction.SHORT if pattern.direction is Direction.LONG else Direction.LONG,
        entry_price=round(200 - pattern.entry_price, 2),
        stop_loss=round(200 - pattern.stop_loss, 2),
        target_price=round(200 - pattern.target_price, 2),
    )


@settings(max_examples=30)
@given(seeds, set_ups, order_bars)
def test_nobody_is_paid_for_trading(seed: int, plans: list[SetUp], rest: int) -> None:
    """Each trade that costs change at all is worse for them, unless they changed the account it was sized for."""
    market = _market(seed, plans)
    free, paid = _walk([market], rest, Costs(0, 0, 0, 0, 0)), _walk([market], rest, Costs())
    by_id = {trade.plan.pattern_id: trade for trade in free.trades}
    for trade in paid.trades:
        assert trade.r < by_id[trade.plan.pattern_id].r


def test_the_property_tests_have_trades_to_look_at() -> None:
    plans = [
        SetUp(known, order, known % 2 == 0, 0.5, 1.5, 3.0, None)
        for known, order in zip(range(0, 48, 6), list(EntryOrder) * 3, strict=False)
    ]
    reasons = {trade.reason for seed in range(20) for trade in _walk([_market(seed, plans)], 8).trades}
    assert reasons >= {ExitReason.STOP, ExitReason.TARGET, ExitReason.TRAILING_STOP}
