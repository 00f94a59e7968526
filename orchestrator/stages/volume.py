"""Volume: effort and result of every bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import StageOutput, present
from orchestrator.stages.rpc_stage import RpcStage
from wyckoff.rpc.catalogue import ANALYZE_VOLUME
from wyckoff.rpc.errors import InternalError, InvalidArgumentError
from wyckoff.volume.v1 import volume_pb2
from wyckoff.wire.volume import volume_from_proto

if TYPE_CHECKING:
    from orchestrator.context import PipelineState


class VolumeStage(RpcStage[volume_pb2.AnalyzeVolumeRequest, volume_pb2.AnalyzeVolumeResponse]):
    """Asks the volume service."""

    name = "volume"
    needs = ("data",)
    method = ANALYZE_VOLUME

    def request(self, state: PipelineState) -> volume_pb2.AnalyzeVolumeRequest:
        return volume_pb2.AnalyzeVolumeRequest(bars=present(state.bars, "bars"))

    def check(self, state: PipelineState, response: volume_pb2.AnalyzeVolumeResponse) -> None:
        try:
            volume_from_proto(response.volume, len(present(state.bars, "bars").close))
        except InvalidArgumentError as error:
            # the argument of the stages that come next; they are not to blame, and neither is the caller
            raise InternalError(
                f"the volume service gave an answer that does not fit the bars: {error.message}",
                reason="ANSWER_MALFORMED",
            ) from error

    def apply(self, state: PipelineState, response: volume_pb2.AnalyzeVolumeResponse) -> StageOutput:
        state.volume = response.volume
        return StageOutput(response.warnings, response.failed_detectors)
