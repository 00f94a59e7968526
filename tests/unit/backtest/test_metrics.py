"""Figures against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.backtests import DAY_MS, FIRST_MS, bars_of, plan_of
from wyckoff.backtest.fills import ExitReason
from wyckoff.backtest.metrics import (
    against_random,
    curve_figures,
    drawdown,
    drawdown_pct,
    episodes_of,
    exposure_of,
    group_figures,
)
from wyckoff.backtest.report import group_remarks
from wyckoff.backtest.ticket import Trade


def _trade(r: float, entry_index: int = 1, exit_index: int = 3) -> Trade:
    plan = plan_of(100.0, 95.0, 115.0, size=20.0)
    return Trade(
        plan=plan,
        entry_index=entry_index,
        entry_time_ms=FIRST_MS + entry_index * DAY_MS,
        entry_price=100.0,
        takes_market=False,
        exit_index=exit_index,
        exit_time_ms=FIRST_MS + exit_index * DAY_MS,
        exit_price=100.0 + 5 * r,
        reason=ExitReason.TARGET,
        commission=2.0,
        pnl=100.0 * r,
    )


def test_a_group() -> None:
    trades = [_trade(2.0), _trade(-1.0), _trade(0.0), _trade(-0.5), _trade(3.0)]
    random_r = np.array([[0.0] * 5, [1.0] * 5, [2.0] * 5])
    group = group_figures("SPRING", trades, random_r, np.array([0.0, 0.1, 0.3, 0.0]), np.random.default_rng(1))
    assert group.trades == 5
    assert group.episodes == 1
    assert group.win_rate_pct == pytest.approx(40.0)
    assert group.expectancy_r == pytest.approx(0.7)
    assert group.interval_r is None
    assert group.mean_win_r == pytest.approx(2.5)
    assert group.mean_loss_r == pytest.approx(-0.5)
    assert group.profit_factor == pytest.approx(5 / 1.5)
    assert group.best_r == pytest.approx(3.0)
    assert group.total_r == pytest.approx(3.5)
    assert group.drawdown_r == pytest.approx(1.5)
    assert group.mean_bars_held == pytest.approx(2.0)
    assert group.exposure_pct == pytest.approx(10.0)
    assert group.time_in_market_pct == pytest.approx(50.0)
    assert (group.pnl, group.commission) == (350.0, 10.0)
    assert group.random is not None
    assert group.random.percentile == pytest.approx(100 / 3)
    assert group.random.p_value == pytest.approx(3 / 4)
    assert not group.is_enough


def test_a_profit_of_one_trade_is_said_to_be_one() -> None:
    def said(*results: float) -> bool:
        trades = [_trade(r) for r in results]
        group = group_figures("all", trades, np.zeros((3, len(trades))), np.zeros(4), np.random.default_rng(1))
        return any("one trade of" in remark for remark in group_remarks(group))

    assert said(4.0, -1.0, -1.0)
    assert not said(4.0, -1.0, 1.5)
    assert not said(4.0, -5.0)
    assert not said(4.0)


def test_a_group_of_none_says_nothing() -> None:
    group = group_figures("all", [], np.empty((3, 0)), np.zeros(4), np.random.default_rng(1))
    assert group.trades == 0
    assert (group.win_rate_pct, group.expectancy_r, group.interval_r, group.random) == (None, None, None, None)
    assert (group.total_r, group.drawdown_r, group.pnl) == (0.0, 0.0, 0.0)


def test_a_group_without_a_loss_has_no_profit_factor() -> None:
    group = group_figures("all", [_trade(2.0)], np.ones((3, 1)), np.zeros(4), np.random.default_rng(1))
    assert group.profit_factor is None
    assert group.mean_loss_r is None


def test_a_draw_as_good_as_ours_counts_against_us() -> None:
    against = against_random(1.0, np.array([[1.0], [0.0], [2.0], [-1.0]]))
    assert against is not None
    assert against.p_value == pytest.approx(3 / 5)
    assert against.percentile == pytest.approx(50.0)
    assert against_random(1.0, np.array([[np.nan], [0.0]])) is None


def test_drawdown_of_a_running_sum_begins_at_zero() -> None:
    assert drawdown(np.array([-1.0, 2.0, 0.5, 3.0])) == pytest.approx(1.5)
    assert drawdown(np.array([-2.0, -1.0])) == pytest.approx(2.0)
    assert drawdown(np.array([])) == 0.0


def test_a_curve() -> None:
    equity = np.array([90.0, 120.0, 60.0, 150.0])
    assert drawdown_pct(equity).tolist() == pytest.approx([0.0, 0.0, 50.0, 0.0])
    figures = curve_figures(100.0, equity, np.array([0.0, 0.5, 1.5, 0.0]))
    assert figures.return_pct == pytest.approx(50.0)
    assert figures.max_drawdown_pct == pytest.approx(50.0)
    assert (figures.exposure_pct, figures.max_exposure_pct, figures.time_in_market_pct) == (50.0, 150.0, 50.0)
    assert curve_figures(100.0, np.array([80.0, 90.0]), np.zeros(2)).max_drawdown_pct == pytest.approx(20.0)


def test_exposure_is_the_value_at_the_closes_between_entry_and_exit() -> None:
    bars = bars_of([(100, 101, 99, close) for close in (100, 110, 120, 130, 140)])
    equity = np.full(5, 10_000.0)
    found = exposure_of([_trade(1.0), _trade(1.0, 2, 4)], {"AAPL": bars}, bars.open_time_ms, equity)
    assert found.tolist() == pytest.approx([0.0, 0.22, 0.48, 0.26, 0.0])


def test_trades_of_one_symbol_that_overlap_are_one_episode() -> None:
    """The first holds the next two together; the last begins after all of them, in order of entry, not of the list."""
    spans = [(9, 12), (1, 8), (2, 3), (5, 8), (13, 14)]
    labels = episodes_of([_trade(1.0, first, last) for first, last in spans])
    assert labels[1] == labels[2] == labels[3]
    assert len({labels[0], labels[1], labels[4]}) == 3
    other = _trade(1.0, 1, 8)
    elsewhere = replace(other, plan=replace(other.plan, symbol="MSFT"))
    assert len(set(episodes_of([other, elsewhere]))) == 2
