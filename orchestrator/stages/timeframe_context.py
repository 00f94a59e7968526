"""Context: the same market in a higher bar length, made of the closed bars of the analysis alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.alignment import context_states, pattern_contexts
from orchestrator.context import PipelineState
from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.market.gate import MAX_BARS
from wyckoff.market.resample import bars_per, resample
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.catalogue import GET_BARS
from wyckoff.rpc.errors import InternalError
from wyckoff.wire.bars import bars_from_proto, bars_to_proto

if TYPE_CHECKING:
    from orchestrator.calls import ServiceCalls
    from orchestrator.context import AnalysisContext
    from orchestrator.pipeline import Pipeline
    from wyckoff.market.bars import Bars


class TimeframeContextStage(PipelineStage):
    """Runs ``reading``, a pipeline of volume, range and phase, over the longer bars.

    They are made of the caller's bars, or of as many stored ones as ``lookback_bars`` longer bars need.
    """

    name = "context"
    needs = ("data",)

    def __init__(self, calls: ServiceCalls, reading: Pipeline, lookback_bars: int) -> None:
        self._calls = calls
        self._reading = reading
        self._lookback_bars = lookback_bars

    def is_asked_for(self, context: AnalysisContext) -> bool:
        return bool(context.context_timeframe)

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        analysed = bars_from_proto(present(state.bars, "bars"))
        source = await self._source(analysed, context)
        longer = resample(source, context.context_timeframe)
        found = orchestrator_pb2.TimeframeContext(timeframe=context.context_timeframe, bar_count=len(longer.bars))
        output = StageOutput()
        if len(longer.bars):
            found.as_of.FromMilliseconds(int(longer.bars.open_time_ms[-1]))
            output = await self._read(longer.bars, found, context)
        # both end with the same bar, but the source may begin earlier
        known_at = longer.known_at_index + (len(analysed) - len(source))
        found.states.extend(context_states(found, known_at.tolist()))
        found.patterns.extend(pattern_contexts(state.patterns or (), found.states))
        state.context = found
        return output

    async def _source(self, analysed: Bars, context: AnalysisContext) -> Bars:
        """The bars to put together: up to the last one analysed, never beyond."""
        if context.inline_bars is not None:
            return analysed
        needed = self._lookback_bars * bars_per(context.timeframe, context.context_timeframe)
        request = marketdata_pb2.GetBarsRequest(
            symbol=context.symbol, timeframe=context.timeframe, limit=min(MAX_BARS, max(needed, len(analysed)))
        )
        request.end_time.FromMilliseconds(int(analysed.open_time_ms[-1]) + 1)
        stored = bars_from_proto((await self._calls.call(GET_BARS, request, context)).bars)
        if len(stored) < len(analysed) or stored.open_time_ms[-1] != analysed.open_time_ms[-1]:
            raise InternalError("the market data service gave other bars for the context than for the analysis")
        return stored

    async def _read(
        self, longer: Bars, found: orchestrator_pb2.TimeframeContext, context: AnalysisContext
    ) -> StageOutput:
        state = PipelineState(bars=bars_to_proto(longer))
        terms = replace(context, timeframe=longer.timeframe, inline_bars=state.bars)
        results = await self._reading.run(state, terms)
        for result in results:
            if not result.success:
                raise result.exception or InternalError(f"{result.stage}: {result.error}")
        found.ranges.extend(state.ranges or ())
        found.phases.extend(state.phases or ())
        warnings = [warning for result in results for warning in result.output.warnings]
        return StageOutput(warnings, state.failed_detectors, cached=all(result.output.cached for result in results))
