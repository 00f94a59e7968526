"""Where orders are filled: hand-made bars, one rule a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tests.support.backtests import Row, bars_of, plan_of, reflected
from wyckoff.backtest.costs import FREE, Costs
from wyckoff.backtest.fills import ExitReason
from wyckoff.backtest.ticket import Fate, Ticket, Trade, run_alone
from wyckoff.model.kinds import EntryOrder

LIMIT, STOP, NEXT_OPEN = EntryOrder.LIMIT, EntryOrder.STOP, EntryOrder.NEXT_OPEN

#: The bar that made the signal known. It touches entry, stop and target, and must not matter.
KNOWN: Row = (100, 130, 80, 105)
#: Reaches 100 on the way down and closes above it.
DIPS: Row = (104, 106, 99, 105)
QUIET: Row = (105, 106, 104, 105)


@dataclass(frozen=True)
class Expected:
    fate: Fate = Fate.CLOSED
    entry_index: int = 0
    entry: float = 0.0
    exit_index: int = 0
    exit: float = 0.0
    reason: ExitReason = ExitReason.STILL_OPEN


CASES: dict[str, tuple[EntryOrder, list[Row], Expected]] = {
    "limit at its price, then the target": (
        LIMIT,
        [DIPS, QUIET, (110, 116, 109, 112)],
        Expected(entry_index=1, entry=100, exit_index=3, exit=115, reason=ExitReason.TARGET),
    ),
    "limit at a better open": (
        LIMIT,
        [(98, 101, 97, 100), (100, 100, 94, 94)],
        Expected(entry_index=1, entry=98, exit_index=2, exit=95, reason=ExitReason.STOP),
    ),
    "stop first when a bar touches both": (
        LIMIT,
        [DIPS, (105, 120, 90, 100)],
        Expected(entry_index=1, entry=100, exit_index=2, exit=95, reason=ExitReason.STOP),
    ),
    "gap over the stop at the open": (
        LIMIT,
        [DIPS, (91, 93, 90, 92)],
        Expected(entry_index=1, entry=100, exit_index=2, exit=91, reason=ExitReason.STOP),
    ),
    "gap over the target at the open": (
        LIMIT,
        [DIPS, (119, 121, 118, 120)],
        Expected(entry_index=1, entry=100, exit_index=2, exit=119, reason=ExitReason.TARGET),
    ),
    "limit and stop in the bar of the entry": (
        LIMIT,
        [(104, 106, 94, 96)],
        Expected(entry_index=1, entry=100, exit_index=1, exit=95, reason=ExitReason.STOP),
    ),
    "the high of a limit's bar may have come before the fill": (
        LIMIT,
        [(104, 118, 99, 105), (105, 105, 94, 95)],
        Expected(entry_index=1, entry=100, exit_index=2, exit=95, reason=ExitReason.STOP),
    ),
    "a limit filled at the open has the whole bar before it": (
        LIMIT,
        [(99, 118, 98, 110)],
        Expected(entry_index=1, entry=99, exit_index=1, exit=115, reason=ExitReason.TARGET),
    ),
    "limit gapped over its stop: in and out at the open": (
        LIMIT,
        [(93, 97, 92, 96)],
        Expected(entry_index=1, entry=93, exit_index=1, exit=93, reason=ExitReason.STOP),
    ),
    "stop entry at its price, and the target in the same bar": (
        STOP,
        [(99, 116, 98, 110)],
        Expected(entry_index=1, entry=100, exit_index=1, exit=115, reason=ExitReason.TARGET),
    ),
    "stop entry gapped: at the open, which is worse": (
        STOP,
        [(104, 106, 103, 105), (105, 105, 94, 95)],
        Expected(entry_index=1, entry=104, exit_index=2, exit=95, reason=ExitReason.STOP),
    ),
    "stop entry and stop in one bar: in and stopped": (
        STOP,
        [(98, 101, 94, 97)],
        Expected(entry_index=1, entry=100, exit_index=1, exit=95, reason=ExitReason.STOP),
    ),
    "the next open, wherever it is": (
        NEXT_OPEN,
        [(107, 108, 106, 107), (107, 116, 106, 115)],
        Expected(entry_index=1, entry=107, exit_index=2, exit=115, reason=ExitReason.TARGET),
    ),
    "still open when the bars end": (
        NEXT_OPEN,
        [(101, 103, 100, 102), QUIET],
        Expected(entry_index=1, entry=101, exit_index=2, exit=105, reason=ExitReason.END_OF_BARS),
    ),
    "lapsed": (LIMIT, [QUIET] * 4, Expected(fate=Fate.LAPSED)),
    "the last bar of its life fills": (
        LIMIT,
        [QUIET, QUIET, DIPS],
        Expected(entry_index=3, entry=100, exit_index=3, exit=105, reason=ExitReason.END_OF_BARS),
    ),
    "missed: the target came first": (LIMIT, [(110, 116, 109, 112), DIPS], Expected(fate=Fate.TARGET_FIRST)),
    "spent: the stop came first": (
        STOP,
        [(97, 98, 94, 96), (99, 103, 98, 102)],
        Expected(fate=Fate.STOP_FIRST),
    ),
    "unfilled when the bars end": (LIMIT, [QUIET], Expected(fate=Fate.UNFILLED_AT_END)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("side", ["long", "short"])
def test_fills(name: str, side: str) -> None:
    order, rows, expected = CASES[name]
    bars = bars_of([KNOWN, *rows])
    entry, stop, target = 100.0, 95.0, 115.0
    if side == "short":
        bars, stop, target = reflected(bars), 105.0, 85.0
    ticket = run_alone(Ticket(plan_of(entry, stop, target, order=order), bars, FREE, order_bars=3), len(bars))
    assert ticket.fate is expected.fate
    if expected.fate is not Fate.CLOSED:
        assert ticket.trade is None
        return
    trade = _trade(ticket)

    def seen(price: float) -> float:
        return price if side == "long" else 200 - price

    assert (trade.entry_index, trade.exit_index, trade.reason) == (
        expected.entry_index,
        expected.exit_index,
        expected.reason,
    )
    assert trade.entry_price == pytest.approx(seen(expected.entry))
    assert trade.exit_price == pytest.approx(seen(expected.exit))
    assert trade.r == pytest.approx((expected.exit - expected.entry) / 5.0)


def _trade(ticket: Ticket) -> Trade:
    assert ticket.trade is not None
    return ticket.trade


def test_the_stop_trails_from_the_bar_after_the_one_that_raised_it() -> None:
    # at 110 it begins to trail by 4; the high of 112 raises it to 108, and the low of that same bar does not count
    rows: list[Row] = [KNOWN, DIPS, (105, 112, 101, 111), (111, 114, 109, 113), (113, 114, 106, 107)]
    plan = plan_of(100, 95, 130, trail_from=110, trail_by=4)
    bars = bars_of(rows)
    trade = _trade(run_alone(Ticket(plan, bars, FREE), len(bars)))
    assert (trade.exit_index, trade.exit_price, trade.reason) == (4, 110.0, ExitReason.TRAILING_STOP)


def test_a_stop_that_trails_is_never_lowered() -> None:
    rows: list[Row] = [KNOWN, DIPS, (105, 111, 104, 108), (108, 109, 107.5, 108), (108, 108, 100, 101)]
    plan = plan_of(100, 95, 130, trail_from=110, trail_by=4)
    bars = bars_of(rows)
    trade = _trade(run_alone(Ticket(plan, bars, FREE), len(bars)))
    assert (trade.exit_index, trade.exit_price) == (4, 107.0)


@pytest.mark.parametrize(("withdrawn_at_index", "fate"), [(2, Fate.WITHDRAWN), (3, Fate.CLOSED), (None, Fate.CLOSED)])
def test_a_withdrawal_takes_the_order_back_from_the_next_bar_on(withdrawn_at_index: int | None, fate: Fate) -> None:
    bars = bars_of([KNOWN, QUIET, QUIET, DIPS, QUIET])
    plan = plan_of(100, 95, 115, withdrawn_at_index=withdrawn_at_index)
    assert run_alone(Ticket(plan, bars, FREE), len(bars)).fate is fate


def test_no_bar_up_to_the_signal_can_be_traded() -> None:
    bars = bars_of([KNOWN, DIPS])
    ticket = Ticket(plan_of(100, 95, 115), bars, FREE)
    with pytest.raises(ValueError, match="bar 0 is not after bar 0"):
        ticket.advance(0)


def test_costs_in_full() -> None:
    """A stop entry and a stop exit slip, both orders pay; checked by hand."""
    costs = Costs(0.01, 1.0, 0.1, 10.0, 5.0)
    bars = bars_of([KNOWN, (99, 103, 98, 102), (102, 102, 94, 95)])
    trade = _trade(run_alone(Ticket(plan_of(100, 95, 115, order=STOP, size=50.0), bars, costs), len(bars)))
    entry = 100 + 100 * 0.001 + 5 * 0.05
    left = 95 - 95 * 0.001 - 8 * 0.05
    assert trade.entry_price == pytest.approx(entry)
    assert trade.exit_price == pytest.approx(left)
    commission = 50 * (0.01 + 0.001 * entry) + 50 * (0.01 + 0.001 * left)
    assert trade.commission == pytest.approx(commission)
    assert trade.pnl == pytest.approx(50 * (left - entry) - commission)
    assert trade.r == pytest.approx(trade.pnl / 250)


def test_limit_and_target_do_not_slip() -> None:
    costs = Costs(0.0, 0.0, 0.0, 100.0, 50.0)
    bars = bars_of([KNOWN, DIPS, (110, 116, 109, 112)])
    trade = _trade(run_alone(Ticket(plan_of(100, 95, 115), bars, costs), len(bars)))
    assert (trade.entry_price, trade.exit_price, trade.r) == (100.0, 115.0, 3.0)


def test_the_least_commission() -> None:
    costs = Costs(0.005, 1.0, 0.0, 0.0, 0.0)
    assert float(costs.commission(10.0, 50.0)) == 1.0
    assert float(costs.commission(1000.0, 50.0)) == 5.0
    assert costs.commission(np.array([10.0, 400.0]), np.array([1.0, 1.0])).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_costs_must_be_costs(wrong: float) -> None:
    with pytest.raises(ValueError, match="slippage_bps"):
        Costs(slippage_bps=wrong)
