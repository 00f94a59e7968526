"""Pattern: trade set-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.rpc.catalogue import DETECT_PATTERNS

if TYPE_CHECKING:
    from orchestrator.calls import ServiceCalls
    from orchestrator.context import AnalysisContext, PipelineState


class PatternStage(PipelineStage):
    """Asks the pattern service."""

    name = "pattern"
    needs = ("data", "volume", "range", "phase")

    def __init__(self, calls: ServiceCalls) -> None:
        self._calls = calls

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        request = pattern_pb2.DetectPatternsRequest(
            bars=present(state.bars, "bars"),
            volume=present(state.volume, "volume"),
            ranges=present(state.ranges, "ranges"),
            phases=present(state.phases, "phases"),
        )
        response = await self._calls.call(DETECT_PATTERNS, request, context)
        state.patterns = list(response.patterns)
        return StageOutput(response.warnings, response.failed_detectors)
