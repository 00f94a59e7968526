"""Range: trading ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import StageOutput, present
from orchestrator.stages.rpc_stage import RpcStage
from wyckoff.range.v1 import range_pb2
from wyckoff.rpc.catalogue import DETECT_RANGES

if TYPE_CHECKING:
    from orchestrator.context import PipelineState


class RangeStage(RpcStage[range_pb2.DetectRangesRequest, range_pb2.DetectRangesResponse]):
    """Asks the range service."""

    name = "range"
    needs = ("data", "volume")
    method = DETECT_RANGES

    def request(self, state: PipelineState) -> range_pb2.DetectRangesRequest:
        return range_pb2.DetectRangesRequest(bars=present(state.bars, "bars"), volume=present(state.volume, "volume"))

    def apply(self, state: PipelineState, response: range_pb2.DetectRangesResponse) -> StageOutput:
        state.ranges = list(response.ranges)
        return StageOutput(response.warnings, response.failed_detectors)
