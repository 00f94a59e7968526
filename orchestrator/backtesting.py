"""What a backtest needs of the services: the patterns of a series, and a verdict on each when its time has come.

Patterns are found by one analysis of the whole series. That is the same as analysing every prefix, because whatever
is known at a bar is what the bars up to it say; what is learnt later is added with its own bar, and the walk reads it
from that bar on.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.context import AnalysisContext, PipelineState
from orchestrator.stages.base import present
from orchestrator.stages.data import DataStage
from orchestrator.stages.pattern import PatternStage
from orchestrator.stages.phase import PhaseStage
from orchestrator.stages.range import RangeStage
from orchestrator.stages.volume import VolumeStage
from wyckoff.backtest import Market
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.catalogue import ASSESS_PATTERNS
from wyckoff.rpc.deadline import Deadline
from wyckoff.rpc.errors import InternalError
from wyckoff.wire.bars import bars_to_proto
from wyckoff.wire.patterns import patterns_from_proto
from wyckoff.wire.portfolio import portfolio_to_proto
from wyckoff.wire.risk import rejection_from_proto, signal_from_proto

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.calls import ServiceCalls
    from wyckoff.common.v1 import common_pb2
    from wyckoff.market.bars import Bars
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.portfolio import Portfolio
    from wyckoff.model.signals import Rejection, TradeSignal

_STAGES: Final = (VolumeStage, RangeStage, PhaseStage, PatternStage)


@dataclass(frozen=True, slots=True)
class _Found:
    bars: Bars
    state: PipelineState


class BacktestDesk:
    """The services as a backtest asks them. ``clock`` is monotonic, in seconds; ``timeout_s`` bounds each question."""

    def __init__(self, calls: ServiceCalls, clock: Callable[[], float], timeout_s: float) -> None:
        self._calls = calls
        self._clock = clock
        self._timeout_s = timeout_s
        self._found: dict[str, _Found] = {}
        self.failed_detectors: list[common_pb2.FailedDetector] = []

    async def find(self, bars: Bars) -> Market:
        """Analyse ``bars``; raises a WyckoffError when a stage has no result."""
        state, context = PipelineState(), self._context(bars)
        for stage in (DataStage(self._calls), *(kind(self._calls) for kind in _STAGES)):
            output = await stage.process(state, context)
            self.failed_detectors.extend(output.failed_detectors)
            # stages in this process compute without ever waiting: here a cancellation comes through
            await asyncio.sleep(0)
        self._found[bars.symbol] = _Found(bars, state)
        return Market(bars, patterns_from_proto(present(state.patterns, "patterns"), len(bars)))

    async def assess(self, symbol: str, pattern: Pattern, portfolio: Portfolio) -> TradeSignal | Rejection:
        """The risk service on one pattern, for the account as it is."""
        found = self._found[symbol]
        state = found.state
        response = await self._calls.call(
            ASSESS_PATTERNS,
            risk_pb2.AssessPatternsRequest(
                symbol=symbol,
                timeframe=found.bars.timeframe,
                open_time_ms=present(state.bars, "bars").open_time_ms,
                patterns=[
                    item for item in present(state.patterns, "patterns") if item.pattern_id == pattern.pattern_id
                ],
                ranges=[item for item in present(state.ranges, "ranges") if item.range_id == pattern.range_id],
                phases=[item for item in present(state.phases, "phases") if item.range_id == pattern.range_id],
                volume=present(state.volume, "volume"),
                portfolio=portfolio_to_proto(portfolio),
            ),
            self._context(found.bars),
        )
        self.failed_detectors.extend(response.failed_detectors)
        if len(response.signals) + len(response.rejections) != 1:
            raise InternalError(
                f"{symbol}: the risk service gave {len(response.signals)} signals and {len(response.rejections)} "
                f"rejections for pattern {pattern.pattern_id}; one verdict is needed"
            )
        if response.signals:
            return signal_from_proto(response.signals[0])
        return rejection_from_proto(response.rejections[0])

    def _context(self, bars: Bars) -> AnalysisContext:
        found = self._found.get(bars.symbol)
        return AnalysisContext(
            symbol=bars.symbol,
            timeframe=bars.timeframe,
            lookback_bars=len(bars),
            correlation_id="",
            account_id="",
            deadline=Deadline.after(self._timeout_s, self._clock),
            persist=False,
            inline_bars=bars_to_proto(bars) if found is None else None,
        )
