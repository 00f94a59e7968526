"""Adjustment for splits and dividends: returns stay what they were, or become what an owner had."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.providers.adjust import Dividend, Split, adjust
from tests.support.vendors import DAY_MS
from wyckoff.market.bars import Bars, make_bars
from wyckoff.market.provider import Adjustment


def flat(closes: list[float], volume: float = 1000.0) -> Bars:
    times = np.arange(len(closes)) * DAY_MS
    close = np.array(closes)
    return make_bars("AAPL", "1d", times, close, close + 1, close - 1, close, np.full(len(closes), volume))


def test_a_split_divides_prices_and_multiplies_volumes_before_it() -> None:
    bars = flat([400, 404, 100, 101])
    result = adjust(bars, [Split(2 * DAY_MS, 4)], [], Adjustment.SPLITS).bars
    assert result.close.tolist() == [100, 101, 100, 101]
    assert result.high.tolist() == [100.25, 101.25, 101, 102]
    assert result.volume.tolist() == [4000, 4000, 1000, 1000]


def test_a_reverse_split() -> None:
    result = adjust(flat([10, 100]), [Split(DAY_MS, 0.1)], [], Adjustment.SPLITS).bars
    assert result.close.tolist() == [100, 100]
    assert result.volume.tolist() == [100, 1000]


def test_a_split_after_the_last_bar_counts() -> None:
    assert adjust(flat([400, 404]), [Split(90 * DAY_MS, 4)], [], Adjustment.SPLITS).bars.close.tolist() == [100, 101]


def test_raw_and_splits_leave_dividends_alone() -> None:
    bars = flat([100, 95])
    for adjustment in (Adjustment.RAW, Adjustment.SPLITS):
        result = adjust(bars, [], [Dividend(DAY_MS, 5)], adjustment)
        assert result.bars.close.tolist() == [100, 95]
    assert adjust(bars, [Split(DAY_MS, 2)], [], Adjustment.RAW).bars.close.tolist() == [100, 95]


def test_a_dividend_is_no_loss() -> None:
    result = adjust(flat([100, 95, 95]), [], [Dividend(DAY_MS, 5)], Adjustment.ALL)
    assert result.bars.close.tolist() == [95, 95, 95]
    assert result.bars.volume.tolist() == [1000, 1000, 1000]
    assert result.dividends_left_out == 0


def test_a_dividend_in_the_shares_after_a_split() -> None:
    # 2 for 1 and a dividend of 5 of the new shares on one day: 200 becomes 100, then 95
    result = adjust(flat([200, 95]), [Split(DAY_MS, 2)], [Dividend(DAY_MS, 5)], Adjustment.ALL)
    np.testing.assert_allclose(result.bars.close, [95, 95])


@pytest.mark.parametrize(("day", "cash", "left_out"), [(0, 1, 0), (5, 1, 1), (1, 100, 1), (1, 250, 1)])
def test_dividends_that_cannot_be_applied(day: int, cash: float, left_out: int) -> None:
    result = adjust(flat([100, 99, 98]), [], [Dividend(day * DAY_MS, cash)], Adjustment.ALL)
    assert result.bars.close.tolist() == [100, 99, 98]
    assert result.dividends_left_out == left_out


CLOSES = st.lists(st.floats(50, 5000), min_size=2, max_size=40)
SPLITS = st.lists(st.tuples(st.integers(0, 45), st.sampled_from([0.1, 0.5, 1.5, 2.0, 3.0, 7.0, 20.0])), max_size=4)
DIVIDENDS = st.lists(st.tuples(st.integers(0, 45), st.floats(0.01, 2.0)), max_size=6)


@given(closes=CLOSES, splits=SPLITS, dividends=DIVIDENDS)
def test_returns_stay_where_nothing_happened(
    closes: list[float], splits: list[tuple[int, float]], dividends: list[tuple[int, float]]
) -> None:
    bars = flat(closes)
    result = adjust(
        bars,
        [Split(day * DAY_MS, ratio) for day, ratio in splits],
        [Dividend(day * DAY_MS, cash) for day, cash in dividends],
        Adjustment.ALL,
    ).bars
    days_of_actions = {day for day, _ in splits} | {day for day, _ in dividends}
    quiet = [day for day in range(1, len(bars)) if day not in days_of_actions]
    before = bars.close[1:] / bars.close[:-1]
    after = result.close[1:] / result.close[:-1]
    np.testing.assert_allclose(after[[day - 1 for day in quiet]], before[[day - 1 for day in quiet]], rtol=1e-12)
    # within a bar nothing changes either
    np.testing.assert_allclose(result.high / result.low, bars.high / bars.low, rtol=1e-12)
    assert (result.close > 0).all()


@given(closes=CLOSES, splits=SPLITS)
def test_splits_keep_the_money_that_was_traded(closes: list[float], splits: list[tuple[int, float]]) -> None:
    bars = flat(closes)
    result = adjust(bars, [Split(day * DAY_MS, ratio) for day, ratio in splits], [], Adjustment.SPLITS).bars
    np.testing.assert_allclose(result.close * result.volume, bars.close * bars.volume, rtol=1e-9)


@given(
    returns=st.lists(st.floats(-0.05, 0.05), min_size=3, max_size=30),
    day=st.integers(1, 20),
    ratio=st.sampled_from([2.0, 3.0, 0.25]),
)
def test_a_split_market_adjusts_to_the_market_without_the_split(returns: list[float], day: int, ratio: float) -> None:
    whole = 100 * np.cumprod(1 + np.array(returns))
    traded = whole.copy()
    traded[:day] *= ratio
    result = adjust(flat(traded.tolist()), [Split(day * DAY_MS, ratio)], [], Adjustment.SPLITS).bars
    np.testing.assert_allclose(result.close, whole, rtol=1e-12)


@given(gain=st.floats(-0.05, 0.05), share=st.floats(0.001, 0.2))
def test_over_an_ex_date_the_return_is_that_of_an_owner(gain: float, share: float) -> None:
    cash = 100 * share
    after = (100 - cash) * (1 + gain)
    result = adjust(flat([100, after]), [], [Dividend(DAY_MS, cash)], Adjustment.ALL).bars
    np.testing.assert_allclose(result.close[1] / result.close[0], 1 + gain, rtol=1e-12)
