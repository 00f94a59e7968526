"""One analysis of all bars says, bar by bar, what analysing only the bars up to there says."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.backtesting import BacktestDesk
from orchestrator.calls import ServiceCalls
from orchestrator.embedded import stage_transports
from tools.sample_bars import sample_bars
from wyckoff.backtest import Market, Rules, walk
from wyckoff.schematics import schematic

if TYPE_CHECKING:
    from collections.abc import Callable

    from wyckoff.market.bars import Bars
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.portfolio import Portfolio
    from wyckoff.model.signals import Rejection, TradeSignal

SERIES: dict[str, Callable[[], Bars]] = {
    "IBM": lambda: sample_bars("IBM").head(2040).tail(440),
    "schematic": lambda: schematic("accumulation", shakeout=True, noise=0.6, seed=4, markup_bars=60).bars,
}
#: The longest so many prefixes are analysed, which say again what was known before them.
PREFIXES = 80


def _desk() -> BacktestDesk:
    return BacktestDesk(ServiceCalls(stage_transports()), time.monotonic, 60.0)


def _as_of(pattern: Pattern, index: int) -> Pattern:
    later = pattern.withdrawn_at_index is not None and pattern.withdrawn_at_index > index
    return replace(pattern, withdrawn_at_index=None, reason="") if later else pattern


class PointInTimeDesk:
    """Assesses a pattern with an analysis of nothing but the bars up to the one that made it known."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars

    async def assess(self, symbol: str, pattern: Pattern, portfolio: Portfolio) -> TradeSignal | Rejection:
        desk = _desk()
        found = await desk.find(self._bars.head(pattern.known_at_index + 1))
        (then,) = (item for item in found.patterns if item.pattern_id == pattern.pattern_id)
        return await desk.assess(symbol, then, portfolio)


@pytest.mark.parametrize("name", SERIES)
async def test_no_prefix_says_another_pattern(name: str) -> None:
    bars = SERIES[name]()
    patterns = (await _desk().find(bars)).patterns
    assert patterns
    for count in range(len(bars) - PREFIXES, len(bars) + 1):
        then = (await _desk().find(bars.head(count))).patterns
        assert then == tuple(_as_of(item, count - 1) for item in patterns if item.known_at_index < count)


async def test_the_backtest_is_that_of_analyses_made_at_the_time() -> None:
    judged = 0
    for make in SERIES.values():
        bars = make()
        desk = _desk()
        market = await desk.find(bars)
        fast = await walk([market], desk.assess, Rules())
        slow = await walk([Market(bars, market.patterns)], PointInTimeDesk(bars).assess, Rules())
        assert slow.signals == fast.signals
        assert slow.rejections == fast.rejections
        assert slow.trades == fast.trades
        assert (slow.curve.equity == fast.curve.equity).all()
        assert desk.failed_detectors == []
        judged += len(fast.signals) + len(fast.rejections)
    assert judged > 0
