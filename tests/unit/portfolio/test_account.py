from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.portfolio.account import Account, utc_day

TODAY = 15_000
AMOUNTS = st.decimals(min_value=-100_000, max_value=100_000, places=2)


def new() -> Account:
    return Account.opened("default", Decimal(100_000), TODAY)


def test_a_profit_moves_equity_peak_and_day() -> None:
    after = new().after_close(Decimal("250.50"), TODAY, TODAY)
    assert after == Account("default", Decimal("100250.50"), Decimal("100250.50"), Decimal("250.50"), TODAY)


def test_a_loss_leaves_the_peak() -> None:
    after = new().after_close(Decimal(-300), TODAY, TODAY)
    assert after == Account("default", Decimal(99_700), Decimal(100_000), Decimal(-300), TODAY)


def test_the_next_day_begins_at_zero() -> None:
    account = new().with_day_pnl(Decimal(-500), TODAY)
    assert account.day_pnl_on(TODAY) == -500
    assert account.day_pnl_on(TODAY + 1) == 0
    after = account.after_close(Decimal(40), TODAY + 1, TODAY + 1)
    assert after.day_pnl_on(TODAY + 1) == 40


def test_a_close_of_another_day_does_not_count_today() -> None:
    account = new().with_day_pnl(Decimal(7), TODAY)
    after = account.after_close(Decimal(-1_000), TODAY - 3, TODAY)
    assert after.equity == 99_000
    assert after.day_pnl_on(TODAY) == 7


@given(st.lists(AMOUNTS, max_size=20))
def test_equity_is_the_exact_sum_and_the_peak_the_highest_on_the_way(results: list[Decimal]) -> None:
    account, way = new(), [Decimal(100_000)]
    for result in results:
        account = account.after_close(result, TODAY, TODAY)
        way.append(way[-1] + result)
    assert account.equity == way[-1]
    assert account.peak_equity == max(way)
    assert account.day_pnl_on(TODAY) == way[-1] - 100_000


def test_days_are_counted_in_utc() -> None:
    assert [utc_day(time_ms) for time_ms in (-1, 0, 86_399_999, 86_400_000)] == [-1, 0, 0, 1]
