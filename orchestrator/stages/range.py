"""Range: trading ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.range.v1 import range_pb2
from wyckoff.rpc.catalogue import DETECT_RANGES

if TYPE_CHECKING:
    from orchestrator.calls import ServiceCalls
    from orchestrator.context import AnalysisContext, PipelineState


class RangeStage(PipelineStage):
    """Asks the range service."""

    name = "range"
    needs = ("data", "volume")

    def __init__(self, calls: ServiceCalls) -> None:
        self._calls = calls

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        request = range_pb2.DetectRangesRequest(
            bars=present(state.bars, "bars"), volume=present(state.volume, "volume")
        )
        response = await self._calls.call(DETECT_RANGES, request, context)
        state.ranges = list(response.ranges)
        return StageOutput(response.warnings, response.failed_detectors)
