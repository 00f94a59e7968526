"""Pattern: trade set-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import StageOutput, present
from orchestrator.stages.rpc_stage import RpcStage
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.rpc.catalogue import DETECT_PATTERNS

if TYPE_CHECKING:
    from orchestrator.context import PipelineState


class PatternStage(RpcStage[pattern_pb2.DetectPatternsRequest, pattern_pb2.DetectPatternsResponse]):
    """Asks the pattern service."""

    name = "pattern"
    needs = ("data", "volume", "range", "phase")
    method = DETECT_PATTERNS

    def request(self, state: PipelineState) -> pattern_pb2.DetectPatternsRequest:
        return pattern_pb2.DetectPatternsRequest(
            bars=present(state.bars, "bars"),
            volume=present(state.volume, "volume"),
            ranges=present(state.ranges, "ranges"),
            phases=present(state.phases, "phases"),
        )

    def apply(self, state: PipelineState, response: pattern_pb2.DetectPatternsResponse) -> StageOutput:
        state.patterns = list(response.patterns)
        return StageOutput(response.warnings, response.failed_detectors)
