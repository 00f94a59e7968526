"""Phase: structural events and phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.phase.v1 import phase_pb2
from wyckoff.rpc.catalogue import DETECT_PHASES

if TYPE_CHECKING:
    from orchestrator.calls import ServiceCalls
    from orchestrator.context import AnalysisContext, PipelineState


class PhaseStage(PipelineStage):
    """Asks the phase service."""

    name = "phase"
    needs = ("data", "volume", "range")

    def __init__(self, calls: ServiceCalls) -> None:
        self._calls = calls

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        request = phase_pb2.DetectPhasesRequest(
            bars=present(state.bars, "bars"),
            volume=present(state.volume, "volume"),
            ranges=present(state.ranges, "ranges"),
        )
        response = await self._calls.call(DETECT_PHASES, request, context)
        state.phases = list(response.phases)
        return StageOutput(response.warnings, response.failed_detectors)
