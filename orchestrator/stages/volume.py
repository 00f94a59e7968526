"""Volume: effort and result of every bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.rpc.catalogue import ANALYZE_VOLUME
from wyckoff.volume.v1 import volume_pb2

if TYPE_CHECKING:
    from orchestrator.calls import ServiceCalls
    from orchestrator.context import AnalysisContext, PipelineState


class VolumeStage(PipelineStage):
    """Asks the volume service."""

    name = "volume"
    needs = ("data",)

    def __init__(self, calls: ServiceCalls) -> None:
        self._calls = calls

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        request = volume_pb2.AnalyzeVolumeRequest(bars=present(state.bars, "bars"))
        response = await self._calls.call(ANALYZE_VOLUME, request, context)
        state.volume = response.volume
        return StageOutput(response.warnings, response.failed_detectors)
