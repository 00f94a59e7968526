"""Random entries and holding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.support.backtests import bars_of, plan_of, walk_bars
from wyckoff.backtest.baselines import UNIT_BARS, buy_and_hold, random_entries, volatility_units
from wyckoff.backtest.costs import FREE, Costs
from wyckoff.backtest.ticket import Ticket, Trade, run_alone
from wyckoff.model.kinds import EntryOrder

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars

BARS = walk_bars(3, 400)
COSTS = Costs(0.01, 1.0, 0.05, 10.0, 5.0)


def _trade(bars: Bars, *, short: bool = False, known_at_index: int = 100) -> Trade:
    """A trade at the next open with its stop two units away."""
    sign = -1 if short else 1
    close = float(bars.close[known_at_index])
    unit = float(volatility_units(bars)[known_at_index])
    plan = plan_of(
        close,
        close - sign * 2 * unit,
        close + sign * 4 * unit,
        order=EntryOrder.NEXT_OPEN,
        known_at_index=known_at_index,
        trail_from=close + sign * 2 * unit,
        trail_by=2 * unit,
    )
    ticket = run_alone(Ticket(plan, bars, COSTS), len(bars))
    assert ticket.trade is not None
    return ticket.trade


def test_units_are_mean_true_ranges() -> None:
    bars = bars_of([(10, 11, 9, 10)] * (UNIT_BARS - 1) + [(14, 15, 13, 14)])
    units = volatility_units(bars)
    assert np.isnan(units[:-1]).all()
    assert units[-1] == pytest.approx((2 * (UNIT_BARS - 1) + 5) / UNIT_BARS)


@pytest.mark.parametrize("short", [False, True])
def test_an_entry_drawn_at_a_bar_gives_what_a_ticket_gives_there(short: bool) -> None:
    """One set of rules: every drawn result is that of some bar, traded one at a time."""
    trade = _trade(BARS, short=short)
    drawn = random_entries([trade], {"AAPL": BARS}, COSTS, np.random.default_rng(5), 60)[:, 0]
    possible = [_alone(trade, index) for index in range(UNIT_BARS, len(BARS))]
    for value in drawn:
        assert np.isclose(possible, value, rtol=1e-9, atol=1e-9).any()


def _alone(trade: Trade, index: int) -> float:
    """The trade's plan moved to the open of bar ``index``, sized for the same risk."""
    units = volatility_units(BARS)
    plan, entry = trade.plan, float(BARS.open[index])
    scale = float(units[index - 1] / units[plan.known_at_index])
    moved = replace(
        plan,
        known_at_index=index - 1,
        entry=entry,
        stop=entry + (plan.stop - plan.entry) * scale,
        target=entry + (plan.target - plan.entry) * scale,
        trail_from=entry + (plan.trail_from - plan.entry) * scale,
        trail_by=plan.trail_by * scale,
        size=plan.size / scale,
    )
    done = run_alone(Ticket(moved, BARS, COSTS), len(BARS)).trade
    assert done is not None
    return done.r


def test_a_draw_keeps_how_entries_cluster() -> None:
    """Two equal trades at the same bar stay one bet: in every draw both have the same result."""
    trade = _trade(BARS)
    drawn = random_entries([trade, trade], {"AAPL": BARS}, COSTS, np.random.default_rng(5), 40)
    assert np.array_equal(drawn[:, 0], drawn[:, 1])
    assert len(np.unique(drawn[:, 0])) > 10


def test_every_bar_is_as_likely_as_any_other() -> None:
    """Entries at the opens of bars that close alternately at the stop and at the target, drawn often."""
    close = np.where(np.arange(UNIT_BARS + 200) % 2 == 0, 90.0, 110.0)
    table = np.stack([np.full(len(close), 100.0), np.maximum(close, 100), np.minimum(close, 100), close], axis=1)
    bars = bars_of(table.tolist())
    plan = plan_of(100.0, 95.0, 105.0, order=EntryOrder.NEXT_OPEN, known_at_index=100)
    trade = run_alone(Ticket(plan, bars, FREE), len(bars)).trade
    assert trade is not None
    drawn = random_entries([trade], {"AAPL": bars}, FREE, np.random.default_rng(2), 2000)
    assert set(drawn[:, 0].round(9)) == {-1.0, 1.0}
    assert abs(float(drawn.mean())) < 0.07


def test_the_seed_decides() -> None:
    trades = [_trade(BARS), _trade(BARS, short=True)]
    first, again, other = (
        random_entries(trades, {"AAPL": BARS}, COSTS, np.random.default_rng(seed), 30) for seed in (1, 1, 2)
    )
    assert first.shape == (30, 2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_market_that_only_rises_pays_every_long_and_stops_every_short() -> None:
    close = 100.0 + np.arange(300)
    bars = bars_of(np.stack([close - 1, close, close - 1, close], axis=1).tolist())
    plans = [
        plan_of(200.0, 195.0, 215.0, order=EntryOrder.NEXT_OPEN, known_at_index=100),
        plan_of(200.0, 205.0, 185.0, order=EntryOrder.NEXT_OPEN, known_at_index=100),
    ]
    trades = [run_alone(Ticket(plan, bars, FREE), len(bars)).trade for plan in plans]
    done = [trade for trade in trades if trade is not None]
    free = random_entries(done, {"AAPL": bars}, FREE, np.random.default_rng(1), 400)
    whole = free[np.abs(free - np.round(free)).max(axis=1) < 1e-9]
    # all but those that the end of the bars cuts short
    assert len(whole) > 370
    assert set(np.round(whole[:, 1])) <= {-1.0, 0.0}
    assert (np.round(free[:, 0]) == 3.0).mean() > 0.9
    assert (free[:, 1] == -1.0).mean() > 0.95
    paid = random_entries(done, {"AAPL": bars}, COSTS, np.random.default_rng(1), 400)
    assert (paid < free).all()


def test_a_series_too_short_to_draw_from_gives_nothing() -> None:
    bars = walk_bars(1, UNIT_BARS)
    plan = plan_of(100, 90, 130, order=EntryOrder.NEXT_OPEN, known_at_index=3)
    trade = run_alone(Ticket(plan, bars, FREE), len(bars)).trade
    assert trade is not None
    assert np.isnan(random_entries([trade], {"AAPL": bars}, FREE, np.random.default_rng(1), 5)).all()


def test_holding_two_symbols() -> None:
    first = bars_of([(10, 12, 9, 11), (11, 12, 10, 12), (12, 21, 12, 20)], symbol="A")
    second = bars_of([(50, 51, 49, 50), (50, 50, 25, 25)], symbol="B", first_day=1)
    curve = buy_and_hold([first, second], 2000.0, FREE, first.open_time_ms)
    assert curve.equity.tolist() == pytest.approx([1100 + 1000, 1200 + 1000, 2000 + 500])


def test_holding_pays_twice() -> None:
    bars = bars_of([(100, 100, 100, 100), (100, 100, 100, 100)])
    curve = buy_and_hold([bars], 10_000.0, Costs(0.0, 5.0, 0.0, 100.0, 0.0), bars.open_time_ms)
    units = (10_000 - 5) / 101
    assert curve.equity.tolist() == pytest.approx([units * 100, units * 99 - 5])
