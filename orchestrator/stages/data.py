"""Data: the bars to analyse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import PipelineStage, StageOutput
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc.catalogue import GET_BARS
from wyckoff.wire.bars import bars_from_proto

if TYPE_CHECKING:
    from orchestrator.calls import ServiceCalls
    from orchestrator.context import AnalysisContext, PipelineState


class DataStage(PipelineStage):
    """Takes the caller's bars, or the newest ones stored; either way they must pass the gate."""

    name = "data"

    def __init__(self, calls: ServiceCalls) -> None:
        self._calls = calls

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        bars = context.inline_bars
        if bars is None:
            request = marketdata_pb2.GetBarsRequest(
                symbol=context.symbol, timeframe=context.timeframe, limit=context.lookback_bars
            )
            bars = (await self._calls.call(GET_BARS, request, context)).bars
        bars_from_proto(bars)
        state.bars = bars
        return StageOutput()
