"""Volume: effort and result of every bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import StageOutput, present
from orchestrator.stages.rpc_stage import RpcStage
from wyckoff.rpc.catalogue import ANALYZE_VOLUME
from wyckoff.volume.v1 import volume_pb2

if TYPE_CHECKING:
    from orchestrator.context import PipelineState


class VolumeStage(RpcStage[volume_pb2.AnalyzeVolumeRequest, volume_pb2.AnalyzeVolumeResponse]):
    """Asks the volume service."""

    name = "volume"
    needs = ("data",)
    method = ANALYZE_VOLUME

    def request(self, state: PipelineState) -> volume_pb2.AnalyzeVolumeRequest:
        return volume_pb2.AnalyzeVolumeRequest(bars=present(state.bars, "bars"))

    def apply(self, state: PipelineState, response: volume_pb2.AnalyzeVolumeResponse) -> StageOutput:
        state.volume = response.volume
        return StageOutput(response.warnings, response.failed_detectors)
