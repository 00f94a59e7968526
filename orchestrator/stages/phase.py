"""Phase: structural events and phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import StageOutput, present
from orchestrator.stages.rpc_stage import RpcStage
from wyckoff.phase.v1 import phase_pb2
from wyckoff.rpc.catalogue import DETECT_PHASES

if TYPE_CHECKING:
    from orchestrator.context import PipelineState


class PhaseStage(RpcStage[phase_pb2.DetectPhasesRequest, phase_pb2.DetectPhasesResponse]):
    """Asks the phase service."""

    name = "phase"
    needs = ("data", "volume", "range")
    method = DETECT_PHASES

    def request(self, state: PipelineState) -> phase_pb2.DetectPhasesRequest:
        return phase_pb2.DetectPhasesRequest(
            bars=present(state.bars, "bars"),
            volume=present(state.volume, "volume"),
            ranges=present(state.ranges, "ranges"),
        )

    def apply(self, state: PipelineState, response: phase_pb2.DetectPhasesResponse) -> StageOutput:
        state.phases = list(response.phases)
        return StageOutput(response.warnings, response.failed_detectors)
