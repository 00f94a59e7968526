"""From signals and patterns to plans."""

from __future__ import annotations

from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING

import pytest

from tests.support.backtests import bars_of, pattern_of, signal_of
from wyckoff.backtest.plan import plan_of_pattern, plan_of_signal, signed_bar
from wyckoff.model.kinds import Direction, EntryOrder, PatternType, Scale

if TYPE_CHECKING:
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.signals import TradeSignal


LONG = (Decimal("100.5"), Decimal(95), Decimal(120))
SHORT = (Decimal(100), Decimal(105), Decimal(80))


def _signal(prices: tuple[Decimal, Decimal, Decimal], activation: str) -> tuple[TradeSignal, Pattern]:
    entry, stop, target = (float(price) for price in prices)
    pattern = pattern_of(entry, stop, target, 7, kind=PatternType.LPS, order=EntryOrder.STOP, withdrawn_at_index=9)
    return signal_of("IBM", pattern, prices, Decimal(40), (Decimal(activation), Decimal("5.5"))), pattern


def test_a_signal_keeps_its_terms() -> None:
    plan = plan_of_signal(*_signal(LONG, "110"), trailing=True)
    assert (plan.symbol, plan.pattern_type, plan.scale) == ("IBM", PatternType.LPS, Scale.INTERMEDIATE)
    assert (plan.direction, plan.sign, plan.entry_order) == (Direction.LONG, 1, EntryOrder.STOP)
    assert (plan.entry, plan.stop, plan.target) == (100.5, 95.0, 120.0)
    assert (plan.trail_from, plan.trail_by) == (110.0, 5.5)
    assert (plan.size, plan.risk_amount, plan.distance) == (40.0, 220.0, 5.5)
    assert (plan.known_at_index, plan.withdrawn_at_index) == (7, 9)
    assert plan.campaign_id == "IBM-range-1"


@pytest.mark.parametrize(("prices", "never"), [(LONG, inf), (SHORT, -inf)])
@pytest.mark.parametrize(("activation", "trailing"), [("110", False), ("0", True)])
def test_without_an_activation_nothing_trails(
    prices: tuple[Decimal, Decimal, Decimal], never: float, activation: str, trailing: bool
) -> None:
    assert plan_of_signal(*_signal(prices, activation), trailing=trailing).trail_from == never


@pytest.mark.parametrize(("entry", "stop", "target", "sign"), [(100, 96, 120, 1), (100, 104, 80, -1)])
def test_a_pattern_by_itself_risks_the_given_money(entry: float, stop: float, target: float, sign: int) -> None:
    plan = plan_of_pattern("IBM", pattern_of(entry, stop, target, 3), 500.0)
    assert (plan.sign, plan.size, plan.risk_amount) == (sign, 125.0, 500.0)
    assert plan.trail_from == sign * inf


@pytest.mark.parametrize(("entry", "stop", "target"), [(100, 101, 120), (120, 96, 110), (94, 96, 110)])
def test_terms_out_of_order_are_no_trade(entry: float, stop: float, target: float) -> None:
    with pytest.raises(ValueError, match="not in order"):
        plan_of_pattern("IBM", pattern_of(entry, stop, target, 3), 500.0)


def test_a_short_sees_a_bar_upside_down() -> None:
    bars = bars_of([(10, 12, 9, 11)])
    up, down = signed_bar(bars, 0, 1), signed_bar(bars, 0, -1)
    assert (up.open, up.high, up.low, up.close) == (10, 12, 9, 11)
    assert (down.open, down.high, down.low, down.close) == (-10, -9, -12, -11)
