"""The walk: order of things within a bar, the account as the risk stage sees it, campaigns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.backtests import DAY_MS, FIRST_MS, Desk, Row, bars_of, pattern_of
from wyckoff.backtest.costs import FREE, Costs
from wyckoff.backtest.engine import Rules, walk
from wyckoff.backtest.fills import ExitReason
from wyckoff.backtest.result import Market
from wyckoff.backtest.ticket import Fate
from wyckoff.model.kinds import EntryOrder, PatternType
from wyckoff.model.portfolio import CampaignStatus
from wyckoff.model.signals import SizeUnit, TradeSignal

if TYPE_CHECKING:
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.portfolio import Portfolio
    from wyckoff.model.signals import Rejection

RULES = Rules(equity=10_000.0, costs=FREE)
QUIET: Row = (105, 106, 104, 105)
DIPS: Row = (104, 106, 99, 105)
STOPS: Row = (104, 104, 94, 95)


async def test_the_risk_stage_is_told_the_account_as_it_is() -> None:
    """Open at 100 with 20 units, marked at 110: equity has grown by 200, and the next size with it."""
    bars = bars_of([QUIET, DIPS, (105, 111, 105, 110), QUIET])
    first = pattern_of(100, 95, 130, 0)
    second = pattern_of(108, 103, 130, 2, kind=PatternType.LPS)
    desk = Desk()
    result = await walk([Market(bars, (first, second))], desk.assess, RULES)
    (_, _, before), (_, _, then) = desk.asked
    assert before.equity == Decimal("10000.00")
    assert before.open_positions == ()
    assert then.equity == Decimal("10200.00")
    assert then.peak_equity == Decimal("10200.00")
    assert then.day_pnl == Decimal("100.00")
    (position,) = then.open_positions
    assert (position.size, position.entry_price, position.stop_loss) == (Decimal(20), Decimal(100), Decimal(95))
    assert position.risk_amount == 100
    assert position.open_time_ms == FIRST_MS + DAY_MS
    (campaign,) = then.campaigns
    assert (campaign.campaign_id, campaign.status) == ("AAPL-range-1", CampaignStatus.ACTIVE)
    assert [signal.position_size for signal in result.signals] == [Decimal("20.00"), Decimal("20.40")]


async def test_an_order_that_rests_counts_as_a_position() -> None:
    bars = bars_of([QUIET] * 4)
    patterns = (pattern_of(100, 95, 130, 0), pattern_of(100, 94, 130, 1, range_id="range-2"))
    desk = Desk(max_positions=1)
    result = await walk([Market(bars, patterns)], desk.assess, RULES)
    assert len(result.signals) == 1
    assert [item.reason for item in result.rejections] == ["1 positions are open"]
    assert desk.asked[1][2].open_positions[0].entry_price == 100
    assert result.trades == ()
    assert result.fates == {Fate.UNFILLED_AT_END: 1}


async def test_limits_are_over_all_symbols_at_the_same_time() -> None:
    rows = [QUIET, DIPS, QUIET]
    markets = [Market(bars_of(rows, symbol=name), (pattern_of(100, 95, 130, 0),)) for name in ("A", "B", "C")]
    desk = Desk(max_positions=2)
    result = await walk(markets, desk.assess, RULES)
    assert [signal.symbol for signal in result.signals] == ["A", "B"]
    assert [item.symbol for item in result.rejections] == ["C"]


async def test_a_stopped_trade_fails_its_campaign_from_the_next_bar_on() -> None:
    bars = bars_of([QUIET, DIPS, STOPS, (98, 99, 89, 90), QUIET, QUIET])
    patterns = (
        pattern_of(100, 95, 130, 0),
        pattern_of(90, 80, 130, 1, kind=PatternType.LPS),
        pattern_of(90, 80, 130, 1, kind=PatternType.SOS, range_id="range-2"),
        pattern_of(90, 80, 130, 4, kind=PatternType.LPS, range_id="range-3"),
    )
    desk = Desk()
    result = await walk([Market(bars, patterns)], desk.assess, RULES)
    assert result.fates[Fate.CAMPAIGN_FAILED] == 1
    assert [trade.plan.pattern_type for trade in result.trades] == [PatternType.SPRING, PatternType.SOS]
    failed = [item for item in desk.asked[-1][2].campaigns if item.status is CampaignStatus.INVALIDATED]
    assert [(item.campaign_id, item.invalidated_time_ms) for item in failed] == [
        ("AAPL-range-1", FIRST_MS + 2 * DAY_MS)
    ]


async def test_what_is_withdrawn_at_the_bar_that_made_it_known_is_not_asked_about() -> None:
    desk = Desk()
    market = Market(bars_of([QUIET] * 3), (pattern_of(100, 95, 130, 1, withdrawn_at_index=1),))
    result = await walk([market], desk.assess, RULES)
    assert desk.asked == []
    assert result.withdrawn_when_known == 1


async def test_a_symbol_that_ends_early_is_sold_at_its_last_close() -> None:
    short = bars_of([QUIET, DIPS, (105, 108, 104, 107)], symbol="SHORT")
    long = bars_of([QUIET] * 6, symbol="LONG")
    result = await walk([Market(short, (pattern_of(100, 95, 130, 0),)), Market(long, ())], Desk().assess, RULES)
    (trade,) = result.trades
    assert (trade.reason, trade.exit_price, trade.exit_index) == (ExitReason.END_OF_BARS, 107.0, 2)
    assert result.curve.equity.tolist() == pytest.approx([10_000, 10_100, 10_140, 10_140, 10_140, 10_140])
    assert result.cash[-1] == pytest.approx(10_140)


async def test_a_short_earns_when_price_falls_and_is_marked_on_the_way() -> None:
    bars = bars_of([(95, 96, 94, 95), (96, 101, 95, 96), (96, 97, 91, 92), (92, 93, 84, 85)])
    market = Market(bars, (pattern_of(100, 105, 85, 0, kind=PatternType.UTAD),))
    result = await walk([market], Desk().assess, RULES)
    assert result.curve.equity.tolist() == pytest.approx([10_000, 10_080, 10_160, 10_300])
    assert result.cash.tolist() == pytest.approx([10_000, 12_000, 12_000, 10_300])
    assert result.trades[0].r == pytest.approx(3.0)


async def test_a_gap_can_cost_more_than_the_account() -> None:
    """The walk goes on with an equity below 0, and says so to the risk stage, which refuses it."""
    bars = bars_of([QUIET, DIPS, (0.5, 0.6, 0.4, 0.5), QUIET, QUIET])
    patterns = (pattern_of(100, 98, 130, 0), pattern_of(100, 98, 130, 2, range_id="range-2"))
    desk = Desk()
    rules = Rules(equity=10_000.0, costs=Costs(0.0, 5_000.0, 0.0, 0.0, 0.0))
    result = await walk([Market(bars, patterns)], desk.assess, rules)
    assert desk.asked[1][2].equity == Decimal("-4975.00")
    assert [item.reason for item in result.rejections] == ["equity is -4975.00"]
    assert result.curve.equity[-1] == pytest.approx(-4975)


@pytest.mark.parametrize("trailing", [True, False])
async def test_stops_trail_as_the_signal_says_or_not_at_all(trailing: bool) -> None:
    bars = bars_of([QUIET, DIPS, (105, 112, 104, 111), (111, 111, 106, 107), QUIET])
    result = await walk(
        [Market(bars, (pattern_of(100, 95, 130, 0),))],
        Desk(trail_r=2.0).assess,
        Rules(equity=10_000.0, costs=FREE, trailing=trailing),
    )
    expected = (ExitReason.TRAILING_STOP, 107.0) if trailing else (ExitReason.END_OF_BARS, 105.0)
    assert (result.trades[0].reason, result.trades[0].exit_price) == expected


async def test_each_time_is_told_once() -> None:
    times: list[int] = []
    markets = [Market(bars_of([QUIET] * 3, symbol="A"), ()), Market(bars_of([QUIET] * 3, symbol="B", first_day=2), ())]
    await walk(markets, Desk().assess, RULES, times.append)
    assert times == [FIRST_MS + day * DAY_MS for day in range(5)]


async def test_the_same_symbol_twice_is_refused() -> None:
    market = Market(bars_of([QUIET]), ())
    for markets in ([market, market], []):
        with pytest.raises(ValueError, match="different symbols"):
            await walk(markets, Desk().assess, RULES)


@pytest.mark.parametrize(("equity", "order_bars", "said"), [(0.0, 10, "equity"), (1.0, 0, "order_bars")])
def test_rules_that_cannot_be_traded_by(equity: float, order_bars: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Rules(equity=equity, order_bars=order_bars)


async def test_a_pattern_known_at_the_last_bar_finds_no_bar_to_be_filled_in() -> None:
    bars = bars_of([QUIET, QUIET])
    pattern = pattern_of(100, 95, 130, 1, order=EntryOrder.NEXT_OPEN)
    result = await walk([Market(bars, (pattern,))], Desk().assess, RULES)
    assert len(result.signals) == 1
    assert result.fates == {Fate.UNFILLED_AT_END: 1}


async def test_a_size_in_lots_is_refused() -> None:
    class Lots(Desk):
        async def assess(self, symbol: str, pattern: Pattern, portfolio: Portfolio) -> TradeSignal | Rejection:
            verdict = await super().assess(symbol, pattern, portfolio)
            assert isinstance(verdict, TradeSignal)
            return replace(verdict, position_size_unit=SizeUnit.LOTS)

    market = Market(bars_of([QUIET] * 3), (pattern_of(100, 95, 130, 0),))
    with pytest.raises(ValueError, match="AAPL: a size in lots"):
        await walk([market], Lots().assess, RULES)
